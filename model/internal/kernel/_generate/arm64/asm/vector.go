package asm

import "fmt"

// Place is an address: base and a constant, or base and another register.
type Place struct {
	base, index Register
	indexed     bool
	disp        int
}

// At is the place disp bytes after base, Index that of a sum of registers.
func At(base Register, disp int) Place { return Place{base: base, disp: disp} }
func Index(base, index Register) Place { return Place{base: base, index: index, indexed: true} }
func (p Place) Offset(disp int) Place  { p.disp += disp; return p }
func (p Place) registers() []Register {
	if p.indexed {
		return list(p.base, p.index)
	}
	return list(p.base)
}

// word adds an instruction as a word: args are register numbers that go to bits shift[i].
func (f *Function) word(defs, uses []Register, code uint32, syntax string, args []Register, shifts ...int) {
	f.emit(defs, uses, func(p []int) string {
		w, numbers := code, make([]any, len(args))
		for i, r := range args {
			numbers[i] = p[r.number]
			if shifts[i] >= 0 {
				w |= uint32(p[r.number]) << shifts[i]
			}
		}
		return fmt.Sprintf("WORD $0x%08x // "+syntax, append([]any{w}, numbers...)...)
	})
}

// size is a size of vector loads and stores.
type size struct {
	letter        string
	load, store   uint32 // with a constant, in units of bytes
	loadI, storeI uint32 // with an index
	bytes         int
}

var (
	quad   = size{"q", 0x3dc00000, 0x3d800000, 0x3ce06800, 0x3ca06800, 16}
	double = size{"d", 0xfd400000, 0xfd000000, 0xfc606800, 0xfc206800, 8}
	single = size{"s", 0xbd400000, 0xbd000000, 0xbc606800, 0xbc206800, 4}
)

// LoadV fills a vector, LoadD its lower half, LoadS its first number; the rest is 0.
func (f *Function) LoadV(d Register, p Place) { f.load(quad, d, p) }
func (f *Function) LoadD(d Register, p Place) { f.load(double, d, p) }
func (f *Function) LoadS(d Register, p Place) { f.load(single, d, p) }

// StoreV writes a vector, StoreD its lower half, StoreS its first number.
func (f *Function) StoreV(v Register, p Place) { f.store(quad, v, p) }
func (f *Function) StoreD(v Register, p Place) { f.store(double, v, p) }
func (f *Function) StoreS(v Register, p Place) { f.store(single, v, p) }

func (f *Function) load(s size, d Register, p Place) {
	f.move(list(d), p.registers(), "ldr "+s.letter, s.load, s.loadI, s.bytes, d, p)
}

func (f *Function) store(s size, v Register, p Place) {
	f.move(nil, append(p.registers(), v), "str "+s.letter, s.store, s.storeI, s.bytes, v, p)
}

// move adds a load or a store of a vector.
func (f *Function) move(defs, uses []Register, name string, constant, indexed uint32, bytes int, v Register, p Place) {
	if p.indexed {
		if p.disp != 0 {
			panic(f.name + ": an index and a constant")
		}
		f.word(defs, uses, indexed, name+"%d, [x%d, x%d]", list(v, p.base, p.index), 0, 5, 16)
		return
	}
	if p.disp%bytes != 0 || p.disp < 0 || p.disp/bytes > 4095 {
		panic(fmt.Sprintf("%s: %s at %d", f.name, name, p.disp))
	}
	f.word(defs, uses, constant|uint32(p.disp/bytes)<<10, fmt.Sprintf("%s%%d, [x%%d, #%d]", name, p.disp), list(v, p.base), 0, 5)
}

// LoadPair fills two vectors, StorePair writes them.
func (f *Function) LoadPair(a, b Register, p Place) {
	f.pair(list(a, b), p.registers(), 0xad400000, "ldp", a, b, p)
}
func (f *Function) StorePair(a, b Register, p Place) {
	f.pair(nil, append(p.registers(), a, b), 0xad000000, "stp", a, b, p)
}

func (f *Function) pair(defs, uses []Register, code uint32, name string, a, b Register, p Place) {
	if p.indexed || p.disp%16 != 0 || p.disp < -1024 || p.disp > 1008 {
		panic(fmt.Sprintf("%s: %s at %d", f.name, name, p.disp))
	}
	f.word(defs, uses, code|uint32(p.disp/16)&127<<15, fmt.Sprintf("%s q%%d, q%%d, [x%%d, #%d]", name, p.disp), list(a, b, p.base), 0, 10, 5)
}

// LoadPost fills a vector and then adds to the base; StorePost writes it.
func (f *Function) LoadPost(d, base Register, add int) {
	f.word(list(d, base), list(base), 0x3cc00400|uint32(add)&511<<12, fmt.Sprintf("ldr q%%d, [x%%d], #%d", add), list(d, base), 0, 5)
}
func (f *Function) StorePost(v, base Register, add int) {
	f.word(list(base), list(v, base), 0x3c800400|uint32(add)&511<<12, fmt.Sprintf("str q%%d, [x%%d], #%d", add), list(v, base), 0, 5)
}

// StoreLane writes number i of a vector and then adds a register to the base.
func (f *Function) StoreLane(v Register, i int, base, add Register) {
	code := uint32(0x0d808000 | i>>1<<30 | i&1<<12)
	f.word(list(base), list(v, base, add), code, fmt.Sprintf("st1 { v%%d.s }[%d], [x%%d], x%%d", i), list(v, base, add), 0, 5, 16)
}

