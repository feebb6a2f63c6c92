package main

import (
	"fmt"

	"exemplar/model/internal/kernel/generate/arm64/asm"
)

// tgemm writes the product of a transposed left factor with 16 columns, which it adds
// to c.
func (g generator) tgemm() {
	f := g.Function("tgemm1xNEON",
		"func(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, rows, k, segs, aseg, bseg int)",
		"adds the product of a transposed factor to c:",
		"\tfor i := range rows {",
		"\t\tfor j := range 16 {",
		"\t\t\tvar s float32",
		"\t\t\tfor t := range segs {",
		"\t\t\t\tfor p := range k {",
		"\t\t\t\t\ts = FMA(a[t*aseg+p*lda+i], b[t*bseg+p*ldb+j], s)",
		"\t\t\t\t}",
		"\t\t\t}",
		"\t\t\tc[i*ldc+j] += s",
		"\t\t}",
		"\t}")
	m := tgemm{function: f, c: f.Load("c"), a: f.Load("a"), lda: f.Bytes("lda"), ldb: f.Bytes("ldb"), left: f.Load("rows")}
	for _, n := range []int{6, 4, 1} {
		f.Unrolled(m.left, n, fmt.Sprintf("rows%d", n), func() { m.tile(n) })
	}
	f.Return()
}

type tgemm struct {
	*function
	c, a     register // of the next tile
	lda, ldb register // bytes
	left     register // rows
}

// tile writes one tile of n rows: 6, 4 or 1.
func (m tgemm) tile(n int) {
	acc := zeros(m.function, n*blocks)
	a, b, segs, aseg, bseg := m.Copy(m.a), m.Load("b"), m.Load("segs"), m.Bytes("aseg"), m.Bytes("bseg")
	segment, loop := fmt.Sprintf("segment%d", n), fmt.Sprintf("k%d", n)
	m.Label(segment)
	k, p, q := m.Load("k"), m.Copy(a), m.Copy(b)
	m.Label(loop)
	x := m.column(p, n)
	for j := 0; j < blocks; j += 2 {
		v, w := m.V(), m.V()
		m.LoadPair(v, w, asm.At(q, width*j))
		for i := range n {
			m.FMlaBy(acc[i*blocks+j], v, x[i/lanes], i%lanes)
			m.FMlaBy(acc[i*blocks+j+1], w, x[i/lanes], i%lanes)
		}
	}
	m.Add(p, p, m.lda)
	m.Add(q, q, m.ldb)
	m.CountDown(k, 1, loop)
	m.Add(a, a, aseg)
	m.Add(b, b, bseg)
	m.CountDown(segs, 1, segment)
	m.add(n, acc)
	m.AddImm(m.a, m.a, 4*n)
}

// column loads n numbers of the left factor.
func (m tgemm) column(p register, n int) []register {
	x := vectors(m.function, (n+lanes-1)/lanes)
	switch n {
	case 6:
		m.LoadV(x[0], asm.At(p, 0))
		m.LoadD(x[1], asm.At(p, width))
	case 4:
		m.LoadV(x[0], asm.At(p, 0))
	default:
		m.LoadS(x[0], asm.At(p, 0))
	}
	return x
}

// add adds the sums to c.
func (m tgemm) add(n int, acc []register) {
	ldc := m.Bytes("ldc")
	for i := range n {
		for j, v := range acc[i*blocks:][:blocks] {
			c := m.V()
			m.LoadV(c, asm.At(m.c, width*j))
			m.FAdd(v, c, v)
			m.StoreV(v, asm.At(m.c, width*j))
		}
		m.Add(m.c, m.c, ldc)
	}
}
