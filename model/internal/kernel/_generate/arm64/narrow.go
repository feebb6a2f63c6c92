package main

import (
	"fmt"

	"exemplar/model/internal/kernel/generate/arm64/asm"
)

// narrow writes the convolution to one channel, whose vectors run along the input's
// channels. It does 16 pixels at once, of each block of 16 channels four, one quarter
// after the other: sums wait in memory for those of the next. An input feeds the three
// columns at once.
func (g generator) narrow() {
	f := g.Function("narrowNEON", "func(dst *float32, stride int, src *float32, pitch, channels, pixels int, w *float32, bias, lo float32)",
		"is a convolution 3x3 of blocks of 16 channels to one, of which stride are beside each other:",
		"\tfor x := range pixels {",
		"\t\tvar l [16]float32",
		"\t\tfor b := range channels/16 {",
		"\t\t\tfor k := range 9 {",
		"\t\t\t\tl[i] = FMA(src[k/3*pitch+(x+k%3)*channels+16*b+i], w[(9*b+k)*16+i], l[i])  // i = 0…15",
		"\t\t\t}",
		"\t\t}",
		"\t\tl[i] += l[i+n]  // i < n, for n = 8, 4, 2, 1",
		"\t\tdst[x*stride] = max(lo, l[0]+bias)",
		"\t}")
	const most = 16
	n := narrow{function: f, dst: f.Load("dst"), src: f.Load("src"), stride: f.Bytes("stride"),
		pitch: f.Bytes("pitch"), sums: f.Local(2 * most * width)}
	n.size[1] = f.Bytes("channels")
	for i := 2; i < len(n.size); i++ {
		n.size[i] = f.Times(i, n.size[1])
	}
	left := f.Load("pixels")
	for _, pixels := range []int{most, 1} {
		f.Unrolled(left, pixels, fmt.Sprintf("pixels%d", pixels), func() { n.group(pixels) })
	}
	f.Return()
}

type narrow struct {
	*function
	dst, src, stride, pitch register
	size                    [5]register // of 1 to 4 pixels
	sums                    register    // of quarters that are done: two vectors a pixel
}

// group writes one group of pixels. Halves are added first, so quarters come in pairs.
func (n narrow) group(pixels int) {
	var acc []register
	for _, quarter := range []int{0, 2, 1, 3} {
		acc = n.quarter(pixels, quarter)
		for i, v := range acc {
			first, second := asm.At(n.sums, 2*width*i), asm.At(n.sums, 2*width*i+width)
			switch quarter {
			case 0:
				n.StoreV(v, first)
			case 1:
				n.StoreV(v, second)
			case 2:
				n.plus(v, first)
				n.StoreV(v, first)
			default:
				n.plus(v, second)
				n.plus(v, first)
			}
		}
	}
	if pixels == 1 {
		n.half(acc[0])
		n.FFold(acc[0], acc[0])
	} else {
		acc = n.fold(acc)
	}
	bias, lo := n.Broadcast("bias"), n.Broadcast("lo")
	for _, v := range acc {
		n.FAdd(v, v, bias)
		n.AtLeast(v, lo)
	}
	n.write(acc, pixels)
	n.Add(n.src, n.src, n.Times(pixels, n.size[1]))
}

// plus adds a vector in memory.
func (n narrow) plus(v register, m asm.Place) {
	t := n.V()
	n.LoadV(t, m)
	n.FAdd(v, t, v)
}

// quarter returns the sums of four channels of each block.
func (n narrow) quarter(pixels, quarter int) []register {
	acc := zeros(n.function, pixels)
	w, from, left := n.Load("w"), n.X(), n.Load("channels")
	loop := fmt.Sprintf("block%d_%d", pixels, quarter)
	if quarter > 0 {
		n.AddImm(w, w, width*quarter)
	}
	n.AddImm(from, n.src, width*quarter)
	n.Label(loop)
	row := n.Copy(from)
	for i := range 3 {
		n.row(acc, row, w, 3*i)
		if i < 2 {
			n.Add(row, row, n.pitch)
		}
	}
	n.AddImm(w, w, 9*64)
	n.AddImm(from, from, 64)
	n.CountDown(left, 16, loop)
	return acc
}

// row adds the products of three taps, from number tap on.
func (n narrow) row(acc []register, row, w register, tap int) {
	weights := vectors(n.function, 3)
	for k, v := range weights {
		n.LoadV(v, asm.At(w, 64*(tap+k)))
	}
	base := row
	for x := range len(acc) + 2 {
		if x > 0 && x%5 == 0 {
			next := n.X()
			n.Add(next, base, n.size[4])
			n.Add(next, next, n.size[1])
			base = next
		}
		in, from := n.V(), asm.At(base, 0)
		if x%5 > 0 {
			from = asm.Index(base, n.size[x%5])
		}
		n.LoadV(in, from)
		for k := 2; k >= 0; k-- { // the oldest sum first
			if p := x - k; 0 <= p && p < len(acc) {
				n.FMla(acc[p], in, weights[k])
			}
		}
	}
}

// half adds the upper half of a vector to the lower.
func (n narrow) half(v register) {
	t := n.V()
	n.SwapHalves(t, v)
	n.FAdd(v, v, t)
}

// fold sums within vectors: halves first, then neighbors. Lane i of the results is pixel
// i of four.
func (n narrow) fold(acc []register) (sums []register) {
	for i := 0; i < len(acc); i += 4 {
		var halves []register
		for j := i; j < i+4; j += 2 {
			low, high := n.V(), n.V()
			n.LowHalves(low, acc[j], acc[j+1])
			n.HighHalves(high, acc[j], acc[j+1])
			n.FAdd(low, low, high)
			halves = append(halves, low)
		}
		n.FAddPairs(halves[0], halves[0], halves[1])
		sums = append(sums, halves[0])
	}
	return sums
}

// write stores the results of pixels, beside each other or apart.
func (n narrow) write(sums []register, pixels int) {
	if pixels == 1 {
		n.StoreS(sums[0], asm.At(n.dst, 0))
		n.Add(n.dst, n.dst, n.stride)
		return
	}
	n.JumpNot(n.stride, 4, "apart")
	for i := 0; i < len(sums); i += 2 {
		n.StorePair(sums[i], sums[i+1], asm.At(n.dst, width*i))
	}
	n.AddImm(n.dst, n.dst, 4*pixels)
	n.Jump("stored")
	n.Label("apart")
	for _, v := range sums {
		for i := range lanes {
			n.StoreLane(v, i, n.dst, n.stride)
		}
	}
	n.Label("stored")
}
