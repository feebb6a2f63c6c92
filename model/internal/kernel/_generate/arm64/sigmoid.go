package main

import (
	"fmt"
	"math"
)

// sigmoid writes the logistic function.
func (g generator) sigmoid() {
	f := g.Function("sigmoidNEON", "func(x *float32, n int)",
		"replaces numbers by their logistic function; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tx[i] = 1 / (1 + exp(-x[i]))  // see sigmoidGeneric",
		"\t}")
	splat := func(name string, v float32) register { return f.Literal(g.Constant(name, floats(v)...)) }
	limit, lower, one, zero := splat("limit", 87), splat("lower", -87), splat("one", 1), f.V()
	f.Zero(zero)
	const log2e, ln2Hi, ln2Lo = 0, 1, 2 // numbers of steps
	steps := f.Literal(g.Constant("steps", floats(math.Log2E, 0.693359375, -2.12194440e-4, 0)...))
	var terms []register // 1/i!, the last first
	for i, factorial := 7, 5040.0; i >= 2; i-- {
		terms = append(terms, splat(fmt.Sprint("term", i), float32(1/factorial)))
		factorial /= float64(i)
	}
	terms = append(terms, one, one)
	x, n := f.Load("x"), f.Load("n")
	f.Label("loop")
	numbers := loadBlock(f, x)
	for i, v := range numbers {
		k, r := f.V(), f.V()
		f.FSub(v, zero, v)
		f.FMin(v, v, limit) // NaN passes
		f.FMax(v, v, lower)
		f.FMulBy(k, v, steps, log2e)
		f.ToInt(k, k)
		f.FromInt(r, k)
		f.FMlsBy(v, r, steps, ln2Hi)
		f.FMlsBy(v, r, steps, ln2Lo)
		p := terms[0]
		for _, term := range terms[1:] {
			next := f.CopyV(term)
			f.FMla(next, p, v)
			p = next
		}
		f.ShiftInt(k, k, 23)
		f.AddInt(p, p, k)
		f.FAdd(p, p, one)
		f.FDiv(p, one, p)
		numbers[i] = p
	}
	storeBlock(f, numbers, x)
	advance(f, n, "loop", x)
	f.Return()
}
