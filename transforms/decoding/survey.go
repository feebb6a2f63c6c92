package decoding

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/keyed"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// survey is what the ids of all latents say.
type survey struct {
	shared []uint64 // see namer
	rows   []int64  // that are decoded, by file
}

// filesAtOnce is the number of files whose ids are read at the same time.
const filesAtOnce = 4

// eachFile reads the files of the latents, some at a time, and takes what was found in
// them in their order.
func eachFile[R any](ctx context.Context, dir string, m *schemas.LatentsManifest, read func(ctx context.Context, i int, name string) (R, error), take func(R)) error {
	for found, err := range parallel.Each(ctx, len(m.Files), filesAtOnce, func(ctx context.Context, i int) (R, error) {
		return read(ctx, i, store.Join(dir, m.Files[i].File))
	}) {
		if err != nil {
			return err
		}
		take(found)
	}
	return nil
}

// surveyed reads all ids: those that are wanted, nil for all, must be there.
func surveyed(ctx context.Context, c Config, m *schemas.LatentsManifest, wanted []string) (*survey, error) {
	type seen struct {
		keys  []uint64
		found []int // numbers of wanted
		rows  int64
	}
	s := &survey{}
	var keys []uint64
	missing := make([]bool, len(wanted))
	for i := range missing {
		missing[i] = true
	}
	err := eachFile(ctx, c.latents(), m, func(ctx context.Context, _ int, name string) (f seen, err error) {
		for b, err := range latents.Read(ctx, name, latents.IDs) {
			if err != nil {
				return f, err
			}
			for _, id := range b.ImageID {
				f.keys = append(f.keys, keyOf(id))
				if at, ok := slices.BinarySearch(wanted, id); ok {
					f.found = append(f.found, at)
				}
			}
			f.rows += int64(b.N)
		}
		if wanted != nil {
			f.rows = int64(len(f.found))
		}
		return f, nil
	}, func(f seen) {
		keys, s.rows = append(keys, f.keys...), append(s.rows, f.rows)
		for _, at := range f.found {
			missing[at] = false
		}
	})
	if err != nil {
		return nil, err
	}
	s.shared = shared(keys)
	var unknown []string
	for i, id := range wanted {
		if missing[i] {
			unknown = append(unknown, id)
		}
	}
	if n := len(unknown); n > 0 {
		return nil, fmt.Errorf("Config.IDs=%s: %s that it names %s not in the latents %s, the first %q%s", c.IDs, words.Plural(n, "image", "images"), words.Noun(n, "is", "are"), c.latents(), unknown[0], keyed.Misread(unknown))
	}
	return s, nil
}

// ends returns the ids of Config.Between, which may hold commas themselves, and their vectors.
func ends(ctx context.Context, c Config, m *schemas.LatentsManifest) (ids []string, from, to []float32, err error) {
	pairs, wanted := [][2]string{}, map[string][]float32{}
	for i, r := range c.Between {
		if r == ',' {
			pair := [2]string{c.Between[:i], c.Between[i+1:]}
			pairs = append(pairs, pair)
			wanted[pair[0]], wanted[pair[1]] = nil, nil
		}
	}
	if err := vectorsOf(ctx, c.latents(), m, wanted); err != nil {
		return nil, nil, nil, err
	}
	for _, p := range pairs {
		if wanted[p[0]] == nil || wanted[p[1]] == nil {
			continue
		}
		if ids != nil {
			return nil, nil, nil, fmt.Errorf("Config.Between=%s: the commas in it allow more than one pair of images of the latents %s: choose others", c.Between, c.latents())
		}
		ids, from, to = p[:], wanted[p[0]], wanted[p[1]]
	}
	if ids == nil {
		missing := pairs[0][0]
		if wanted[missing] != nil {
			missing = pairs[0][1]
		}
		return nil, nil, nil, fmt.Errorf("Config.Between=%s: the latents %s have no image %q; ids are those of their column %s", c.Between, c.latents(), missing, schemas.ColImageID)
	}
	if ids[0] == ids[1] {
		return nil, nil, nil, fmt.Errorf("Config.Between=%s: both images are the same: name two", c.Between)
	}
	return ids, from, to, nil
}

