package transform

// InputUp is the input transform of a transposed convolution of stride 2 by F(4x4,2x2),
// see kernel.Transposed.
func InputUp[V, P any](m Machine[V, P]) Input[V, P] {
	return Input[V, P]{Name: "inputUp", Spec: "inputUp", Side: 5, Step: 4, Result: 5, Row: inputRowUp(m),
		Columns: []func(func(int) P) []V{
			func(p func(int) P) []V { // (d1-d3) + 2(d4-d2)
				a, b := m.SubPlace(m.Load(p(1)), p(3)), m.SubPlace(m.Load(p(4)), p(2))
				return []V{m.Plus(a, Two, b)}
			},
			func(p func(int) P) []V { // (d1-d2) - 2d3, (d1-d2) - 2(d2-d3)
				d2, d3 := m.Load(p(2)), m.Load(p(3))
				a := m.SubPlace(m.Load(p(1)), p(2))
				b := m.Minus(m.Copy(a), Two, d3)
				return []V{b, m.Minus(a, Two, m.Sub(d2, d3))}
			},
			func(p func(int) P) []V { // d1-d3, (d0-d2) - 2(d1-d3)
				a, b := m.SubPlace(m.Load(p(1)), p(3)), m.SubPlace(m.Load(p(0)), p(2))
				return []V{a, m.Minus(b, Two, a)}
			},
		}}
}

func inputRowUp[V, P any](m Machine[V, P]) func(e []V, store func(V)) {
	return func(e []V, store func(V)) {
		a, c := m.Sub(e[1], e[3]), m.Sub(e[1], e[2])
		d42, d02, d23 := m.Sub(e[4], e[2]), m.Sub(e[0], e[2]), m.Sub(e[2], e[3])
		store(m.Plus(m.Copy(a), Two, d42))   // (e1-e3) + 2(e4-e2)
		store(m.Minus(m.Copy(c), Two, e[3])) // (e1-e2) - 2e3
		store(m.Minus(c, Two, d23))          // (e1-e2) - 2(e2-e3)
		store(a)                             // e1-e3
		store(m.Minus(d02, Two, a))          // (e0-e2) - 2(e1-e3)
	}
}

// OutputUp is the output transform of the same, of four phases: pixels of even or odd
// rows and columns. The odd do without the last product.
func OutputUp[V, P any](m Machine[V, P]) Output[V, P] {
	o := Output[V, P]{Spec: "outputUp", Side: 5, Result: 8, Slots: 4}
	for _, y := range []int{0, 1} {
		for _, x := range []int{0, 1} {
			o.Phases = append(o.Phases, Phase[V, P]{Cols: 5 - x, Row: outputRowUp(m), Groups: [][]int{{0, 2}, {1, 3}}, Right: x,
				Slot: func(col int) int {
					if col == 4 { // there is no slot of odd columns
						return y
					}
					return 2*y + x
				},
				Y: func(i int) int { return 2*(3-i) + y },
				X: func(i int) int { return 2 * (3 - i) },
				Columns: []func(func(int) P) []V{
					func(p func(int) P) []V { return evenUp(m, p) },
					func(p func(int) P) []V { return oddUp(m, p, y == 0) },
				}})
		}
	}
	return o
}

// evenUp returns (e0 + (e1+e2)) + e3 and (e1+e2) + 4e3.
func evenUp[V, P any](m Machine[V, P], p func(int) P) []V {
	s, e3 := m.AddPlace(m.Load(p(1)), p(2)), m.Load(p(3))
	a := m.Add(m.AddPlace(s, p(0)), e3)
	return []V{a, m.Plus(s, Four, e3)}
}

// oddUp returns (e1-e2) + 2e3 and ((e1-e2) + e4) + 8e3, e4 where there is one.
func oddUp[V, P any](m Machine[V, P], p func(int) P, last bool) []V {
	d, e3 := m.SubPlace(m.Load(p(1)), p(2)), m.Load(p(3))
	var b V
	if last {
		b = m.AddPlace(d, p(4))
	} else {
		b = m.Copy(d)
	}
	return []V{m.Plus(d, Two, e3), m.Plus(b, Eight, e3)}
}

func outputRowUp[V, P any](m Machine[V, P]) func(e []V) []V {
	return func(e []V) []V {
		s, d := m.Add(e[1], e[2]), m.Sub(e[1], e[2])
		a := m.Add(m.Add(e[0], s), e[3])
		var b V
		if len(e) == 5 {
			b = m.Add(d, e[4])
		} else {
			b = m.Copy(d)
		}
		return []V{a, m.Plus(d, Two, e[3]), m.Plus(s, Four, e[3]), m.Plus(b, Eight, e[3])}
	}
}
