// Command generate writes the AVX-512 and AVX2 kernels of package kernel.
//
// Every routine is written once, over vectors of isa.lanes numbers; the two
// instruction sets differ in that, and in how many accumulators their registers
// hold. Virtual registers are avo's to allocate.
package main

import (
	"fmt"

	"exemplar/model/internal/kernel/generate/transform"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set.
type isa struct {
	name  string
	lanes int                   // float32 numbers in a vector
	vec   func() reg.VecVirtual // a new vector register
	tiles map[int][]int         // blocks of 16 columns -> rows of the tiles, falling
	trans map[int][]int         // the same of products with a transposed factor
}

var isas = []isa{
	{"AVX512", 16, ZMM,
		map[int][]int{1: {24, 16, 14, 12, 8, 7, 4, 2, 1}, 2: {12, 8, 7, 4, 2, 1}},
		map[int][]int{1: {24, 16, 12, 9, 8, 6, 4, 3, 2, 1}, 2: {12, 9, 8, 6, 4, 3, 2, 1}}},
	{"AVX2", 8, YMM, map[int][]int{1: {6, 4, 2, 1}}, map[int][]int{1: {6, 4, 3, 1}}},
}

func main() {
	ConstraintExpr("amd64,!noasm")
	c := constants{constant("quarter", 0.25), constant("two", 2), constant("four", 4), constant("eight", 8)}
	exp := newExponential()
	limit, reciprocal := constant("limit255", 255), constant("reciprocal255", float32(1)/255)
	for _, s := range isas {
		for _, blocks := range []int{1, 2} {
			if rows := s.tiles[blocks]; rows != nil {
				s.gemm(blocks, rows)
			}
		}
		s.input(c, transform.InputF4[vec, operand])
		s.input(c, transform.InputF2[vec, operand])
		s.input(c, transform.InputUp[vec, operand])
		s.output(c, transform.OutputF4[vec, operand], transform.Plain)
		s.output(c, transform.OutputF4[vec, operand], transform.Pool)
		s.output(c, transform.OutputF2[vec, operand], transform.Plain)
		s.output(c, transform.OutputF2[vec, operand], transform.Pool)
		s.output(c, transform.OutputUp[vec, operand], transform.Plain)
		s.narrow()
		s.single()
		s.sigmoid(exp)
		s.average(c)
		s.scale(limit, reciprocal)
		s.nearest()
		s.squares()
		s.norms()
		s.quantize()
		s.accumulate()
		s.training(c)
	}
	merge()
	Generate()
}

// training writes the kernels that only training needs.
func (s isa) training(c constants) {
	for _, blocks := range []int{1, 2} {
		if rows := s.trans[blocks]; rows != nil {
			s.tgemm(blocks, rows)
		}
	}
	s.input(c, transform.Gradient[vec, operand])
	s.output(c, transform.OutputF4[vec, operand], transform.Masked)
	s.unpool(c)
	s.energy()
	s.adam()
	s.mask()
}

// constant returns a vector of 16 times v in read-only memory.
func constant(name string, v float32) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, F32(v))
	}
	return m
}

// bytes loads a parameter that counts float32 numbers, as bytes.
func bytes(param string) reg.GPVirtual {
	r := GP64()
	Load(Param(param), r)
	SHLQ(Imm(2), r)
	return r
}

func load(param string) reg.GPVirtual {
	r := GP64()
	Load(Param(param), r)
	return r
}

// broadcast fills a vector with a float32 parameter.
func (s isa) broadcast(param string) reg.VecVirtual {
	p, err := Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	v := s.vec()
	VBROADCASTSS(p.Addr, v)
	return v
}

func (s isa) width() int { return 4 * s.lanes }

func at(r reg.Register, disp int) Mem { return Mem{Base: r, Disp: disp} }

func index(base, idx reg.Register, scale uint8) Mem {
	if scale == 0 {
		return Mem{Base: base}
	}
	return Mem{Base: base, Index: idx, Scale: scale}
}

// function begins a routine, whose comment says what it does and shows the equal
// loop in Go.
func function(name, signature, does string, loop ...string) {
	TEXT(name, NOSPLIT, signature)
	Doc(append([]string{name + " " + does, ""}, loop...)...)
	Pragma("noescape")
}

// function begins a routine of the instruction set.
func (s isa) function(name, signature, does string, loop ...string) {
	function(name+s.name, signature, does, loop...)
}

// end ends a routine.
func end() {
	VZEROUPPER()
	RET()
}

// countDown takes by from n and goes back to the start of a loop until none is left.
func countDown(n, by Op, loop string) {
	SUBQ(by, n)
	JNZ(LabelRef(loop))
}

// unrolled writes a loop that does by of n at a time, while there are as many.
func unrolled(n, by Op, loop, end string, body func()) {
	CMPQ(n, by)
	JLT(LabelRef(end))
	Label(loop)
	body()
	SUBQ(by, n)
	CMPQ(n, by)
	JGE(LabelRef(loop))
	Label(end)
}

// tiled does the same with the comparison in front.
func tiled(n, by Op, loop, end string, body func()) {
	Label(loop)
	CMPQ(n, by)
	JLT(LabelRef(end))
	body()
	SUBQ(by, n)
	JMP(LabelRef(loop))
	Label(end)
}

// move adds bytes to pointers.
func move(by Op, pointers ...reg.GPVirtual) {
	for _, p := range pointers {
		ADDQ(by, p)
	}
}

// duplicate returns another register with the same value, times returns n of it.
func duplicate(r reg.GPVirtual) reg.GPVirtual {
	d := GP64()
	MOVQ(r, d)
	return d
}

func times(n uint8, r reg.GPVirtual) reg.GPVirtual {
	m := GP64()
	LEAQ(index(r, r, n-1), m)
	return m
}

// kept returns a place in memory that holds a parameter.
func kept(param string) Mem {
	m := AllocLocal(8)
	MOVQ(load(param), m)
	return m
}

// bases returns registers for n rows that are ld bytes apart, one for five of them.
func bases(first, ld reg.GPVirtual, n int) []reg.GPVirtual {
	list := []reg.GPVirtual{first}
	for i := 5; i < n; i += 5 {
		next := GP64()
		LEAQ(index(list[len(list)-1], ld, 4), next)
		ADDQ(ld, next)
		list = append(list, next)
	}
	return list
}

// rowOf addresses row i, given its base, the distance and three times that.
func rowOf(bases []reg.GPVirtual, ld, ld3 reg.GPVirtual, i int) Mem {
	if i%5 == 3 {
		return index(bases[i/5], ld3, 1)
	}
	return index(bases[i/5], ld, uint8(i%5))
}

func label(format string, a ...any) string { return fmt.Sprintf(format, a...) }
