package main

import "exemplar/model/internal/kernel/generate/arm64/asm"

// Of package kernel.
const (
	tileRows   = 12
	stateBytes = 3 * 64 // of a row
	headRows   = 4      // of a block
)

// nearest writes the search for the nearest centers: 6 rows and one block of centers at a
// time, whose 24 sums leave eight registers for four pairs of each row's coordinates and
// half a row of the block.
func (g generator) nearest() {
	const group = 6
	f := g.Function("nearestNEON", "func(state *float32, q *int16, ldq int, factors *float32, panels *int32, pairs, blocks int)",
		"offers blocks of 16 centers to 12 rows of q:",
		"\tfor i := range 12 {",
		"\t\tfor b := range blocks {",
		"\t\t\toffer(state[i], q[i*ldq:], factors[i], panels[b*(pairs+4)*16:])  // see nearestGeneric",
		"\t\t}",
		"\t}")
	n := nearest{function: f, state: f.Load("state"), q: f.Load("q"), ldq: f.Load("ldq"), factors: f.Load("factors")}
	f.Shift(n.ldq, n.ldq, 1)
	passes := f.X()
	f.Set(passes, tileRows/group)
	f.Label("pass")
	n.panel = f.Load("panels")
	left := f.Load("blocks")
	f.Label("blocks")
	acc := zeros(f, group*blocks)
	next := n.multiply(acc, group)
	for i := range group {
		for j, v := range acc[i*blocks:][:blocks] {
			n.offer(i, width*j, v)
		}
	}
	f.Move(n.panel, next)
	f.CountDown(left, 1, "blocks")
	f.AddImm(n.state, n.state, group*stateBytes)
	f.AddImm(n.factors, n.factors, 4*group)
	f.Add(n.q, n.q, f.Times(group, n.ldq))
	f.CountDown(passes, 1, "pass")
	f.Return()
}

type nearest struct {
	*function
	state, q, factors register
	ldq               register // bytes
	panel             register // the next block
}

// multiply writes the dot products of the rows with the centers of a block, and returns
// the end of the block.
func (n nearest) multiply(acc []register, group int) register {
	row, panel, pairs := rows(n.function, n.q, n.ldq, group), n.X(), n.Load("pairs")
	n.AddImm(panel, n.panel, 64*headRows)
	even, odd := n.Fixed(30), n.Fixed(31)
	for _, unroll := range []int{4, 1} {
		name := map[int]string{4: "by4", 1: "by1"}[unroll]
		n.Unrolled(pairs, unroll, name, func() {
			var x []register
			for _, r := range row {
				v := n.Low()
				if unroll == 4 {
					n.LoadPost(v, r, width)
				} else {
					n.LoadS(v, asm.At(r, 0))
					n.AddImm(r, r, 4)
				}
				x = append(x, v)
			}
			for u := range unroll {
				for j := 0; j < blocks; j += 2 {
					n.LoadParts(even, odd, panel)
					for part, c := range []register{even, odd} {
						for i := range row {
							n.MultiplyBy(acc[i*blocks+j], c, x[i], 2*u+part, false)
							n.MultiplyBy(acc[i*blocks+j+1], c, x[i], 2*u+part, true)
						}
					}
				}
			}
		})
	}
	return panel
}

// offer writes the update of row i's state with the products of one vector of centers,
// which begin off bytes into a row of a block. A score that is NaN changes nothing.
func (n nearest) offer(i, off int, score register) {
	head := func(row int) register {
		v := n.V()
		n.LoadV(v, asm.At(n.panel, 64*row+off))
		return v
	}
	part := func(p int) asm.Place { return asm.At(n.state, i*stateBytes+64*p+off) }
	at, factor := n.X(), n.V()
	n.AddImm(at, n.factors, 4*i)
	n.LoadBroadcast(factor, at)
	n.FromInt(score, score)
	n.FMul(score, score, head(2))
	n.FAdd(score, score, head(3))
	n.FMul(score, score, factor)
	n.FSub(score, head(0), score)
	best, loser, mask, old := n.V(), n.V(), n.V(), n.V()
	n.LoadV(best, part(0))
	n.FGreater(mask, score, best)
	n.MoveV(loser, best)
	n.Insert(loser, score, mask)
	n.FGreater(mask, best, score)
	n.Insert(best, score, mask)
	n.StoreV(best, part(0))
	n.LoadV(old, part(2))
	n.Insert(old, head(1), mask)
	n.StoreV(old, part(2))
	second := n.V()
	n.LoadV(second, part(1))
	n.FGreater(mask, second, loser)
	n.Insert(second, loser, mask)
	n.StoreV(second, part(1))
}

// merge writes the merging of a row's 16 lanes.
func (g generator) merge() {
	f := g.Function("mergeNEON", "func(best, second *float32, number *int32, state *float32, rows int)",
		"merges the lanes of each row:",
		"\tfor i := range rows {",
		"\t\tbest[i], second[i], number[i] = merged(state[i])  // see mergeGeneric",
		"\t}")
	best, second, number := f.Load("best"), f.Load("second"), f.Load("number")
	state, left, none := f.Load("state"), f.Load("rows"), f.V()
	f.Ones(none)
	least := func(v []register, min func(d, n, m register), fold func(d, n register)) register {
		d := f.V()
		min(d, v[0], v[1])
		min(d, d, v[2])
		min(d, d, v[3])
		fold(d, d)
		return d
	}
	part := func(p int) []register {
		v := vectors(f, blocks)
		for i := range v {
			f.LoadV(v[i], asm.At(state, 64*p+width*i))
		}
		return v
	}
	f.Label("loop")
	b := part(0)
	lowest := least(b, f.FMin, f.Least)
	f.StoreS(lowest, asm.At(best, 0))

	// The lowest number among the lanes that hold the least.
	f.FirstOf(lowest, lowest)
	var n []register
	for i, v := range part(2) {
		mask, number := f.V(), f.CopyV(none)
		f.FEqual(mask, b[i], lowest)
		f.Insert(number, v, mask)
		n = append(n, number)
	}
	first := least(n, f.MinInt, f.LeastInt)
	f.StoreS(first, asm.At(number, 0))

	// The second of the lane that has it, the best of all others.
	f.FirstOf(first, first)
	for i, v := range part(1) {
		f.EqualInt(n[i], n[i], first)
		f.Insert(b[i], v, n[i])
	}
	f.StoreS(least(b, f.FMin, f.Least), asm.At(second, 0))

	for _, r := range []register{best, second, number} {
		f.AddImm(r, r, 4)
	}
	f.AddImm(state, state, stateBytes)
	f.CountDown(left, 1, "loop")
	f.Return()
}
