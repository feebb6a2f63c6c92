package main

import (
	"slices"

	"exemplar/model/internal/kernel/generate/transform"
)

type phase = transform.Phase[vec, place]

// output is an output transform that is written.
type output struct {
	*function
	machine *machine
	transform.Output[vec, place]
	kind transform.Kind

	dst, pitch, pitch3 register
	row                []register          // of products, of the first column and the phase's slot
	column             map[[2]int]distance // see at
	channels           register            // bytes of a pixel
	bias, lo           register
	mask               distance // from a pixel to its mask
	halves             register // pooled: half sums of pixels of the even rows
}

// output writes an output transform with what follows it, eight channels of a tile at a
// time.
func (g generator) output(of func(transform.Machine[vec, place]) transform.Output[vec, place], kind transform.Kind) {
	o := &output{machine: &machine{}, kind: kind}
	o.Output = of(o.machine)
	o.function = g.Function(o.Name(kind)+"NEON", o.Signature(kind), o.Does(kind), o.Loop(kind)...)
	o.machine.begin(g, o.function)
	o.prepare()
	tiles := o.Load("tiles")
	var slots register // of the phases after the first
	if o.Slots > 1 {
		slots = o.Times(o.Slots-1, o.channels)
	}
	o.Label("tile")
	block := o.Load("channels")
	o.Label("block")
	for i, p := range o.Phases {
		if i > 0 { // its slot is the next
			o.move(o.row, o.channels)
		}
		for group := range p.Groups {
			o.group(p, group)
		}
	}
	for _, r := range o.row {
		if o.Slots > 1 {
			o.Sub(r, r, slots)
		}
		o.AddImm(r, r, pair)
	}
	o.AddImm(o.dst, o.dst, pair)
	if kind != transform.Masked {
		o.AddImm(o.bias, o.bias, pair)
	}
	o.CountDown(block, 2*lanes, "block")
	if kind != transform.Masked {
		o.Sub(o.bias, o.bias, o.channels)
	}
	if o.Slots > 1 {
		o.move(o.row, slots)
	}
	if o.pixels() > 1 {
		o.Add(o.dst, o.dst, o.Times(o.pixels()-1, o.channels))
	}
	o.CountDown(tiles, 1, "tile")
	o.Return()
}

// prepare fills the registers that the whole routine holds.
func (o *output) prepare() {
	o.dst, o.pitch, o.channels = o.Load("dst"), o.Bytes("pitch"), o.Bytes("channels")
	if o.pixels() > 3 {
		o.pitch3 = o.Times(3, o.pitch)
	}
	if o.kind == transform.Masked {
		o.mask = multiple(o.function, 1, o.Load("mask"), o.dst)
	} else {
		o.bias, o.lo = o.Load("bias"), o.Broadcast("lo")
	}
	if o.kind == transform.Pool {
		o.halves = o.Local(o.Result * o.Result / 2 * pair)
	}
	plane := o.Bytes("plane")
	o.row = rows(o.function, o.Load("m"), o.Times(o.Side, plane), o.Side)
	o.column = map[[2]int]distance{}
	for _, p := range o.Phases {
		for j := range p.Cols {
			at := o.at(p, j)
			if _, ok := o.column[at]; !ok {
				o.column[at] = multiple(o.function, j, plane, slices.Repeat([]register{o.channels}, at[1])...)
			}
		}
	}
}

// at is where the products of column j are: planes to the right, and slots to the left.
func (o *output) at(p phase, j int) [2]int { return [2]int{j, p.Slot(0) - p.Slot(j)} }

// move adds bytes to pointers.
func (o *output) move(pointers []register, by register) {
	for _, p := range pointers {
		o.Add(p, p, by)
	}
}

// pixels returns the columns that are written of a tile.
func (o *output) pixels() int {
	if o.kind == transform.Pool {
		return o.Result / 2
	}
	return o.Result
}

// group writes rows of a phase that are made together.
func (o *output) group(p phase, group int) {
	list := make([][]vec, len(p.Groups[group]))
	for j := range p.Cols {
		column := o.column[o.at(p, j)]
		for i, v := range p.Columns[group](func(i int) place { return place{o.row[i], column} }) {
			list[i] = append(list[i], v)
		}
	}
	for i, e := range list {
		g, y := p.Row(e), p.Y(p.Groups[group][i])
		if o.kind != transform.Masked {
			o.finish(g)
		}
		if o.kind == transform.Pool {
			o.average(y, g)
			continue
		}
		var pixels []pixel
		for x, v := range g {
			pixels = append(pixels, pixel{p.X(x) + p.Right, v})
		}
		o.store(y, pixels)
	}
}

// finish adds the bias and applies the lower bound.
func (o *output) finish(g []vec) {
	bias := o.machine.Load(place{o.bias, near(0)})
	for _, v := range g {
		o.machine.each(o.FAdd, v, v, bias)
		o.AtLeast(v[0], o.lo)
		o.AtLeast(v[1], o.lo)
	}
}

// average adds up pairs of pixels, and in odd rows stores the averages.
func (o *output) average(y int, g []vec) {
	var averages []pixel
	for x := range len(g) / 2 {
		sum, half := o.machine.Add(g[2*x], g[2*x+1]), place{o.halves, near((y/2*len(g)/2 + x) * pair)}
		if y%2 == 0 {
			o.machine.store(sum, half)
			continue
		}
		sum = o.machine.AddPlace(sum, half)
		for _, v := range sum {
			o.FMulBy(v, v, o.machine.powers, quarter)
		}
		averages = append(averages, pixel{x, sum})
	}
	if y%2 == 1 {
		o.store(y/2, averages)
	}
}

// pixel is number x of a row.
type pixel struct {
	x int
	v vec
}

// store writes pixels of row y of the block's, from left to right.
func (o *output) store(y int, pixels []pixel) {
	slices.SortFunc(pixels, func(a, b pixel) int { return a.x - b.x })
	to, at := o.address(y), 0
	for _, p := range pixels {
		switch p.x - at {
		case 1:
			o.Add(to, to, o.channels)
		case 2:
			o.AddShifted(to, to, o.channels, 1)
		}
		at = p.x
		if o.kind == transform.Masked {
			o.keep(p.v, to)
		}
		o.machine.store(p.v, place{to, near(0)})
	}
}

// keep zeroes the numbers of v where those of the mask at a pixel are not positive.
func (o *output) keep(v vec, pixel register) {
	for i, mask := range o.machine.Load(place{pixel, o.mask}) {
		o.FPositive(mask, mask)
		o.And(v[i], v[i], mask)
	}
}

// address returns the address of row y of the block's results, up to the seventh.
func (o *output) address(y int) register {
	to, from := o.X(), o.dst
	if y == 5 || y == 7 {
		o.AddShifted(to, from, o.pitch, 2)
		from, y = to, y-4
	}
	switch y {
	case 0:
		o.Move(to, from)
	case 1, 2, 4:
		o.AddShifted(to, from, o.pitch, y/2)
	case 3, 6:
		o.AddShifted(to, from, o.pitch3, y/3-1)
	}
	return to
}
