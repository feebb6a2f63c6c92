package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// output writes the output transform with bias and lower bound, and the one
// that averages 2x2 pixels of what it gives.
func (s isa) output(pool bool, two, four, eight, quarter Mem) {
	name, side := "output"+s.name, 4
	result := []string{"\t\t\tdst[y*pitch+(4*t+x)*channels+c] = g[y][x]  // y, x = 0…3"}
	if pool {
		name, side = "pool"+s.name, 2
		result = []string{
			"\t\t\th[y][x] = ((g[2*y][2*x] + g[2*y][2*x+1]) + (g[2*y+1][2*x] + g[2*y+1][2*x+1])) * 0.25",
			"\t\t\tdst[y*pitch+(2*t+x)*channels+c] = h[y][x]  // y, x = 0, 1",
		}
	}
	doc := append([]string{name + " transforms products back to pixels:", "",
		"\tfor t := range tiles {",
		"\t\tfor c := range channels {",
		"\t\t\te[i][j] = m[(6*i+j)*plane+t*channels+c]    // i, j = 0…5",
		"\t\t\tf[y][j] = transform of column e[0…5][j]    // see outputTransform",
		"\t\t\tg[y][x] = max(lo, transform of row f[y][0…5] + bias[c])"},
		append(result, "\t\t}", "\t}")...)
	function(name, "func(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32)", doc...)

	o := output{isa: s, pool: pool, dst: load("dst"), m: load("m"), plane: bytes("plane"), bias: load("bias"),
		c1: bytes("channels"), two: two, four: four, eight: eight, quarter: quarter}
	o.lo = s.broadcast("lo")
	o.p6, o.p18, o.p30, o.c3 = GP64(), GP64(), GP64(), GP64()
	LEAQ(index(o.plane, o.plane, 2), o.p6)
	ADDQ(o.p6, o.p6)
	LEAQ(index(o.p6, o.p6, 2), o.p18)
	LEAQ(index(o.p6, o.p6, 4), o.p30)
	LEAQ(index(o.c1, o.c1, 2), o.c3)
	if pool {
		o.halves = AllocLocal(4 * s.width())
	}
	tiles, block := AllocLocal(8), AllocLocal(8)
	n := load("tiles")
	MOVQ(n, tiles)

	Label("tile")
	k := GP64()
	Load(Param("channels"), k)
	MOVQ(k, block)
	Label("block")
	o.rows(0, o.even)
	o.rows(1, o.odd)
	for _, r := range []reg.GPVirtual{o.m, o.dst, o.bias} {
		ADDQ(I32(s.width()), r)
	}
	SUBQ(I32(s.lanes), block)
	JNZ(LabelRef("block"))
	SUBQ(o.c1, o.bias)
	for range side - 1 {
		ADDQ(o.c1, o.dst)
	}
	SUBQ(Imm(1), tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

type output struct {
	isa
	pool                      bool
	dst, m, bias              reg.GPVirtual
	plane, p6, p18, p30       reg.GPVirtual // multiples of the plane's size
	c1, c3                    reg.GPVirtual // multiples of a pixel's
	lo                        reg.VecVirtual
	two, four, eight, quarter Mem
	halves                    Mem // pooled: half sums of pixels, of rows 0 and 2
}

// product returns number i of a column.
func (o output) product(column reg.GPVirtual, i int) Mem {
	switch i {
	case 3:
		return index(column, o.p18, 1)
	case 5:
		return index(column, o.p30, 1)
	}
	return index(column, o.p6, uint8(i))
}

// even returns rows 0 and 2 of a column: (e0 + (e1+e2)) + (e3+e4) and
// (e1+e2) + 4(e3+e4).
func (o output) even(col reg.GPVirtual) (a, b reg.VecVirtual) {
	a, b = o.vec(), o.vec()
	u := o.vec()
	VMOVUPS(o.product(col, 1), b)
	VADDPS(o.product(col, 2), b, b)
	VMOVUPS(o.product(col, 3), u)
	VADDPS(o.product(col, 4), u, u)
	VADDPS(o.product(col, 0), b, a)
	VADDPS(u, a, a)
	VFMADD231PS(o.four, u, b)
	return a, b
}

// odd returns rows 1 and 3: (e1-e2) + 2(e3-e4) and ((e1-e2) + e5) + 8(e3-e4).
func (o output) odd(col reg.GPVirtual) (a, b reg.VecVirtual) {
	a, b = o.vec(), o.vec()
	w := o.vec()
	VMOVUPS(o.product(col, 1), a)
	VSUBPS(o.product(col, 2), a, a)
	VMOVUPS(o.product(col, 3), w)
	VSUBPS(o.product(col, 4), w, w)
	VADDPS(o.product(col, 5), a, b)
	VFMADD231PS(o.two, w, a)
	VFMADD231PS(o.eight, w, b)
	return a, b
}

// rows writes rows first and first+2 of a tile.
func (o output) rows(first int, column func(reg.GPVirtual) (a, b reg.VecVirtual)) {
	col := GP64()
	MOVQ(o.m, col)
	var e [2][6]reg.VecVirtual
	for j := range 6 {
		e[0][j], e[1][j] = column(col)
		if j < 5 {
			ADDQ(o.plane, col)
		}
	}
	for half := range e {
		o.row(first+2*half, e[half])
	}
}

// row transforms a row, adds the bias, applies the bound, and stores.
func (o output) row(y int, e [6]reg.VecVirtual) {
	s, u := o.vec(), o.vec()
	VADDPS(e[2], e[1], s)
	VADDPS(e[4], e[3], u)
	VSUBPS(e[2], e[1], e[1])
	VSUBPS(e[4], e[3], e[3])
	VADDPS(s, e[0], e[0])
	VADDPS(u, e[0], e[0])
	VADDPS(e[5], e[1], e[5])
	VFMADD231PS(o.two, e[3], e[1])
	VFMADD231PS(o.four, u, s)
	VFMADD231PS(o.eight, e[3], e[5])
	g := [4]reg.VecVirtual{e[0], e[1], s, e[5]}
	for _, v := range g {
		VADDPS(at(o.bias, 0), v, v)
		VMAXPS(v, o.lo, v)
	}
	if !o.pool {
		row := o.address(y)
		VMOVUPS(g[0], at(row, 0))
		VMOVUPS(g[1], index(row, o.c1, 1))
		VMOVUPS(g[2], index(row, o.c1, 2))
		VMOVUPS(g[3], index(row, o.c3, 1))
		return
	}
	VADDPS(g[1], g[0], g[0])
	VADDPS(g[3], g[2], g[2])
	left, right := o.halves.Offset(y/2*2*o.width()), o.halves.Offset((y/2*2+1)*o.width())
	if y%2 == 0 {
		VMOVUPS(g[0], left)
		VMOVUPS(g[2], right)
		return
	}
	row := o.address(y / 2)
	VADDPS(left, g[0], g[0])
	VADDPS(right, g[2], g[2])
	VMULPS(o.quarter, g[0], g[0])
	VMULPS(o.quarter, g[2], g[2])
	VMOVUPS(g[0], at(row, 0))
	VMOVUPS(g[2], index(row, o.c1, 1))
}

// address returns the address of row y of the block's results.
func (o output) address(y int) reg.GPVirtual {
	pitch, row := bytes("pitch"), GP64()
	MOVQ(o.dst, row)
	for range y {
		ADDQ(pitch, row)
	}
	return row
}
