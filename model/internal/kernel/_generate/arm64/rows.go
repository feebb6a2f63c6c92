package main

import "exemplar/model/internal/kernel/generate/arm64/asm"

// rowLoop writes the loop over rows of x less the mean: begin, for every 16 dimensions
// four vectors, for the rest one number at a time, then finish.
func rowLoop(f *function, begin func(), vectors func(v []register), scalar func(v register), finish func()) {
	x, mean, left, ldx := f.Load("x"), f.Load("mean"), f.Load("rows"), f.Bytes("ldx")
	f.Label("row")
	p, m, d := f.Copy(x), f.Copy(mean), f.Load("d")
	begin()
	f.Unrolled(d, 16, "vector", func() {
		var list []register
		for range blocks {
			v, w := f.V(), f.V()
			f.LoadPost(v, p, width)
			f.LoadPost(w, m, width)
			f.FSub(v, v, w)
			list = append(list, v)
		}
		vectors(list)
	})
	f.Unrolled(d, 1, "scalar", func() {
		v, w := f.V(), f.V()
		f.LoadS(v, asm.At(p, 0))
		f.LoadS(w, asm.At(m, 0))
		f.FSub(v, v, w)
		scalar(v)
		f.AddImm(p, p, 4)
		f.AddImm(m, m, 4)
	})
	finish()
	f.Add(x, x, ldx)
	f.CountDown(left, 1, "row")
	f.Return()
}

// norms writes the squared norms of rows less a mean.
func (g generator) norms() {
	f := g.Function("normsNEON", "func(norms *float32, x *float32, ldx int, mean *float32, d, rows int)",
		"computes squared norms of rows of x less the mean:",
		"\tfor i := range rows {",
		"\t\tnorms[i] = norm(x[i*ldx:], mean, d)  // see normsGeneric",
		"\t}")
	norms, acc, rest := f.Load("norms"), vectors(f, blocks), f.V()
	rowLoop(f, func() {
		for _, v := range append(acc, rest) {
			f.Zero(v)
		}
	}, func(v []register) {
		for i, t := range v {
			f.FMul(t, t, t)
			f.FAdd(acc[i], acc[i], t)
		}
	}, func(t register) {
		f.FMul(t, t, t)
		f.FAdd(rest, rest, t)
	}, func() {
		f.FAdd(acc[0], acc[0], acc[2])
		f.FAdd(acc[1], acc[1], acc[3])
		f.FAdd(acc[0], acc[0], acc[1])
		f.SwapHalves(acc[1], acc[0])
		f.FAdd(acc[0], acc[0], acc[1])
		f.FFold(acc[0], acc[0])
		f.FAdd(acc[0], acc[0], rest)
		f.StoreS(acc[0], asm.At(norms, 0))
		f.AddImm(norms, norms, 4)
	})
}

// quantize writes the rounding of rows less a mean to 16-bit integers.
func (g generator) quantize() {
	f := g.Function("quantizeNEON", "func(q *int16, ldq int, x *float32, ldx int, mean *float32, scales *float32, d, rows int)",
		"rounds rows of x less the mean, times their scales, to integers:",
		"\tfor i := range rows {",
		"\t\tfor p := range d {",
		"\t\t\tq[i*ldq+p] = round((x[i*ldx+p] - mean[p]) * scales[i])  // ties to even",
		"\t\t}",
		"\t}")
	q, scales, ldq := f.Load("q"), f.Load("scales"), f.Load("ldq")
	out, scale := f.X(), f.V()
	rowLoop(f, func() {
		f.Move(out, q)
		f.LoadBroadcast(scale, scales)
	}, func(v []register) {
		for _, t := range v {
			f.FMul(t, t, scale)
			f.ToInt(t, t)
		}
		for i := 0; i < len(v); i += 2 {
			f.Narrow(v[i], v[i])
			f.NarrowHigh(v[i], v[i+1])
			f.StorePost(v[i], out, width)
		}
	}, func(t register) {
		f.FMul(t, t, scale)
		f.ToInt(t, t)
		f.Narrow(t, t)
		f.StoreH(t, asm.At(out, 0))
		f.AddImm(out, out, 2)
	}, func() {
		f.AddShifted(q, q, ldq, 1)
		f.AddImm(scales, scales, 4)
	})
}

