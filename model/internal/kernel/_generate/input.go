package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// constants are vectors in read-only memory, or registers. All multiplications
// of the transforms are by powers of two, so fusing them with an addition
// changes no bit.
type constants struct{ quarter, two, four, eight Op }

// hold loads constants into registers, where there are enough: half of the
// transforms' loads were of constants.
func (s isa) hold(constants ...*Op) {
	if s.lanes < 16 {
		return
	}
	for _, c := range constants {
		v := s.vec()
		VMOVUPS(*c, v)
		*c = v
	}
}

type (
	operand = Mem
	vec     = reg.VecVirtual
)

// input is an input transform: of tiles of side x side pixels that are step
// apart. Its one dimension comes in two forms: columns makes some of the rows
// of a column's transform from memory, in groups that share loads; row
// transforms what is in registers, and passes the results to store in order.
type input struct {
	isa
	constants
	name, spec string // spec is the name in Go of the transform
	side, step int
	result     int // numbers of a transformed tile's side, if they are not as many
	columns    []func(s input, pixel func(y int) operand) []vec
	row        func(s input, e []vec, store func(vec))
}

func (s input) write() {
	s.function(s.name, "func(v *float32, plane int, src *float32, pitch, channels, tiles int)",
		label("transforms tiles of %dx%d pixels that are %d apart in one row of the plane:", s.side, s.side, s.step),
		"\tfor t := range tiles {",
		"\t\tfor c := range channels {",
		label("\t\t\td[y][x] = src[y*pitch+(%d*t+x)*channels+c]  // y, x = 0…%d", s.step, s.side-1),
		label("\t\t\te[i][x] = transform of column d[0…%d][x]     // see %s", s.side-1, s.spec),
		label("\t\t\tf[i][j] = transform of row e[i][0…%d]", s.side-1),
		label("\t\t\tv[(%d*i+j)*plane+t*channels+c] = f[i][j]", max(s.side, s.result)),
		"\t\t}",
		"\t}")
	v, plane := load("v"), bytes("plane")
	s.hold(&s.two, &s.four)
	tiles, block := kept("tiles"), AllocLocal(8)
	pitch, c1 := bytes("pitch"), bytes("channels")
	row := []reg.GPVirtual{load("src")}
	for i := 1; i < s.side; i++ {
		row = append(row, duplicate(row[i-1]))
		ADDQ(pitch, row[i])
	}
	c3, c5 := times(3, c1), times(5, c1)
	Label("tile")
	MOVQ(load("channels"), block)
	Label("block")
	out := duplicate(v)
	store := func(v vec) {
		VMOVUPS(v, at(out, 0))
		ADDQ(plane, out)
	}
	for _, column := range s.columns {
		var rows [][]vec // of this group
		for x := range s.side {
			e := column(s, func(y int) operand { return multiple(row[y], c1, c3, c5, x) })
			if x == 0 {
				rows = make([][]vec, len(e))
			}
			for i, v := range e {
				rows[i] = append(rows[i], v)
			}
		}
		for _, e := range rows {
			s.row(s, e, store)
		}
	}
	move(I32(s.width()), v)
	move(I32(s.width()), row...)
	countDown(block, I32(s.lanes), "block")
	for _, r := range row {
		for range s.step - 1 {
			ADDQ(c1, r)
		}
	}
	countDown(tiles, Imm(1), "tile")
	end()
}

// multiple addresses base + n·x for n up to 5, given x, 3x and 5x.
func multiple(base, x, x3, x5 reg.GPVirtual, n int) Mem {
	switch n {
	case 3:
		return index(base, x3, 1)
	case 5:
		return index(base, x5, 1)
	}
	return index(base, x, uint8(n))
}

// load fills a new vector.
func (s isa) load(m Op) vec {
	v := s.vec()
	VMOVUPS(m, v)
	return v
}

// addTo adds a number in memory to acc and returns it, subFrom subtracts it.
func (s isa) addTo(acc vec, m operand) vec {
	VADDPS(m, acc, acc)
	return acc
}

func (s isa) subFrom(acc vec, m operand) vec {
	VSUBPS(m, acc, acc)
	return acc
}

// sub returns a - b, add their sum.
func (s isa) sub(a, b vec) vec {
	v := s.vec()
	VSUBPS(b, a, v)
	return v
}

func (s isa) add(a, b vec) vec {
	v := s.vec()
	VADDPS(b, a, v)
	return v
}

// plus adds constant·x to acc and returns it, minus subtracts it.
func (s isa) plus(acc vec, constant Op, x vec) vec {
	VFMADD231PS(constant, x, acc)
	return acc
}

func (s isa) minus(acc vec, constant Op, x vec) vec {
	VFNMADD231PS(constant, x, acc)
	return acc
}

// copy returns a copy.
func (s isa) copy(x vec) vec {
	v := s.vec()
	VMOVAPS(x, v)
	return v
}
