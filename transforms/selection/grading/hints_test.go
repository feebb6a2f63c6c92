package grading

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/repicking"
)

// TestHints: one image of each cluster, whatever its size, is far from the collection in energy
// distance; the hint says so, and there is none where picks are representative.
func TestHints(t *testing.T) {
	w := newWorld(20000, 4, 20, 3, 9)
	var rows []int32 // few of all kinds but one
	for i, im := range w.rows.Images {
		if im.Cluster == 0 || i%30 == 0 {
			rows = append(rows, int32(i))
		}
	}
	p := schemas.SelectionParameters{Seed: 5, Top: 1, Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest, Duplicates: schemas.DuplicatesAllow}}
	in := w.input(rows, w.pick(1, clusters(20), cmp.Compare[float64]))
	in.Parameters = &p
	hints := grade(t, in).Grade.Sets[0].Hints
	if len(hints) != 1 || hints[0].Flags != (schemas.HintFlags{Strategy: schemas.StrategyRepresentative, Budget: 20}) {
		t.Fatalf("%+v", hints)
	}
	if h := hints[0]; h.Images != min(len(rows), repickRows) || h.Would.Energy >= hintGain*h.Is.Energy || h.Would.Error >= 1 || h.Is.Error >= 1 {
		t.Errorf("%+v", h)
	}
	p.Top, p.Picking.Budget, p.Picking.Strategy = 0, 20, schemas.StrategyRepresentative
	if hints := grade(t, in).Grade.Sets[0].Hints; len(hints) > 0 {
		t.Errorf("of representative picks: %+v", hints)
	}
}

// TestTrial: the shares are those of the definitions, taken pair by pair.
func TestTrial(t *testing.T) {
	c := &coreset{d: 2}
	for i := range 60 {
		x := []float32{float32(i*i%17) + float32(i)/8, float32(i * 7 % 13)}
		c.rows = append(c.rows, repicking.Row{ID: fmt.Sprintf("%03d", i), X: x})
		c.x = append(c.x, x...)
	}
	distance := func(i, j int) float64 {
		return math.Sqrt(nearest.SquaredDistance(c.rows[i].X, nearest.Widen(c.rows[j].X)))
	}
	figures := func(picks []int) (err, energy float64) {
		n, k := float64(len(c.rows)), float64(len(picks))
		for i := range c.rows {
			least := math.Inf(1)
			for _, p := range picks {
				least = min(least, distance(i, p))
				energy += 2 * distance(i, p) / (n * k)
			}
			err += least * least / n
			for j := range c.rows {
				energy -= distance(i, j) / (n * n)
			}
		}
		for _, p := range picks {
			for _, q := range picks {
				energy -= distance(p, q) / (k * k)
			}
		}
		return err, energy
	}
	var errors, energies []float64
	for r := range DefaultDraws {
		var picks []int
		for _, row := range shuffledRows(7^(drawSalt+uint64(r)), c.rows)[:4] {
			picks = append(picks, int(row))
		}
		a, b := figures(picks)
		errors, energies = append(errors, a), append(energies, b)
	}
	picks := []int{3, 14, 31, 55}
	a, b := figures(picks)
	got, want := newTrial(c, 4, 7).of(picks), schemas.Trial{Error: a / mean(errors), Energy: b / mean(energies)}
	if math.Abs(got.Error-want.Error) > 1e-9 || math.Abs(got.Energy-want.Energy) > 1e-9 || slices.Contains([]float64{got.Error, got.Energy}, 0) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
