package grading

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// What decides whether a centre lies among images; see the package's documentation.
const (
	gapRows    = 2000 // images of a group that are looked at
	gapFewest  = 50   // fewer say nothing
	gapAverage = 100  // averages of like images that a centre is compared with
	gapImages  = 10   // images nearest to an average or centre that its distance is to
	gapShare   = 0.95
	gapRatio   = 1.25
)

// gaps measures how far each centre that images are picked by lies from the
// images of its group. A medoid is an image and is left out.
func (g *grader) gaps() []schemas.CenterGap {
	type group struct{ scope, id string }
	centers := map[group][]schemas.Center{}
	for _, c := range g.Centers {
		if g.picksBy(c) && c.Center != schemas.CenterMedoid {
			centers[group{c.Scope, c.GroupID}] = append(centers[group{c.Scope, c.GroupID}], c)
		}
	}
	names := slices.SortedFunc(maps.Keys(centers), func(a, b group) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.id, b.id))
	})
	rows := make([][]int32, len(names))
	place := map[group]int{}
	scopes := map[string]bool{}
	for i, n := range names {
		place[n] = i
		scopes[n.scope] = true
	}
	for _, scope := range slices.Sorted(maps.Keys(scopes)) {
		for i := range g.Sample.Len() {
			id, ok := g.group(scope, &g.Sample, i)
			at, there := place[group{scope, id}]
			if ok && there && len(rows[at]) < gapRows {
				rows[at] = append(rows[at], int32(i))
			}
		}
	}
	found := make([][]schemas.CenterGap, len(names))
	each(len(names), func(i int) {
		if len(rows[i]) >= gapFewest {
			found[i] = gapsOf(gathered(g.Sample.X, g.Sample.D, rows[i]), g.Sample.D, centers[names[i]])
		}
	})
	return slices.Concat(found...)
}

// picksBy tells whether some set's picks are those nearest to a centre.
func (g *grader) picksBy(c schemas.Center) bool {
	return slices.ContainsFunc(g.Sets, func(s Set) bool { return s.Scope == c.Scope && s.Center == c.Center })
}

// gapsOf compares centres of one group with averages of like images of it.
func gapsOf(x []float32, d int, centers []schemas.Center) []schemas.CenterGap {
	n := len(x) / d
	k := min(max(gapImages, n/50), 100)
	typical := make([]float64, min(n, gapAverage))
	square, row, average := make([]float64, n), make([]float64, d), make([]float64, d)
	order := make([]int32, 0, k)
	for i := range typical {
		widenTo(row, x[i*d:(i+1)*d])
		nearest.SquaredDistances(square, x, row)
		order = smallest(order, square, k)
		clear(average)
		for _, j := range order {
			for c, v := range x[int(j)*d : (int(j)+1)*d] {
				average[c] += float64(v)
			}
		}
		for c := range average {
			average[c] /= float64(k)
		}
		typical[i] = distanceTo(x, average, square, &order)
	}
	slices.Sort(typical)
	out := make([]schemas.CenterGap, len(centers))
	for i, c := range centers {
		gap := schemas.CenterGap{Scope: c.Scope, Center: c.Center, Group: c.GroupID,
			Distance: distanceTo(x, c.Embedding, square, &order), Typical: quantile(typical, 0.5)}
		below, _ := slices.BinarySearch(typical, gap.Distance)
		gap.Share = float64(below) / float64(len(typical))
		if gap.Typical > 0 {
			gap.Ratio = gap.Distance / gap.Typical
			gap.Mixed = gap.Ratio >= gapRatio && gap.Share >= gapShare
		}
		out[i] = gap
	}
	return out
}

// distanceTo returns the mean distance of a point to the nearest images. square
// and order are memory.
func distanceTo(x []float32, point, square []float64, order *[]int32) float64 {
	nearest.SquaredDistances(square, x, point)
	*order = smallest(*order, square, gapImages)
	sum := 0.0
	for _, i := range *order {
		sum += math.Sqrt(square[i])
	}
	return sum / gapImages
}
