package main

import "exemplar/model/internal/kernel/generate/arm64/asm"

// block is what most loops take at a time: 16 numbers.
const block = blocks * width // bytes

// loadBlock fills four vectors, storeBlock writes them.
func loadBlock(f *function, from register) []register {
	v := vectors(f, blocks)
	for i := 0; i < blocks; i += 2 {
		f.LoadPair(v[i], v[i+1], asm.At(from, width*i))
	}
	return v
}

func storeBlock(f *function, v []register, to register) {
	for i := 0; i < blocks; i += 2 {
		f.StorePair(v[i], v[i+1], asm.At(to, width*i))
	}
}

// advance ends the loop over n numbers.
func advance(f *function, n register, loop string, pointers ...register) {
	for _, p := range pointers {
		f.AddImm(p, p, block)
	}
	f.CountDown(n, 16, loop)
}

// adam writes Adam's step, without fused operations.
func (g generator) adam() {
	f := g.Function("adamNEON", "func(w, m, v, grad *float32, n int, scale, c1, c2, rate, epsilon float32)",
		"is one step of Adam; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tx := grad[i] * scale",
		"\t\tm[i] += (x - m[i]) * c1",
		"\t\tv[i] += (x*x - v[i]) * c2",
		"\t\tw[i] -= m[i] * rate / (sqrt(v[i]) + epsilon)",
		"\t}")
	w, m, v, grad, n := f.Load("w"), f.Load("m"), f.Load("v"), f.Load("grad"), f.Load("n")
	scale, c1, c2 := f.Broadcast("scale"), f.Broadcast("c1"), f.Broadcast("c2")
	rate, epsilon := f.Broadcast("rate"), f.Broadcast("epsilon")
	f.Label("loop")
	x, first, second := loadBlock(f, grad), loadBlock(f, m), loadBlock(f, v)
	for i, x := range x {
		m, v := first[i], second[i]
		d := f.V()
		f.FMul(x, x, scale)
		f.FSub(d, x, m)
		f.FMul(d, d, c1)
		f.FAdd(m, m, d)
		f.FMul(x, x, x)
		f.FSub(x, x, v)
		f.FMul(x, x, c2)
		f.FAdd(v, v, x)
	}
	storeBlock(f, first, m)
	storeBlock(f, second, v)
	weights := loadBlock(f, w)
	for i, w := range weights {
		m, v := first[i], second[i]
		f.FSqrt(v, v)
		f.FAdd(v, v, epsilon)
		f.FMul(m, m, rate)
		f.FDiv(m, m, v)
		f.FSub(w, w, m)
	}
	storeBlock(f, weights, w)
	advance(f, n, "loop", w, m, v, grad)
	f.Return()
}

// mask writes the gradient of ReLU.
func (g generator) mask() {
	f := g.Function("maskNEON", "func(grad, y *float32, n int)",
		"is the gradient of ReLU; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tif !(0 < y[i]) {",
		"\t\t\tgrad[i] = 0",
		"\t\t}",
		"\t}")
	grad, y, n := f.Load("grad"), f.Load("y"), f.Load("n")
	f.Label("loop")
	v, positive := loadBlock(f, grad), loadBlock(f, y)
	for i, p := range positive {
		f.FPositive(p, p)
		f.And(v[i], v[i], p)
	}
	storeBlock(f, v, grad)
	advance(f, n, "loop", grad, y)
	f.Return()
}

// unpool writes the gradient of the average of 2x2 pixels, masked.
func (g generator) unpool() {
	f := g.Function("unpoolNEON", "func(a, b, src, ya, yb *float32, channels, pixels int)",
		"is the gradient of the average of 2x2 pixels, and of ReLU before it:",
		"\tfor x := range pixels {",
		"\t\tfor c := range channels {",
		"\t\t\tfor _, i := range [2]int{2*x*channels+c, (2*x+1)*channels+c} {",
		"\t\t\t\ta[i] = src[x*channels+c] * 0.25 where ya[i] > 0, 0 elsewhere",
		"\t\t\t\tb[i] = src[x*channels+c] * 0.25 where yb[i] > 0, 0 elsewhere",
		"\t\t\t}",
		"\t\t}",
		"\t}")
	powers, src := f.Literal(g.powers()), f.Load("src")
	results := []register{f.Load("a"), f.Load("b")}
	masks := []register{f.Load("ya"), f.Load("yb")}
	channels, pixels := f.Bytes("channels"), f.Load("pixels")
	f.Label("pixel")
	n := f.Load("channels")
	f.Label("loop")
	v := loadBlock(f, src)
	for _, v := range v {
		f.FMulBy(v, v, powers, quarter)
	}
	pointers := append([]register{src}, append(results, masks...)...)
	for i, to := range results {
		for _, second := range []bool{false, true} {
			mask := masks[i]
			if second {
				to, mask = sum(f, to, channels), sum(f, mask, channels)
			}
			p := loadBlock(f, mask)
			for j := range p {
				f.FPositive(p[j], p[j])
				f.And(p[j], p[j], v[j])
			}
			storeBlock(f, p, to)
		}
	}
	advance(f, n, "loop", pointers...)
	for _, p := range pointers[1:] {
		f.Add(p, p, channels)
	}
	f.CountDown(pixels, 1, "pixel")
	f.Return()
}

