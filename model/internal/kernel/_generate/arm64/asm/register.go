package asm

import "fmt"

// Register is a register that allocation finds a place for: a general one, or a vector.
type Register struct {
	number int
	vector bool
	most   int // the highest register that will do
	fixed  int // the only one, or -1
}

// X returns a new general register.
func (f *Function) X() Register { return f.register(false, lastGeneral) }

// V returns a new vector register: four float32 numbers, and other sizes.
func (f *Function) V() Register { return f.register(true, 31) }

// Low returns a new vector register among the first 16, the only ones whose 16-bit
// elements a product takes.
func (f *Function) Low() Register { return f.register(true, 15) }

// Fixed returns a vector register that is number n: two whose numbers follow each other
// take what one instruction loads into both.
func (f *Function) Fixed(n int) Register {
	r := f.V()
	r.fixed = n
	f.registers[r.number] = r
	return r
}

func (f *Function) register(vector bool, most int) Register {
	r := Register{len(f.registers), vector, most, -1}
	f.registers = append(f.registers, r)
	return r
}

// lastGeneral is the highest general register in use: R27 is the assembler's, R28 Go's.
// R18 belongs to the system on macOS and Windows.
const lastGeneral, system = 26, 18

// instruction is one, or a label.
type instruction struct {
	label  string
	uses   []Register
	defs   []Register
	target string // of a branch
	always bool   // the branch, or the end: what follows is not reached from here
	text   func(physical []int) string
}

// emit adds an instruction whose text has verbs for the registers' numbers.
func (f *Function) emit(defs, uses []Register, text func(p []int) string) {
	f.code = append(f.code, instruction{defs: defs, uses: uses, text: text})
}

// allocate gives every register a place: those with the least choice first, then in the
// order of their first use, the lowest that none holds which is live at the same time.
func (f *Function) allocate() []int {
	live := f.liveness()
	conflicts := make([]set, len(f.registers))
	for i := range conflicts {
		conflicts[i] = newSet(len(f.registers))
	}
	for i, in := range f.code {
		for _, d := range in.defs {
			for _, r := range f.registers {
				if r.number != d.number && r.vector == d.vector && (live[i].has(r.number) || in.defines(r)) {
					conflicts[d.number].add(r.number)
					conflicts[r.number].add(d.number)
				}
			}
		}
	}
	physical := make([]int, len(f.registers))
	for i := range physical {
		physical[i] = -1
	}
	for _, choice := range []func(r Register) bool{
		func(r Register) bool { return r.fixed >= 0 },
		func(r Register) bool { return r.vector && r.most < 31 },
		func(Register) bool { return true },
	} {
		for _, in := range f.code {
			for _, d := range in.defs {
				if physical[d.number] < 0 && choice(d) {
					physical[d.number] = f.place(d, conflicts[d.number], physical)
				}
			}
		}
	}
	return physical
}

// place returns the lowest place that no conflicting register has.
func (f *Function) place(r Register, conflicts set, physical []int) int {
	var taken [32]bool
	taken[system] = !r.vector
	for i, p := range physical {
		if p >= 0 && conflicts.has(i) {
			taken[p] = true
		}
	}
	for p := range r.most + 1 {
		if !taken[p] && (r.fixed < 0 || r.fixed == p) {
			return p
		}
	}
	panic(fmt.Sprintf("%s: no register is left", f.name))
}

// liveness returns for each instruction the registers whose values are needed after it.
func (f *Function) liveness() []set {
	at := map[string]int{}
	for i, in := range f.code {
		if in.label != "" {
			at[in.label] = i
		}
	}
	in, out := make([]set, len(f.code)+1), make([]set, len(f.code))
	for i := range in {
		in[i] = newSet(len(f.registers))
	}
	for changed := true; changed; {
		changed = false
		for i := len(f.code) - 1; i >= 0; i-- {
			c := f.code[i]
			after := newSet(len(f.registers))
			if !c.always {
				after.union(in[i+1])
			}
			if c.target != "" {
				to, ok := at[c.target]
				if !ok {
					panic(f.name + ": no label " + c.target)
				}
				after.union(in[to])
			}
			out[i] = after.copy()
			for _, d := range c.defs {
				after.remove(d.number)
			}
			for _, u := range c.uses {
				after.add(u.number)
			}
			changed = in[i].union(after) || changed
		}
	}
	for _, r := range f.registers {
		if in[0].has(r.number) {
			panic(fmt.Sprintf("%s: register %d is read before it is set", f.name, r.number))
		}
	}
	return out
}

// defines reports whether the instruction sets r.
func (in instruction) defines(r Register) bool {
	for _, d := range in.defs {
		if d.number == r.number {
			return true
		}
	}
	return false
}

// set is a set of numbers of registers.
type set []uint64

func newSet(n int) set       { return make(set, (n+63)/64) }
func (s set) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }
func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int)   { s[i/64] &^= 1 << (i % 64) }
func (s set) copy() set      { return append(set(nil), s...) }
func (s set) union(o set) (grown bool) {
	for i, v := range o {
		grown = grown || v&^s[i] != 0
		s[i] |= v
	}
	return grown
}
