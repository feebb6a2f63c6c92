// Package curve measures how good the picks of a training on its way are: the default selection is
// made of images that the training never saw, by latents of its present weights, and graded.
//
// # How picks are graded
//
// The images are in five folds, by the hash of their ids. The picks of a fold are those that the
// default selection makes of the images of the other four, by their latents (package repicking), and the
// images of the fold, which nobody has seen, are what they are graded on: with d the distance of an image
// of the fold to the nearest pick, Q the mean of d², and Q_random the mean Q of 20 random selections of
// as many images of the same four folds, the skill is 1 - Q/Q_random, as package grading has it. The mean of
// the folds has a standard error, which is that of cross-validation; that of the difference of two moments is
// taken fold by fold.
//
// Folds, random selections and what distances are measured in are the same at every moment. Latents are no
// such measure: each moment has its own, and those of the end would favor the end. So the distances are
// those of whitened principal components of the averaged pixels, as those of the grade of a selection by
// pixels are; of rows of a table, of its scaled columns.
//
// What lives here: these, in memory. What never enters: Beam, Gorgonia, flags, printing;
// encoding, and when it is done.
package curve

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/selection/defaults"
	"exemplar/transforms/selection/gating"
	"exemplar/transforms/selection/grading"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/selection/repicking"
	"exemplar/transforms/selection/spaces"
)

const (
	// Folds is the number of parts of which each is graded on once.
	Folds = 5
	// Least is the number of images below which nothing is measured: so few of a fold that the
	// grade of a selection refuses them.
	Least = 20 * Folds
	// Most bounds the images that are encoded at every moment.
	Most = 2000

	components = 16 // of the pixels, at most, as the grade of a selection has them
)

// Seeds of the random choices: each has its own sequence of hashes.
const (
	foldSalt = 0x63757276_666f6c64
	drawSalt = 0x63757276_64726177 // plus the number of the draw
)

// Image is one image that was held out.
type Image struct {
	ID      string
	X       []float32        // numbers that picks are graded by, before Pixels whitens them
	Quality *schemas.Quality // nil of a row of a table
	Flags   int32            // of its quality

	Channels []schemas.Quality // of each channel, of images with channels of their own
}

// Held is what picks are made of and graded on.
type Held struct {
	seed    uint64
	rows    []repicking.Row // without vectors, in the order of the folds' hash
	place   map[string]int
	fold    []int // of each row
	d       int
	x       []float32 // that picks are graded by
	rules   schemas.SelectionParameters
	random  map[[2]int]float64 // mean quantization of random selections, by fold and size
	refused int
}

// Errors of images that nothing can be measured on.
var (
	ErrFew   = errors.New("too few images")
	ErrEqual = errors.New("all images are equal")
)

// New prepares images, or rows of a table where none has a quality. Those that the quality gate of
// select excludes are left out, as there.
func New(images []Image, seed uint64) (*Held, error) {
	h := &Held{seed: seed, place: map[string]int{}, rules: defaults.Parameters(), random: map[[2]int]float64{}}
	h.rules.Seed = seed
	pixels := slices.ContainsFunc(images, func(im Image) bool { return im.Quality != nil })
	if !pixels {
		h.rules.Picking.Duplicates = schemas.DuplicatesEqual // without pixels nothing says what looks alike
	}
	kept := h.gated(images)
	if h.refused = len(images) - len(kept); len(kept) < Least {
		return h, ErrFew
	}
	slices.SortFunc(kept, func(a, b Image) int {
		return cmp.Or(cmp.Compare(draw.Hash(seed^foldSalt, a.ID), draw.Hash(seed^foldSalt, b.ID)), strings.Compare(a.ID, b.ID))
	})
	for i, im := range kept {
		row := repicking.Row{ID: im.ID}
		if im.Quality != nil {
			row.Quality = picking.QualityOf(*im.Quality, true, 0, false, im.Channels...) // as encode leaves them, without reconstruction errors
		}
		h.rows, h.fold, h.place[im.ID] = append(h.rows, row), append(h.fold, i%Folds), i
		h.x = append(h.x, im.X...)
	}
	if h.d = len(kept[0].X); pixels {
		whitened, err := spaces.FitWhitened(h.x, h.d, spaces.Limits{Dimension: components})
		if err != nil {
			return h, ErrEqual
		}
		h.x, h.d = whitened.Apply(h.x), whitened.Out
	}
	return h, nil
}

