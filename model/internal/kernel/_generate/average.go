package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// average writes average pooling 2x2 of a row of pixels.
func (s isa) average(c constants) {
	name := "average" + s.name
	function(name, "func(dst, src *float32, pitch, channels, pixels int)",
		name+" averages each 2x2 pixels; channels is a multiple of 16:", "",
		"\tfor x := range pixels {",
		"\t\tfor c := range channels {",
		"\t\t\td[i][j] = src[i*pitch+(2*x+j)*channels+c]  // i, j = 0, 1",
		"\t\t\tdst[x*channels+c] = ((d[0][0] + d[0][1]) + (d[1][0] + d[1][1])) * 0.25",
		"\t\t}",
		"\t}")
	dst, pixels := load("dst"), load("pixels")
	upper, lower := load("src"), bytes("pitch")
	ADDQ(upper, lower)
	size := bytes("channels")
	quarter := s.vec()
	VMOVUPS(c.quarter, quarter)

	Label("pixel")
	left := GP64()
	MOVQ(size, left)
	Label("block")
	sum := func(row reg.GPVirtual) reg.VecVirtual {
		v := s.vec()
		VMOVUPS(at(row, 0), v)
		VADDPS(index(row, size, 1), v, v)
		return v
	}
	a, b := sum(upper), sum(lower)
	VADDPS(b, a, a)
	VMULPS(quarter, a, a)
	VMOVUPS(a, at(dst, 0))
	for _, r := range []reg.GPVirtual{dst, upper, lower} {
		ADDQ(I32(s.width()), r)
	}
	SUBQ(I32(s.width()), left)
	JNZ(LabelRef("block"))
	ADDQ(size, upper)
	ADDQ(size, lower)
	SUBQ(Imm(1), pixels)
	JNZ(LabelRef("pixel"))
	VZEROUPPER()
	RET()
}
