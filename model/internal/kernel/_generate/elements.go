package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adam writes Adam's step, without fused operations.
func (s isa) adam() {
	s.function("adam", "func(w, m, v, grad *float32, n int, scale, c1, c2, rate, epsilon float32)",
		"is one step of Adam; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tx := grad[i] * scale",
		"\t\tm[i] += (x - m[i]) * c1",
		"\t\tv[i] += (x*x - v[i]) * c2",
		"\t\tw[i] -= m[i] * rate / (sqrt(v[i]) + epsilon)",
		"\t}")
	w, m, v, g, n := load("w"), load("m"), load("v"), load("grad"), load("n")
	scale, c1, c2 := s.broadcast("scale"), s.broadcast("c1"), s.broadcast("c2")
	rate, epsilon := s.broadcast("rate"), s.broadcast("epsilon")
	Label("loop")
	x, first, second, d := s.vec(), s.vec(), s.vec(), s.vec()
	VMULPS(at(g, 0), scale, x)
	VMOVUPS(at(m, 0), first)
	VSUBPS(first, x, d)
	VMULPS(c1, d, d)
	VADDPS(d, first, first)
	VMOVUPS(first, at(m, 0))
	VMOVUPS(at(v, 0), second)
	VMULPS(x, x, x)
	VSUBPS(second, x, x)
	VMULPS(c2, x, x)
	VADDPS(x, second, second)
	VMOVUPS(second, at(v, 0))
	VSQRTPS(second, second)
	VADDPS(epsilon, second, second)
	VMULPS(rate, first, first)
	VDIVPS(second, first, first)
	VMOVUPS(at(w, 0), x)
	VSUBPS(first, x, x)
	VMOVUPS(x, at(w, 0))
	s.advance(n, w, m, v, g)
	end()
}

// mask writes the gradient of ReLU.
func (s isa) mask() {
	s.function("mask", "func(grad, y *float32, n int)",
		"is the gradient of ReLU; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tif !(0 < y[i]) {",
		"\t\t\tgrad[i] = 0",
		"\t\t}",
		"\t}")
	g, y, n := load("grad"), load("y"), load("n")
	zero := s.zero()
	Label("loop")
	v := s.load(at(g, 0))
	s.keepPositive(at(y, 0), zero, v)
	VMOVUPS(v, at(g, 0))
	s.advance(n, g, y)
	end()
}

func (s isa) zero() vec {
	v := s.vec()
	VXORPS(v.AsX(), v.AsX(), v.AsX())
	return v
}

// keepPositive zeroes the numbers of v where those in memory are not positive.
func (s isa) keepPositive(m operand, zero, v vec) {
	const less = 17 // ordered, quiet
	if s.lanes == 16 {
		k := K()
		VCMPPS(Imm(less), m, zero, k)
		VMOVAPS_Z(v, k, v)
		return
	}
	t := s.vec()
	VCMPPS(Imm(less), m, zero, t)
	VANDPS(t, v, v)
}

// advance ends the loop over n numbers.
func (s isa) advance(n reg.GPVirtual, pointers ...reg.GPVirtual) {
	move(I32(s.width()), pointers...)
	countDown(n, I32(s.lanes), "loop")
}

// unpool writes the gradient of the average of 2x2 pixels, masked.
func (s isa) unpool(c constants) {
	s.function("unpool", "func(a, b, src, ya, yb *float32, channels, pixels int)",
		"is the gradient of the average of 2x2 pixels, and of ReLU before it:",
		"\tfor x := range pixels {",
		"\t\tfor c := range channels {",
		"\t\t\tfor _, i := range [2]int{2*x*channels+c, (2*x+1)*channels+c} {",
		"\t\t\t\ta[i] = src[x*channels+c] * 0.25 where ya[i] > 0, 0 elsewhere",
		"\t\t\t\tb[i] = src[x*channels+c] * 0.25 where yb[i] > 0, 0 elsewhere",
		"\t\t\t}",
		"\t\t}",
		"\t}")
	a, b, src, ya, yb := load("a"), load("b"), load("src"), load("ya"), load("yb")
	pixels, c1 := load("pixels"), bytes("channels")
	zero := s.zero()
	Label("pixel")
	n := load("channels")
	Label("loop")
	v := s.load(at(src, 0))
	VMULPS(c.quarter, v, v)
	for _, p := range [][2]reg.GPVirtual{{a, ya}, {b, yb}} {
		for x := range uint8(2) {
			u := s.copy(v)
			s.keepPositive(index(p[1], c1, x), zero, u)
			VMOVUPS(u, index(p[0], c1, x))
		}
	}
	s.advance(n, a, b, src, ya, yb)
	move(c1, a, b, ya, yb)
	countDown(pixels, Imm(1), "pixel")
	end()
}

// energy writes the sum of squares in float64, in 16 sums.
func (s isa) energy() {
	s.function("energy", "func(sums *float64, x *float32, n int)",
		"sums squares in 16 sums; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tsums[i%16] += float64(x[i]) * float64(x[i])",
		"\t}")
	sums, x, n := load("sums"), load("x"), load("n")
	var acc []vec
	for i := range 32 / s.lanes {
		v := s.vec()
		VMOVUPD(at(sums, i*s.width()), v)
		acc = append(acc, v)
	}
	Label("loop")
	for i, a := range acc {
		v := s.vec()
		VCVTPS2PD(at(x, i*s.width()/2), v)
		VFMADD231PD(v, v, a) // the square is exact
	}
	ADDQ(Imm(64), x)
	countDown(n, Imm(16), "loop")
	for i, a := range acc {
		VMOVUPD(a, at(sums, i*s.width()))
	}
	end()
}