// squares writes the squared distances of rows to the centers of given numbers, in
// float64, in 16 sums.
func (g generator) squares() {
	f := g.Function("squaresNEON", "func(d2 *float64, x *float32, ldx int, centers *float64, numbers *int32, d, rows int)",
		"computes squared distances of rows to the centers of given numbers:",
		"\tfor i := range rows {",
		"\t\td2[i] = square(x[i*ldx:], centers[numbers[i]*d:], d)  // see squaresGeneric",
		"\t}")
	d2, x, centers, numbers := f.Load("d2"), f.Load("x"), f.Load("centers"), f.Load("numbers")
	left, ldx, sums := f.Load("rows"), f.Bytes("ldx"), f.Local(16*8)
	f.Label("row")
	p, c, d := f.Copy(x), f.X(), f.Load("d")
	f.LoadInt32(c, asm.At(numbers, 0))
	f.Mul(c, c, d)
	f.AddShifted(c, centers, c, 3)
	acc := zeros(f, 8)
	f.Unrolled(d, 16, "vector", func() {
		for i := 0; i < len(acc); i += 2 {
			v, low, high, a, b := f.V(), f.V(), f.V(), f.V(), f.V()
			f.LoadPost(v, p, width)
			f.LoadPair(a, b, asm.At(c, width*i))
			f.Widen(low, v)
			f.WidenHigh(high, v)
			for j, t := range []register{low, high} {
				f.DSub(t, t, []register{a, b}[j])
				f.DMul(t, t, t)
				f.DAdd(acc[i+j], acc[i+j], t)
			}
		}
		f.AddImm(c, c, 128)
	})
	f.JumpZero(d, "sum")
	for i := 0; i < len(acc); i += 2 {
		f.StorePair(acc[i], acc[i+1], asm.At(sums, width*i))
	}
	lane := f.Copy(sums)
	f.Label("scalar")
	t, center, sum := f.V(), f.V(), f.V()
	f.LoadS(t, asm.At(p, 0))
	f.LoadD(center, asm.At(c, 0))
	f.LoadD(sum, asm.At(lane, 0))
	f.Widen(t, t)
	f.DSub(t, t, center)
	f.DMul(t, t, t)
	f.DAdd(sum, sum, t)
	f.StoreD(sum, asm.At(lane, 0))
	f.AddImm(p, p, 4)
	f.AddImm(c, c, 8)
	f.AddImm(lane, lane, 8)
	f.CountDown(d, 1, "scalar")
	for i := 0; i < len(acc); i += 2 {
		f.LoadPair(acc[i], acc[i+1], asm.At(sums, width*i))
	}
	f.Label("sum")
	for n := len(acc) / 2; n > 0; n /= 2 {
		for i := range n {
			f.DAdd(acc[i], acc[i], acc[i+n])
		}
	}
	f.DFold(acc[0], acc[0])
	f.StoreD(acc[0], asm.At(d2, 0))
	f.Add(x, x, ldx)
	f.AddImm(d2, d2, 8)
	f.AddImm(numbers, numbers, 4)
	f.CountDown(left, 1, "row")
	f.Return()
}

// accumulate writes the sum of rows in fixed point.
func (g generator) accumulate() {
	f := g.Function("accumulateNEON", "func(sums *int64, x *float32, factor float64, n int)",
		"adds numbers in fixed point:",
		"\tfor i := range n {",
		"\t\tsums[i] += int64(math.RoundToEven(float64(x[i]) * factor))",
		"\t}")
	sums, x, n, factor := f.Load("sums"), f.Load("x"), f.Load("n"), f.V()
	f.Duplicate64(factor, f.Load("factor"))
	fixed := func(v register) {
		f.DMul(v, v, factor)
		f.DToInt(v, v)
	}
	f.Unrolled(n, 4, "loop", func() {
		v, high, a, b := f.V(), f.V(), f.V(), f.V()
		f.LoadPost(v, x, width)
		f.LoadPair(a, b, asm.At(sums, 0))
		f.WidenHigh(high, v)
		f.Widen(v, v)
		fixed(v)
		fixed(high)
		f.AddLong(a, a, v)
		f.AddLong(b, b, high)
		f.StorePair(a, b, asm.At(sums, 0))
		f.AddImm(sums, sums, 32)
	})
	f.Unrolled(n, 1, "scalar", func() {
		v, sum := f.V(), f.V()
		f.LoadS(v, asm.At(x, 0))
		f.LoadD(sum, asm.At(sums, 0))
		f.Widen(v, v)
		fixed(v)
		f.AddLong(sum, sum, v)
		f.StoreD(sum, asm.At(sums, 0))
		f.AddImm(x, x, 4)
		f.AddImm(sums, sums, 8)
	})
	f.Return()
}
