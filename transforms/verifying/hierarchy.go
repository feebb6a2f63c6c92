package verifying

import (
	"context"
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/kmeans"
)

// momentTally is what the mean of the eligible images is taken from.
type momentTally struct {
	sum     []int64
	squares kmeans.WideSum // of the norms
}

// remakeClusters draws the sample of hierarchical k-means again, makes its clusters
// again and compares their centers. Nothing simpler would tell: unlike those of
// k-means they are not the means of their images.
func (s *selection) remakeClusters(ctx context.Context, r *Report) error {
	p := &s.m.Parameters
	if s.m.Clustering == nil || !p.Hierarchical() {
		return nil
	}
	moments, ok, err := s.moments(ctx, r)
	if err != nil || !ok {
		return err
	}
	sample, ok, err := s.drawSample(ctx, moments, r)
	if err != nil || !ok {
		return err
	}
	centers, levels := moments.Mean, []schemas.ClusterLevel(nil) // of an empty sample
	if sample.Len() > 0 {
		centers, levels = kmeans.HierarchyOf(*p).Fit(sample)
	}
	s.compareRemade(centers, r)
	if c := s.m.Clustering; c.SampleRows != int64(sample.Len()) || !slices.Equal(c.Levels, levels) {
		r.problemf(schemas.SelectionFile, "clustering is of %d images with levels %+v, the latents give %d and %+v", c.SampleRows, c.Levels, sample.Len(), levels)
	}
	r.checkedf("%s of hierarchical k-means, made again from the %s that the seed draws", words.Plural(len(centers)/s.m.Space.Dimension, "center", "centers"), words.Plural(sample.Len(), "image", "images"))
	return nil
}

// eligibleRows visits all images that may be picked.
func (s *selection) eligibleRows(b *latents.Batch, visit func(id string, x []float32)) {
	d := len(b.Embedding) / b.N
	for k, id := range b.ImageID {
		if s.mayBePicked(b, k) {
			visit(id, b.Embedding[k*d:(k+1)*d])
		}
	}
}

// eligibleColumns are the columns that eligibleRows needs.
func (s *selection) eligibleColumns() latents.Columns {
	return latents.IDs | latents.Embedding | latents.Quality | latents.MSE | s.where.columns
}

// moments adds up all images that may be picked, in the fixed point of a selection,
// in which no order of the sum changes a bit.
func (s *selection) moments(ctx context.Context, r *Report) (m kmeans.Moments, ok bool, err error) {
	d := s.m.Space.Dimension
	m.N = s.eligible()
	scale := kmeans.NewScale(s.largest, m.N, d)
	zero := make([]float64, d)
	total := momentTally{sum: make([]int64, d)}
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (*momentTally, error) {
		t := &momentTally{sum: make([]int64, d)}
		return t, s.eachBatch(ctx, info, s.eligibleColumns(), func(b *latents.Batch) {
			s.eligibleRows(b, func(_ string, x []float32) {
				nearest.Accumulate(t.sum, x, scale.Factor())
				t.squares.Add(squaredDistance(x, zero), scale)
			})
		})
	}, func(t *momentTally) {
		for j, v := range t.sum {
			total.sum[j] += v
		}
		total.squares.Merge(t.squares)
	})
	if m.N == 0 || err != nil {
		return m, false, err
	}
	m.Mean = make([]float64, d)
	scale.Mean(m.Mean, total.sum, m.N)
	square := 0.0
	for _, v := range m.Mean {
		square += float64(v * v)
	}
	m.Spread = max(0, total.squares.Value(scale)-float64(m.N)*square)
	return m, ok, nil
}

// drawSample draws the weighted sample, in the order of the images' ids.
func (s *selection) drawSample(ctx context.Context, m kmeans.Moments, r *Report) (sample kmeans.Sample, ok bool, err error) {
	p := &s.m.Parameters
	var rows []kmeans.Drawn
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (part []kmeans.Drawn, err error) {
		err = s.eachBatch(ctx, info, s.eligibleColumns(), func(b *latents.Batch) {
			s.eligibleRows(b, func(id string, x []float32) {
				if share := m.Inclusion(squaredDistance(x, m.Mean), p.SampleSize); draw.Uniform(p.Seed, id) < share {
					part = append(part, kmeans.Drawn{ID: id, Weight: 1 / share, X: slices.Clone(x)})
				}
			})
		})
		return part, err
	}, func(part []kmeans.Drawn) { rows = append(rows, part...) })
	return kmeans.Join(rows, s.m.Space.Dimension), ok, err
}

// compareRemade holds the claimed centers against those that were made again, bit
// for bit: both sets are sorted, and what only one of them has is set side by side.
func (s *selection) compareRemade(centers []float64, r *Report) {
	d := s.m.Space.Dimension
	var claims []*claim
	for i := range s.claims {
		if s.claims[i].scope == schemas.ScopeCluster {
			claims = append(claims, &s.claims[i])
		}
	}
	of := func(c *claim) []float64 { return c.centers[schemas.CenterKMeans] }
	slices.SortFunc(claims, func(a, b *claim) int { return slices.Compare(of(a), of(b)) })
	if len(claims) != len(centers)/d {
		r.problemf(schemas.CentersParquet, "%d clusters, the latents give %d", len(claims), len(centers)/d)
	}
	var only []*claim
	var missing [][]float64
	i := 0
	for ; len(centers) > 0; centers = centers[d:] {
		for i < len(claims) && slices.Compare(of(claims[i]), centers[:d]) < 0 {
			only = append(only, claims[i])
			i++
		}
		if i < len(claims) && slices.Equal(of(claims[i]), centers[:d]) {
			i++
		} else {
			missing = append(missing, centers[:d])
		}
	}
	only = append(only, claims[i:]...)
	for i, c := range only {
		if i >= len(missing) {
			r.problemf(schemas.CentersParquet, "group %s of scope %s: kmeans is none of the centers that the latents give", c.id, c.scope)
			continue
		}
		for j, v := range of(c) {
			if want := missing[i][j]; v != want && !(math.IsNaN(v) && math.IsNaN(want)) {
				r.problemf(schemas.CentersParquet, "group %s of scope %s: coordinate %d of kmeans is %v, the latents give %v", c.id, c.scope, j, v, want)
				break
			}
		}
	}
}
