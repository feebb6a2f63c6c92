package asm

// Widen sets d to the lower two of n's numbers in float64, WidenHigh to the upper two.
func (f *Function) Widen(d, n Register)     { f.op2(0x0e617800, "fcvtl", "2d", "2s", d, n) }
func (f *Function) WidenHigh(d, n Register) { f.op2(0x4e617800, "fcvtl2", "2d", "4s", d, n) }

// FMin sets d to the smaller numbers.
func (f *Function) FMin(d, n, m Register) { f.op3(false, 0x4ea0f400, "fmin", "4s", d, n, m) }
