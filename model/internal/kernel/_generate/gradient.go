package main

// gradient is the transform of the gradient of 4x4 pixels that the gradient of
// Winograd's kernel needs: A of F(4x4,3x3).
func (s isa) gradient(c constants) {
	input{isa: s, constants: c, name: "gradient", spec: "gradientF4", side: 4, result: 6, step: 4, row: gradientRow,
		columns: []func(input, func(int) operand) []vec{
			func(s input, p func(int) operand) []vec { return []vec{s.load(p(0))} },
			func(s input, p func(int) operand) []vec { // (d0+d2) ± (d1+d3)
				a, b := s.addTo(s.load(p(0)), p(2)), s.addTo(s.load(p(1)), p(3))
				return []vec{s.add(a, b), s.sub(a, b)}
			},
			func(s input, p func(int) operand) []vec { // (d0+4d2) ± 2(d1+4d3)
				a, b := s.plus(s.load(p(0)), s.four, s.load(p(2))), s.plus(s.load(p(1)), s.four, s.load(p(3)))
				return []vec{s.plus(s.copy(a), s.two, b), s.minus(a, s.two, b)}
			},
			func(s input, p func(int) operand) []vec { return []vec{s.load(p(3))} },
		}}.write()
}

// gradientRow overwrites e.
func gradientRow(s input, e []vec, store func(vec)) {
	a, b := s.add(e[0], e[2]), s.add(e[1], e[3])
	store(e[0])
	store(s.add(a, b)) // (e0+e2) + (e1+e3)
	store(s.sub(a, b)) // (e0+e2) - (e1+e3)
	s.plus(e[0], s.four, e[2])
	s.plus(e[1], s.four, e[3])
	store(s.plus(s.copy(e[0]), s.two, e[1])) // (e0+4e2) + 2(e1+4e3)
	store(s.minus(e[0], s.two, e[1]))        // (e0+4e2) - 2(e1+4e3)
	store(e[3])
}
