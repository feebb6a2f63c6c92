package grading

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/selection/kmeans"
)

// RankInterval is the range of ranks that a pick would have had, had the center
// been that of another collection of the same kind and size: the middle 95 % of
// bootstrap samples. Zero where the group is too small to say.
type RankInterval struct{ Low, High int64 }

// Bootstrap of the ranks.
const (
	bootstraps    = 100
	bootstrapRows = 400 // images of a group
	weiszfeld     = 20  // steps to a geometric median of them
)

// rankIntervals returns those of a set's picks, in the caller's order; nil where
// the center is a medoid, which moves from image to image.
//
// A group's center is made again from bootstrap samples of some of its images,
// and its shift, scaled from their number to the group's size, is added to the
// center. Images that come between the picks are counted in the sample.
func (g *grader) rankIntervals(set int) []RankInterval {
	s := &g.Sets[set]
	if s.Center == schemas.CenterMedoid || s.Picks.Len() == 0 {
		return nil
	}
	picks := map[string][]int32{}
	for i, group := range s.Groups {
		picks[group] = append(picks[group], int32(i))
	}
	rows := map[string][]int32{}
	for i := range g.Sample.Len() {
		group, ok := g.group(s.Scope, &g.Sample.Images[i])
		if ok && picks[group] != nil {
			rows[group] = append(rows[group], int32(i))
		}
	}
	centers := map[string]schemas.Center{}
	for _, c := range g.Centers {
		if c.Scope == s.Scope && c.Center == s.Center {
			centers[c.GroupID] = c
		}
	}
	names := slices.Sorted(maps.Keys(picks))
	out := make([]RankInterval, s.Picks.Len())
	parallel.All(len(names), func(i int) {
		center, ok := centers[names[i]]
		if !ok || len(rows[names[i]]) < fewestGroup {
			return
		}
		b := bootstrap{center: center, metric: s.Metric, picks: picks[names[i]], all: &s.Picks,
			sample: &g.Sample, rows: rows[names[i]],
			rng: rand.New(rand.NewPCG(g.Seed^rankSalt, xxh3.HashString(s.Scope+"\x00"+s.Center+"\x00"+names[i])))}
		b.run(out)
	})
	return out
}

// bootstrap is that of one group.
type bootstrap struct {
	center schemas.Center
	metric string
	all    *Rows
	picks  []int32 // rows of all
	sample *Rows
	rows   []int32 // of the sample
	rng    *rand.Rand
}

// run writes the intervals of the group's picks to out.
func (b *bootstrap) run(out []RankInterval) {
	others := b.others()
	weight := 0.0 // images of the group that another one of the sample stands for
	if n := b.center.GroupSize - int64(len(b.picks)); n > 0 && len(others) > 0 {
		weight = float64(n) / float64(len(others))
	}
	rows := b.rows[:min(len(b.rows), bootstrapRows)]
	again := newRecenter(b.center.Center, gathered(b.sample.X, b.sample.D, rows), b.sample.D)
	scale := math.Sqrt(float64(len(rows)) / float64(max(b.center.GroupSize, int64(len(rows)))))
	ranks := make([][]int64, len(b.picks))
	count := make([]float64, len(rows))
	center := make([]float64, b.sample.D)
	for range bootstraps {
		clear(count)
		for range rows {
			count[b.rng.IntN(len(rows))]++
		}
		shifted := again.center(count)
		for j, c := range b.center.Embedding {
			center[j] = c + float64(scale*(shifted[j]-again.base[j]))
		}
		b.rank(ranks, center, others, weight)
	}
	for i, r := range ranks {
		slices.Sort(r)
		out[b.picks[i]] = RankInterval{r[bootstraps*25/1000], r[bootstraps-1-bootstraps*25/1000]}
	}
}

// others returns images of the sample's group that are not picked.
func (b *bootstrap) others() []int32 {
	picked := map[string]bool{}
	for _, i := range b.picks {
		picked[b.all.Images[i].ID] = true
	}
	var others []int32
	for _, i := range b.rows {
		if !picked[b.sample.Images[i].ID] {
			others = append(others, i)
		}
	}
	return others[:min(len(others), bootstrapRows)]
}

// rank appends the rank of each pick by its distance to a center.
func (b *bootstrap) rank(ranks [][]int64, center []float64, others []int32, weight float64) {
	between := make([]float64, len(others))
	for i, row := range others {
		between[i] = kmeans.Distance(b.metric, b.sample.row(int(row)), center)
	}
	slices.Sort(between)
	list := make([]near, len(b.picks))
	for i, row := range b.picks {
		list[i] = near{kmeans.Distance(b.metric, b.all.row(int(row)), center), b.all.Images[row].ID}
	}
	order := slices.SortedFunc(slices.Values(list), near.compare)
	for i, p := range list {
		before, _ := slices.BinarySearchFunc(order, p, near.compare)
		nearer, _ := slices.BinarySearch(between, p.distance)
		ranks[i] = append(ranks[i], int64(before)+1+int64(math.Round(weight*float64(nearer))))
	}
}
