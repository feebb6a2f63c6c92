package asm

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestAllocate runs random routines, with branches to and fro, on registers as variables
// and on those that they were given: all values that are read are the same.
func TestAllocate(t *testing.T) {
	crowded := 0
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 5))
		f := routine(rng)
		physical := f.allocate()
		for _, r := range f.registers {
			p := physical[r.number]
			if p > r.most || p < 0 || !r.vector && p == system || r.fixed >= 0 && p != r.fixed {
				t.Fatalf("routine %d: register %d of %+v", seed, p, r)
			}
			if p > 7 {
				crowded++
			}
		}
		numbers := make([]int, len(f.registers))
		for i := range numbers {
			numbers[i] = i
		}
		for range 20 {
			path := rng.Uint64()
			want, got := f.execute(numbers, path), f.execute(physical, path)
			if want != got {
				t.Fatalf("routine %d: registers that live at the same time share a place", seed)
			}
		}
	}
	if crowded < 50 {
		t.Errorf("%d registers above the eighth: too few to tell", crowded)
	}
}

// routine returns a random routine: every register is set at its beginning, or before it
// is read in the same piece without a label.
func routine(rng *rand.Rand) *Function {
	f := &Function{name: "random"}
	var live []Register
	for range 4 + rng.IntN(5) {
		live = append(live, f.X(), f.V())
	}
	live = append(live, f.Low(), f.Fixed(3))
	for _, r := range live {
		f.emit(list(r), nil, nil)
	}
	for i := range 6 {
		f.Label(fmt.Sprint(i))
		local := live
		for range 5 + rng.IntN(10) {
			use := list(local[rng.IntN(len(local))], local[rng.IntN(len(local))])
			d := local[rng.IntN(len(local))]
			if rng.IntN(2) == 0 {
				d = []func() Register{f.X, f.V, f.X, f.V, f.Low}[rng.IntN(5)]()
				local = append(local[:len(local):len(local)], d)
			}
			f.emit(list(d), use, nil)
		}
		switch to := fmt.Sprint(rng.IntN(6)); rng.IntN(3) {
		case 0:
			f.branch("B", to)
		case 1:
			f.JumpZero(local[rng.IntN(len(local))], to)
		}
	}
	for _, r := range live {
		f.emit(nil, list(r), nil)
	}
	f.Return()
	return f
}

// execute goes through a routine, taking branches by the bits of path, and returns a hash
// of all that is read. Registers of the same kind and number are the same.
func (f *Function) execute(physical []int, path uint64) (read uint64) {
	at := map[string]int{}
	for i, in := range f.code {
		if in.label != "" {
			at[in.label] = i
		}
	}
	type place struct {
		vector bool
		number int
	}
	mix := func(a, b uint64) uint64 { return (a ^ b) * 0x9e3779b97f4a7c15 >> 3 }
	values := map[place]uint64{}
	for i, steps := 0, 0; i < len(f.code) && steps < 500; i, steps = i+1, steps+1 {
		in, sum := f.code[i], uint64(i)
		for _, u := range in.uses {
			sum = mix(sum, values[place{u.vector, physical[u.number]}])
		}
		read = mix(read, sum)
		for _, d := range in.defs {
			values[place{d.vector, physical[d.number]}] = mix(sum, uint64(d.number))
		}
		if in.target != "" {
			if path = path*6364136223846793005 + 1442695040888963407; in.always || path>>63 == 1 {
				i = at[in.target]
			}
		} else if in.always {
			break
		}
	}
	return read
}

// TestAllocateRefuses: more registers than there are, and one that is read before it is
// set, stop the generator.
func TestAllocateRefuses(t *testing.T) {
	for want, write := range map[string]func(f *Function){
		"": func(f *Function) { // 32 vectors and 26 general registers
			hold(f, f.V, 32)
			hold(f, f.X, 26)
		},
		"no register is left":       func(f *Function) { hold(f, f.V, 33) },
		"many: no register is left": func(f *Function) { hold(f, f.X, 27) },
		"no register":               func(f *Function) { hold(f, f.Low, 17) },
		"many: no register is":      func(f *Function) { hold(f, func() Register { return f.Fixed(3) }, 2) },
		"is read before it is set":  func(f *Function) { f.Add(f.X(), f.X(), f.X()) },
		"no label there":            func(f *Function) { f.Jump("there") },
	} {
		message := func() (message string) {
			defer func() { message = fmt.Sprint(recover()) }()
			f := &Function{name: "many"}
			write(f)
			f.Return()
			f.allocate()
			return
		}()
		if want == "" && message != "<nil>" || !strings.Contains(message, want) {
			t.Errorf("%q, want %q", message, want)
		}
	}
}

// hold sets n registers and then reads them all.
func hold(f *Function, r func() Register, n int) {
	var all []Register
	for range n {
		all = append(all, r())
		f.emit(all[len(all)-1:], nil, nil)
	}
	f.emit(nil, all, nil)
}
