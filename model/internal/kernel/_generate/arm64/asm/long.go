package asm

import "fmt"

// Numbers of other sizes than float32: two float64 or int64, four int32, eight int16.

// Widen sets d to the lower two of n's numbers in float64, WidenHigh to the upper two.
func (f *Function) Widen(d, n Register)     { f.op2(0x0e617800, "fcvtl", "2d", "2s", d, n) }
func (f *Function) WidenHigh(d, n Register) { f.op2(0x4e617800, "fcvtl2", "2d", "4s", d, n) }

// DAdd, DSub and DMul compute with two float64 numbers; DToInt rounds them to the nearest
// integers, ties to even.
func (f *Function) DAdd(d, n, m Register) { f.op3(false, 0x4e60d400, "fadd", "2d", d, n, m) }
func (f *Function) DSub(d, n, m Register) { f.op3(false, 0x4ee0d400, "fsub", "2d", d, n, m) }
func (f *Function) DMul(d, n, m Register) { f.op3(false, 0x6e60dc00, "fmul", "2d", d, n, m) }
func (f *Function) DToInt(d, n Register)  { f.op2(0x4e61a800, "fcvtns", "2d", "2d", d, n) }

// DFold sets d to the sum of n's two float64 numbers, FFold to that of its first two
// float32 numbers.
func (f *Function) DFold(d, n Register) { f.fold(0x7e70d800, "faddp d%d, v%d.2d", d, n) }
func (f *Function) FFold(d, n Register) { f.fold(0x7e30d800, "faddp s%d, v%d.2s", d, n) }

// Least sets d to the least of n's four numbers, LeastInt to that of unsigned integers.
func (f *Function) Least(d, n Register)    { f.fold(0x6eb0f800, "fminv s%d, v%d.4s", d, n) }
func (f *Function) LeastInt(d, n Register) { f.fold(0x6eb1a800, "uminv s%d, v%d.4s", d, n) }

func (f *Function) fold(code uint32, syntax string, d, n Register) {
	f.word(list(d), list(n), code, syntax, list(d, n), 0, 5)
}

// FMin sets d to the smaller numbers, of those that are no NaN; MinInt does the same for
// unsigned integers.
func (f *Function) FMin(d, n, m Register)   { f.op3(false, 0x4ea0f400, "fmin", "4s", d, n, m) }
func (f *Function) MinInt(d, n, m Register) { f.op3(false, 0x6ea06c00, "umin", "4s", d, n, m) }

// EqualInt sets all bits where integers are equal.
func (f *Function) EqualInt(d, n, m Register) { f.op3(false, 0x6ea08c00, "cmeq", "4s", d, n, m) }

// Ones sets all bits.
func (f *Function) Ones(d Register) {
	f.word(list(d), nil, 0x6f07e7e0, "movi v%d.2d, #0xffffffffffffffff", list(d), 0)
}

// FirstOf fills d with the first 32 bits of n, FirstDouble with the first 64.
func (f *Function) FirstOf(d, n Register) {
	f.word(list(d), list(n), 0x4e040400, "dup v%d.4s, v%d.s[0]", list(d, n), 0, 5)
}
func (f *Function) FirstDouble(d, n Register) {
	f.word(list(d), list(n), 0x4e080400, "dup v%d.2d, v%d.d[0]", list(d, n), 0, 5)
}

// SwapHalves sets d to n with its halves swapped.
func (f *Function) SwapHalves(d, n Register) {
	f.word(list(d), list(n), 0x6e004000, "ext v%d.16b, v%d.16b, v%d.16b, #8", list(d, n, n), 0, 5, 16)
}

// LowHalves sets d to the lower halves of n and m, HighHalves to the upper ones.
func (f *Function) LowHalves(d, n, m Register)  { f.op3(false, 0x4ec03800, "zip1", "2d", d, n, m) }
func (f *Function) HighHalves(d, n, m Register) { f.op3(false, 0x4ec07800, "zip2", "2d", d, n, m) }

// Narrow sets the lower half of d to n's integers in 16 bits, saturated; NarrowHigh the
// upper half.
func (f *Function) Narrow(d, n Register) { f.op2(0x0e614800, "sqxtn", "4h", "4s", d, n) }
func (f *Function) NarrowHigh(d, n Register) {
	f.word(list(d), list(d, n), 0x4e614800, "sqxtn2 v%d.8h, v%d.4s", list(d, n), 0, 5)
}

// StoreH writes the first 16 bits.
func (f *Function) StoreH(v Register, p Place) { f.store(half, v, p) }

var half = size{"h", 0x7d400000, 0x7d000000, 0x7c606800, 0x7c206800, 2}

// MultiplyBy adds the lower four int16 of n, or the upper four, times number i of m, one
// of the first 16 registers, to int32.
func (f *Function) MultiplyBy(d, n, m Register, i int, high bool) {
	code, name, kind := uint32(0x0f402000), "smlal", "4h"
	if high {
		code, name, kind = 0x4f402000, "smlal2", "8h"
	}
	code |= uint32(i>>2<<11 | i>>1&1<<21 | i&1<<20)
	f.word(list(d), list(d, n, m), code, fmt.Sprintf("%s v%%d.4s, v%%d.%s, v%%d.h[%d]", name, kind, i), list(d, n, m), 0, 5, 16)
}

// LoadParts fills a with the even and b with the odd of 16 int16, and adds 32 to the base.
// The number of b follows that of a.
func (f *Function) LoadParts(a, b, base Register) {
	if a.fixed < 0 || b.fixed != a.fixed+1 {
		panic(f.name + ": registers that do not follow each other")
	}
	f.word(list(a, b, base), list(base), 0x4cdf8400, "ld2 { v%d.8h, v%d.8h }, [x%d], #32", list(a, b, base), 0, -1, 5)
}
