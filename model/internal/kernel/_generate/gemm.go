package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm writes the product of rows with one or two blocks of 16 columns. Tiles
// of rows[0] rows come first, the rest is done by smaller ones.
func (s isa) gemm(blocks int, rows []int) {
	s.function(label("gemm%dx", blocks),
		"func(c *float32, ldc int, a *float32, lda int, b *float32, rows, k, segs, seg int, d *float32, ldd int, lo float32)",
		"multiplies rows of a with packed columns of b:",
		"\tfor i := range rows {",
		label("\t\tfor j := range %d {", 16*blocks),
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
	g := gemm{isa: s, blocks: blocks, c: load("c"), a: load("a"), lda: bytes("lda"), d: load("d")}
	g.lda3 = times(3, g.lda)
	g.rows, g.segs = kept("rows"), AllocLocal(8)
	for _, r := range rows {
		g.tile(r)
	}
	end()
}

type gemm struct {
	isa
	blocks     int
	c, a, d    reg.GPVirtual // of the next tile
	lda, lda3  reg.GPVirtual // and three times that
	rows, segs Mem           // that are left
}

// zeros returns cleared accumulators for rows of blocks of 16 columns.
func (s isa) zeros(rows, blocks int) [][]reg.VecVirtual {
	acc := make([][]vec, rows)
	for i := range acc {
		acc[i] = s.cleared(blocks * 16 / s.lanes)
	}
	return acc
}

// cleared returns n cleared vectors.
func (s isa) cleared(n int) (list []vec) {
	for range n {
		v := s.vec()
		VXORPS(v, v, v)
		list = append(list, v)
	}
	return list
}

// tile writes the loop over tiles of r rows.
func (g gemm) tile(r int) {
	tiled(g.rows, I32(r), label("rows%d", r), label("done%d", r), func() {
		acc := g.zeros(r, g.blocks)
		g.sum(r, acc)
		g.finish(r, acc)

		step := duplicate(g.lda)
		IMUL3Q(I32(r), step, step)
		ADDQ(step, g.a)
	})
}

// sum adds all segments' products to the accumulators.
func (g gemm) sum(r int, acc [][]reg.VecVirtual) {
	n := load("segs")
	MOVQ(n, g.segs)
	from, b := GP64(), load("b")
	MOVQ(g.a, from)
	panels := []reg.GPVirtual{b}
	if g.blocks == 2 { // the second block is segs*k rows of 64 bytes on
		b2 := load("k")
		IMULQ(n, b2)
		SHLQ(Imm(6), b2)
		ADDQ(b, b2)
		panels = append(panels, b2)
	}
	segment := label("segment%d", r)
	Label(segment)

	base := bases(duplicate(from), g.lda, r)
	k := load("k")
	for _, unroll := range []int{4, 3, 1} { // 3 for images of one channel
		unrolled(k, I32(unroll), label("k%dby%d", r, unroll), label("k%dby%dend", r, unroll), func() {
			for u := range unroll {
				g.multiply(acc, base, panels, u)
			}
			move(I32(4*unroll), base...)
			move(I32(64*unroll), panels...)
		})
	}
	ADDQ(bytes("seg"), from)
	countDown(g.segs, Imm(1), segment)
}

// multiply writes one step of k.
func (g gemm) multiply(acc [][]reg.VecVirtual, base, panels []reg.GPVirtual, u int) {
	var w []vec
	for j := range acc[0] {
		off := j * g.width()
		w = append(w, g.load(at(panels[off/64], 64*u+off%64)))
	}
	for i := range acc {
		m := rowOf(base, g.lda, g.lda3, i)
		m.Disp = 4 * u
		g.multiplyAdd(acc[i], m, w)
	}
}

// multiplyAdd adds a number in memory times vectors to others. A lone vector's
// instruction reads the number itself: a broadcast apart would cost AMD's Zen 4 a
// quarter of the speed.
func (s isa) multiplyAdd(acc []vec, m Mem, w []vec) {
	if s.lanes == 16 && len(w) == 1 {
		VFMADD231PS_BCST(m, w[0], acc[0])
		return
	}
	x := s.vec()
	VBROADCASTSS(m, x)
	for j := range w {
		VFMADD231PS(x, w[j], acc[j])
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
