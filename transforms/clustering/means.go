package clustering

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/model/nearest"
	"exemplar/transforms/latents"
	"exemplar/transforms/progress"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*sumFn]())
	beam.RegisterDoFn(reflect.TypeFor[*meansFn]())
	beam.RegisterType(reflect.TypeFor[Partial]())
	beam.RegisterType(reflect.TypeFor[Solution]())
}

// GroupAll is the name of the only group of scope global.
const GroupAll = "all"

// Means takes the mean of all eligible rows, or of each label. It takes
// PCollection<File> and the one Stats and returns PCollection<Solution> of one
// element, with Groups set.
func Means(s beam.Scope, d int, byLabel bool, stats, files beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Means")
	partials := beam.ParDo(s, &sumFn{ByLabel: byLabel}, files, beam.SideInput{Input: stats})
	return beam.ParDo(s, &meansFn{D: d, ByLabel: byLabel}, stats, beam.SideInput{Input: partials})
}

type sumFn struct {
	ByLabel bool
	bundle  Bundle[sums]
}

// ProcessElement starts the sums of one file.
func (f *sumFn) ProcessElement(ctx context.Context, file File, stats Stats, _ func(Partial)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*sums, error) { return f.sum(ctx, file, stats) }, (*sums).fold)
	return nil
}

// FinishBundle emits the sums of the bundle's files.
func (f *sumFn) FinishBundle(_ context.Context, _ Stats, emit func(Partial)) error {
	return emitSums(&f.bundle, emit)
}

func emitSums(b *Bundle[sums], emit func(Partial)) error {
	total, err := b.Wait()
	if total == nil || err != nil {
		return err
	}
	emit(total.encode())
	return nil
}

func (f *sumFn) sum(ctx context.Context, file File, stats Stats) (*sums, error) {
	group := map[string]int32{}
	for i, label := range stats.Labels {
		group[label] = int32(i)
	}
	total := newSums(max(1, len(stats.Labels)), file.Dimension, stats.scale(), 0)
	zero := make([]float64, file.Dimension)
	err := EachBatch(ctx, file, latents.Labels, func(b *Batch) error {
		x := b.X()
		for i, row := range b.Eligible {
			if f.ByLabel && !b.HasLabel[row] {
				continue
			}
			v := x[i*b.D : (i+1)*b.D]
			total.add(group[b.Label[row]], v, nearest.SquaredDistance(v, zero))
		}
		progress.Add(Step, int64(b.N))
		return nil
	})
	return total, err
}

type meansFn struct {
	D       int
	ByLabel bool
}

// ProcessElement divides the sums.
func (f *meansFn) ProcessElement(stats Stats, partials []Partial) Solution {
	groups := []string{GroupAll}
	if f.ByLabel {
		groups = stats.Labels
	}
	total := joinSums(partials, len(groups), f.D, stats.scale(), 0)
	means := total.means(nil)
	// The spread around the only mean: Σ|x|² - n|mean|², which rounding may take below 0.
	square := 0.0
	for _, v := range means[:f.D] {
		square += float64(v * v)
	}
	spread := max(0, total.squares.Value(total.scale)-float64(total.counts[0])*square)
	return Solution{D: f.D, Shift: stats.Shift, Bound: stats.Bound, Centers: pack(means),
		Groups: groups, ByLabel: f.ByLabel, Eligible: stats.Eligible, Spread: spread}
}
