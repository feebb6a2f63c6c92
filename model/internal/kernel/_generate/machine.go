package main

import (
	"exemplar/model/internal/kernel/generate/transform"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

type (
	operand = Mem
	vec     = reg.VecVirtual
)

// constants are vectors in read-only memory, or registers.
type constants struct{ quarter, two, four, eight Op }

// machine writes the instructions of transforms.
type machine struct {
	isa
	constants
}

var _ transform.Machine[vec, operand] = &machine{}

// hold loads constants into registers, where there are enough: half of the
// transforms' loads were of constants.
func (m *machine) hold(constants ...*Op) {
	if m.lanes < 16 {
		return
	}
	for _, c := range constants {
		v := m.vec()
		VMOVUPS(*c, v)
		*c = v
	}
}

func (m *machine) constant(c transform.Constant) Op {
	return map[transform.Constant]Op{transform.Two: m.two, transform.Four: m.four, transform.Eight: m.eight}[c]
}

func (m *machine) Load(p operand) vec { return m.load(p) }
func (m *machine) Copy(x vec) vec     { return m.copy(x) }

func (m *machine) Add(a, b vec) vec {
	v := m.vec()
	VADDPS(b, a, v)
	return v
}

func (m *machine) Sub(a, b vec) vec {
	v := m.vec()
	VSUBPS(b, a, v)
	return v
}

func (m *machine) AddPlace(a vec, p operand) vec {
	v := m.vec()
	VADDPS(p, a, v)
	return v
}

func (m *machine) SubPlace(a vec, p operand) vec {
	v := m.vec()
	VSUBPS(p, a, v)
	return v
}

func (m *machine) Plus(acc vec, c transform.Constant, x vec) vec {
	VFMADD231PS(m.constant(c), x, acc)
	return acc
}

func (m *machine) Minus(acc vec, c transform.Constant, x vec) vec {
	VFNMADD231PS(m.constant(c), x, acc)
	return acc
}

func (m *machine) Scaled(x vec, c transform.Constant, acc vec) vec {
	VFMADD132PS(m.constant(c), acc, x)
	return x
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

// copy returns a copy.
func (s isa) copy(x vec) vec {
	v := s.vec()
	VMOVAPS(x, v)
	return v
}
