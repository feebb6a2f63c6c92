package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// input writes the input transform. All multiplications are by powers of two,
// so fusing them with the addition changes no bit.
func (s isa) input(two, four Mem) {
	name := "input" + s.name
	function(name, "func(v *float32, plane int, src *float32, pitch, channels, tiles int)",
		name+" transforms tiles of 6x6 pixels that are 4 apart in one row of the plane:", "",
		"\tfor t := range tiles {",
		"\t\tfor c := range channels {",
		"\t\t\td[y][x] = src[y*pitch+(4*t+x)*channels+c]  // y, x = 0…5",
		"\t\t\te[i][x] = transform of column d[0…5][x]     // see inputTransform",
		"\t\t\tf[i][j] = transform of row e[i][0…5]",
		"\t\t\tv[(6*i+j)*plane+t*channels+c] = f[i][j]",
		"\t\t}",
		"\t}")
	v, plane := load("v"), bytes("plane")
	tiles, block := AllocLocal(8), AllocLocal(8)
	n := load("tiles")
	MOVQ(n, tiles)
	pitch, c1 := bytes("pitch"), bytes("channels")
	row := []reg.GPVirtual{load("src")}
	for i := 1; i < 6; i++ {
		p := GP64()
		MOVQ(row[i-1], p)
		ADDQ(pitch, p)
		row = append(row, p)
	}
	c3, c5 := GP64(), GP64()
	LEAQ(index(c1, c1, 2), c3)
	LEAQ(index(c1, c1, 4), c5)
	pixel := func(y, x int) Mem {
		switch x {
		case 3:
			return index(row[y], c3, 1)
		case 5:
			return index(row[y], c5, 1)
		}
		return index(row[y], c1, uint8(x))
	}

	Label("tile")
	m := GP64()
	Load(Param("channels"), m)
	MOVQ(m, block)
	Label("block")
	out := GP64()
	MOVQ(v, out)
	s.inputRow(func(x int) reg.VecVirtual { return s.inputEdge(pixel(0, x), pixel(2, x), pixel(4, x), four) }, out, plane, two, four)
	s.inputRows(func(x int) (a, b reg.VecVirtual) {
		a, b = s.vec(), s.vec()
		VMOVUPS(pixel(4, x), a)
		VMOVUPS(pixel(3, x), b)
		s.scaled(VFNMADD231PS, pixel(2, x), four, a)
		s.scaled(VFNMADD231PS, pixel(1, x), four, b)
		sum := s.vec()
		VADDPS(b, a, sum)
		VSUBPS(b, a, b)
		return sum, b
	}, out, plane, two, four)
	s.inputRows(func(x int) (a, b reg.VecVirtual) {
		a, b = s.vec(), s.vec()
		VMOVUPS(pixel(4, x), a)
		VMOVUPS(pixel(3, x), b)
		VSUBPS(pixel(2, x), a, a)
		VSUBPS(pixel(1, x), b, b)
		diff := s.vec()
		VMOVAPS(a, diff)
		VFMADD231PS(two, b, a)
		VFNMADD231PS(two, b, diff)
		return a, diff
	}, out, plane, two, four)
	s.inputRow(func(x int) reg.VecVirtual { return s.inputEdge(pixel(1, x), pixel(3, x), pixel(5, x), four) }, out, plane, two, four)

	ADDQ(I32(s.width()), v)
	for _, r := range row {
		ADDQ(I32(s.width()), r)
	}
	SUBQ(I32(s.lanes), block)
	JNZ(LabelRef("block"))
	for _, r := range row {
		ADDQ(c3, r)
	}
	SUBQ(Imm(1), tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// scaled adds or subtracts a number in memory times a constant.
func (s isa) scaled(fma func(ops ...Op), m, constant Mem, acc reg.VecVirtual) {
	x := s.vec()
	VMOVUPS(m, x)
	fma(constant, x, acc)
}

// inputEdge returns (d4-d2) + 4(d0-d2).
func (s isa) inputEdge(d0, d2, d4, four Mem) reg.VecVirtual {
	x, mid, sum := s.vec(), s.vec(), s.vec()
	VMOVUPS(d2, mid)
	VMOVUPS(d4, sum)
	VMOVUPS(d0, x)
	VSUBPS(mid, sum, sum)
	VSUBPS(mid, x, x)
	VFMADD231PS(four, x, sum)
	return sum
}

// inputRow transforms and stores one row, made by column.
func (s isa) inputRow(column func(x int) reg.VecVirtual, out, plane reg.GPVirtual, two, four Mem) {
	var e [6]reg.VecVirtual
	for x := range e {
		e[x] = column(x)
	}
	s.inputStore(e, out, plane, two, four)
}

// inputRows does the same for two rows that share their loads.
func (s isa) inputRows(column func(x int) (a, b reg.VecVirtual), out, plane reg.GPVirtual, two, four Mem) {
	var e, f [6]reg.VecVirtual
	for x := range e {
		e[x], f[x] = column(x)
	}
	s.inputStore(e, out, plane, two, four)
	s.inputStore(f, out, plane, two, four)
}

// inputStore transforms a row and stores it, overwriting e.
func (s isa) inputStore(e [6]reg.VecVirtual, out, plane reg.GPVirtual, two, four Mem) {
	store := func(v reg.VecVirtual) {
		VMOVUPS(v, at(out, 0))
		ADDQ(plane, out)
	}
	t, u := s.vec(), s.vec()
	VSUBPS(e[2], e[4], t)
	VSUBPS(e[1], e[3], u)
	VSUBPS(e[2], e[0], e[0])
	VSUBPS(e[3], e[5], e[5])
	VFMADD132PS(four, t, e[0])
	store(e[0]) // 4(e0-e2) + (e4-e2)
	VFNMADD231PS(four, e[2], e[4])
	VFNMADD231PS(four, e[1], e[3])
	VADDPS(e[3], e[4], e[0])
	store(e[0]) // (e4-4e2) + (e3-4e1)
	VSUBPS(e[3], e[4], e[0])
	store(e[0]) // (e4-4e2) - (e3-4e1)
	VMOVAPS(t, e[0])
	VFMADD231PS(two, u, e[0])
	store(e[0]) // (e4-e2) + 2(e3-e1)
	VFNMADD231PS(two, u, t)
	store(t) // (e4-e2) - 2(e3-e1)
	VFNMADD231PS(four, u, e[5])
	store(e[5]) // (e5-e3) - 4(e3-e1)
}
