package transform

// same is the place of products and pixels where there is one phase.
func same(i int) int { return i }

func first(int) int { return 0 }

// InputF4 is the input transform of F(4x4,3x3).
func InputF4[V, P any](m Machine[V, P]) Input[V, P] {
	return Input[V, P]{Name: "inputF4", Spec: "inputF4", Side: 6, Step: 4, Result: 6, Row: inputRowF4(m),
		Columns: []func(func(int) P) []V{
			func(p func(int) P) []V { return []V{edgeF4(m, p(0), p(2), p(4))} },
			func(p func(int) P) []V {
				a := m.Minus(m.Load(p(4)), Four, m.Load(p(2)))
				b := m.Minus(m.Load(p(3)), Four, m.Load(p(1)))
				return []V{m.Add(a, b), m.Sub(a, b)}
			},
			func(p func(int) P) []V {
				t := m.Sub(m.Load(p(4)), m.Load(p(2)))
				u := m.Sub(m.Load(p(3)), m.Load(p(1)))
				d := m.Copy(t)
				return []V{m.Plus(t, Two, u), m.Minus(d, Two, u)}
			},
			func(p func(int) P) []V { return []V{edgeF4(m, p(1), p(3), p(5))} },
		}}
}

// edgeF4 returns (d4-d2) + 4(d0-d2).
func edgeF4[V, P any](m Machine[V, P], d0, d2, d4 P) V {
	mid := m.Load(d2)
	return m.Plus(m.Sub(m.Load(d4), mid), Four, m.Sub(m.Load(d0), mid))
}

func inputRowF4[V, P any](m Machine[V, P]) func(e []V, store func(V)) {
	return func(e []V, store func(V)) {
		t, u := m.Sub(e[4], e[2]), m.Sub(e[3], e[1])
		first, last := m.Sub(e[0], e[2]), m.Sub(e[5], e[3])
		store(m.Scaled(first, Four, t)) // 4(e0-e2) + (e4-e2)
		a, b := m.Minus(e[4], Four, e[2]), m.Minus(e[3], Four, e[1])
		store(m.Add(a, b)) // (e4-4e2) + (e3-4e1)
		store(m.Sub(a, b)) // (e4-4e2) - (e3-4e1)
		d := m.Copy(t)
		store(m.Plus(d, Two, u))      // (e4-e2) + 2(e3-e1)
		store(m.Minus(t, Two, u))     // (e4-e2) - 2(e3-e1)
		store(m.Minus(last, Four, u)) // (e5-e3) - 4(e3-e1)
	}
}

// OutputF4 is the output transform of F(4x4,3x3).
func OutputF4[V, P any](m Machine[V, P]) Output[V, P] {
	return Output[V, P]{Spec: "outputF4", Side: 6, Result: 4, Slots: 1,
		Phases: []Phase[V, P]{{Cols: 6, Slot: first, Y: same, X: same, Row: outputRowF4(m), Groups: [][]int{{0, 2}, {1, 3}},
			Columns: []func(func(int) P) []V{
				func(p func(int) P) []V { // (e0 + (e1+e2)) + (e3+e4), (e1+e2) + 4(e3+e4)
					s, u := m.AddPlace(m.Load(p(1)), p(2)), m.AddPlace(m.Load(p(3)), p(4))
					a := m.Add(m.AddPlace(s, p(0)), u)
					return []V{a, m.Plus(s, Four, u)}
				},
				func(p func(int) P) []V { // (e1-e2) + 2(e3-e4), ((e1-e2) + e5) + 8(e3-e4)
					d, w := m.SubPlace(m.Load(p(1)), p(2)), m.SubPlace(m.Load(p(3)), p(4))
					b := m.AddPlace(d, p(5))
					return []V{m.Plus(d, Two, w), m.Plus(b, Eight, w)}
				},
			}}}}
}

func outputRowF4[V, P any](m Machine[V, P]) func(e []V) []V {
	return func(e []V) []V {
		s, u := m.Add(e[1], e[2]), m.Add(e[3], e[4])
		d, w := m.Sub(e[1], e[2]), m.Sub(e[3], e[4])
		a := m.Add(m.Add(e[0], s), u)
		b := m.Add(d, e[5])
		return []V{a, m.Plus(d, Two, w), m.Plus(s, Four, u), m.Plus(b, Eight, w)}
	}
}

