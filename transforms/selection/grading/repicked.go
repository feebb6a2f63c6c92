package grading

import (
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/selection/repicking"
)

// How often picks are made again, and from what.
const (
	repicks        = 3                   // other samples of the coreset
	repickShare    = 1 - 1/math.E        // of its images in each: as many different ones as a bootstrap sample has
	repickRows     = 2048                // images of the coreset, at least
	repickOfPick   = 8                   // and for each pick
	repickMost     = 4096                // and at most
	repickFewest   = 4                   // for each pick, below which nothing is said
	repickVicinity = 0.01                // of the coreset: so near an image that takes the place of a pick is
	againSalt      = 0x67726164_61676169 // which images of the coreset, plus the number of the sample
)

// coreset is what the picks of a set are made again from.
type coreset struct {
	rule repicking.Rule
	d    int
	rows []repicking.Row
	x    []float32 // their vectors
	base []int     // what is picked of them by the rule, with the selection's seed
}

// repicked makes the picks of a set again: from a coreset, which it returns where they can be made,
// from other samples of it, and from its half, of which it is the doubling.
func (g *grader) repicked(set int) (*schemas.Repicked, *coreset) {
	n := g.picks[set].Len()
	if g.Parameters == nil || n == 0 {
		return nil, nil
	}
	c := g.coreset(set, n, g.Parameters)
	m := len(c.rows)
	r := &schemas.Repicked{Rows: m, Search: g.search()}
	switch r.Reason = c.rule.Refuses(m / 2); {
	case r.Reason != "":
		return r, nil
	case m < repickFewest*n:
		r.Reason = words.Plural(n, "pick is", "picks are") + " too many for a sample of " + words.Plural(m, "image", "images")
		return r, nil
	case g.Sets[set].Center == schemas.CenterMedoid && g.Parameters.Picking.Strategy == schemas.StrategyNearest:
		r.Reason = "medoids are not looked for again"
		return r, nil
	}
	again, half := c.pickAgain(g.Parameters.Seed)
	if len(c.base) == 0 {
		r.Reason = "nothing can be picked of the sample"
		return r, nil
	}
	near := c.vicinity()
	returned, replaced := make([]float64, repicks), make([]float64, repicks)
	for i, picks := range again {
		returned[i], replaced[i] = c.compare(c.base, picks, near)
	}
	r.Resampled = schemas.Return{Same: interval(returned), Near: interval(replaced)}
	same, close := c.compare(half, c.base, near)
	r.Doubled = schemas.Return{Same: interval([]float64{same}), Near: interval([]float64{close})}
	r.Chance = chanceOf(m, near+1, len(c.base))
	return r, c
}

// pickAgain picks of the coreset, of other samples of it, and of its half. What is compared with all fits into
// memory several times where there are few rows: then each is picked beside the others, since much of it
// is on one processor.
func (c *coreset) pickAgain(seed uint64) (again [][]int, half []int) {
	m := len(c.rows)
	again = make([][]int, repicks)
	tasks := []func(){
		func() { c.base = c.rule.Pick(c.rows, seed) },
		func() { half = c.rule.Pick(c.rows[:m/2], seed^(againSalt+repicks)) },
	}
	for i := range again {
		tasks = append(tasks, func() {
			salt := seed ^ (againSalt + uint64(i))
			again[i] = c.pickOf(shuffledRows(salt, c.rows)[:int(repickShare*float64(m))], salt)
		})
	}
	var group parallel.Group
	for _, task := range tasks {
		if m > repickRows {
			task()
		} else {
			group.Go(task)
		}
	}
	group.Wait()
	return again, half
}

// coreset returns the first images of the sample, by the hash of their ids, that are in a group
// and that nobody kept out by name, to pick by parameters.
func (g *grader) coreset(set, picks int, p *schemas.SelectionParameters) *coreset {
	s := &g.Sets[set]
	most := min(repickMost, max(repickRows, repickOfPick*picks))
	c := &coreset{d: g.Sample.D, rule: repicking.Rule{Parameters: p, Scope: s.Scope, Metric: s.Metric,
		Clusters: len(g.Clusters), Hierarchy: g.Hierarchy,
		Center: func(x []float32, d int) []float64 { return newRecenter(s.Center, x, d).base }}}
	for i := range g.Sample.Images {
		im := &g.Sample.Images[i]
		group, ok := g.group(s.Scope, im)
		if schemas.CrossesClusters(s.Scope) { // the clusters are made again
			group, ok = g.value(schemas.ColumnOf(s.Scope), im)
			ok = ok && !g.isNone(s.Scope, group)
		}
		if _, out := slices.BinarySearch(g.Parameters.Picking.Exclude, im.ID); !ok || out || len(c.rows) == most {
			continue
		}
		c.rows = append(c.rows, repicking.Row{ID: im.ID, Group: group, X: g.Sample.row(i), Quality: balanced(im),
			Values: picking.ValuesOf(p.Picking.Balance, im.Label, g.Metadata, im.Metadata)})
		c.x = append(c.x, g.Sample.row(i)...)
	}
	return c
}

// balanced returns the numbers of an image that representative picks may balance.
func balanced(im *Image) []float32 {
	if im.Quality == nil {
		return nil
	}
	place := func(list []quality, column string) int {
		return slices.IndexFunc(list, func(q quality) bool { return q.column == column })
	}
	var numbers []float32
	for _, column := range picking.KnownColumns {
		numbers = append(numbers, im.Quality[place(qualities, column)])
	}
	for of := im.Quality[len(qualities):]; len(of) > 0; of = of[len(ofChannels):] {
		for _, column := range picking.ChannelColumns {
			numbers = append(numbers, of[place(ofChannels, column)])
		}
	}
	return numbers
}

// shuffledRows returns the numbers of rows, ordered by the hash of their ids with a seed.
func shuffledRows(seed uint64, rows []repicking.Row) []int32 {
	images := make([]Image, len(rows))
	for i := range rows {
		images[i].ID = rows[i].ID
	}
	return shuffled(seed, images)
}

// pickOf picks of some rows, and returns the places of the picks in the coreset.
func (c *coreset) pickOf(some []int32, seed uint64) []int {
	some = slices.Sorted(slices.Values(some))
	picks := c.rule.Pick(permuted(c.rows, some), seed)
	for i, at := range picks {
		picks[i] = int(some[at])
	}
	return picks
}

// vicinity returns how many images are the nearest ones of a pick.
func (c *coreset) vicinity() int { return int(math.Ceil(repickVicinity * float64(len(c.rows)))) }

// compare returns which shares of some picks are among others, and have one of these among
// as many of their nearest images.
func (c *coreset) compare(picks, others []int, near int) (same, close float64) {
	found := make([]bool, len(picks))
	parallel.All(len(picks), func(i int) {
		d2 := make([]float64, len(c.rows))
		nearest.SquaredDistances(d2, c.x, nearest.Widen(c.rows[picks[i]].X))
		limit := slices.Sorted(slices.Values(d2))[near] // the pick itself comes first
		found[i] = slices.ContainsFunc(others, func(o int) bool { return d2[o] <= limit })
	})
	for i, pick := range picks {
		if _, is := slices.BinarySearch(others, pick); is {
			same++
		}
		if found[i] {
			close++
		}
	}
	n := float64(len(picks))
	return same / n, close / n
}

// chanceOf returns the probability that n random images of m have one of k.
func chanceOf(m, k, n int) float64 {
	none := 1.0
	for i := range n {
		none *= max(0, float64(m-k-i)/float64(m-i))
	}
	return 1 - none
}
