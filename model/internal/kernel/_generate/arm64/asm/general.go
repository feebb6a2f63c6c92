package asm

import "fmt"

// ins adds an instruction in Go's syntax on general registers: format has a verb %d for
// the number of each of them, first those that are set.
func (f *Function) ins(format string, defs []Register, uses []Register, args ...Register) {
	f.emit(defs, uses, func(p []int) string {
		numbers := make([]any, len(args))
		for i, r := range args {
			numbers[i] = p[r.number]
		}
		return fmt.Sprintf(format, numbers...)
	})
}

func list(r ...Register) []Register { return r }

// Load returns a register with a parameter: an address or an int.
func (f *Function) Load(name string) Register {
	r := f.X()
	f.LoadTo(r, name)
	return r
}

// LoadTo reads a parameter again.
func (f *Function) LoadTo(r Register, name string) {
	p, ok := f.params[name]
	if !ok || p.size != 8 {
		panic(f.name + ": no parameter " + name)
	}
	f.ins(fmt.Sprintf("MOVD %s+%d(FP), R%%d", name, p.offset), list(r), nil, r)
}

// Bytes returns a register with a parameter that counts float32 numbers, in bytes.
func (f *Function) Bytes(name string) Register {
	r := f.Load(name)
	f.Shift(r, r, 2)
	return r
}

// Broadcast returns a vector of a float32 parameter.
func (f *Function) Broadcast(name string) Register {
	p, ok := f.params[name]
	if !ok || p.size != 4 {
		panic(f.name + ": no float32 parameter " + name)
	}
	x, v := f.X(), f.V()
	f.ins(fmt.Sprintf("MOVWU %s+%d(FP), R%%d", name, p.offset), list(x), nil, x)
	f.Duplicate(v, x)
	return v
}

// Literal returns a vector of a constant of the file.
func (f *Function) Literal(name string) Register {
	x, v := f.X(), f.V()
	f.ins(fmt.Sprintf("MOVD $%s<>(SB), R%%d", name), list(x), nil, x)
	f.LoadV(v, At(x, 0))
	return v
}

// Local returns a register with the address of bytes of the routine's own, a multiple
// of 16.
func (f *Function) Local(bytes int) Register {
	f.frame += (bytes + 15) / 16 * 16
	x := f.X()
	f.ins(fmt.Sprintf("MOVD $local%d-%d(SP), R%%d", f.frame, f.frame), list(x), nil, x)
	return x
}

// Set sets r to a constant.
func (f *Function) Set(r Register, n int) { f.ins(fmt.Sprintf("MOVD $%d, R%%d", n), list(r), nil, r) }

// Copy returns a new register with the same value.
func (f *Function) Copy(r Register) Register {
	d := f.X()
	f.Move(d, r)
	return d
}

// Move sets d to r.
func (f *Function) Move(d, r Register) { f.ins("MOVD R%d, R%d", list(d), list(r), r, d) }

// Add sets d to a+b, Sub to a-b, Mul to a·b.
func (f *Function) Add(d, a, b Register) { f.ins("ADD R%d, R%d, R%d", list(d), list(a, b), b, a, d) }
func (f *Function) Sub(d, a, b Register) { f.ins("SUB R%d, R%d, R%d", list(d), list(a, b), b, a, d) }
func (f *Function) Mul(d, a, b Register) { f.ins("MUL R%d, R%d, R%d", list(d), list(a, b), b, a, d) }

// AddShifted sets d to a + b<<n.
func (f *Function) AddShifted(d, a, b Register, n int) {
	f.ins(fmt.Sprintf("ADD R%%d<<%d, R%%d, R%%d", n), list(d), list(a, b), b, a, d)
}

// AddImm sets d to a+n.
func (f *Function) AddImm(d, a Register, n int) {
	f.ins(fmt.Sprintf("ADD $%d, R%%d, R%%d", n), list(d), list(a), a, d)
}

// Shift sets d to a<<n, ShiftRight to a>>n, of a that is not negative.
func (f *Function) Shift(d, a Register, n int) {
	f.ins(fmt.Sprintf("LSL $%d, R%%d, R%%d", n), list(d), list(a), a, d)
}
func (f *Function) ShiftRight(d, a Register, n int) {
	f.ins(fmt.Sprintf("LSR $%d, R%%d, R%%d", n), list(d), list(a), a, d)
}

