package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// scale writes the division of bytes by 255: multiplication with the rounded
// reciprocal, and one step of Newton's method, which rounds correctly (tested
// for all bytes).
func (s isa) scale(limit, reciprocal Mem) {
	s.function("scale", "func(dst *float32, src *byte, n int)",
		"scales bytes to [0,1]; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tdst[i] = float32(src[i]) / 255",
		"\t}")
	dst, src, n := load("dst"), load("src"), load("n")
	d, r := s.load(limit), s.load(reciprocal)
	Label("loop")
	for i := range 16 / s.lanes {
		v, q := s.vec(), s.vec()
		VPMOVZXBD(at(src, i*s.lanes), v)
		VCVTDQ2PS(v, v)
		VMULPS(r, v, q)
		VFNMADD231PS(d, q, v) // what is missing
		VFMADD231PS(r, v, q)
		VMOVUPS(q, at(dst, i*s.width()))
	}
	ADDQ(I32(64), dst)
	ADDQ(I32(16), src)
	countDown(n, I32(16), "loop")
	end()
}
