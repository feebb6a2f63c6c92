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

// Unseen are the pixels of the images of a grade, in numbers.
type Unseen struct {
	D         int
	Evaluated []float32   // of the first evaluated images
	Pool      []float32   // of the first ones of the pool
	Picks     [][]float32 // of each set
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
	x, d, err := s.Pixels(ctx, images)
	if err != nil || d == 0 {
		return nil, err
	}
	u := &Unseen{D: d}
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

// gradeUnseen grades the sets by pixels, whitened as latents are.
func (g *grader) gradeUnseen(grade *schemas.Grade) {
	u := g.Unseen
	if u == nil {
		return
	}
	e, p := len(u.Evaluated)/u.D, len(u.Pool)/u.D
	x := slices.Concat(u.Evaluated, u.Pool)
	whitened, err := spaces.FitWhitened(x, u.D, spaces.Limits{Dimension: pixelDimension})
	if err != nil {
		return // the images are equal
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
}