// sum returns a new register.
func sum(f *function, a, b register) register {
	d := f.X()
	f.Add(d, a, b)
	return d
}

// energy writes the sum of squares in float64, in 16 sums.
func (g generator) energy() {
	f := g.Function("energyNEON", "func(sums *float64, x *float32, n int)",
		"sums squares in 16 sums; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tsums[i%16] += float64(x[i]) * float64(x[i])",
		"\t}")
	sums, x, n := f.Load("sums"), f.Load("x"), f.Load("n")
	upper := f.Copy(sums)
	f.AddImm(upper, upper, block)
	acc := append(loadBlock(f, sums), loadBlock(f, upper)...)
	f.Label("loop")
	for i, v := range loadBlock(f, x) {
		low, high := f.V(), f.V()
		f.Widen(low, v)
		f.WidenHigh(high, v)
		f.DMla(acc[2*i], low, low) // the square is exact
		f.DMla(acc[2*i+1], high, high)
	}
	advance(f, n, "loop", x)
	storeBlock(f, acc[:blocks], sums)
	storeBlock(f, acc[blocks:], upper)
	f.Return()
}

// average writes average pooling 2x2 of a row of pixels.
func (g generator) average() {
	f := g.Function("averageNEON", "func(dst, src *float32, pitch, channels, pixels int)",
		"averages each 2x2 pixels; channels is a multiple of 16:",
		"\tfor x := range pixels {",
		"\t\tfor c := range channels {",
		"\t\t\td[i][j] = src[i*pitch+(2*x+j)*channels+c]  // i, j = 0, 1",
		"\t\t\tdst[x*channels+c] = ((d[0][0] + d[0][1]) + (d[1][0] + d[1][1])) * 0.25",
		"\t\t}",
		"\t}")
	powers, dst, pixels := f.Literal(g.powers()), f.Load("dst"), f.Load("pixels")
	row := rows(f, f.Load("src"), f.Bytes("pitch"), 2)
	channels := f.Bytes("channels")
	f.Label("pixel")
	n := f.Load("channels")
	f.Label("block")
	var halves [2][]register
	for i, r := range row {
		halves[i] = loadBlock(f, r)
		for j, v := range loadBlock(f, sum(f, r, channels)) {
			f.FAdd(halves[i][j], halves[i][j], v)
		}
	}
	for j, v := range halves[0] {
		f.FAdd(v, v, halves[1][j])
		f.FMulBy(v, v, powers, quarter)
	}
	storeBlock(f, halves[0], dst)
	advance(f, n, "block", dst, row[0], row[1])
	for _, r := range row {
		f.Add(r, r, channels)
	}
	f.CountDown(pixels, 1, "pixel")
	f.Return()
}

// scale writes the division of bytes by 255: multiplication with the rounded reciprocal,
// and one step of Newton's method, which rounds correctly (tested for all bytes).
func (g generator) scale() {
	f := g.Function("scaleNEON", "func(dst *float32, src *byte, n int)",
		"scales bytes to [0,1]; n is a multiple of 16:",
		"\tfor i := range n {",
		"\t\tdst[i] = float32(src[i]) / 255",
		"\t}")
	dst, src, n := f.Load("dst"), f.Load("src"), f.Load("n")
	limit := f.Literal(g.Constant("limit255", floats(255)...))
	reciprocal := f.Literal(g.Constant("reciprocal255", floats(float32(1)/255)...))
	f.Label("loop")
	bytes := f.V()
	f.LoadPost(bytes, src, width)
	var quotients []register
	for i := range blocks {
		v, q := f.V(), f.V()
		f.BytesToHalves(v, bytes, i >= 2)
		f.HalvesToInts(v, v, i%2 == 1)
		f.FromInt(v, v)
		f.FMul(q, v, reciprocal)
		f.FMls(v, q, limit) // what is missing
		f.FMla(q, v, reciprocal)
		quotients = append(quotients, q)
	}
	storeBlock(f, quotients, dst)
	advance(f, n, "loop", dst)
	f.Return()
}
