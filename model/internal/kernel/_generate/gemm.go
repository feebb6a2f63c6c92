package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm writes the product of rows with one or two blocks of 16 columns. Tiles
// of rows[0] rows come first, the rest is done by smaller ones.
func (s isa) gemm(blocks int, rows []int) {
	columns := "16"
	if blocks == 2 {
		columns = "32"
	}
	name := label("gemm%dx%s", blocks, s.name)
	function(name,
		"func(c *float32, ldc int, a *float32, lda int, b *float32, rows, k, segs, seg int, d *float32, ldd int, lo float32)",
		name+" multiplies rows of a with packed columns of b:", "",
		"\tfor i := range rows {",
		"\t\tfor j := range "+columns+" {",
		"\t\t\tvar s float32",
		"\t\t\tfor t := range segs {",
		"\t\t\t\tfor p := range k {",
		"\t\t\t\t\ts = FMA(a[i*lda+t*seg+p], b[(j/16*segs*k+t*k+p)*16+j%16], s)",
		"\t\t\t\t}",
		"\t\t\t}",
		"\t\t\tif d != nil {",
		"\t\t\t\ts = max(lo, s+d[i*ldd+j])",
		"\t\t\t}",
		"\t\t\tc[i*ldc+j] = s",
		"\t\t}",
		"\t}")
	g := gemm{isa: s, name: name, blocks: blocks, c: load("c"), a: load("a"), lda: bytes("lda"), d: load("d")}
	g.lda3 = GP64()
	LEAQ(index(g.lda, g.lda, 2), g.lda3)
	g.rows, g.segs = AllocLocal(8), AllocLocal(8)
	n := load("rows")
	MOVQ(n, g.rows)
	for _, r := range rows {
		g.tile(r)
	}
	VZEROUPPER()
	RET()
}

type gemm struct {
	isa
	name       string
	blocks     int
	c, a, d    reg.GPVirtual // of the next tile
	lda, lda3  reg.GPVirtual // and three times that
	rows, segs Mem           // that are left
}

// zeros returns cleared accumulators for rows of blocks of 16 columns.
func (s isa) zeros(rows, blocks int) [][]reg.VecVirtual {
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		for range blocks * 16 / s.lanes {
			v := s.vec()
			VXORPS(v, v, v)
			acc[i] = append(acc[i], v)
		}
	}
	return acc
}

// tile writes the loop over tiles of r rows.
func (g gemm) tile(r int) {
	start, end := label("rows%d", r), label("done%d", r)
	Label(start)
	CMPQ(g.rows, I32(r))
	JLT(LabelRef(end))

	acc := g.zeros(r, g.blocks)
	g.sum(r, acc)
	g.finish(r, acc)

	step := GP64()
	MOVQ(g.lda, step)
	IMUL3Q(I32(r), step, step)
	ADDQ(step, g.a)
	SUBQ(I32(r), g.rows)
	JMP(LabelRef(start))
	Label(end)
}

// sum adds all segments' products to the accumulators.
func (g gemm) sum(r int, acc [][]reg.VecVirtual) {
	n := load("segs")
	MOVQ(n, g.segs)
	from, b := GP64(), load("b")
	MOVQ(g.a, from)
	b2 := GP64()
	if g.blocks == 2 { // the second block is segs*k rows of 64 bytes on
		Load(Param("k"), b2)
		IMULQ(n, b2)
		SHLQ(Imm(6), b2)
		ADDQ(b, b2)
	}
	segment := label("segment%d", r)
	Label(segment)

	base := []reg.GPVirtual{GP64()}
	MOVQ(from, base[0])
	for i := 5; i < r; i += 5 { // five rows a base
		next := GP64()
		LEAQ(index(base[len(base)-1], g.lda, 4), next)
		ADDQ(g.lda, next)
		base = append(base, next)
	}
	k := load("k")
	for _, unroll := range []int{4, 3, 1} { // 3 for images of one channel
		loop, end := label("k%dby%d", r, unroll), label("k%dby%dend", r, unroll)
		CMPQ(k, I32(unroll))
		JLT(LabelRef(end))
		Label(loop)
		for u := range unroll {
			g.multiply(acc, base, b, b2, u)
		}
		for _, p := range base {
			ADDQ(I32(4*unroll), p)
		}
		ADDQ(I32(64*unroll), b)
		if g.blocks == 2 {
			ADDQ(I32(64*unroll), b2)
		}
		SUBQ(I32(unroll), k)
		CMPQ(k, I32(unroll))
		JGE(LabelRef(loop))
		Label(end)
	}
	skip := bytes("seg")
	ADDQ(skip, from)
	SUBQ(Imm(1), g.segs)
	JNZ(LabelRef(segment))
}

// multiply writes one step of k.
func (g gemm) multiply(acc [][]reg.VecVirtual, base []reg.GPVirtual, b, b2 reg.GPVirtual, u int) {
	var w []reg.VecVirtual
	for j := range acc[0] {
		v := g.vec()
		p, off := b, j*g.width()
		if off >= 64 {
			p, off = b2, off-64
		}
		VMOVUPS(at(p, 64*u+off), v)
		w = append(w, v)
	}
	for i := range acc {
		m := index(base[i/5], g.lda, uint8(i%5))
		if i%5 == 3 {
			m = index(base[i/5], g.lda3, 1)
		}
		m.Disp = 4 * u
		x := g.vec()
		VBROADCASTSS(m, x)
		for j := range w {
			VFMADD231PS(x, w[j], acc[i][j])
		}
	}
}

// finish adds d, applies the lower bound and stores.
func (g gemm) finish(r int, acc [][]reg.VecVirtual) {
	raw := label("store%d", r)
	TESTQ(g.d, g.d)
	JZ(LabelRef(raw))
	ldd, lo := bytes("ldd"), g.broadcast("lo")
	for i := range acc {
		for j, v := range acc[i] {
			VADDPS(at(g.d, j*g.width()), v, v)
			VMAXPS(v, lo, v)
		}
		ADDQ(ldd, g.d)
	}
	Label(raw)
	ldc := bytes("ldc")
	for i := range acc {
		for j, v := range acc[i] {
			VMOVUPS(v, at(g.c, j*g.width()))
		}
		ADDQ(ldc, g.c)
	}
}
