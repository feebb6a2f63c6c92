package main

import . "github.com/mmcloughlin/avo/build"

// same is the place of products and pixels where there is one phase.
func same(i int) int { return i }

func first(int) int { return 0 }

// inputF4 is the input transform of F(4x4,3x3).
func (s isa) inputF4(c constants) input {
	return input{isa: s, constants: c, name: "inputF4", spec: "inputF4", side: 6, step: 4, row: inputRowF4,
		columns: []func(input, func(int) operand) []vec{
			func(s input, p func(int) operand) []vec { return []vec{s.edgeF4(p(0), p(2), p(4))} },
			func(s input, p func(int) operand) []vec {
				a := s.minus(s.load(p(4)), s.four, s.load(p(2)))
				b := s.minus(s.load(p(3)), s.four, s.load(p(1)))
				return []vec{s.add(a, b), s.sub(a, b)}
			},
			func(s input, p func(int) operand) []vec {
				t := s.sub(s.load(p(4)), s.load(p(2)))
				u := s.sub(s.load(p(3)), s.load(p(1)))
				d := s.copy(t)
				return []vec{s.plus(t, s.two, u), s.minus(d, s.two, u)}
			},
			func(s input, p func(int) operand) []vec { return []vec{s.edgeF4(p(1), p(3), p(5))} },
		}}
}

// edgeF4 returns (d4-d2) + 4(d0-d2).
func (s input) edgeF4(d0, d2, d4 operand) vec {
	mid := s.load(d2)
	return s.plus(s.sub(s.load(d4), mid), s.four, s.sub(s.load(d0), mid))
}

// inputRowF4 overwrites e.
func inputRowF4(s input, e []vec, store func(vec)) {
	t, u := s.sub(e[4], e[2]), s.sub(e[3], e[1])
	VSUBPS(e[2], e[0], e[0])
	VSUBPS(e[3], e[5], e[5])
	VFMADD132PS(s.four, t, e[0])
	store(e[0]) // 4(e0-e2) + (e4-e2)
	VFNMADD231PS(s.four, e[2], e[4])
	VFNMADD231PS(s.four, e[1], e[3])
	VADDPS(e[3], e[4], e[0])
	store(e[0]) // (e4-4e2) + (e3-4e1)
	VSUBPS(e[3], e[4], e[0])
	store(e[0]) // (e4-4e2) - (e3-4e1)
	VMOVAPS(t, e[0])
	store(s.plus(e[0], s.two, u))   // (e4-e2) + 2(e3-e1)
	store(s.minus(t, s.two, u))     // (e4-e2) - 2(e3-e1)
	store(s.minus(e[5], s.four, u)) // (e5-e3) - 4(e3-e1)
}

// outputF4 is the output transform of F(4x4,3x3).
func (s isa) outputF4(c constants, pool bool) output {
	return output{isa: s, constants: c, spec: "outputF4", side: 6, result: 4, slots: 1, pool: pool,
		phases: []phase{{cols: 6, slot: first, y: same, x: same, row: outputRowF4, groups: [][]int{{0, 2}, {1, 3}},
			columns: []func(*output, func(int) operand) []vec{
				func(o *output, p func(int) operand) []vec { // (e0 + (e1+e2)) + (e3+e4), (e1+e2) + 4(e3+e4)
					s, u := o.addTo(o.load(p(1)), p(2)), o.addTo(o.load(p(3)), p(4))
					a := o.vec()
					VADDPS(p(0), s, a)
					VADDPS(u, a, a)
					return []vec{a, o.plus(s, o.four, u)}
				},
				func(o *output, p func(int) operand) []vec { // (e1-e2) + 2(e3-e4), ((e1-e2) + e5) + 8(e3-e4)
					d, w := o.subFrom(o.load(p(1)), p(2)), o.subFrom(o.load(p(3)), p(4))
					b := o.vec()
					VADDPS(p(5), d, b)
					return []vec{o.plus(d, o.two, w), o.plus(b, o.eight, w)}
				},
			}}}}
}

// outputRowF4 overwrites e.
func outputRowF4(o *output, e []vec) []vec {
	s, u := o.add(e[1], e[2]), o.add(e[3], e[4])
	VSUBPS(e[2], e[1], e[1])
	VSUBPS(e[4], e[3], e[3])
	VADDPS(s, e[0], e[0])
	VADDPS(u, e[0], e[0])
	VADDPS(e[5], e[1], e[5])
	return []vec{e[0], o.plus(e[1], o.two, e[3]), o.plus(s, o.four, u), o.plus(e[5], o.eight, e[3])}
}

// inputF2 is the input transform of F(2x2,3x3).
func (s isa) inputF2(c constants) input {
	return input{isa: s, constants: c, name: "inputF2", spec: "inputF2", side: 4, step: 2, row: inputRowF2,
		columns: []func(input, func(int) operand) []vec{
			func(s input, p func(int) operand) []vec { return []vec{s.subFrom(s.load(p(0)), p(2))} },
			func(s input, p func(int) operand) []vec {
				a, b := s.load(p(2)), s.load(p(1))
				return []vec{s.add(b, a), s.sub(a, b)}
			},
			func(s input, p func(int) operand) []vec { return []vec{s.subFrom(s.load(p(3)), p(1))} },
		}}
}

// inputRowF2 overwrites e.
func inputRowF2(s input, e []vec, store func(vec)) {
	VSUBPS(e[2], e[0], e[0])
	store(e[0])
	store(s.add(e[1], e[2]))
	store(s.sub(e[2], e[1]))
	VSUBPS(e[1], e[3], e[3])
	store(e[3])
}

// outputF2 is the output transform of F(2x2,3x3).
func (s isa) outputF2(c constants, pool bool) output {
	return output{isa: s, constants: c, spec: "outputF2", side: 4, result: 2, slots: 1, pool: pool,
		phases: []phase{{cols: 4, slot: first, y: same, x: same, row: outputRowF2, groups: [][]int{{0, 1}},
			columns: []func(*output, func(int) operand) []vec{
				func(o *output, p func(int) operand) []vec { // (e1+e2) + e0, (e1-e2) + e3
					e1, e2 := o.load(p(1)), o.load(p(2))
					return []vec{o.addTo(o.add(e1, e2), p(0)), o.addTo(o.sub(e1, e2), p(3))}
				},
			}}}}
}

func outputRowF2(o *output, e []vec) []vec {
	s, d := o.add(e[1], e[2]), o.sub(e[1], e[2])
	VADDPS(e[0], s, s)
	VADDPS(e[3], d, d)
	return []vec{s, d}
}
