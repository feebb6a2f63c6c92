package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tgemm writes the product of a transposed left factor with one or two
// blocks of 16 columns, which it adds to c. Tiles of rows[0] rows of c come
// first, the rest is done by smaller ones.
func (s isa) tgemm(blocks int, rows []int) {
	s.function(label("tgemm%dx", blocks), "func(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, rows, k, segs, aseg, bseg int)",
		"adds the product of a transposed factor to c:",
		"\tfor i := range rows {",
		label("\t\tfor j := range %d {", 16*blocks),
		"\t\t\tvar s float32",
		"\t\t\tfor t := range segs {",
		"\t\t\t\tfor p := range k {",
		"\t\t\t\t\ts = FMA(a[t*aseg+p*lda+i], b[t*bseg+p*ldb+j], s)",
		"\t\t\t\t}",
		"\t\t\t}",
		"\t\t\tc[i*ldc+j] += s",
		"\t\t}",
		"\t}")
	t := tgemm{isa: s, blocks: blocks, c: load("c"), a: load("a"), lda: bytes("lda"), ldb: bytes("ldb")}
	t.rows, t.segs = kept("rows"), AllocLocal(8)
	for _, r := range rows {
		t.tile(r)
	}
	end()
}

type tgemm struct {
	isa
	blocks     int
	c, a       reg.GPVirtual // of the next tile
	lda, ldb   reg.GPVirtual
	rows, segs Mem // that are left
}

// tile writes the loop over tiles of r rows.
func (g tgemm) tile(r int) {
	tiled(g.rows, I32(r), label("rows%d", r), label("done%d", r), func() { g.sum(r) })
}

// sum writes one tile.
func (g tgemm) sum(r int) {

	acc := g.zeros(r, g.blocks)
	n := load("segs")
	MOVQ(n, g.segs)
	a, b := GP64(), load("b")
	MOVQ(g.a, a)
	segment, loop := label("segment%d", r), label("k%d", r)
	Label(segment)
	k, p, q := load("k"), duplicate(a), duplicate(b)
	Label(loop)
	var w []vec
	for j := range acc[0] {
		w = append(w, g.load(at(q, j*g.width())))
	}
	for i := range acc {
		g.multiplyAdd(acc[i], at(p, 4*i), w)
	}
	ADDQ(g.lda, p)
	ADDQ(g.ldb, q)
	countDown(k, Imm(1), loop)
	ADDQ(bytes("aseg"), a)
	ADDQ(bytes("bseg"), b)
	countDown(g.segs, Imm(1), segment)

	ldc := bytes("ldc")
	for i := range acc {
		for j, v := range acc[i] {
			VADDPS(at(g.c, j*g.width()), v, v)
			VMOVUPS(v, at(g.c, j*g.width()))
		}
		ADDQ(ldc, g.c)
	}
	ADDQ(I32(4*r), g.a)
}