// gated returns the images that the gate of a default selection of them leaves.
func (h *Held) gated(images []Image) (kept []Image) {
	var survey gating.Survey
	for _, im := range images {
		if im.Quality != nil {
			survey.Add(im.Flags, *im.Quality, 0, false, im.Channels...)
		}
	}
	gate := gating.Derive(h.rules.Gate, &survey, schemas.ChannelLabels(make([]string, len(survey.Channels)))...)
	for _, im := range images {
		if im.Quality != nil {
			if e := gating.Excludes(&gate, im.Flags, *im.Quality, 0, false, im.Channels...); e.Reason != "" {
				continue
			}
		}
		kept = append(kept, im)
	}
	return kept
}

// Images is the number of images that picks are made of and graded on, and Excluded that of those
// which the gate left out.
func (h *Held) Images() int   { return len(h.rows) }
func (h *Held) Excluded() int { return h.refused }

// Place is the row of the latents of an image; false where it is none of them.
func (h *Held) Place(id string) (int, bool) { at, ok := h.place[id]; return at, ok }

// Measure picks by latents, Images rows of d numbers, and returns the skill of each fold and the mean
// number of picks; none where a latent is not finite, or nothing is picked.
func (h *Held) Measure(z []float32, d int) (skills []float64, picks float64) {
	if slices.ContainsFunc(z, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }) {
		return nil, 0
	}
	picked := make([][]int32, Folds)
	var group parallel.Group
	for f := range Folds {
		group.Go(func() { picked[f] = h.pick(f, z, d) })
	}
	group.Wait()
	for f, of := range picked {
		if len(of) == 0 {
			return nil, 0
		}
		picks += float64(len(of)) / Folds
		skills = append(skills, h.skill(f, of))
	}
	return skills, picks
}

// pick makes the default selection of the images outside a fold.
func (h *Held) pick(fold int, z []float32, d int) []int32 {
	others := h.outside(fold)
	rows := make([]repicking.Row, len(others))
	for i, at := range others {
		rows[i] = h.rows[at]
		rows[i].X = z[int(at)*d : (int(at)+1)*d]
	}
	p := defaults.Fill(h.rules, int64(len(rows)), d, false)
	rule := repicking.Rule{Parameters: &p, Scope: p.Scopes[0], Metric: p.Metrics[0], Clusters: p.Clusters, Center: mean}
	var picked []int32
	for _, at := range rule.Pick(rows, h.seed) {
		picked = append(picked, others[at])
	}
	return picked
}

// outside returns the rows of all folds but one.
func (h *Held) outside(fold int) (rows []int32) {
	for i, f := range h.fold {
		if f != fold {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// skill grades the picks of a fold.
func (h *Held) skill(fold int, picked []int32) float64 {
	random := h.randomly(fold, len(picked))
	if random == 0 { // nothing can be gained
		return 0
	}
	return 1 - h.quantization(fold, picked)/random
}

// randomly returns the mean quantization of random selections of n of the images outside a fold.
func (h *Held) randomly(fold, n int) float64 {
	key := [2]int{fold, n}
	if q, ok := h.random[key]; ok {
		return q
	}
	sum := 0.0
	for r := range grading.DefaultDraws {
		sum += h.quantization(fold, h.drawn(fold, r, n))
	}
	h.random[key] = sum / grading.DefaultDraws
	return h.random[key]
}

// drawn returns the beginning of the images outside a fold in the order of a hash.
func (h *Held) drawn(fold, number, n int) []int32 {
	others := h.outside(fold)
	hash := func(at int32) uint64 { return draw.Hash(h.seed^(drawSalt+uint64(number)), h.rows[at].ID) }
	slices.SortFunc(others, func(a, b int32) int { return cmp.Or(cmp.Compare(hash(a), hash(b)), cmp.Compare(a, b)) })
	return others[:n]
}

// quantization returns the mean squared distance of the images of a fold to the nearest of some others.
func (h *Held) quantization(fold int, to []int32) float64 {
	var centers, rows []float32
	for _, at := range to {
		centers = append(centers, h.row(at)...)
	}
	n := 0
	for i, f := range h.fold {
		if f == fold {
			rows, n = append(rows, h.row(int32(i))...), n+1
		}
	}
	labels, square := make([]int32, n), make([]float64, n)
	nearest.New(nearest.Widen(centers), h.d).Find(labels, square, rows)
	sum := 0.0
	for _, s := range square {
		sum += s
	}
	return sum / float64(n)
}

func (h *Held) row(at int32) []float32 { return h.x[int(at)*h.d : (int(at)+1)*h.d] }

// mean returns the mean of rows of d numbers.
func mean(x []float32, d int) []float64 {
	center := make([]float64, d)
	n := float64(len(x) / d)
	for i := range x {
		center[i%d] += float64(x[i]) / n
	}
	return center
}
