package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Of package kernel.
const (
	tileRows   = 12
	stateBytes = 3 * 64 // of a row
	headRows   = 4      // of a block
)

// nearest writes the search for the nearest centers. AVX-512 takes 12 rows and
// two blocks of centers at a time, AVX2 6 rows and one block.
func (s isa) nearest() {
	rows, pair := 6, 1
	if s.lanes == 16 {
		rows, pair = 12, 2
	}
	s.function("nearest", "func(state *float32, q *int16, ldq int, factors *float32, panels *int32, pairs, blocks int)",
		"offers blocks of 16 centers to 12 rows of q:",
		"\tfor i := range 12 {",
		"\t\tfor b := range blocks {",
		"\t\t\toffer(state[i], q[i*ldq:], factors[i], panels[b*(pairs+4)*16:])  // see nearestGeneric",
		"\t\t}",
		"\t}")
	n := nearest{isa: s, rows: rows, state: load("state"), q: load("q"), ldq: load("ldq"), factors: load("factors")}
	ADDQ(n.ldq, n.ldq)
	n.ldq3, n.block, n.left = GP64(), load("pairs"), GP64()
	LEAQ(index(n.ldq, n.ldq, 2), n.ldq3)
	ADDQ(Imm(headRows), n.block)
	SHLQ(Imm(6), n.block)
	var passes Mem
	if rows < tileRows {
		passes = AllocLocal(8)
		MOVQ(I32(int32(tileRows/rows)), passes)
		Label("pass")
	}
	n.panel = load("panels")
	Load(Param("blocks"), n.left)
	for blocks := pair; blocks > 0; blocks-- {
		n.loop(blocks)
	}
	if rows < tileRows {
		ADDQ(I32(int32(rows*stateBytes)), n.state)
		LEAQ(index(n.q, n.ldq3, 2), n.q)
		ADDQ(Imm(uint64(4*rows)), n.factors)
		countDown(passes, Imm(1), "pass")
	}
	end()
}

type nearest struct {
	isa
	rows      int
	state, q  reg.GPVirtual
	ldq, ldq3 reg.GPVirtual // bytes, and three times that
	factors   reg.GPVirtual
	panel     reg.GPVirtual // the next block
	block     reg.GPVirtual // bytes of a block
	left      reg.GPVirtual // blocks
}

// loop writes the loop over groups of blocks.
func (n nearest) loop(blocks int) {
	tiled(n.left, I32(int32(blocks)), label("blocks%d", blocks), label("blocks%dend", blocks), func() {
		acc := n.zeros(n.rows, blocks)
		next := n.multiply(blocks, acc)
		for i := range acc {
			for j, v := range acc[i] {
				n.offer(i, j*n.lanes/16, j*n.lanes%16*4, v)
			}
		}
		MOVQ(next, n.panel)
	})
}

// multiply writes the dot products of the rows with the centers of some blocks,
// and returns the end of the blocks.
func (n nearest) multiply(blocks int, acc [][]reg.VecVirtual) reg.GPVirtual {
	base, panels := bases(duplicate(n.q), n.ldq, n.rows), []reg.GPVirtual(nil)
	for b := range blocks {
		p := GP64()
		if b == 0 {
			LEAQ(at(n.panel, headRows*64), p)
		} else {
			LEAQ(index(panels[b-1], n.block, 1), p)
		}
		panels = append(panels, p)
	}
	pairs := load("pairs")
	for _, unroll := range []int{4, 1} {
		unrolled(pairs, I32(int32(unroll)), label("blocks%dby%d", blocks, unroll), label("blocks%dby%dend", blocks, unroll), func() {
			for u := range unroll {
				n.step(acc, base, panels, u)
			}
			move(I32(int32(4*unroll)), base...)
			move(I32(int32(64*unroll)), panels...)
		})
	}
	return panels[blocks-1]
}

// step writes two dimensions.
func (n nearest) step(acc [][]reg.VecVirtual, base, panels []reg.GPVirtual, u int) {
	var c []vec
	for j := range acc[0] {
		c = append(c, n.load(at(panels[j*n.lanes/16], 64*u+j*n.lanes%16*4)))
	}
	for i := range acc {
		m := rowOf(base, n.ldq, n.ldq3, i)
		m.Disp = 4 * u
		x := n.vec()
		VPBROADCASTD(m, x)
		for j := range c {
			if n.lanes == 16 {
				VPDPWSSD(x, c[j], acc[i][j])
			} else {
				t := n.vec()
				VPMADDWD(x, c[j], t)
				VPADDD(t, acc[i][j], acc[i][j])
			}
		}
	}
}

