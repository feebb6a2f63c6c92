package grading

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// Limits of what is said about percentiles.
const (
	normalPicks    = 20   // compared, below which the normal distribution is not used
	normalSkewness = 0.05 // of the mean percentile, above which it is not
	normalKurtosis = 0.1  // in excess, above which it is not
	biasDraws      = 20_000_000
	interval95     = 1.959964 // standard errors
)

// stratum is the images of one group that are known: those of the sample, and the picks.
type stratum struct {
	images []*Image
	picked []int // places in images
}

// strata returns the groups with picks of a set that have other images, too, in the order
// of their names.
func (g *grader) strata(set int) (list []stratum) {
	byGroup := map[string]*stratum{}
	picked := map[string]bool{}
	for i, group := range g.groups[set] {
		s := byGroup[group]
		if s == nil {
			s = &stratum{}
			byGroup[group] = s
		}
		im := &g.picks[set].Images[i]
		picked[im.ID] = true
		s.picked = append(s.picked, len(s.images))
		s.images = append(s.images, im)
	}
	for i := range g.Sample.Images {
		im := &g.Sample.Images[i]
		group, ok := g.group(g.Sets[set].Scope, im)
		if s := byGroup[group]; ok && s != nil && !picked[im.ID] {
			s.images = append(s.images, im)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(byGroup)) {
		if s := byGroup[group]; len(s.images) > len(s.picked) {
			list = append(list, *s)
		}
	}
	return list
}

// biases compares the numbers of a set's picks with those of their groups.
func (g *grader) biases(set int) []schemas.Bias {
	strata := g.strata(set)
	var images []*Image
	for _, s := range strata {
		images = append(images, s.images...)
	}
	columns := g.numbers(images)
	list := make([]schemas.Bias, len(columns))
	parallel.All(len(columns), func(i int) {
		list[i] = biasOf(strata, columns[i], g.biasDraws(set, columns[i].name))
	})
	holm(list)
	return list
}

// biasDraws are the random numbers of one column of a set.
func (g *grader) biasDraws(set int, column string) *rand.Rand {
	s := &g.Sets[set]
	return rand.New(rand.NewPCG(g.Seed^biasSalt, xxh3.HashString(s.Scope+"\x00"+s.Center+"\x00"+s.Metric+"\x00"+column)))
}

// biasOf compares the numbers of picks in one column with those of their groups.
func biasOf(strata []stratum, c measured, rng *rand.Rand) schemas.Bias {
	b := schemas.Bias{Column: c.name, Channel: c.channel}
	var ranks percentileSum
	for _, s := range strata {
		if !allKnown(s.images, c.of) {
			b.Reason = "it is not known of all images"
			return b
		}
		ranks.add(s, c)
	}
	switch {
	case ranks.least == ranks.most:
		b.Reason = "all images have the same value"
		return b
	case ranks.variance == 0:
		b.Reason = "the images of each group have the same value"
		return b
	}
	n := float64(ranks.picks)
	b.Picks, b.Method = ranks.picks, schemas.BiasNormal
	from, deviation := ranks.sum/n-0.5, math.Sqrt(ranks.variance)/n
	if !ranks.normal() {
		b.Method, b.P = schemas.BiasMonteCarlo, ranks.monteCarlo(rng)
	} else {
		b.P = math.Erfc(math.Abs(from) / deviation / math.Sqrt2)
	}
	at := func(v float64) float64 { return 100 * min(1, max(0, v)) }
	b.Percentile = schemas.Interval{Value: at(0.5 + from), Low: at(0.5 + from - interval95*deviation), High: at(0.5 + from + interval95*deviation)}
	return b
}

// percentileSum adds up what is known of the percentiles of picks, as shares of 1.
type percentileSum struct {
	picks           int
	sum             float64 // of the percentiles of the picks
	variance, third float64 // second and third cumulant of sum for random picks
	fourth          float64 // nearly the fourth: exactly of one pick a group
	least, most     float64 // numbers of the column
	groups          []percentiles
}

// normal reports whether the mean percentile of random picks is nearly normally distributed.
func (r *percentileSum) normal() bool {
	deviation := math.Sqrt(r.variance)
	return r.picks >= normalPicks && math.Abs(r.third) <= normalSkewness*math.Pow(deviation, 3) && math.Abs(r.fourth) <= normalKurtosis*math.Pow(deviation, 4)
}

// percentiles are those of all images of a group.
type percentiles struct {
	all   []float64
	picks int
}

// add adds a group.
func (r *percentileSum) add(s stratum, c measured) {
	values := make([]float64, len(s.images))
	for i, im := range s.images {
		values[i], _ = c.of(im)
	}
	if r.picks == 0 {
		r.least, r.most = values[0], values[0]
	}
	r.least, r.most = min(r.least, slices.Min(values)), max(r.most, slices.Max(values))
	of := midranks(values)
	for _, i := range s.picked {
		r.sum += of[i]
	}
	k, n := float64(len(s.picked)), float64(len(of))
	second, third, fourth := 0.0, 0.0, 0.0
	for _, v := range of {
		square := (v - 0.5) * (v - 0.5)
		second += square
		third += float64(square * (v - 0.5))
		fourth += float64(square * square)
	}
	// Cumulants of the sum of k numbers that are drawn without replacement.
	r.variance += second / n * k * (n - k) / (n - 1)
	if n > 2 {
		r.third += third / n * k * (n - k) * (n - 2*k) / ((n - 1) * (n - 2))
	}
	r.fourth += (fourth/n - 3*second/n*second/n) * k * (n - k) / (n - 1)
	r.picks += len(s.picked)
	r.groups = append(r.groups, percentiles{of, len(s.picked)})
}

// midranks returns (rank-½)/n of each of n values, equal ones with the mean of their ranks.
func midranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	out := make([]float64, len(values))
	for first, end := 0, 0; first < len(order); first = end {
		for end = first; end < len(order) && values[order[end]] == values[order[first]]; end++ {
		}
		for _, i := range order[first:end] {
			out[i] = float64(first+end) / float64(2*len(order))
		}
	}
	return out
}

// monteCarlo returns the share of random picks whose mean is at least as far from a half as that of
// the picks, these counted among them. It reorders the percentiles of the groups.
func (r *percentileSum) monteCarlo(rng *rand.Rand) float64 {
	expected := float64(r.picks) / 2
	far := math.Abs(r.sum-expected) * (1 - 1e-9)
	draws := min(maxDraws, max(minDraws, biasDraws/r.picks))
	as := 1
	for range draws {
		sum := 0.0
		for _, group := range r.groups {
			for i := range group.picks { // the beginning of a shuffle, whatever it was before
				j := i + rng.IntN(len(group.all)-i)
				group.all[i], group.all[j] = group.all[j], group.all[i]
				sum += group.all[i]
			}
		}
		if math.Abs(sum-expected) >= far-1e-12 {
			as++
		}
	}
	return float64(as) / float64(draws+1)
}

// holm corrects the p of all columns that are tested.
func holm(list []schemas.Bias) {
	var tested []*schemas.Bias
	for i := range list {
		if list[i].Reason == "" {
			tested = append(tested, &list[i])
		}
	}
	slices.SortStableFunc(tested, func(a, b *schemas.Bias) int { return cmp.Compare(a.P, b.P) })
	largest := 0.0
	for i, b := range tested {
		largest = max(largest, min(1, float64(len(tested)-i)*b.P))
		b.Adjusted = largest
	}
}