// InputF2 is the input transform of F(2x2,3x3).
func InputF2[V, P any](m Machine[V, P]) Input[V, P] {
	return Input[V, P]{Name: "inputF2", Spec: "inputF2", Side: 4, Step: 2, Result: 4, Row: inputRowF2(m),
		Columns: []func(func(int) P) []V{
			func(p func(int) P) []V { return []V{m.SubPlace(m.Load(p(0)), p(2))} },
			func(p func(int) P) []V {
				a, b := m.Load(p(2)), m.Load(p(1))
				return []V{m.Add(b, a), m.Sub(a, b)}
			},
			func(p func(int) P) []V { return []V{m.SubPlace(m.Load(p(3)), p(1))} },
		}}
}

func inputRowF2[V, P any](m Machine[V, P]) func(e []V, store func(V)) {
	return func(e []V, store func(V)) {
		store(m.Sub(e[0], e[2]))
		store(m.Add(e[1], e[2]))
		store(m.Sub(e[2], e[1]))
		store(m.Sub(e[3], e[1]))
	}
}

// OutputF2 is the output transform of F(2x2,3x3).
func OutputF2[V, P any](m Machine[V, P]) Output[V, P] {
	return Output[V, P]{Spec: "outputF2", Side: 4, Result: 2, Slots: 1,
		Phases: []Phase[V, P]{{Cols: 4, Slot: first, Y: same, X: same, Row: outputRowF2(m), Groups: [][]int{{0, 1}},
			Columns: []func(func(int) P) []V{
				func(p func(int) P) []V { // (e1+e2) + e0, (e1-e2) + e3
					e1, e2 := m.Load(p(1)), m.Load(p(2))
					return []V{m.AddPlace(m.Add(e1, e2), p(0)), m.AddPlace(m.Sub(e1, e2), p(3))}
				},
			}}}}
}

func outputRowF2[V, P any](m Machine[V, P]) func(e []V) []V {
	return func(e []V) []V {
		s, d := m.Add(e[1], e[2]), m.Sub(e[1], e[2])
		return []V{m.Add(s, e[0]), m.Add(d, e[3])}
	}
}

// Gradient is the transform of the gradient of 4x4 pixels that the gradient of
// Winograd's kernel needs: A of F(4x4,3x3).
func Gradient[V, P any](m Machine[V, P]) Input[V, P] {
	return Input[V, P]{Name: "gradient", Spec: "gradientF4", Side: 4, Step: 4, Result: 6, Row: gradientRow(m),
		Columns: []func(func(int) P) []V{
			func(p func(int) P) []V { return []V{m.Load(p(0))} },
			func(p func(int) P) []V { // (d0+d2) ± (d1+d3)
				a, b := m.AddPlace(m.Load(p(0)), p(2)), m.AddPlace(m.Load(p(1)), p(3))
				return []V{m.Add(a, b), m.Sub(a, b)}
			},
			func(p func(int) P) []V { // (d0+4d2) ± 2(d1+4d3)
				a, b := m.Plus(m.Load(p(0)), Four, m.Load(p(2))), m.Plus(m.Load(p(1)), Four, m.Load(p(3)))
				return []V{m.Plus(m.Copy(a), Two, b), m.Minus(a, Two, b)}
			},
			func(p func(int) P) []V { return []V{m.Load(p(3))} },
		}}
}

func gradientRow[V, P any](m Machine[V, P]) func(e []V, store func(V)) {
	return func(e []V, store func(V)) {
		a, b := m.Add(e[0], e[2]), m.Add(e[1], e[3])
		store(e[0])
		store(m.Add(a, b)) // (e0+e2) + (e1+e3)
		store(m.Sub(a, b)) // (e0+e2) - (e1+e3)
		c, d := m.Plus(e[0], Four, e[2]), m.Plus(e[1], Four, e[3])
		store(m.Plus(m.Copy(c), Two, d)) // (e0+4e2) + 2(e1+4e3)
		store(m.Minus(c, Two, d))        // (e0+4e2) - 2(e1+4e3)
		store(e[3])
	}
}
