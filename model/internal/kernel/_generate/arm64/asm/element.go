package asm

import "fmt"

// By one number of a vector: d = n·m[i], d -= n·m[i] (FMlaBy adds).
func (f *Function) FMulBy(d, n, m Register, i int) {
	f.by(list(n, m), 0x4f809000, "fmul", d, n, m, i)
}
func (f *Function) FMlsBy(d, n, m Register, i int) {
	f.by(list(d, n, m), 0x4f805000, "fmls", d, n, m, i)
}

func (f *Function) by(uses []Register, code uint32, name string, d, n, m Register, i int) {
	code |= uint32(i&1<<21 | i>>1<<11)
	f.word(list(d), uses, code, fmt.Sprintf("%s v%%d.4s, v%%d.4s, v%%d.s[%d]", name, i), list(d, n, m), 0, 5, 16)
}

// FMax sets d to the larger numbers, FMin to the smaller: NaN where one of them is NaN.
// They take 0 for larger than -0, see AtLeast.
func (f *Function) FMax(d, n, m Register) { f.op3(false, 0x4e20f400, "fmax", "4s", d, n, m) }

// FPositive sets all bits where n > 0.
func (f *Function) FPositive(d, n Register) {
	f.word(list(d), list(n), 0x4ea0c800, "fcmgt v%d.4s, v%d.4s, #0.0", list(d, n), 0, 5)
}

// ShiftInt shifts 32-bit integers to the left.
func (f *Function) ShiftInt(d, n Register, by int) {
	f.word(list(d), list(n), 0x4f005400|uint32(32+by)<<16, fmt.Sprintf("shl v%%d.4s, v%%d.4s, #%d", by), list(d, n), 0, 5)
}

// BytesToHalves sets d to the lower eight bytes of n as 16-bit integers, HalvesToInts to
// the lower four of those as 32-bit ones; with high, the upper ones.
func (f *Function) BytesToHalves(d, n Register, high bool) {
	f.extend(0x2f08a400, "8h", "8b", "16b", d, n, high)
}
func (f *Function) HalvesToInts(d, n Register, high bool) {
	f.extend(0x2f10a400, "4s", "4h", "8h", d, n, high)
}

func (f *Function) extend(code uint32, to, low, all string, d, n Register, high bool) {
	name, from := "ushll", low
	if high {
		code, name, from = code|1<<30, "ushll2", all
	}
	f.word(list(d), list(n), code, fmt.Sprintf("%s v%%d.%s, v%%d.%s, #0", name, to, from), list(d, n), 0, 5)
}

// DMla adds n·m to d, two float64 numbers, fused.
func (f *Function) DMla(d, n, m Register) { f.op3(true, 0x4e60cc00, "fmla", "2d", d, n, m) }
