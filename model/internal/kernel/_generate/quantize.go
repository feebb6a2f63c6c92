package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowLoop writes the loop over rows of x less the mean: begin, for every 16
// dimensions vectors, for the rest scalar, then finish.
func (s isa) rowLoop(begin func(), vectors, scalar func(x, mean reg.GPVirtual), finish func()) {
	x, mean, rows := load("x"), load("mean"), load("rows")
	Label("row")
	p, m, d := GP64(), GP64(), load("d")
	MOVQ(x, p)
	MOVQ(mean, m)
	begin()
	for _, part := range []struct {
		name  string
		width int32
		body  func(x, mean reg.GPVirtual)
	}{{"vector", 16, vectors}, {"scalar", 1, scalar}} {
		unrolled(d, I32(part.width), part.name, part.name+"End", func() {
			part.body(p, m)
			move(I32(4*part.width), p, m)
		})
	}
	finish()
	ADDQ(bytes("ldx"), x)
	countDown(rows, Imm(1), "row")
	end()
}

// less returns vector i of a row less the mean.
func (s isa) less(x, mean reg.GPVirtual, i int) vec {
	return s.subFrom(s.load(at(x, s.width()*i)), at(mean, s.width()*i))
}

// norms writes the squared norms of rows less a mean.
func (s isa) norms() {
	s.function("norms", "func(norms *float32, x *float32, ldx int, mean *float32, d, rows int)",
		"computes squared norms of rows of x less the mean:",
		"\tfor i := range rows {",
		"\t\tnorms[i] = norm(x[i*ldx:], mean, d)  // see normsGeneric",
		"\t}")
	norms := load("norms")
	var acc []reg.VecVirtual
	for range 16 / s.lanes {
		acc = append(acc, s.vec())
	}
	rest := XMM()
	s.rowLoop(func() {
		for _, sum := range acc {
			VXORPS(sum, sum, sum)
		}
		VXORPS(rest, rest, rest)
	}, func(x, mean reg.GPVirtual) {
		for i, sum := range acc {
			t := s.less(x, mean, i)
			VMULPS(t, t, t)
			VADDPS(t, sum, sum)
		}
	}, func(x, mean reg.GPVirtual) {
		t := XMM()
		VMOVSS(Mem{Base: x}, t)
		VSUBSS(Mem{Base: mean}, t, t)
		VMULSS(t, t, t)
		VADDSS(t, rest, rest)
	}, func() {
		v, half, high, low := acc[0].AsY(), acc[0].AsX(), YMM(), XMM()
		if s.lanes == 16 {
			VEXTRACTF64X4(Imm(1), acc[0], high)
			VADDPS(high, v, v)
		} else {
			VADDPS(acc[1], v, v)
		}
		VEXTRACTF128(Imm(1), v, low)
		VADDPS(low, half, half)
		VPERMILPS(Imm(0x4e), half, low)
		VADDPS(low, half, half)
		VPERMILPS(Imm(0xb1), half, low)
		VADDPS(low, half, half)
		VADDSS(rest, half, half)
		VMOVSS(half, Mem{Base: norms})
		ADDQ(Imm(4), norms)
	})
}

// quantize writes the rounding of rows less a mean to 16-bit integers.
func (s isa) quantize() {
	s.function("quantize", "func(q *int16, ldq int, x *float32, ldx int, mean *float32, scales *float32, d, rows int)",
		"rounds rows of x less the mean, times their scales, to integers:",
		"\tfor i := range rows {",
		"\t\tfor p := range d {",
		"\t\t\tq[i*ldq+p] = round((x[i*ldx+p] - mean[p]) * scales[i])  // ties to even",
		"\t\t}",
		"\t}")
	q, scales, out, scale := load("q"), load("scales"), GP64(), s.vec()
	s.rowLoop(func() {
		MOVQ(q, out)
		VBROADCASTSS(Mem{Base: scales}, scale)
	}, func(x, mean reg.GPVirtual) {
		var v []reg.VecVirtual
		for i := range 16 / s.lanes {
			t := s.less(x, mean, i)
			VMULPS(scale, t, t)
			VCVTPS2DQ(t, t)
			v = append(v, t)
		}
		if s.lanes == 16 {
			VPMOVSDW(v[0], Mem{Base: out})
		} else {
			VPACKSSDW(v[1], v[0], v[0])
			VPERMQ(Imm(0xd8), v[0], v[0])
			VMOVDQU(v[0], Mem{Base: out})
		}
		ADDQ(Imm(32), out)
	}, func(x, mean reg.GPVirtual) {
		t, n := XMM(), GP32()
		VMOVSS(Mem{Base: x}, t)
		VSUBSS(Mem{Base: mean}, t, t)
		VMULSS(scale.AsX(), t, t)
		VCVTSS2SI(t, n)
		MOVW(n.As16(), Mem{Base: out})
		ADDQ(Imm(2), out)
	}, func() {
		LEAQ(index(q, load("ldq"), 2), q)
		ADDQ(Imm(4), scales)
	})
}