// LoadBroadcast fills a vector with one number in memory.
func (f *Function) LoadBroadcast(d, base Register) {
	f.word(list(d), list(base), 0x4d40c800, "ld1r { v%d.4s }, [x%d]", list(d, base), 0, 5)
}

// Duplicate fills a vector with the lower 32 bits of a general register.
func (f *Function) Duplicate(d, x Register) {
	f.word(list(d), list(x), 0x4e040c00, "dup v%d.4s, w%d", list(d, x), 0, 5)
}

// Duplicate64 fills a vector with a general register.
func (f *Function) Duplicate64(d, x Register) {
	f.word(list(d), list(x), 0x4e080c00, "dup v%d.2d, x%d", list(d, x), 0, 5)
}

// op3 adds an instruction of three vectors, d = n op m; with acc, d is read, too.
func (f *Function) op3(acc bool, code uint32, name, kind string, d, n, m Register) {
	uses := list(n, m)
	if acc {
		uses = append(uses, d)
	}
	syntax := fmt.Sprintf("%s v%%d.%s, v%%d.%s, v%%d.%s", name, kind, kind, kind)
	f.word(list(d), uses, code, syntax, list(d, n, m), 0, 5, 16)
}

// op2 adds an instruction of two vectors.
func (f *Function) op2(code uint32, name, to, from string, d, n Register) {
	f.word(list(d), list(n), code, fmt.Sprintf("%s v%%d.%s, v%%d.%s", name, to, from), list(d, n), 0, 5)
}

// Four float32 numbers: d = n op m.
func (f *Function) FAdd(d, n, m Register) { f.op3(false, 0x4e20d400, "fadd", "4s", d, n, m) }
func (f *Function) FSub(d, n, m Register) { f.op3(false, 0x4ea0d400, "fsub", "4s", d, n, m) }
func (f *Function) FMul(d, n, m Register) { f.op3(false, 0x6e20dc00, "fmul", "4s", d, n, m) }
func (f *Function) FDiv(d, n, m Register) { f.op3(false, 0x6e20fc00, "fdiv", "4s", d, n, m) }
func (f *Function) FSqrt(d, n Register)   { f.op2(0x6ea1f800, "fsqrt", "4s", "4s", d, n) }

// FAddPairs sets d to the sums of neighbours, first those of n, then of m.
func (f *Function) FAddPairs(d, n, m Register) { f.op3(false, 0x6e20d400, "faddp", "4s", d, n, m) }

// FMla adds n·m to d, fused; FMls subtracts it.
func (f *Function) FMla(d, n, m Register) { f.op3(true, 0x4e20cc00, "fmla", "4s", d, n, m) }
func (f *Function) FMls(d, n, m Register) { f.op3(true, 0x4ea0cc00, "fmls", "4s", d, n, m) }

// FMlaBy adds n times number i of m to d, fused.
func (f *Function) FMlaBy(d, n, m Register, i int) {
	code := uint32(0x4f801000 | i&1<<21 | i>>1<<11)
	f.word(list(d), list(d, n, m), code, fmt.Sprintf("fmla v%%d.4s, v%%d.4s, v%%d.s[%d]", i), list(d, n, m), 0, 5, 16)
}

// FGreater sets all bits where n > m.
func (f *Function) FGreater(d, n, m Register) { f.op3(false, 0x6ea0e400, "fcmgt", "4s", d, n, m) }

// FEqual sets all bits where n == m.
func (f *Function) FEqual(d, n, m Register) { f.op3(false, 0x4e20e400, "fcmeq", "4s", d, n, m) }

// Insert takes the bits of n into d where those of m are set.
func (f *Function) Insert(d, n, m Register) { f.op3(true, 0x6ea01c00, "bit", "16b", d, n, m) }

// And, Or, Xor of all bits; Zero clears, CopyV returns a copy.
func (f *Function) And(d, n, m Register) { f.op3(false, 0x4e201c00, "and", "16b", d, n, m) }
func (f *Function) Or(d, n, m Register)  { f.op3(false, 0x4ea01c00, "orr", "16b", d, n, m) }
func (f *Function) Zero(d Register)      { f.word(list(d), nil, 0x6f00e400, "movi v%d.2d, #0", list(d), 0) }
func (f *Function) MoveV(d, n Register)  { f.Or(d, n, n) }
func (f *Function) CopyV(n Register) Register {
	d := f.V()
	f.MoveV(d, n)
	return d
}

// Atleast leaves lo where lo > v, and v elsewhere: NaN and -0 pass, as they would not
// with fmax.
func (f *Function) AtLeast(v, lo Register) {
	mask := f.V()
	f.FGreater(mask, lo, v)
	f.Insert(v, lo, mask)
}

// Integers: to the nearest, ties to even, and back.
func (f *Function) ToInt(d, n Register)   { f.op2(0x4e21a800, "fcvtns", "4s", "4s", d, n) }
func (f *Function) FromInt(d, n Register) { f.op2(0x4e21d800, "scvtf", "4s", "4s", d, n) }

// AddInt adds 32-bit integers, AddLong those of 64.
func (f *Function) AddInt(d, n, m Register)  { f.op3(false, 0x4ea08400, "add", "4s", d, n, m) }
func (f *Function) AddLong(d, n, m Register) { f.op3(false, 0x4ee08400, "add", "2d", d, n, m) }
