package main

import (
	"fmt"

	"exemplar/model/internal/kernel/generate/arm64/asm"
)

// gemm writes the product of rows with 16 columns. Tiles of 6 rows hold 24 sums; four
// numbers of each row, and half a row of the right factor, are in the other eight
// registers.
func (g generator) gemm() {
	f := g.Function("gemm1xNEON",
		"func(c *float32, ldc int, a *float32, lda int, b *float32, rows, k, segs, seg int, d *float32, ldd int, lo float32)",
		"multiplies rows of a with packed columns of b:",
		"\tfor i := range rows {",
		"\t\tfor j := range 16 {",
		"\t\t\tvar s float32",
		"\t\t\tfor t := range segs {",
		"\t\t\t\tfor p := range k {",
		"\t\t\t\t\ts = FMA(a[i*lda+t*seg+p], b[(t*k+p)*16+j], s)",
		"\t\t\t\t}",
		"\t\t\t}",
		"\t\t\tif d != nil {",
		"\t\t\t\ts = max(lo, s+d[i*ldd+j])",
		"\t\t\t}",
		"\t\t\tc[i*ldc+j] = s",
		"\t\t}",
		"\t}")
	m := gemm{function: f, c: f.Load("c"), a: f.Load("a"), lda: f.Bytes("lda"), d: f.Load("d"), left: f.Load("rows")}
	for _, n := range []int{6, 4, 1} {
		f.Unrolled(m.left, n, fmt.Sprintf("rows%d", n), func() { m.tile(n) })
	}
	f.Return()
}

type gemm struct {
	*function
	c, a, d register // of the next tile
	lda     register // bytes
	left    register // rows
}

// tile writes one tile of n rows.
func (m gemm) tile(n int) {
	acc := zeros(m.function, n*blocks)
	m.sum(n, acc)
	m.finish(n, acc)
	step := m.Times(n, m.lda)
	m.Add(m.a, m.a, step)
}

// sum adds all segments' products to the accumulators.
func (m gemm) sum(n int, acc []register) {
	from, b, segs, seg := m.Copy(m.a), m.Load("b"), m.Load("segs"), m.Bytes("seg")
	segment := fmt.Sprintf("segment%d", n)
	m.Label(segment)
	row, k := rows(m.function, from, m.lda, n), m.Load("k")
	for _, unroll := range []int{4, 1} {
		m.Unrolled(k, unroll, fmt.Sprintf("k%dby%d", n, unroll), func() { m.step(acc, row, b, unroll) })
	}
	m.Add(from, from, seg)
	m.CountDown(segs, 1, segment)
}

// step writes as many steps of k as are loaded of each row at once, four or one.
func (m gemm) step(acc, row []register, b register, unroll int) {
	x := vectors(m.function, len(row))
	for i, r := range row {
		if unroll == lanes {
			m.LoadPost(x[i], r, width)
		} else {
			m.LoadS(x[i], asm.At(r, 0))
			m.AddImm(r, r, 4)
		}
	}
	for u := range unroll {
		for j := 0; j < blocks; j += 2 {
			v, w := m.V(), m.V()
			m.LoadPair(v, w, asm.At(b, 64*u+width*j))
			for i := range row {
				m.FMlaBy(acc[i*blocks+j], v, x[i], u)
				m.FMlaBy(acc[i*blocks+j+1], w, x[i], u)
			}
		}
	}
	m.AddImm(b, b, 64*unroll)
}

// finish adds d, applies the lower bound and stores.
func (m gemm) finish(n int, acc []register) {
	raw := fmt.Sprintf("store%d", n)
	m.JumpZero(m.d, raw)
	ldd, lo := m.Bytes("ldd"), m.Broadcast("lo")
	for i := range n {
		for j, v := range acc[i*blocks:][:blocks] {
			d := m.V()
			m.LoadV(d, asm.At(m.d, width*j))
			m.FAdd(v, v, d)
			m.AtLeast(v, lo)
		}
		m.Add(m.d, m.d, ldd)
	}
	m.Label(raw)
	ldc := m.Bytes("ldc")
	for i := range n {
		for j := 0; j < blocks; j += 2 {
			m.StorePair(acc[i*blocks+j], acc[i*blocks+j+1], asm.At(m.c, width*j))
		}
		m.Add(m.c, m.c, ldc)
	}
}
