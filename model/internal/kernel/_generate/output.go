package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// output is an output transform: of side x side products of a tile to pixels,
// with bias and lower bound. It has phases, each with results of its own: one
// for a convolution, four for a transposed convolution.
type output struct {
	isa
	constants
	spec   string // name in Go of the transform
	side   int
	result int  // rows and columns of a tile's pixels
	slots  int  // numbers per tile and channel of a plane
	pool   bool // average 2x2 of the pixels
	masked bool // instead of bias and bound, see kernel.maskedGeneric
	phases []phase

	dst, m, bias     reg.GPVirtual
	plane            reg.GPVirtual // planes' distance
	row1, row3, row5 reg.GPVirtual // multiples of that of the products' rows
	c1, c3           reg.GPVirtual // multiples of a pixel's size
	lo               vec
	halves           Mem // pooled: half sums of pixels of the even rows
}

// phase is one transform of a tile's products. In one dimension, columns makes
// some of the rows of a column's transform from memory, row all of a row's from
// registers.
type phase struct {
	cols    int               // products of a row
	slot    func(col int) int // of the products
	y, x    func(i int) int   // pixel of row and column i of the results
	right   int               // to be added to x
	groups  [][]int           // rows of the results that are made together
	columns []func(o *output, product func(i int) operand) []vec
	row     func(o *output, e []vec) []vec
}

func (o output) write() {
	o.declare()
	o.dst, o.m, o.plane, o.c1 = load("dst"), load("m"), bytes("plane"), bytes("channels")
	if o.masked {
		o.bias, o.lo = load("mask"), o.zero()
	} else {
		o.bias, o.lo = load("bias"), o.broadcast("lo")
	}
	o.row1 = GP64()
	IMUL3Q(I32(o.side), o.plane, o.row1)
	o.row3, o.c3 = GP64(), GP64()
	LEAQ(index(o.row1, o.row1, 2), o.row3)
	if o.side > 5 {
		o.row5 = times(5, o.row1)
	}
	LEAQ(index(o.c1, o.c1, 2), o.c3)
	if o.pool {
		o.halves = AllocLocal(o.result * o.result / 2 * o.width())
	}
	o.hold(&o.two, &o.four, &o.eight)
	tiles, block := kept("tiles"), AllocLocal(8)
	Label("tile")
	MOVQ(load("channels"), block)
	Label("block")
	for _, p := range o.phases {
		for i := range p.groups {
			o.rows(p, i)
		}
	}
	move(I32(o.width()), o.m, o.dst, o.bias)
	countDown(block, I32(o.lanes), "block")
	if !o.masked { // the mask goes on like the pixels
		SUBQ(o.c1, o.bias)
	}
	for range o.slots - 1 {
		ADDQ(o.c1, o.m)
	}
	for range o.pixels() - 1 {
		ADDQ(o.c1, o.dst)
		if o.masked {
			ADDQ(o.c1, o.bias)
		}
	}
	countDown(tiles, Imm(1), "tile")
	end()
}

// declare writes the function's head.
func (o output) declare() {
	name := o.spec
	signature := "func(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32)"
	result := []string{label("\t\t\tdst[y*pitch+(%d*t+x)*channels+c] = g[y][x]  // y, x = 0…%d", o.result, o.result-1)}
	if o.pool {
		name = "pool" + name[len("output"):]
		result = []string{
			"\t\t\th[y][x] = ((g[2*y][2*x] + g[2*y][2*x+1]) + (g[2*y+1][2*x] + g[2*y+1][2*x+1])) * 0.25",
			label("\t\t\tdst[y*pitch+(%d*t+x)*channels+c] = h[y][x]  // y, x = 0…%d", o.result/2, o.result/2-1),
		}
	}
	does := "transforms products back to pixels:"
	doc := []string{
		"\tfor t := range tiles {",
		"\t\tfor c := range channels {",
		label("\t\t\te[i][j] = m[(%d*i+j)*plane+t*channels+c]  // i, j = 0…%d", o.side, o.side-1),
		label("\t\t\tf[y][j] = transform of column e[0…%d][j]  // see %s", o.side-1, o.spec),
		label("\t\t\tg[y][x] = max(lo, transform of row f[y][0…%d] + bias[c])", o.side-1),
	}
	if o.masked {
		name = "masked"
		signature = "func(dst *float32, pitch int, m *float32, plane int, mask *float32, channels, tiles int)"
		does = "transforms products back to pixels, where those of a mask are positive:"
		doc[4] = label("\t\t\tg[y][x] = transform of row f[y][0…%d] where mask[as dst] > 0, 0 elsewhere", o.side-1)
	}
	if len(o.phases) > 1 {
		doc = append(doc[:2], "\t\t\tg[y][x] = max(lo, result (y, x) of a tile + bias[c])  // see "+o.spec+"Generic")
	}
	doc = append(append(doc, result...), "\t\t}", "\t}")
	o.function(name, signature, does, doc...)
}

// pixels returns the columns that are written of a tile.
func (o *output) pixels() int {
	if o.pool {
		return o.result / 2
	}
	return o.result
}

// rows writes a group of a phase's rows.
func (o *output) rows(p phase, group int) {
	col := duplicate(o.m)
	for range p.slot(0) {
		ADDQ(o.c1, col)
	}
	rows := make([][]vec, len(p.groups[group]))
	for j := range p.cols {
		if j > 0 {
			ADDQ(o.plane, col)
			for range p.slot(0) - p.slot(j) {
				SUBQ(o.c1, col)
			}
		}
		e := p.columns[group](o, func(i int) operand { return multiple(col, o.row1, o.row3, o.row5, i) })
		for i, v := range e {
			rows[i] = append(rows[i], v)
		}
	}
	for i, e := range rows {
		g := p.row(o, e)
		y := p.y(p.groups[group][i])
		if o.masked {
			row := o.address(o.bias, y)
			for x, v := range g {
				o.keepPositive(o.pixel(row, p.x(x)), o.lo, v)
			}
		} else {
			for _, v := range g {
				VADDPS(at(o.bias, 0), v, v)
				VMAXPS(v, o.lo, v)
			}
		}
		if o.pool {
			o.average(y, g)
			continue
		}
		row := o.address(o.dst, y)
		for range p.right {
			ADDQ(o.c1, row)
		}
		for x, v := range g {
			VMOVUPS(v, o.pixel(row, p.x(x)))
		}
	}
}

// average adds up pairs of pixels, and in odd rows stores the averages.
func (o *output) average(y int, g []vec) {
	var row reg.GPVirtual
	if y%2 == 1 {
		row = o.address(o.dst, y/2)
	}
	for x := range len(g) / 2 {
		v, half := g[2*x], o.halves.Offset((y/2*len(g)/2+x)*o.width())
		VADDPS(g[2*x+1], v, v)
		if y%2 == 0 {
			VMOVUPS(v, half)
			continue
		}
		VADDPS(half, v, v)
		VMULPS(o.quarter, v, v)
		VMOVUPS(v, o.pixel(row, x))
	}
}

// address returns the address of row y of the block's results, or of the mask.
func (o *output) address(base reg.GPVirtual, y int) reg.GPVirtual {
	row := bytes("pitch")
	switch y {
	case 0:
		MOVQ(base, row)
		return row
	case 1:
	default:
		IMUL3Q(I32(y), row, row)
	}
	ADDQ(base, row)
	return row
}

// pixel addresses pixel x of a row.
func (o *output) pixel(row reg.GPVirtual, x int) Mem {
	if x == 6 {
		return index(row, o.c3, 2)
	}
	return multiple(row, o.c1, o.c3, nil, x)
}
