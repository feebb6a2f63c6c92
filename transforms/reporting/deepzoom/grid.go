package deepzoom

import "sort"

// grid is where cells are: positions count along rows from the top left.
type grid struct {
	columns, rows int
	starts        []int // position of the first cell of each group, and behind the last
}

// mostWaste is the share of positions that may stay empty for groups to begin in
// rows of their own.
const mostWaste = 0.25

// newGrid lays out groups so that the sheet is about a square. Every group begins
// in a row of its own, unless that leaves too many positions empty: then it follows
// the one before.
func newGrid(sizes []int, cellW, cellH int) grid {
	g := apart(sizes, cellW, cellH, 0)
	total := sum(sizes)
	if float64(g.columns*g.rows-total) <= mostWaste*float64(g.columns*g.rows) {
		return g
	}
	together := func(columns int) int { return (total + columns - 1) / columns }
	g = grid{columns: squarest(total, cellW, cellH, together)}
	g.rows = together(g.columns)
	at := 0
	for _, n := range sizes {
		g.starts = append(g.starts, at)
		at += n
	}
	g.starts = append(g.starts, g.columns*g.rows)
	return g
}

// apart lays out groups of which each begins in a row of its own, in rows of so many
// columns, or, for 0, so that the sheet is about a square.
func apart(sizes []int, cellW, cellH, columns int) grid {
	rows := func(columns int) (rows int) {
		for _, n := range sizes {
			rows += (n + columns - 1) / columns
		}
		return rows
	}
	if columns == 0 {
		columns = squarest(sum(sizes), cellW, cellH, rows)
	}
	g := grid{columns: columns, rows: rows(columns)}
	row := 0
	for _, n := range sizes {
		g.starts = append(g.starts, row*g.columns)
		row += (n + g.columns - 1) / g.columns
	}
	g.starts = append(g.starts, g.columns*g.rows)
	return g
}

// squarest returns the least number of columns that make a sheet no higher than wide, by
// bisection: rows fall as columns grow.
func squarest(total, cellW, cellH int, rows func(columns int) int) int {
	return 1 + sort.Search(total-1, func(i int) bool { return rows(i+1)*cellH <= (i+1)*cellW })
}

func sum(sizes []int) (total int) {
	for _, n := range sizes {
		total += n
	}
	return total
}

// search returns the last index of ascending values whose value is at most v.
func search(values []int, v int) int { return sort.SearchInts(values, v+1) - 1 }

// at returns the image at a position; false where there is none.
func (s *Sheet) at(position int) (i int, ok bool) {
	g := search(s.grid.starts, position)
	i = s.first[g] + position - s.grid.starts[g]
	return i, i < s.first[g+1]
}
