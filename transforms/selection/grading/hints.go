package grading

import (
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// mostHints bounds what is advised for a set.
const mostHints = 3

// A hint is given where it lowers the energy distance to this share, or costs at most so much
// of the error.
const (
	hintGain  = 0.5
	hintPrice = 1.1
)

// hints tries on the coreset of each set what might make it better, and advises what does.
func (g *grader) hints(grade *schemas.Grade) {
	for i := range grade.Sets {
		if c := g.coresets[i]; c != nil {
			grade.Sets[i].Hints = g.hintsOf(i, c, grade)
		}
	}
}

func (g *grader) hintsOf(set int, c *coreset, grade *schemas.Grade) (hints []schemas.Hint) {
	n := g.picks[set].Len()
	if g.Parameters.Picking.Strategy == schemas.StrategyRange {
		return nil // what covers the collection better does not show how far groups reach
	}
	other := *g.Parameters
	other.Top, other.Picking.Quota, other.Picking.Candidates = 0, "", ""
	other.Picking.Budget, other.Picking.Strategy, other.Picking.Search = n, schemas.StrategyRepresentative, g.search()
	batches := g.overRepresented(set, grade)
	if n > schemas.MaxRepresentative || other.Picking.Strategy == g.Parameters.Picking.Strategy && len(batches) == 0 {
		return nil
	}
	t := newTrial(c, n, g.Seed)
	is := t.of(c.base)
	try := func(flags schemas.HintFlags, p *schemas.SelectionParameters, good func(schemas.Trial) bool) {
		if len(hints) == mostHints {
			return
		}
		again := g.coreset(set, n, p)
		if would := t.of(again.rule.Pick(again.rows, p.Seed)); good(would) {
			hints = append(hints, schemas.Hint{Flags: flags, Images: len(again.rows), Is: is, Would: would})
		}
	}
	if g.Parameters.Picking.Strategy != schemas.StrategyRepresentative {
		try(schemas.HintFlags{Strategy: schemas.StrategyRepresentative, Budget: n}, &other, func(would schemas.Trial) bool { return would.Energy < hintGain*is.Energy })
		return hints // balance is one of that strategy
	}
	for _, column := range batches {
		balanced := *g.Parameters
		balanced.Picking.Balance = append(slices.Clone(g.Parameters.Picking.Balance), schemas.Balanced{Column: column, Shares: schemas.QuotaProportional})
		try(schemas.HintFlags{Balance: balanced.Picking.Balance.String()}, &balanced, func(would schemas.Trial) bool { return would.Error <= hintPrice*is.Error })
	}
	return hints
}

// search returns that of the representative picks that hints try.
func (g *grader) search() string {
	switch {
	case g.Parameters.Picking.Strategy == schemas.StrategyRepresentative:
		return g.Parameters.Picking.Search
	case g.EarlierSearch:
		return ""
	}
	return schemas.SearchGradual
}

// overRepresented returns the columns that the findings name.
func (g *grader) overRepresented(set int, grade *schemas.Grade) (columns []string) {
	s := &grade.Sets[set]
	found := slices.ContainsFunc(grade.Findings, func(f schemas.Finding) bool {
		return f.Kind == schemas.FindingBatch && f.Scope == s.Scope && f.Center == s.Center && f.Metric == s.Metric
	})
	for _, b := range s.Batches {
		of := func(c schemas.Balanced) bool { return c.Column == b.Column }
		if found && b.Reason == "" && b.P < batchP && slices.Contains(g.Metadata, b.Column) && !slices.ContainsFunc(g.Parameters.Picking.Balance, of) {
			columns = append(columns, b.Column)
		}
	}
	return columns
}

// trial measures picks on a coreset, in comparison with random ones of it.
type trial struct {
	c             *coreset
	far           []float64 // of each image, the mean distance to all
	all           float64   // their mean
	error, energy float64   // of random picks, on average
}

func newTrial(c *coreset, n int, seed uint64) *trial {
	t := &trial{c: c, far: make([]float64, len(c.rows)), error: 1, energy: 1}
	parallel.All(len(c.rows), func(i int) {
		for _, d2 := range t.squares(i) {
			t.far[i] += math.Sqrt(d2)
		}
		t.far[i] /= float64(len(c.rows))
	})
	t.all = mean(t.far)
	var errors, energies []float64
	for r := range DefaultDraws {
		var picks []int
		for _, row := range shuffledRows(seed^(drawSalt+uint64(r)), c.rows)[:n] {
			picks = append(picks, int(row))
		}
		drawn := t.of(picks)
		errors, energies = append(errors, drawn.Error), append(energies, drawn.Energy)
	}
	t.error, t.energy = mean(errors), mean(energies)
	return t
}

// squares returns the squared distances of all images to one.
func (t *trial) squares(i int) []float64 {
	d2 := make([]float64, len(t.c.rows))
	nearest.SquaredDistances(d2, t.c.x, nearest.Widen(t.c.rows[i].X))
	return d2
}

// of returns the error and the energy distance of some picks as shares of those of random ones.
func (t *trial) of(picks []int) schemas.Trial {
	rows := make([][]float64, len(picks))
	parallel.All(len(picks), func(i int) { rows[i] = t.squares(picks[i]) })
	least := slices.Repeat([]float64{math.Inf(1)}, len(t.c.rows))
	far, apart := 0.0, 0.0
	for i, row := range rows {
		for j, d2 := range row {
			least[j] = min(least[j], d2)
		}
		far += t.far[picks[i]]
		for _, other := range picks {
			apart += math.Sqrt(row[other])
		}
	}
	n := float64(len(picks))
	return schemas.Trial{Error: mean(least) / t.error, Energy: (2*far/n - apart/(n*n) - t.all) / t.energy}
}
