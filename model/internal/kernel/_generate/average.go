package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// average writes average pooling 2x2 of a row of pixels.
func (s isa) average(c constants) {
	s.function("average", "func(dst, src *float32, pitch, channels, pixels int)",
		"averages each 2x2 pixels; channels is a multiple of 16:",
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
	quarter := s.load(c.quarter)
	Label("pixel")
	left := duplicate(size)
	Label("block")
	sum := func(row reg.GPVirtual) vec { return s.addTo(s.load(at(row, 0)), index(row, size, 1)) }
	a, b := sum(upper), sum(lower)
	VADDPS(b, a, a)
	VMULPS(quarter, a, a)
	VMOVUPS(a, at(dst, 0))
	move(I32(s.width()), dst, upper, lower)
	countDown(left, I32(s.width()), "block")
	move(size, upper, lower)
	countDown(pixels, Imm(1), "pixel")
	end()
}
