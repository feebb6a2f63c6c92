package grading

import (
	"fmt"

	"exemplar/schemas/words"
)

// scope is the part of the sample that has a group in some scope. Scopes in
// which every image has one share theirs.
type scope struct {
	first     int     // row of the sample with which the pool begins
	evaluated []int32 // rows of the sample; nil: all evaluated ones
	pool      []int32 // rows of the sample; nil: the whole pool
	rows      int     // evaluated
	size      int     // of the pool
	draws     [][]int32
}

// scopeOf returns the images of a scope.
func (g *grader) scopeOf(name string) *scope {
	if s := g.byScope[name]; s != nil {
		return s
	}
	s := &scope{first: g.evaluated}
	place := make([]int32, g.pool) // of a pool image in s.pool, or -1
	for i := range g.evaluated + g.pool {
		_, ok := g.group(name, &g.Sample.Images[i])
		switch {
		case i < g.evaluated && ok:
			s.evaluated = append(s.evaluated, int32(i))
		case i >= g.evaluated && ok:
			place[i-g.evaluated] = int32(len(s.pool))
			s.pool = append(s.pool, int32(i))
		case i >= g.evaluated:
			place[i-g.evaluated] = -1
		}
	}
	s.rows, s.size = len(s.evaluated), len(s.pool)
	if s.rows == g.evaluated && s.size == g.pool {
		if g.byScope[""] == nil {
			g.byScope[""] = &scope{first: g.evaluated, rows: g.evaluated, size: g.pool, draws: g.draws}
		}
		s = g.byScope[""]
	} else {
		for _, draw := range g.draws {
			var kept []int32
			for _, j := range draw {
				if place[j] >= 0 {
					kept = append(kept, place[j])
				}
			}
			s.draws = append(s.draws, kept)
		}
	}
	g.byScope[name] = s
	return s
}

// refuses says why n picks cannot be graded, or "".
func (s *scope) refuses(n int) string {
	switch {
	case n == 0:
		return "there are no picks"
	case s.rows < fewest || s.size < fewest:
		return fmt.Sprintf("only %s a group", words.Plural(s.rows+s.size, "image of the sample has", "images of the sample have"))
	case n > s.size:
		return fmt.Sprintf("%d picks are more than the %d images that random selections are drawn from", n, s.size)
	}
	return ""
}

// evaluatedRows and poolRows return the vectors of the scope's images, of those
// of all sample rows in a space of d dimensions.
func (s *scope) evaluatedRows(x []float32, d int) []float32 {
	if s.evaluated == nil {
		return x[:s.rows*d]
	}
	return gathered(x, d, s.evaluated)
}

// evaluatedRow returns the sample's row of an evaluated image.
func (s *scope) evaluatedRow(i int) int {
	if s.evaluated == nil {
		return i
	}
	return int(s.evaluated[i])
}

func (s *scope) poolRows(x []float32, d int) []float32 {
	if s.pool == nil {
		return x[s.first*d : (s.first+s.size)*d]
	}
	return gathered(x, d, s.pool)
}

// self returns for each pick its place among the evaluated images, -1 where it
// is none of them.
func (s *scope) self(sample, picks *Rows) []int32 {
	place := make(map[string]int32, s.rows)
	for i := range s.rows {
		row := i
		if s.evaluated != nil {
			row = int(s.evaluated[i])
		}
		place[sample.Images[row].ID] = int32(i)
	}
	self := make([]int32, picks.Len())
	for i, im := range picks.Images {
		at, ok := place[im.ID]
		if self[i] = at; !ok {
			self[i] = -1
		}
	}
	return self
}

// row returns the sample's row of an image of the pool.
func (s *scope) row(j int32) int {
	if s.pool == nil {
		return s.first + int(j)
	}
	return int(s.pool[j])
}

// gathered copies some rows of d numbers.
func gathered(x []float32, d int, rows []int32) []float32 {
	out := make([]float32, 0, len(rows)*d)
	for _, i := range rows {
		out = append(out, x[int(i)*d:(int(i)+1)*d]...)
	}
	return out
}
