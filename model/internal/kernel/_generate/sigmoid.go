package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// constant64 returns a vector of 8 times v in read-only memory.
func constant64(name string, v float64) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(8*i, F64(v))
	}
	return m
}

// exponential holds the constants of sigmoidGeneric.
type exponential struct {
	limit, log2e, magic, ln2Hi, ln2Lo, one Mem
	terms                                  []Mem // 1/i!, the last first
}

func newExponential() exponential {
	e := exponential{
		limit: constant64("limit", 700),
		log2e: constant64("log2e", math.Log2E),
		magic: constant64("magic", 3<<51),
		ln2Hi: constant64("ln2Hi", 6.93147180369123816490e-01),
		ln2Lo: constant64("ln2Lo", 1.90821492927058770002e-10),
		one:   constant64("one", 1),
	}
	for i, factorial := 9, 362880.0; i >= 2; i-- {
		e.terms = append(e.terms, constant64(label("term%d", i), 1/factorial))
		factorial /= float64(i)
	}
	e.terms = append(e.terms, e.one, e.one)
	return e
}

// sigmoid writes the logistic function, in float64 without fused operations.
func (s isa) sigmoid(c exponential) {
	name := "sigmoid" + s.name
	function(name, "func(x *float32, n int)",
		name+" replaces numbers by their logistic function; n is a multiple of 8:", "",
		"\tfor i := range n {",
		"\t\tx[i] = 1 / (1 + exp(-x[i]))  // see sigmoidGeneric",
		"\t}")
	x, n := load("x"), load("n")
	limit, negative, zero := s.vec(), s.vec(), s.vec()
	VXORPD(zero.AsX(), zero.AsX(), zero.AsX())
	VMOVUPD(c.limit, limit)
	VSUBPD(limit, zero, negative)
	Label("loop")
	v, t, k, p := s.vec(), s.vec(), s.vec(), s.vec()
	VCVTPS2PD(at(x, 0), v)
	VSUBPD(v, zero, v)
	VMINPD(v, limit, v)
	VMAXPD(v, negative, v)
	VMULPD(c.log2e, v, t)
	VADDPD(c.magic, t, t)
	VSUBPD(c.magic, t, k)
	VMULPD(c.ln2Hi, k, p)
	VSUBPD(p, v, v)
	VMULPD(c.ln2Lo, k, p)
	VSUBPD(p, v, v)
	VMOVUPD(c.terms[0], p)
	for _, term := range c.terms[1:] {
		VMULPD(v, p, p)
		VADDPD(term, p, p)
	}
	VPSLLQ(Imm(52), t, t) // the exponent
	VPADDQ(t, p, p)
	VADDPD(c.one, p, p)
	VMOVUPD(c.one, k)
	VDIVPD(p, k, p)
	if s.lanes == 16 {
		VCVTPD2PS(p, p.AsY())
		VMOVUPS(p.AsY(), at(x, 0))
	} else {
		VCVTPD2PSY(p, p.AsX())
		VMOVUPS(p.AsX(), at(x, 0))
	}
	ADDQ(I32(2*s.lanes), x)
	SUBQ(I32(s.lanes/2), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
