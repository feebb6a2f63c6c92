package main

import (
	"exemplar/model/internal/kernel/generate/transform"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// output is an output transform that is written.
type output struct {
	*machine
	transform.Output[vec, operand]
	kind transform.Kind

	dst, m, bias     reg.GPVirtual
	plane            reg.GPVirtual // planes' distance
	row1, row3, row5 reg.GPVirtual // multiples of that of the products' rows
	c1, c3           reg.GPVirtual // multiples of a pixel's size
	lo               vec
	halves           Mem // pooled: half sums of pixels of the even rows
}

// output writes the output transform with what follows it.
func (s isa) output(c constants, of func(transform.Machine[vec, operand]) transform.Output[vec, operand], kind transform.Kind) {
	m := &machine{s, c}
	(&output{machine: m, Output: of(m), kind: kind}).write()
}

func (o *output) masked() bool { return o.kind == transform.Masked }
func (o *output) pool() bool   { return o.kind == transform.Pool }

func (o *output) write() {
	o.function(o.Name(o.kind), o.Signature(o.kind), o.Does(o.kind), o.Loop(o.kind)...)
	o.dst, o.m, o.plane, o.c1 = load("dst"), load("m"), bytes("plane"), bytes("channels")
	if o.masked() {
		o.bias, o.lo = load("mask"), o.zero()
	} else {
		o.bias, o.lo = load("bias"), o.broadcast("lo")
	}
	o.row1 = GP64()
	IMUL3Q(I32(o.Side), o.plane, o.row1)
	o.row3, o.c3 = GP64(), GP64()
	LEAQ(index(o.row1, o.row1, 2), o.row3)
	if o.Side > 5 {
		o.row5 = times(5, o.row1)
	}
	LEAQ(index(o.c1, o.c1, 2), o.c3)
	if o.pool() {
		o.halves = AllocLocal(o.Result * o.Result / 2 * o.width())
	}
	o.hold(&o.two, &o.four, &o.eight)
	tiles, block := kept("tiles"), AllocLocal(8)
	Label("tile")
	MOVQ(load("channels"), block)
	Label("block")
	for _, p := range o.Phases {
		for i := range p.Groups {
			o.rows(p, i)
		}
	}
	move(I32(o.width()), o.m, o.dst, o.bias)
	countDown(block, I32(o.lanes), "block")
	if !o.masked() { // the mask goes on like the pixels
		SUBQ(o.c1, o.bias)
	}
	for range o.Slots - 1 {
		ADDQ(o.c1, o.m)
	}
	for range o.pixels() - 1 {
		ADDQ(o.c1, o.dst)
		if o.masked() {
			ADDQ(o.c1, o.bias)
		}
	}
	countDown(tiles, Imm(1), "tile")
	end()
}

// pixels returns the columns that are written of a tile.
func (o *output) pixels() int {
	if o.pool() {
		return o.Result / 2
	}
	return o.Result
}

// rows writes a group of a phase's rows.
func (o *output) rows(p transform.Phase[vec, operand], group int) {
	col := duplicate(o.m)
	for range p.Slot(0) {
		ADDQ(o.c1, col)
	}
	rows := make([][]vec, len(p.Groups[group]))
	for j := range p.Cols {
		if j > 0 {
			ADDQ(o.plane, col)
			for range p.Slot(0) - p.Slot(j) {
				SUBQ(o.c1, col)
			}
		}
		e := p.Columns[group](func(i int) operand { return multiple(col, o.row1, o.row3, o.row5, i) })
		for i, v := range e {
			rows[i] = append(rows[i], v)
		}
	}
	for i, e := range rows {
		g := p.Row(e)
		y := p.Y(p.Groups[group][i])
		if o.masked() {
			row := o.address(o.bias, y)
			for x, v := range g {
				o.keepPositive(o.pixel(row, p.X(x)), o.lo, v)
			}
		} else {
			for _, v := range g {
				VADDPS(at(o.bias, 0), v, v)
				VMAXPS(v, o.lo, v)
			}
		}
		if o.pool() {
			o.average(y, g)
			continue
		}
		row := o.address(o.dst, y)
		for range p.Right {
			ADDQ(o.c1, row)
		}
		for x, v := range g {
			VMOVUPS(v, o.pixel(row, p.X(x)))
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
