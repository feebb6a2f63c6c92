package querying

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/kmeans"
)

// Step names this step and its progress counter.
const Step = "query"

// filesAhead is how many files are open beside those that are worked on.
func filesAhead() int { return runtime.GOMAXPROCS(0) }

// found is an image of a list, and by which number it is there.
type found struct {
	id    string
	value float64
	at    spot
}

// compareFound orders by value, then by image id.
func compareFound(a, b found) int {
	return cmp.Or(cmp.Compare(a.value, b.value), strings.Compare(a.id, b.id), cmp.Compare(a.at.file, b.at.file), cmp.Compare(a.at.row, b.at.row))
}

// lists are the first images of several orders, each sorted.
type lists [][]found

// offer keeps an image in list i where it is one of the first top.
func (l lists) offer(i int, f found, top int) { l[i], _ = nearest.Keep(l[i], f, top, compareFound) }

// wants reports whether an image of that value may be one of the first top of list i.
func (l lists) wants(i int, value float64, top int) bool {
	return len(l[i]) < top || value <= l[i][len(l[i])-1].value
}

// scan reads every file once, checks that it is the one that was encoded, and returns the
// first top images of n orders; visit offers those of a batch.
func (in *input) scan(ctx context.Context, n, top int, cols latents.Columns, visit func(l lists, file int, b *latents.Batch) error) (lists, error) {
	meter := progress.Start(Step, in.manifest.Rows, "rows")
	defer meter.Stop()
	all := make(lists, n)
	for part, err := range parallel.EachComputed(ctx, len(in.files), filesAhead(), func(ctx context.Context, i int) (lists, error) {
		if err := in.files[i].CheckSum(ctx); err != nil {
			return nil, err
		}
		part := make(lists, n)
		var bad error
		err := in.eachBatch(ctx, i, cols, func(b *latents.Batch) bool {
			bad = visit(part, i, b)
			progress.Add(Step, int64(b.N))
			return bad == nil
		})
		return part, cmp.Or(err, bad)
	}) {
		if err != nil {
			return nil, err
		}
		for i, list := range part {
			for _, f := range list {
				all.offer(i, f, top)
			}
		}
	}
	return all, nil
}

// neighbors finds the images nearest to one, a list for each metric, and how many have no
// direction.
func (in *input) neighbors(ctx context.Context, q *query, p schemas.QueryParameters) (l lists, zero int64, err error) {
	m := newMeasure(q.x)
	l, err = in.scan(ctx, len(p.Metrics), p.Top, latents.IDs|latents.Embedding, func(l lists, file int, b *latents.Batch) error {
		return m.batch(l, file, b, q.id, p)
	})
	return l, m.zero.Load(), err
}

// measure holds the image that others are compared with.
type measure struct {
	x    []float32
	wide []float64
	norm float64
	zero atomic.Int64 // rows without a direction, where the cosine is measured
}

func newMeasure(x []float32) *measure {
	m := &measure{x: x, wide: nearest.Widen(x)}
	m.norm = kmeans.Norm(m.wide)
	return m
}

// batch offers the images of a batch, but that of an id.
func (m *measure) batch(l lists, file int, b *latents.Batch, without string, p schemas.QueryParameters) error {
	for i, metric := range p.Metrics {
		for k, distance := range m.distances(metric, b) {
			if distance-distance != 0 {
				return fmt.Errorf("row %d of file %d of the latents holds a number that is not finite: encode again", b.First+int64(k), file)
			}
			if l.wants(i, distance, p.Top) && (without == "" || b.ImageID[k] != without) {
				l.offer(i, found{strings.Clone(b.ImageID[k]), distance, spot{file, b.First + int64(k)}}, p.Top)
			}
		}
	}
	return nil
}

// distances returns those of the rows of a batch, by the formulas of package kmeans. A row
// that equals the image is at distance 0, where the cosine is off by its rounding.
func (m *measure) distances(metric string, b *latents.Batch) []float64 {
	list, d := make([]float64, b.N), len(m.x)
	if metric == schemas.MetricEuclidean {
		nearest.SquaredDistances(list, b.Embedding[:b.N*d], m.wide)
		for k, square := range list {
			list[k] = math.Sqrt(square)
		}
		return list
	}
	for k := range list {
		row := b.Embedding[k*d : (k+1)*d]
		norm := kmeans.Norm(row)
		if norm == 0 {
			m.zero.Add(1)
		}
		list[k] = kmeans.DistanceOf(metric, row, m.wide, norm, m.norm)
		if list[k] < 1e-12 && slices.Equal(row, m.x) {
			list[k] = 0
		}
	}
	return list
}

// tails finds the images that are reconstructed best and worst: a list for each of
// schemas.Ends, the worst with their errors negated.
func (in *input) tails(ctx context.Context, top int) (lists, error) {
	return in.scan(ctx, len(schemas.Ends), top, latents.IDs|latents.MSE, func(l lists, file int, b *latents.Batch) error {
		for k, mse := range b.MSE[:b.N] {
			v := float64(mse)
			switch {
			case !b.HasMSE[k]:
				return fmt.Errorf("image %q has no %s: encode again with encoding.Config.Reconstruct", b.ImageID[k], schemas.ColMSE)
			case v-v != 0:
				return fmt.Errorf("image %q has an %s of %v: encode again", b.ImageID[k], schemas.ColMSE, mse)
			}
			for i, value := range []float64{v, -v} {
				if l.wants(i, value, top) {
					l.offer(i, found{strings.Clone(b.ImageID[k]), value, spot{file, b.First + int64(k)}}, top)
				}
			}
		}
		return nil
	})
}
