package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// group returns the pixels that single computes at once: with nine weights, an
// input and the bound they take most of 32 or of 16 registers.
func (s isa) group() int { return map[int]int{16: 14, 8: 4}[s.lanes] }

// single writes a convolution 3x3 of one channel to vectors of channels. The
// weights stay in registers, and an input feeds the three columns at once.
func (s isa) single() {
	group := s.group()
	s.function("single", "func(dst *float32, stride int, src *float32, pitch, pixels int, w, bias *float32, lo float32)",
		"convolves a row of pixels of one channel to 16 channels:",
		"\tfor x := range pixels {",
		"\t\tfor c := range 16 {",
		"\t\t\tvar s float32",
		"\t\t\tfor i := range 3 {",
		"\t\t\t\tfor j := range 3 {",
		"\t\t\t\t\ts = FMA(src[i*pitch+x+j], w[(3*i+j)*16+c], s)",
		"\t\t\t\t}",
		"\t\t\t}",
		"\t\t\tdst[x*stride+c] = max(lo, s+bias[c])",
		"\t\t}",
		"\t}", "",
		label("Pixels is a multiple of %d.", group))
	lo := s.broadcast("lo")
	for half := range 16 / s.lanes {
		dst, src, pixels := load("dst"), load("src"), load("pixels")
		weights, stride, pitch := load("w"), bytes("stride"), bytes("pitch")
		ADDQ(Imm(uint64(half*s.width())), dst)
		var w [9]reg.VecVirtual
		for i := range w {
			w[i] = s.load(at(weights, 64*i+half*s.width()))
		}
		bias := load("bias")
		loop := label("half%d", half)
		Label(loop)
		acc := s.cleared(group)
		row := duplicate(src)
		for i := range 3 {
			for x := range group + 2 {
				in := s.vec()
				VBROADCASTSS(at(row, 4*x), in)
				for j := range 3 {
					if p := x - j; 0 <= p && p < group {
						VFMADD231PS(w[3*i+j], in, acc[p])
					}
				}
			}
			if i < 2 {
				ADDQ(pitch, row)
			}
		}
		for _, v := range acc {
			VADDPS(at(bias, half*s.width()), v, v)
			VMAXPS(v, lo, v)
			VMOVUPS(v, at(dst, 0))
			ADDQ(stride, dst)
		}
		ADDQ(Imm(uint64(4*group)), src)
		countDown(pixels, Imm(uint64(group)), loop)
	}
	end()
}
