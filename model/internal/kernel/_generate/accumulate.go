package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// accumulate writes the sum of rows in fixed point. AVX2 cannot convert to 64-bit
// integers but one at a time, which is what both do with the numbers that are left.
func (s isa) accumulate() {
	s.function("accumulate", "func(sums *int64, x *float32, factor float64, n int)",
		"adds numbers in fixed point:",
		"\tfor i := range n {",
		"\t\tsums[i] += int64(math.RoundToEven(float64(x[i]) * factor))",
		"\t}")
	sums, x, n := load("sums"), load("x"), load("n")
	factor := XMM()
	Load(Param("factor"), factor)
	step := int32(4)
	if s.lanes == 16 {
		step = 16
	}
	CMPQ(n, I32(step))
	JLT(LabelRef("tail"))
	if s.lanes == 16 {
		f := ZMM()
		VBROADCASTSD(factor, f)
		Label("loop")
		for i := range 2 {
			v := ZMM()
			VCVTPS2PD(at(x, 32*i), v)
			VMULPD(f, v, v)
			VCVTPD2QQ(v, v)
			VPADDQ(at(sums, 64*i), v, v)
			VMOVDQU64(v, at(sums, 64*i))
		}
	} else {
		Label("loop")
		for i := range int(step) {
			addFixed(sums, x, i, factor)
		}
	}
	ADDQ(I32(4*step), x)
	ADDQ(I32(8*step), sums)
	SUBQ(I32(step), n)
	CMPQ(n, I32(step))
	JGE(LabelRef("loop"))
	Label("tail")
	TESTQ(n, n)
	JZ(LabelRef("done"))
	Label("scalar")
	addFixed(sums, x, 0, factor)
	ADDQ(Imm(4), x)
	ADDQ(Imm(8), sums)
	countDown(n, Imm(1), "scalar")
	Label("done")
	end()
}

// addFixed writes the addition of number i.
func addFixed(sums, x reg.Register, i int, factor reg.VecVirtual) {
	v, integer := XMM(), GP64()
	VXORPS(v, v, v)
	VCVTSS2SD(at(x, 4*i), v, v)
	VMULSD(factor, v, v)
	VCVTSD2SIQ(v, integer)
	ADDQ(integer, at(sums, 8*i))
}
