package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// exponential holds the constants of sigmoidGeneric.
type exponential struct {
	limit, lower, log2e, ln2Hi, ln2Lo, one Mem
	terms                                  []Mem // 1/i!, the last first
}

func newExponential() exponential {
	e := exponential{
		limit: constant("limit", 87),
		lower: constant("lower", -87),
		log2e: constant("log2e", math.Log2E),
		ln2Hi: constant("ln2Hi", 0.693359375),
		ln2Lo: constant("ln2Lo", -2.12194440e-4),
		one:   constant("one", 1),
	}
	for i, factorial := 7, 5040.0; i >= 2; i-- {
		e.terms = append(e.terms, constant(label("term%d", i), float32(1/factorial)))
		factorial /= float64(i)
	}
	e.terms = append(e.terms, e.one, e.one)
	return e
}

// sigmoid writes the logistic function.
func (s isa) sigmoid(c exponential) {
	s.function("sigmoid", "func(x *float32, n int)",
		"replaces numbers by their logistic function; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tx[i] = 1 / (1 + exp(-x[i]))  // see sigmoidGeneric",
		"\t}")
	x, n := load("x"), load("n")
	zero := s.vec()
	VXORPS(zero.AsX(), zero.AsX(), zero.AsX())
	Label("loop")
	v, k, r, p := s.vec(), s.vec(), s.vec(), s.vec()
	VSUBPS(at(x, 0), zero, v)
	VMOVUPS(c.limit, r)
	VMINPS(v, r, v)
	VMOVUPS(c.lower, r)
	VMAXPS(v, r, v)
	VMULPS(c.log2e, v, k)
	VCVTPS2DQ(k, k) // of NaN it is 1<<31, which the shift removes
	VCVTDQ2PS(k, r)
	VFNMADD231PS(c.ln2Hi, r, v)
	VFNMADD231PS(c.ln2Lo, r, v)
	VMOVUPS(c.terms[0], p)
	for _, term := range c.terms[1:] {
		VFMADD213PS(term, v, p)
	}
	VPSLLD(Imm(23), k, k)
	VPADDD(k, p, p)
	VMOVUPS(c.one, r)
	VADDPS(r, p, p)
	VDIVPS(p, r, p)
	VMOVUPS(p, at(x, 0))
	ADDQ(I32(s.width()), x)
	countDown(n, I32(s.lanes), "loop")
	end()
}
