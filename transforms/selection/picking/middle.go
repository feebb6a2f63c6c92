package picking

import (
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/draw"
)

// Sizes of the samples that quartiles are found from.
const (
	middleRows  = 1 << 20 // of all groups of a scope together
	middleLeast = 256     // of each group, or all that it has
	middleSalt  = 0x6d6964646c65

	middleHalf = 25 // points of the percentile on both sides of the median
)

// MiddleRow is an image of a group, of those that its quartiles are found from.
type MiddleRow struct {
	Free    bool      // it may be picked: the user did not exclude it
	Quality []float32 // QualityOf the image
}

// Range is the middle of a group: the smallest and the largest number of an image in it,
// by KnownColumns.
type Range struct{ Low, High []float32 }

// Has reports whether an image is in the middle. What is not known keeps none out, nor do the
// figures of channels: a middle in all of these would have few images.
func (r *Range) Has(quality []float32) bool {
	for i, v := range quality[:min(len(quality), len(r.Low))] {
		if v < r.Low[i] || v > r.High[i] {
			return false
		}
	}
	return true
}

// MiddleBelow returns for each group the number below which the MiddleHash of the images is that
// its quartiles are found from; all images of a small group.
func MiddleBelow(groups []Grouping) (below []float64) {
	for list := range scopes(groups) {
		most := max(middleLeast, middleRows/len(list))
		for _, g := range list {
			below = append(below, float64(most)/float64(max(g.Size, 1)))
		}
	}
	return below
}

// MiddleHash returns the number of an image for MiddleBelow.
func MiddleHash(p *schemas.SelectionParameters, id string) float64 {
	return draw.Uniform(p.Seed^middleSalt, id)
}

// Middles finds the middle of each group from some of its images, in any order, and says of
// each scope how; nil for one in which no column is known.
//
// An image is in the middle if its percentile, (rank-½)/n with equal numbers sharing the
// mean of their ranks, is from 25 to 75 in every column. Where fewer images of a group are than it
// has picks, the middle of this group is made wider, in all columns alike, until there are enough.
func Middles(p *schemas.SelectionParameters, groups []Grouping, rows [][]MiddleRow) (middles []Range, found []*schemas.Middle) {
	for list := range scopes(groups) {
		n := len(list)
		known := knownColumns(rows[:n])
		var m *schemas.Middle
		if len(known) > 0 {
			m = &schemas.Middle{}
			for _, column := range known {
				m.Columns = append(m.Columns, KnownColumns[column])
			}
		}
		sizes := make([]int64, n)
		for i, g := range list {
			sizes[i] = g.Size
		}
		for g, due := range Quotas(ConfigOf(p, ""), sizes, make([]int, n)) {
			r, reach := middleOf(rows[g], known, dueOf(due, len(rows[g]), sizes[g]))
			middles = append(middles, r)
			if m == nil {
				continue
			}
			m.Rows += int64(len(rows[g]))
			if reach > middleHalf {
				m.Widened, m.Widest = m.Widened+1, max(m.Widest, reach)
			}
		}
		found, rows = append(found, m), rows[n:]
	}
	return middles, found
}

// dueOf returns how many images of a sample of a group stand for so many of the group.
func dueOf(due, rows int, size int64) int {
	return int(math.Ceil(float64(due) * min(1, float64(rows)/float64(max(size, 1)))))
}

// knownColumns returns the BalancedColumns that are known of all images and not constant, by
// their place in KnownColumns. Latents of an earlier version have their size by EarlierColumns.
func knownColumns(groups [][]MiddleRow) (known []int) {
	for column, name := range KnownColumns {
		least, most := float32(math.Inf(1)), float32(math.Inf(-1))
		all := true
		for _, rows := range groups {
			for i := range rows {
				if len(rows[i].Quality) <= column {
					all = false
					continue
				}
				v := rows[i].Quality[column]
				all = all && !math.IsNaN(float64(v))
				least, most = min(least, v), max(most, v)
			}
		}
		if all && least < most {
			known = append(known, column)
		}
		if all && name == schemas.ColObject { // known, if only that it is constant
			known = slices.DeleteFunc(known, func(c int) bool { return KnownColumns[c] == schemas.ColForeground })
		}
	}
	return known
}

// middleOf returns the middle of one group, with due free images at least if there are as many,
// and how far it reaches on both sides of the median, in points of the percentile.
func middleOf(rows []MiddleRow, known []int, due int) (r Range, reach float64) {
	for range KnownColumns {
		r.Low, r.High = append(r.Low, float32(math.Inf(-1))), append(r.High, float32(math.Inf(1)))
	}
	n := len(rows)
	if n == 0 || len(known) == 0 {
		return r, middleHalf
	}
	far := make([][]float64, len(known)) // of each image from the median
	most := make([]float64, n)
	for c, column := range known {
		far[c] = fromMedian(rows, column)
		for i, f := range far[c] {
			most[i] = max(most[i], f)
		}
	}
	var free []float64
	for i := range rows {
		if rows[i].Free {
			free = append(free, most[i])
		}
	}
	slices.Sort(free)
	reach = middleHalf
	if due = min(due, len(free)); due > 0 {
		reach = max(reach, free[due-1])
	}
	for c, column := range known {
		low, high := float32(math.Inf(1)), float32(math.Inf(-1))
		for i, f := range far[c] {
			if f <= reach {
				low, high = min(low, rows[i].Quality[column]), max(high, rows[i].Quality[column])
			}
		}
		r.Low[column], r.High[column] = low, high
	}
	return r, reach
}

// fromMedian returns how far the percentile of each image is from 50.
func fromMedian(rows []MiddleRow, column int) []float64 {
	values := make([]float32, len(rows))
	for i := range rows {
		values[i] = rows[i].Quality[column]
	}
	slices.Sort(values)
	far := make([]float64, len(rows))
	for i := range rows {
		v := rows[i].Quality[column]
		first, _ := slices.BinarySearch(values, v)
		end, _ := slices.BinarySearch(values, math.Nextafter32(v, float32(math.Inf(1))))
		far[i] = math.Abs(50*float64(first+end)/float64(len(values)) - 50)
	}
	return far
}

// TellMiddles says in each set how the middles of its scope were found, in the order of Select.
func TellMiddles(p *schemas.SelectionParameters, sets []schemas.PickSet, found []*schemas.Middle) {
	for i := range sets {
		if n := len(p.Centers) * len(p.Metrics); i/n < len(found) {
			sets[i].Middle = found[i/n]
		}
	}
}
