package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// narrow writes the convolution to one channel, whose vectors run along the
// input's channels. It does as many pixels at once as a vector has lanes: sums
// of that many vectors fill one. Where a block of 16 channels is two vectors,
// the first's sums wait in memory for the second's.
func (s isa) narrow() {
	name := "narrow" + s.name
	function(name, "func(dst, src *float32, pitch, channels, pixels int, w *float32, bias, lo float32)",
		name+" is a convolution 3x3 of blocks of 16 channels to one:", "",
		"\tfor x := range pixels {",
		"\t\tvar l [16]float32",
		"\t\tfor b := range channels/16 {",
		"\t\t\tfor k := range 9 {",
		"\t\t\t\tl[i] = FMA(src[k/3*pitch+(x+k%3)*channels+16*b+i], w[(9*b+k)*16+i], l[i])  // i = 0…15",
		"\t\t\t}",
		"\t\t}",
		"\t\tl[i] += l[i+n]  // i < n, for n = 8, 4, 2, 1",
		"\t\tdst[x] = max(lo, l[0]+bias)",
		"\t}")
	c := narrow{isa: s, name: name, dst: load("dst"), src: load("src"), pixels: load("pixels"), c1: bytes("channels")}
	c.c3 = GP64()
	LEAQ(index(c.c1, c.c1, 2), c.c3)
	c.bias, c.lo = s.broadcast("bias"), s.broadcast("lo")
	if s.lanes < 16 {
		c.first = AllocLocal(s.lanes * s.width())
	}
	c.loop(s.lanes)
	c.loop(1)
	VZEROUPPER()
	RET()
}

type narrow struct {
	isa
	name             string
	dst, src, pixels reg.GPVirtual
	c1, c3           reg.GPVirtual // a pixel's size, and three times that
	bias, lo         reg.VecVirtual
	first            Mem // sums of the first vectors of blocks
}

// loop writes the loop over groups of n pixels.
func (c narrow) loop(n int) {
	loop, end := label("pixels%d", n), label("end%d", n)
	Label(loop)
	CMPQ(c.pixels, Imm(uint64(n)))
	JLT(LabelRef(end))
	var acc []reg.VecVirtual
	for half := range 16 / c.lanes {
		acc = c.sums(n, half)
		for i, v := range acc {
			switch {
			case c.lanes == 16:
			case half == 0:
				VMOVUPS(v, c.first.Offset(i*c.width()))
			default:
				VADDPS(c.first.Offset(i*c.width()), v, v)
			}
		}
	}
	if n == 1 {
		c.finishOne(acc[0])
	} else {
		c.finish(acc)
	}
	step := GP64()
	MOVQ(c.c1, step)
	IMUL3Q(I32(n), step, step)
	ADDQ(step, c.src)
	ADDQ(Imm(uint64(4*n)), c.dst)
	SUBQ(Imm(uint64(n)), c.pixels)
	JMP(LabelRef(loop))
	Label(end)
}

// sums adds up the products of one vector of each block of channels.
func (c narrow) sums(n, half int) []reg.VecVirtual {
	var acc []reg.VecVirtual
	for range n {
		v := c.vec()
		VXORPS(v, v, v)
		acc = append(acc, v)
	}
	loop := label("block%d_%d", n, half)
	w, from, blocks, pitch := load("w"), GP64(), load("channels"), bytes("pitch")
	if half > 0 {
		ADDQ(I32(half*c.width()), w)
	}
	LEAQ(at(c.src, half*c.width()), from)
	SHRQ(Imm(4), blocks)
	Label(loop)
	row := GP64()
	MOVQ(from, row)
	for range 3 {
		c.row(acc, row, w)
		ADDQ(pitch, row)
		ADDQ(Imm(3*64), w)
	}
	ADDQ(Imm(64), from)
	SUBQ(Imm(1), blocks)
	JNZ(LabelRef(loop))
	return acc
}

// row adds the products of three taps.
func (c narrow) row(acc []reg.VecVirtual, row, w reg.GPVirtual) {
	base := []reg.GPVirtual{row}
	for i := 5; i < len(acc)+2; i += 5 { // five pixels a base
		next := GP64()
		LEAQ(index(base[len(base)-1], c.c1, 4), next)
		ADDQ(c.c1, next)
		base = append(base, next)
	}
	for k := range 3 {
		v := c.vec()
		VMOVUPS(at(w, 64*k), v)
		for i := range acc {
			x := i + k
			m := index(base[x/5], c.c1, uint8(x%5))
			if x%5 == 3 {
				m = index(base[x/5], c.c3, 1)
			}
			VFMADD231PS(m, v, acc[i])
		}
	}
}

// finish sums within vectors. Each step adds the halves of what is left of two
// pixels' sums and puts the results side by side, so that in the end lane i
// holds pixel i.
func (c narrow) finish(acc []reg.VecVirtual) {
	pair := func(a, b reg.VecVirtual, shuffle func(ops ...Op), left, right uint64) {
		t := c.vec()
		shuffle(Imm(right), b, a, t)
		shuffle(Imm(left), b, a, a)
		VADDPS(t, a, a)
	}
	var quads [4]reg.VecVirtual // lanes 4i…4i+3 of number r: what is left of pixel 4i+r
	for r := range quads {
		if c.lanes == 16 {
			pair(acc[r], acc[4+r], VSHUFF32X4, 0x44, 0xee)
			pair(acc[8+r], acc[12+r], VSHUFF32X4, 0x44, 0xee)
			pair(acc[r], acc[8+r], VSHUFF32X4, 0x88, 0xdd)
		} else {
			pair(acc[r], acc[4+r], func(ops ...Op) { VPERM2F128(ops[0], ops[1], ops[2], ops[3]) }, 0x20, 0x31)
		}
		quads[r] = acc[r]
	}
	pair(quads[0], quads[1], VSHUFPS, 0x44, 0xee)
	pair(quads[2], quads[3], VSHUFPS, 0x44, 0xee)
	pair(quads[0], quads[2], VSHUFPS, 0x88, 0xdd)
	VADDPS(c.bias, quads[0], quads[0])
	VMAXPS(quads[0], c.lo, quads[0])
	VMOVUPS(quads[0], at(c.dst, 0))
}

// finishOne does the same for one pixel.
func (c narrow) finishOne(v reg.VecVirtual) {
	t := c.vec()
	if c.lanes == 16 {
		VEXTRACTF32X8(Imm(1), v, t.AsY())
		VADDPS(t.AsY(), v.AsY(), v.AsY())
	}
	VEXTRACTF128(Imm(1), v.AsY(), t.AsX())
	VADDPS(t.AsX(), v.AsX(), v.AsX())
	VMOVHLPS(v.AsX(), v.AsX(), t.AsX())
	VADDPS(t.AsX(), v.AsX(), v.AsX())
	VMOVSHDUP(v.AsX(), t.AsX())
	VADDSS(t.AsX(), v.AsX(), v.AsX())
	VADDSS(c.bias.AsX(), v.AsX(), v.AsX())
	VMAXSS(v.AsX(), c.lo.AsX(), v.AsX())
	VMOVSS(v.AsX(), at(c.dst, 0))
}