// vectorsOf fills in the vectors of the images that a map names.
func vectorsOf(ctx context.Context, dir string, m *schemas.LatentsManifest, wanted map[string][]float32) error {
	type found struct {
		ids     []string
		vectors [][]float32
	}
	d := m.Spec.Dimension
	there := map[string][]float32{} // wanted is read meanwhile
	err := eachFile(ctx, dir, m, func(ctx context.Context, _ int, name string) (f found, err error) {
		rows := map[int64]bool{}
		for b, err := range latents.Read(ctx, name, latents.IDs) {
			if err != nil {
				return f, err
			}
			for i, id := range b.ImageID {
				if _, ok := wanted[id]; ok {
					rows[b.First+int64(i)] = true
				}
			}
		}
		if len(rows) == 0 {
			return f, nil
		}
		for b, err := range latents.Read(ctx, name, latents.IDs|latents.Embedding) {
			if err != nil {
				return f, err
			}
			for i, id := range b.ImageID {
				if rows[b.First+int64(i)] {
					f.ids = append(f.ids, strings.Clone(id))
					f.vectors = append(f.vectors, slices.Clone(b.Embedding[i*d:(i+1)*d]))
				}
			}
		}
		return f, nil
	}, func(f found) {
		for i, id := range f.ids {
			there[id] = f.vectors[i]
		}
	})
	maps.Copy(wanted, there)
	return err
}

// reach is how many standard deviations a traversal goes to both sides of the mean.
const reach = 3

// traversal returns the vectors at the ends of a dimension's range: all other dimensions
// are at their means.
func traversal(ctx context.Context, c Config, m *schemas.LatentsManifest) (t *schemas.Traversed, from, to []float32, err error) {
	d, at := m.Spec.Dimension, c.Traverse
	mean, rows := make([]float64, d), 0.0
	if err := eachFile(ctx, c.latents(), m, func(ctx context.Context, _ int, name string) ([]float64, error) {
		sums := make([]float64, d)
		for b, err := range latents.Read(ctx, name, latents.Embedding) {
			if err != nil {
				return nil, err
			}
			for i, v := range b.Embedding {
				sums[i%d] += float64(v)
			}
		}
		return sums, nil
	}, func(sums []float64) {
		for i, s := range sums {
			mean[i] += s
		}
	}); err != nil {
		return nil, nil, nil, err
	}
	rows = float64(m.Rows)
	for i := range mean {
		mean[i] /= rows
	}
	squares := 0.0
	if err := eachFile(ctx, c.latents(), m, func(ctx context.Context, _ int, name string) (sum float64, err error) {
		for b, err := range latents.Read(ctx, name, latents.Embedding) {
			if err != nil {
				return 0, err
			}
			for i := at; i < len(b.Embedding); i += d {
				v := float64(b.Embedding[i]) - mean[at]
				sum += float64(v * v)
			}
		}
		return sum, nil
	}, func(sum float64) { squares += sum }); err != nil {
		return nil, nil, nil, err
	}
	t = &schemas.Traversed{Mean: mean[at], Deviation: math.Sqrt(squares / rows)}
	t.Low, t.High = t.Mean-float64(reach*t.Deviation), t.Mean+float64(reach*t.Deviation)
	for _, v := range mean {
		from = append(from, float32(v))
	}
	to = slices.Clone(from)
	from[at], to[at] = float32(t.Low), float32(t.High)
	if from[at] == to[at] {
		return nil, nil, nil, fmt.Errorf("Config.Traverse=%d: this dimension is %g in all %s of the latents %s: choose another", at, t.Mean, words.Plural(m.Rows, "image", "images"), c.latents())
	}
	for _, v := range []float32{from[at], to[at]} {
		if !latents.Finite(v) {
			return nil, nil, nil, fmt.Errorf("Config.Traverse=%d: three standard deviations (%g) of this dimension from its mean are beyond what a latent vector holds: choose another", at, t.Deviation)
		}
	}
	return t, from, to, nil
}
