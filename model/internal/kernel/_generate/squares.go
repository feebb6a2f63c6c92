package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// squares writes squared distances in float64, every operation rounded by itself.
func (s isa) squares() {
	lanes := s.lanes / 2
	s.function("squares", "func(d2 *float64, x *float32, ldx int, centers *float64, numbers *int32, d, rows int)",
		"computes the squared distances of rows of x to the centers of given numbers:",
		"\tfor i := range rows {",
		"\t\td2[i] = square(x[i*ldx:], centers[numbers[i]*d:], d)  // see squaresGeneric",
		"\t}")
	d2, x, centers, numbers, rows := load("d2"), load("x"), load("centers"), load("numbers"), load("rows")
	sums := AllocLocal(16 * 8)
	Label("row")
	p, c, d := GP64(), GP64(), load("d")
	MOVQ(x, p)
	MOVLQSX(Mem{Base: numbers}, c)
	IMULQ(d, c)
	LEAQ(index(centers, c, 8), c)
	var acc []reg.VecVirtual
	for range 16 / lanes {
		v := s.vec()
		VXORPD(v, v, v)
		acc = append(acc, v)
	}

	unrolled(d, Imm(16), "loop", "tail", func() {
		for i, sum := range acc {
			t := s.vec()
			VCVTPS2PD(at(p, 4*lanes*i), t)
			VSUBPD(at(c, 8*lanes*i), t, t)
			VMULPD(t, t, t)
			VADDPD(t, sum, sum)
		}
		ADDQ(Imm(64), p)
		ADDQ(I32(128), c)
	})
	TESTQ(d, d)
	JZ(LabelRef("sum"))
	for i, sum := range acc {
		VMOVUPD(sum, sums.Offset(8*lanes*i))
	}
	lane := GP64()
	LEAQ(sums, lane)
	Label("scalar")
	t := XMM()
	VXORPS(t, t, t)
	VCVTSS2SD(Mem{Base: p}, t, t)
	VSUBSD(Mem{Base: c}, t, t)
	VMULSD(t, t, t)
	VADDSD(Mem{Base: lane}, t, t)
	VMOVSD(t, Mem{Base: lane})
	ADDQ(Imm(4), p)
	ADDQ(Imm(8), c)
	ADDQ(Imm(8), lane)
	countDown(d, Imm(1), "scalar")
	for i, sum := range acc {
		VMOVUPD(sums.Offset(8*lanes*i), sum)
	}

	Label("sum")
	for n := len(acc) / 2; n > 0; n /= 2 {
		for i := range n {
			VADDPD(acc[i+n], acc[i], acc[i])
		}
	}
	v := acc[0]
	if lanes == 8 {
		high := YMM()
		VEXTRACTF64X4(Imm(1), v, high)
		VADDPD(high, v.AsY(), v.AsY())
	}
	high := XMM()
	VEXTRACTF128(Imm(1), v.AsY(), high)
	VADDPD(high, v.AsX(), v.AsX())
	VPERMILPD(Imm(1), v.AsX(), high)
	VADDSD(high, v.AsX(), v.AsX())
	VMOVSD(v.AsX(), Mem{Base: d2})

	ADDQ(bytes("ldx"), x)
	ADDQ(Imm(8), d2)
	ADDQ(Imm(4), numbers)
	countDown(rows, Imm(1), "row")
	end()
}