// offer writes the update of row i's state with the products of one vector of
// centers, which begin off bytes into a row of a block. The order of operands
// makes min and max keep the state where a score is NaN.
func (n nearest) offer(i, block, off int, score reg.VecVirtual) {
	var head [headRows]Mem // offsets, numbers, units, gaps
	for h := range head {
		head[h] = at(n.panel, 64*h+off)
		if block == 1 {
			head[h].Index, head[h].Scale = n.block, 1
		}
	}
	best, second, number := at(n.state, i*stateBytes+off), at(n.state, i*stateBytes+64+off), at(n.state, i*stateBytes+128+off)
	b, t := n.vec(), n.vec()
	VBROADCASTSS(at(n.factors, 4*i), t)
	VCVTDQ2PS(score, score)
	VMULPS(head[2], score, score)
	VADDPS(head[3], score, score)
	VMULPS(t, score, score)
	VMOVUPS(head[0], t)
	VSUBPS(score, t, score)
	VMOVUPS(best, b)
	const less = 0x11
	if n.lanes == 16 {
		k, v := K(), n.vec()
		VCMPPS(Imm(less), b, score, k)
		VMOVDQU32(head[1], v)
		VMOVDQU32(v, k, number)
	} else {
		k, v := n.vec(), n.vec()
		VCMPPS(Imm(less), b, score, k)
		VMOVUPS(number, v)
		VBLENDVPS(k, head[1], v, v)
		VMOVUPS(v, number)
	}
	s := n.vec()
	VMAXPS(b, score, t)
	VMOVUPS(second, s)
	VMINPS(s, t, s)
	VMOVUPS(s, second)
	VMINPS(b, score, b)
	VMOVUPS(b, best)
}

// merge writes the merging of a row's 16 lanes. AVX-512 has no use for its width here.
func merge() {
	function("mergeAVX2", "func(best, second *float32, number *int32, state *float32, rows int)",
		"merges the lanes of each row:",
		"\tfor i := range rows {",
		"\t\tbest[i], second[i], number[i] = merged(state[i])  // see mergeGeneric",
		"\t}")
	best, second, number, state, rows := load("best"), load("second"), load("number"), load("state"), load("rows")
	Label("loop")
	b := []reg.VecVirtual{YMM(), YMM()}
	least := YMM()
	VMOVUPS(at(state, 0), b[0])
	VMOVUPS(at(state, 32), b[1])
	VMINPS(b[0], b[1], least)
	fold(VMINPS, least)
	VMOVSS(least.AsX(), at(best, 0))

	// The lowest number among the lanes that hold the least.
	var n []vec
	none, first := YMM(), YMM()
	VPCMPEQD(none, none, none)
	for i := range b {
		m, v := YMM(), YMM()
		VCMPPS(Imm(0), b[i], least, m)
		VMOVUPS(at(state, 128+32*i), v)
		VBLENDVPS(m, v, none, v)
		n = append(n, v)
	}
	VPMINUD(n[0], n[1], first)
	fold(VPMINUD, first)
	VMOVD(first.AsX(), at(number, 0))

	// The second of the lane that has it, the best of all others.
	for i := range b {
		s := YMM()
		VPCMPEQD(first, n[i], n[i])
		VMOVUPS(at(state, 64+32*i), s)
		VBLENDVPS(n[i], s, b[i], b[i])
	}
	VMINPS(b[0], b[1], least)
	fold(VMINPS, least)
	VMOVSS(least.AsX(), at(second, 0))

	move(Imm(4), best, second, number)
	ADDQ(I32(stateBytes), state)
	countDown(rows, Imm(1), "loop")
	end()
}

// fold fills v with the least of its 8 numbers.
func fold(min func(...Op), v reg.VecVirtual) {
	t := YMM()
	VPERM2F128(Imm(1), v, v, t)
	min(t, v, v)
	VPERMILPS(Imm(0x4e), v, t)
	min(t, v, v)
	VPERMILPS(Imm(0xb1), v, t)
	min(t, v, v)
}
