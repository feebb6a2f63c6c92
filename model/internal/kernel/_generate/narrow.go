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
	s.function("narrow", "func(dst *float32, stride int, src *float32, pitch, channels, pixels int, w *float32, bias, lo float32)",
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
	c := narrow{isa: s, dst: load("dst"), stride: bytes("stride"), src: load("src"), pixels: load("pixels"), c1: bytes("channels")}
	c.c3 = times(3, c.c1)
	c.bias, c.lo = s.broadcast("bias"), s.broadcast("lo")
	if s.lanes < 16 {
		c.first = AllocLocal(s.lanes * s.width())
	}
	c.loop(s.lanes)
	c.loop(1)
	end()
}

type narrow struct {
	isa
	dst, src, pixels reg.GPVirtual
	stride           reg.GPVirtual // from result to result
	c1, c3           reg.GPVirtual // a pixel's size, and three times that
	bias, lo         reg.VecVirtual
	first            Mem // sums of the first vectors of blocks
}

// loop writes the loop over groups of n pixels.
func (c narrow) loop(n int) {
	tiled(c.pixels, Imm(uint64(n)), label("pixels%d", n), label("end%d", n), func() {
		var acc []vec
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
		step := duplicate(c.c1)
		IMUL3Q(I32(n), step, step)
		ADDQ(step, c.src)
	})
}

// sums adds up the products of one vector of each block of channels.
func (c narrow) sums(n, half int) []reg.VecVirtual {
	acc := c.cleared(n)
	loop := label("block%d_%d", n, half)
	w, from, blocks, pitch := load("w"), GP64(), load("channels"), bytes("pitch")
	if half > 0 {
		ADDQ(I32(half*c.width()), w)
	}
	LEAQ(at(c.src, half*c.width()), from)
	SHRQ(Imm(4), blocks)
	Label(loop)
	row := duplicate(from)
	for range 3 {
		c.row(acc, row, w)
		ADDQ(pitch, row)
		ADDQ(Imm(3*64), w)
	}
	ADDQ(Imm(64), from)
	countDown(blocks, Imm(1), loop)
	return acc
}

// row adds the products of three taps.
func (c narrow) row(acc []reg.VecVirtual, row, w reg.GPVirtual) {
	base := bases(row, c.c1, len(acc)+2)
	for k := range 3 {
		v := c.load(at(w, 64*k))
		for i := range acc {
			VFMADD231PS(rowOf(base, c.c1, c.c3, i+k), v, acc[i])
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
	apart, done := label("apart"), label("stored")
	CMPQ(c.stride, Imm(4))
	JNE(LabelRef(apart))
	VMOVUPS(quads[0], at(c.dst, 0))
	ADDQ(Imm(uint64(c.width())), c.dst)
	JMP(LabelRef(done))
	Label(apart)
	c.scatter(quads[0])
	Label(done)
}

// scatter stores the lanes of v one by one.
func (c narrow) scatter(v reg.VecVirtual) {
	for quarter := range c.lanes / 4 {
		four := v.AsX()
		if quarter > 0 {
			t := c.vec()
			if c.lanes == 16 {
				VEXTRACTF32X4(Imm(uint64(quarter)), v, t.AsX())
			} else {
				VEXTRACTF128(Imm(uint64(quarter)), v, t.AsX())
			}
			four = t.AsX()
		}
		VMOVSS(four, at(c.dst, 0))
		for i := 1; i < 4; i++ {
			ADDQ(c.stride, c.dst)
			VEXTRACTPS(Imm(uint64(i)), four, at(c.dst, 0))
		}
		ADDQ(c.stride, c.dst)
	}
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
	ADDQ(c.stride, c.dst)
}
