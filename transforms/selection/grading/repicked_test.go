package grading

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/selection/repicking"
)

// TestRepicked: picks of clusters that lie apart have a near image in their place in every
// sample, and as many as the chance says if picking were drawing.
func TestRepicked(t *testing.T) {
	w := newWorld(4000, 8, 20, 3, 3)
	in := w.input(w.all(), w.pick(2, clusters(20), cmp.Compare[float64]))
	p := schemas.SelectionParameters{Seed: 5, Top: 2, Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest, Duplicates: schemas.DuplicatesAllow}}
	in.Parameters = &p
	r := grade(t, in).Grade.Sets[0].Repicked
	if r == nil || r.Reason != "" || r.Rows != repickRows {
		t.Fatalf("%+v", r)
	}
	for _, c := range []schemas.Return{r.Resampled, r.Doubled} {
		if c.Near.Value < 0.6 || c.Near.Value > 1 || c.Same.Value > c.Near.Value || c.Near.Value <= r.Chance {
			t.Errorf("%+v, by chance %v", c, r.Chance)
		}
	}
	in.Parameters = nil
	if r := grade(t, in).Grade.Sets[0].Repicked; r != nil {
		t.Errorf("without a rule: %+v", r)
	}
	p.Picking.Include, in.Parameters = []string{"x"}, &p
	if r := grade(t, in).Grade.Sets[0].Repicked; r == nil || r.Reason == "" {
		t.Errorf("with an image that was asked for: %+v", r)
	}
}

// TestCompare: shares of picks by hand, on a line of images.
func TestCompare(t *testing.T) {
	c := &coreset{d: 1}
	for i := range 200 {
		c.x = append(c.x, float32(i))
		c.rows = append(c.rows, repicking.Row{X: c.x[i:]})
	}
	if near := c.vicinity(); near != 2 {
		t.Fatalf("1 %% of 200 images are %d", near)
	}
	// 10 returns; 50 has 51, at distance 1; 100 has 102, which lies behind its two nearest.
	same, close := c.compare([]int{10, 50, 100}, []int{10, 51, 102, 199}, 2)
	if same != 1.0/3 || close != 2.0/3 {
		t.Errorf("%v return, %v are near", same, close)
	}
}

// TestChance: the share by drawing.
func TestChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const m, k, n, draws = 300, 4, 60, 20000
	hits := 0
	for range draws {
		if slices.ContainsFunc(rng.Perm(m)[:n], func(i int) bool { return i < k }) {
			hits++
		}
	}
	if got, want := chanceOf(m, k, n), float64(hits)/draws; got < want-0.015 || got > want+0.015 {
		t.Errorf("%v, drawn %v", got, want)
	}
	if got := chanceOf(10, 3, 9); got != 1 {
		t.Errorf("9 of 10 images miss 3: %v", got)
	}
}

// TestBalancedColumnsAreMeasured: what representative picks balance is among the numbers of
// an image.
func TestBalancedColumnsAreMeasured(t *testing.T) {
	for _, column := range picking.KnownColumns {
		if !slices.ContainsFunc(qualities, func(q quality) bool { return q.column == column }) {
			t.Errorf("%s is not", column)
		}
	}
}
