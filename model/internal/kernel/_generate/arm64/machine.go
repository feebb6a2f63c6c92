package main

import (
	"math"

	"exemplar/model/internal/kernel/generate/arm64/asm"
	"exemplar/model/internal/kernel/generate/transform"
)

// A vec is two vectors side by side, eight channels of one pixel: 24 of 32 registers hold
// two rows of six, and most loads and all stores are of pairs.
type vec [2]register

const pair = 2 * width // bytes of a vec

// place is where a vec is.
type place struct {
	base   register
	offset distance
}

// distance is that of a vec from a base, in bytes: of both vectors in registers, or a
// constant.
type distance struct {
	registers   bool
	first, next register
	constant    int
}

func near(constant int) distance { return distance{constant: constant} }

// machine writes the instructions of transforms.
type machine struct {
	f      *function
	powers register // a quarter, and the transforms' constants
}

var _ transform.Machine[vec, place] = &machine{}

// quarter is the number of powers that is none of the transforms' constants.
const quarter = 0

func (m *machine) constant(c transform.Constant) int {
	return map[transform.Constant]int{transform.Two: 1, transform.Four: 2, transform.Eight: 3}[c]
}

// begin begins the routine.
func (m *machine) begin(g generator, f *function) {
	m.f = f
	m.powers = f.Literal(g.powers())
}

// powers is the constant.
func (g generator) powers() string { return g.Constant("powers", floats(0.25, 2, 4, 8)...) }

// floats returns the bits of numbers.
func floats(numbers ...float32) (bits []uint32) {
	for _, v := range numbers {
		bits = append(bits, math.Float32bits(v))
	}
	return bits
}

// multiple returns n times a number of bytes, less others.
func multiple(f *function, n int, bytes register, less ...register) distance {
	if n == 0 {
		return near(0)
	}
	d := distance{registers: true, first: f.Times(n, bytes), next: f.X()}
	for _, l := range less {
		f.Sub(d.first, d.first, l)
	}
	f.AddImm(d.next, d.first, width)
	return d
}

func (m *machine) new() vec { return vec{m.f.V(), m.f.V()} }

func (m *machine) Load(p place) vec {
	v := m.new()
	if !p.offset.registers {
		m.f.LoadPair(v[0], v[1], asm.At(p.base, p.offset.constant))
		return v
	}
	m.f.LoadV(v[0], asm.Index(p.base, p.offset.first))
	m.f.LoadV(v[1], asm.Index(p.base, p.offset.next))
	return v
}

func (m *machine) store(v vec, p place) { m.f.StorePair(v[0], v[1], asm.At(p.base, p.offset.constant)) }

// each writes an instruction for both vectors.
func (m *machine) each(op func(d, a, b register), d, a, b vec) vec {
	for i := range d {
		op(d[i], a[i], b[i])
	}
	return d
}

func (m *machine) Copy(x vec) vec {
	return m.each(func(d, a, _ register) { m.f.MoveV(d, a) }, m.new(), x, x)
}

func (m *machine) Add(a, b vec) vec            { return m.each(m.f.FAdd, m.new(), a, b) }
func (m *machine) Sub(a, b vec) vec            { return m.each(m.f.FSub, m.new(), a, b) }
func (m *machine) AddPlace(a vec, p place) vec { return m.Add(a, m.Load(p)) }
func (m *machine) SubPlace(a vec, p place) vec { return m.Sub(a, m.Load(p)) }

func (m *machine) Plus(acc vec, c transform.Constant, x vec) vec {
	return m.each(func(d, x, _ register) { m.f.FMlaBy(d, x, m.powers, m.constant(c)) }, acc, x, x)
}

func (m *machine) Minus(acc vec, c transform.Constant, x vec) vec {
	return m.each(func(d, x, _ register) { m.f.FMlsBy(d, x, m.powers, m.constant(c)) }, acc, x, x)
}

// Scaled leaves x: the sum is the one operand that a fused operation overwrites.
func (m *machine) Scaled(x vec, c transform.Constant, acc vec) vec {
	return m.Plus(m.Copy(acc), c, x)
}
