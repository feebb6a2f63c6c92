package main

import (
	"fmt"

	"exemplar/model/internal/kernel/generate/arm64/asm"
)

// singleGroup is the pixels that single computes at once, of four channels: 16 sums, nine
// weights and a row of 18 inputs are in 30 registers.
const singleGroup = 16

// single writes a convolution 3x3 of one channel to vectors of channels. The weights stay
// in registers, and an input feeds the three columns at once.
func (g generator) single() {
	f := g.Function("singleNEON", "func(dst *float32, stride int, src *float32, pitch, pixels int, w, bias *float32, lo float32)",
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
		fmt.Sprintf("Pixels is a multiple of %d.", singleGroup))
	to, w, bias := f.Load("dst"), f.Load("w"), f.Load("bias")
	stride, pitch, quarters := f.Bytes("stride"), f.Bytes("pitch"), f.X()
	f.Set(quarters, blocks)
	f.Label("quarter")
	weights := vectors(f, 9)
	for i, v := range weights {
		f.LoadV(v, asm.At(w, 64*i))
	}
	dst, src, left := f.Copy(to), f.Load("src"), f.Load("pixels")
	f.Label("loop")
	acc, row := zeros(f, singleGroup), f.Copy(src)
	for i := range 3 {
		in := vectors(f, singleGroup/lanes+1)
		for j, v := range in[:singleGroup/lanes] {
			f.LoadV(v, asm.At(row, width*j))
		}
		f.LoadD(in[singleGroup/lanes], asm.At(row, 4*singleGroup))
		for j := range 3 {
			for x, v := range acc {
				f.FMlaBy(v, weights[3*i+j], in[(x+j)/lanes], (x+j)%lanes)
			}
		}
		if i < 2 {
			f.Add(row, row, pitch)
		}
	}
	lo, b := f.Broadcast("lo"), f.V()
	f.LoadV(b, asm.At(bias, 0))
	for _, v := range acc {
		f.FAdd(v, v, b)
		f.AtLeast(v, lo)
		f.StoreV(v, asm.At(dst, 0))
		f.Add(dst, dst, stride)
	}
	f.AddImm(src, src, 4*singleGroup)
	f.CountDown(left, singleGroup, "loop")
	for _, r := range []register{to, w, bias} {
		f.AddImm(r, r, width)
	}
	f.CountDown(quarters, 1, "quarter")
	f.Return()
}
