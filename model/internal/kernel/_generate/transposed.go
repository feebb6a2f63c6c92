package main

import . "github.com/mmcloughlin/avo/build"

// inputUp is the input transform of a transposed convolution of stride 2 by
// F(4x4,2x2), see kernel.Transposed.
func (s isa) inputUp(c constants) input {
	return input{isa: s, constants: c, name: "inputUp", spec: "inputUp", side: 5, step: 4, row: inputRowUp,
		columns: []func(input, func(int) operand) []vec{
			func(s input, p func(int) operand) []vec { // (d1-d3) + 2(d4-d2)
				a, b := s.subFrom(s.load(p(1)), p(3)), s.subFrom(s.load(p(4)), p(2))
				return []vec{s.plus(a, s.two, b)}
			},
			func(s input, p func(int) operand) []vec { // (d1-d2) - 2d3, (d1-d2) - 2(d2-d3)
				d2, d3 := s.load(p(2)), s.load(p(3))
				a := s.subFrom(s.load(p(1)), p(2))
				b := s.minus(s.copy(a), s.two, d3)
				return []vec{b, s.minus(a, s.two, s.sub(d2, d3))}
			},
			func(s input, p func(int) operand) []vec { // d1-d3, (d0-d2) - 2(d1-d3)
				a, b := s.subFrom(s.load(p(1)), p(3)), s.subFrom(s.load(p(0)), p(2))
				return []vec{a, s.minus(b, s.two, a)}
			},
		}}
}

// inputRowUp overwrites e.
func inputRowUp(s input, e []vec, store func(vec)) {
	a, c := s.sub(e[1], e[3]), s.sub(e[1], e[2])
	VSUBPS(e[2], e[4], e[4])
	VSUBPS(e[2], e[0], e[0])
	VSUBPS(e[3], e[2], e[2])
	store(s.plus(s.copy(a), s.two, e[4]))  // (e1-e3) + 2(e4-e2)
	store(s.minus(s.copy(c), s.two, e[3])) // (e1-e2) - 2e3
	store(s.minus(c, s.two, e[2]))         // (e1-e2) - 2(e2-e3)
	store(a)                               // e1-e3
	store(s.minus(e[0], s.two, a))         // (e0-e2) - 2(e1-e3)
}

// outputUp is the output transform of the same, of four phases: pixels of even
// or odd rows and columns. The odd do without the last product.
func (s isa) outputUp(c constants) output {
	o := output{isa: s, constants: c, spec: "outputUp", side: 5, result: 8, slots: 4}
	for _, y := range []int{0, 1} {
		for _, x := range []int{0, 1} {
			o.phases = append(o.phases, phase{cols: 5 - x, row: outputRowUp, groups: [][]int{{0, 2}, {1, 3}}, right: x,
				slot: func(col int) int {
					if col == 4 { // there is no slot of odd columns
						return y
					}
					return 2*y + x
				},
				y: func(i int) int { return 2*(3-i) + y },
				x: func(i int) int { return 2 * (3 - i) },
				columns: []func(*output, func(int) operand) []vec{
					evenUp,
					func(o *output, p func(int) operand) []vec { return oddUp(o, p, y == 0) },
				}})
		}
	}
	return o
}

// evenUp returns (e0 + (e1+e2)) + e3 and (e1+e2) + 4e3.
func evenUp(o *output, p func(int) operand) []vec {
	s, e3 := o.addTo(o.load(p(1)), p(2)), o.load(p(3))
	a := o.vec()
	VADDPS(p(0), s, a)
	VADDPS(e3, a, a)
	return []vec{a, o.plus(s, o.four, e3)}
}

// oddUp returns (e1-e2) + 2e3 and ((e1-e2) + e4) + 8e3, e4 where there is one.
func oddUp(o *output, p func(int) operand, last bool) []vec {
	d, e3 := o.subFrom(o.load(p(1)), p(2)), o.load(p(3))
	b := o.copy(d)
	if last {
		o.addTo(b, p(4))
	}
	return []vec{o.plus(d, o.two, e3), o.plus(b, o.eight, e3)}
}

// outputRowUp overwrites e.
func outputRowUp(o *output, e []vec) []vec {
	s, d := o.add(e[1], e[2]), o.sub(e[1], e[2])
	VADDPS(s, e[0], e[0])
	VADDPS(e[3], e[0], e[0])
	b := o.copy(d)
	if len(e) == 5 {
		VADDPS(e[4], b, b)
	}
	return []vec{e[0], o.plus(d, o.two, e[3]), o.plus(s, o.four, e[3]), o.plus(b, o.eight, e[3])}
}
