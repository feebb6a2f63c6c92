package main

import (
	"exemplar/model/internal/kernel/generate/transform"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// input writes the input transform.
func (s isa) input(c constants, of func(transform.Machine[vec, operand]) transform.Input[vec, operand]) {
	m := &machine{s, c}
	t := of(m)
	s.function(t.Name, transform.InputSignature, t.Does(), t.Loop()...)
	v, plane := load("v"), bytes("plane")
	m.hold(&m.two, &m.four)
	tiles, block := kept("tiles"), AllocLocal(8)
	pitch, c1 := bytes("pitch"), bytes("channels")
	row := []reg.GPVirtual{load("src")}
	for i := 1; i < t.Side; i++ {
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
	for _, column := range t.Columns {
		var rows [][]vec // of this group
		for x := range t.Side {
			e := column(func(y int) operand { return multiple(row[y], c1, c3, c5, x) })
			if x == 0 {
				rows = make([][]vec, len(e))
			}
			for i, v := range e {
				rows[i] = append(rows[i], v)
			}
		}
		for _, e := range rows {
			t.Row(e, store)
		}
	}
	move(I32(s.width()), v)
	move(I32(s.width()), row...)
	countDown(block, I32(s.lanes), "block")
	for _, r := range row {
		for range t.Step - 1 {
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
