package grading

import (
	"context"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/selection/spaces"
)

// Place says where an image is in the shards.
type Place struct {
	Shard          int32
	Record, Offset int64
	SHA256         string // of the pixels
}

// pixelRows is the number of images that are evaluated, and of those that random selections are
// drawn from, by their pixels.
const pixelRows = 2000

// pixelDimension is the number of components at most: those of crops of 1,503 nuclei hold 95 %
// of the variance. Of further ones, as long as these when whitened, most is noise.
const pixelDimension = 16

// Looks are the pixels of some images, in numbers.
type Looks struct {
	D     int
	X     []float32 // averaged pixels, rows of D numbers
	Focus []float64 // how sharp they are, by a measure that no way of picking has seen; package looks has it
}

// Unseen are the pixels of the images of a grade, in numbers.
type Unseen struct {
	D         int
	Evaluated []float32   // of the first evaluated images
	Pool      []float32   // of the first ones of the pool
	Picks     [][]float32 // of each set

	Focus map[string]float64 // of all these images, by id
}

// unseen reads the pixels of some images of the sample and of the picks. Rows of the sample are
// in the order of their hash.
func (s *Selection) unseen(ctx context.Context, in *Input) (*Unseen, error) {
	if s.Pixels == nil {
		return nil, nil
	}
	evaluated := min(in.Sample.Len()/2, DefaultEvaluated)
	e, p := min(evaluated, pixelRows), min(in.Sample.Len()-evaluated, pixelRows)
	images := slices.Concat(in.Sample.Images[:e], in.Sample.Images[evaluated:evaluated+p])
	for i := range in.Sets {
		images = append(images, in.Sets[i].Picks.Images...)
	}
	looks, err := s.Pixels(ctx, images)
	if err != nil || looks.D == 0 {
		return nil, err
	}
	x, d := looks.X, looks.D
	u := &Unseen{D: d, Focus: map[string]float64{}}
	for i, v := range looks.Focus {
		u.Focus[images[i].ID] = v
	}
	next := func(n int) []float32 {
		rows := x[: n*d : n*d]
		x = x[n*d:]
		return rows
	}
	u.Evaluated, u.Pool = next(e), next(p)
	for i := range in.Sets {
		u.Picks = append(u.Picks, next(in.Sets[i].Picks.Len()))
	}
	return u, nil
}

// gradeUnseen grades the sets by pixels, whitened as latents are. It returns the grader of the images
// whose pixels are known, nil where there is none.
func (g *grader) gradeUnseen(grade *schemas.Grade) *grader {
	u := g.Unseen
	if u == nil {
		return nil
	}
	e, p := len(u.Evaluated)/u.D, len(u.Pool)/u.D
	x := slices.Concat(u.Evaluated, u.Pool)
	whitened, err := spaces.FitWhitened(x, u.D, spaces.Limits{Dimension: pixelDimension})
	if err != nil {
		return nil // the images are equal
	}
	m := whitened.Map()
	grade.Pixels = &schemas.Pixels{Evaluated: e, Pool: p, Numbers: u.D, Dimension: whitened.Out, Variance: whitened.Variance}
	of := &grader{Input: g.Input, evaluated: e, pool: p, byScope: map[string]*scope{}, groups: g.groups, weights: g.weights, extra: true}
	of.Sample = Rows{Images: slices.Concat(g.Sample.Images[:e], g.Sample.Images[g.evaluated:g.evaluated+p]), D: u.D, X: x}
	for r := range g.Draws {
		of.draws = append(of.draws, shuffled(g.Seed^(drawSalt+uint64(r)), of.Sample.Images[e:]))
	}
	for i, s := range g.Sets {
		picks := Rows{Images: s.Picks.Images, D: u.D, X: u.Picks[i]}
		of.picks = append(of.picks, picks.some(shuffled(g.Seed^sampleSalt, s.Picks.Images)))
	}
	of.gradeSpace(grade, schemas.SpacePixels, whitened.Out, mapped(m, x), func(r *Rows) []float32 { return mapped(m, r.X) })
	return of
}

// blur compares how sharp the picks of a set are with how sharp the images of their groups are, as
// biases does with columns. p is corrected together with that of these columns, as one more.
func (g *grader) blur(set int, columns []schemas.Bias) *schemas.Bias {
	strata := g.strata(set)
	if len(strata) == 0 {
		return &schemas.Bias{Column: schemas.BlurFocus, Reason: "the sample has no other image of a group with picks"}
	}
	b := biasOf(strata, measured{name: schemas.BlurFocus, of: func(im *Image) (float64, bool) {
		v, known := g.Unseen.Focus[im.ID]
		return v, known
	}}, g.biasDraws(set, schemas.BlurFocus))
	all := append(slices.Clone(columns), b)
	holm(all)
	return &all[len(all)-1]
}
