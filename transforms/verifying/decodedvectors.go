package verifying

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"exemplar/model/normal"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// decodedVector is a vector that an image was decoded of, with what the last column of
// images.csv says of it.
type decodedVector struct {
	id, last string
	z        []float32
}

// vectors yields the vectors that were decoded, but for those that were rejected.
func (a *decodedAgain) vectors(ctx context.Context, rejected []schemas.ErrorRow) iter.Seq2[decodedVector, error] {
	without := map[string]bool{}
	for _, row := range rejected {
		without[row.Name] = true
	}
	return seq.From(func(yield func(decodedVector, error) bool) error {
		if !a.known() {
			return nil
		}
		each := func(v decodedVector) bool { return without[v.id] || yield(v, nil) }
		switch p := a.m.Parameters; p.Mode {
		case schemas.DecodeLatents:
			return a.read(ctx, each)
		case schemas.DecodeSample:
			a.draws(each)
			return nil
		default:
			from, to, err := a.ends(ctx)
			if err == nil && from != nil && to != nil {
				a.walk(from, to, each)
			}
			return err
		}
	})
}

// read calls each with the rows of the latents.
func (a *decodedAgain) read(ctx context.Context, each func(decodedVector) bool) error {
	for _, f := range a.latents.Files {
		for b, err := range latents.Read(ctx, store.Join(a.dir, f.File), latents.IDs|latents.Embedding|latents.MSE) {
			if err != nil {
				return err
			}
			for i, id := range b.ImageID {
				v := decodedVector{id: id, z: slices.Clone(b.Embedding[i*a.d : (i+1)*a.d])}
				if b.HasMSE[i] {
					v.last = strconv.FormatFloat(float64(b.MSE[i]), 'g', -1, 32)
				}
				if !each(v) {
					return nil
				}
			}
		}
	}
	return nil
}

// draws calls each with the draws from the prior.
func (a *decodedAgain) draws(each func(decodedVector) bool) {
	n := a.m.Parameters.Samples
	for i := range n {
		rng := rand.New(rand.NewPCG(*a.m.Parameters.Seed, uint64(i)))
		v := decodedVector{id: fmt.Sprintf("sample-%0*d", max(3, len(strconv.Itoa(n-1))), i)}
		for range a.d {
			v.z = append(v.z, float32(normal.Draw(rng)))
		}
		if !each(v) {
			return
		}
	}
}

// ends returns the vectors that steps go between: of two images, or three standard
// deviations about the mean of a dimension, the others at their means.
func (a *decodedAgain) ends(ctx context.Context) (from, to []float32, err error) {
	p := a.m.Parameters
	if p.Mode == schemas.DecodeBetween {
		err := a.read(ctx, func(v decodedVector) bool {
			if v.id == p.Between[0] {
				from = v.z
			}
			if v.id == p.Between[1] {
				to = v.z
			}
			return true
		})
		return from, to, err
	}
	at, t := *p.Dimension, a.m.Traversed
	if at >= a.d {
		a.report.problemf(schemas.DecodedFile, "dimension %d is traversed, the latents have %d", at, a.d)
		return nil, nil, nil
	}
	means, variance, rows := make([]float64, a.d), 0.0, float64(a.latents.Rows)
	for pass := range 2 { // file by file, in the order in which the sums were taken
		for _, f := range a.latents.Files {
			sums, square := make([]float64, a.d), 0.0
			for b, err := range latents.Read(ctx, store.Join(a.dir, f.File), latents.Embedding) {
				if err != nil {
					return nil, nil, err
				}
				for i, v := range b.Embedding {
					switch {
					case pass == 0:
						sums[i%a.d] += float64(v)
					case i%a.d == at:
						x := float64(v) - means[at]
						square += float64(x * x)
					}
				}
			}
			for i, s := range sums {
				means[i] += s
			}
			variance += square
		}
		for i := range means {
			if pass == 0 {
				means[i] /= rows
			}
		}
	}
	if deviation := math.Sqrt(variance / rows); means[at] != t.Mean || deviation != t.Deviation || means[at]-float64(3*deviation) != t.Low || means[at]+float64(3*deviation) != t.High {
		a.report.problemf(schemas.DecodedFile, "dimension %d has the mean %v and the standard deviation %v, it says %+v", at, means[at], deviation, *t)
		return nil, nil, nil
	}
	for _, v := range means {
		from = append(from, float32(v))
	}
	to = slices.Clone(from)
	from[at], to[at] = float32(t.Low), float32(t.High)
	return from, to, nil
}

// walk calls each with the steps.
func (a *decodedAgain) walk(from, to []float32, each func(decodedVector) bool) {
	p := a.m.Parameters
	for i := range p.Steps {
		t := float64(i) / float64(p.Steps-1)
		v := decodedVector{id: fmt.Sprintf("%s-%03d", p.Mode, i), last: strconv.FormatFloat(t, 'g', -1, 64), z: slices.Clone(to)}
		for k := range v.z {
			if i < p.Steps-1 {
				v.z[k] = float32(float64(from[k]) + float64((float64(to[k])-float64(from[k]))*t))
			}
		}
		if p.Dimension != nil {
			v.last = strconv.FormatFloat(float64(v.z[*p.Dimension]), 'g', -1, 32)
		}
		if !each(v) {
			return
		}
	}
}