// Times returns a new register with n·r.
func (f *Function) Times(n int, r Register) Register {
	d := f.X()
	if n&(n-1) == 0 {
		shift := 0
		for 1<<shift < n {
			shift++
		}
		f.Shift(d, r, shift)
		return d
	}
	for shift := 1; shift < 5; shift++ {
		if n == 1<<shift+1 {
			f.AddShifted(d, r, r, shift)
			return d
		}
	}
	f.Set(d, n)
	f.Mul(d, d, r)
	return d
}

// LoadX reads 8 bytes, LoadInt32 four with their sign, LoadWord four without; StoreX
// writes 8 bytes, StoreWord four, StoreHalf two.
func (f *Function) LoadX(d Register, p Place)     { f.memory("MOVD %s, R%%d", list(d), nil, d, p) }
func (f *Function) LoadInt32(d Register, p Place) { f.memory("MOVW %s, R%%d", list(d), nil, d, p) }
func (f *Function) LoadWord(d Register, p Place)  { f.memory("MOVWU %s, R%%d", list(d), nil, d, p) }
func (f *Function) StoreX(r Register, p Place)    { f.memory("MOVD R%%d, %s", nil, list(r), r, p) }
func (f *Function) StoreWord(r Register, p Place) { f.memory("MOVW R%%d, %s", nil, list(r), r, p) }
func (f *Function) StoreHalf(r Register, p Place) { f.memory("MOVH R%%d, %s", nil, list(r), r, p) }

// memory adds a load or store of a general register.
func (f *Function) memory(format string, defs, uses []Register, r Register, p Place) {
	if p.indexed {
		panic(f.name + ": general registers have no index")
	}
	place := fmt.Sprintf("%d(R%%d)", p.disp)
	format = fmt.Sprintf(format, place)
	args := list(p.base, r)
	if len(uses) > 0 {
		args = list(r, p.base)
	}
	f.ins(format, defs, append(append([]Register{}, uses...), p.base), args...)
}

// Label marks a place, Jump goes there.
func (f *Function) Label(name string) { f.code = append(f.code, instruction{label: name}) }
func (f *Function) Jump(label string) {
	f.code = append(f.code, instruction{target: label, always: true, text: func([]int) string { return "JMP " + label }})
}

// branch adds a conditional branch.
func (f *Function) branch(op, label string) {
	f.code = append(f.code, instruction{target: label, text: func([]int) string { return op + " " + label }})
}

// JumpZero goes to label if r is 0.
func (f *Function) JumpZero(r Register, label string) {
	f.code = append(f.code, instruction{target: label, uses: list(r),
		text: func(p []int) string { return fmt.Sprintf("CBZ R%d, %s", p[r.number], label) }})
}

// JumpLess goes to label if r < n.
func (f *Function) JumpLess(r Register, n int, label string) {
	f.ins(fmt.Sprintf("CMP $%d, R%%d", n), nil, list(r), r)
	f.branch("BLT", label)
}

// JumpNot goes to label if r is not n.
func (f *Function) JumpNot(r Register, n int, label string) {
	f.ins(fmt.Sprintf("CMP $%d, R%%d", n), nil, list(r), r)
	f.branch("BNE", label)
}

// CountDown takes n from r and goes to label if anything is left.
func (f *Function) CountDown(r Register, n int, label string) {
	f.ins(fmt.Sprintf("SUBS $%d, R%%d, R%%d", n), list(r), list(r), r, r)
	f.branch("BNE", label)
}

// Unrolled writes a loop that does by of n at a time, while there are as many.
func (f *Function) Unrolled(n Register, by int, loop string, body func()) {
	f.JumpLess(n, by, loop+"End")
	f.Label(loop)
	body()
	f.AddImm(n, n, -by)
	f.ins(fmt.Sprintf("CMP $%d, R%%d", by), nil, list(n), n)
	f.branch("BGE", loop)
	f.Label(loop + "End")
}

// Return ends the routine.
func (f *Function) Return() {
	f.code = append(f.code, instruction{always: true, text: func([]int) string { return "RET" }})
}
