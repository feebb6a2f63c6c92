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
	columns := "16"
	if blocks == 2 {
		columns = "32"
	}
	name := label("tgemm%dx%s", blocks, s.name)
	function(name, "func(c *float32, ldc int, a *float32, lda int, b *float32, ldb int, rows, k, segs, aseg, bseg int)",
		name+" adds the product of a transposed factor to c:", "",
		"\tfor i := range rows {",
		"\t\tfor j := range "+columns+" {",
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
	t.rows, t.segs = AllocLocal(8), AllocLocal(8)
	n := load("rows")
	MOVQ(n, t.rows)
	for _, r := range rows {
		t.tile(r)
	}
	VZEROUPPER()
	RET()
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
	start, end := label("rows%d", r), label("done%d", r)
	Label(start)
	CMPQ(g.rows, I32(r))
	JLT(LabelRef(end))

	acc := g.zeros(r, g.blocks)
	n := load("segs")
	MOVQ(n, g.segs)
	a, b := GP64(), load("b")
	MOVQ(g.a, a)
	segment, loop := label("segment%d", r), label("k%d", r)
	Label(segment)
	k, p, q := load("k"), GP64(), GP64()
	MOVQ(a, p)
	MOVQ(b, q)
	Label(loop)
	var w []reg.VecVirtual
	for j := range acc[0] {
		v := g.vec()
		VMOVUPS(at(q, j*g.width()), v)
		w = append(w, v)
	}
	for i := range acc {
		x := g.vec()
		VBROADCASTSS(at(p, 4*i), x)
		for j := range w {
			VFMADD231PS(x, w[j], acc[i][j])
		}
	}
	ADDQ(g.lda, p)
	ADDQ(g.ldb, q)
	SUBQ(Imm(1), k)
	JNZ(LabelRef(loop))
	skip := bytes("aseg")
	ADDQ(skip, a)
	skip = bytes("bseg")
	ADDQ(skip, b)
	SUBQ(Imm(1), g.segs)
	JNZ(LabelRef(segment))

	ldc := bytes("ldc")
	for i := range acc {
		for j, v := range acc[i] {
			VADDPS(at(g.c, j*g.width()), v, v)
			VMOVUPS(v, at(g.c, j*g.width()))
		}
		ADDQ(ldc, g.c)
	}
	ADDQ(I32(4*r), g.a)
	SUBQ(I32(r), g.rows)
	JMP(LabelRef(start))
	Label(end)
}
