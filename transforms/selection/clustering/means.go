package clustering

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/model/nearest"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*sumFn]())
	beam.RegisterDoFn(reflect.TypeFor[*meanFn]())
	beamrun.RegisterElement(reflect.TypeFor[Partial]())
	beamrun.RegisterElement(reflect.TypeFor[Solution]())
}

// Mean takes the mean of all eligible rows, which the seeding sample is drawn
// around. It takes PCollection<File> and the one Stats and returns
// PCollection<Solution> of one element, whose only center is the mean. Large values
// go through files in the folder dir.
func Mean(s beam.Scope, d int, dir string, stats, files beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Mean")
	partials := beam.ParDo(s, &sumFn{Dir: dir}, files, beam.SideInput{Input: stats})
	return beam.ParDo(s, &meanFn{D: d, Dir: dir}, stats, beam.SideInput{Input: partials})
}

type sumFn struct {
	Dir    string
	bundle beamrun.Fold[kmeans.Sums]
}

// ProcessElement starts the sums of one file.
func (f *sumFn) ProcessElement(ctx context.Context, file rows.File, stats Stats, _ func(Partial)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*kmeans.Sums, error) { return f.sum(ctx, file, stats) }, (*kmeans.Sums).Fold)
	return nil
}

// FinishBundle emits the sums of the bundle's files.
func (f *sumFn) FinishBundle(ctx context.Context, _ Stats, emit func(Partial)) error {
	return emitSums(ctx, &f.bundle, f.Dir, emit)
}

func emitSums(ctx context.Context, b *beamrun.Fold[kmeans.Sums], dir string, emit func(Partial)) error {
	return beamrun.EmitOne(b, emit, func(s *kmeans.Sums) (Partial, error) { return putSums(ctx, dir, s) })
}

func (f *sumFn) sum(ctx context.Context, file rows.File, stats Stats) (*kmeans.Sums, error) {
	total := kmeans.NewSums(1, file.D(), stats.Scale(), 0)
	zero := make([]float64, file.D())
	err := rows.EachBatch(ctx, file, 0, func(b *rows.Batch) error {
		x := b.X()
		for ; len(x) > 0; x = x[b.D:] {
			total.Add(0, x[:b.D], nearest.SquaredDistance(x[:b.D], zero))
		}
		progress.Add(rows.Counter, int64(b.N))
		return nil
	})
	return total, err
}

type meanFn struct {
	D   int
	Dir string
}

// ProcessElement divides the sums.
func (f *meanFn) ProcessElement(ctx context.Context, stats Stats, partials []Partial) (Solution, error) {
	s, err := f.mean(ctx, stats, partials)
	return s, beamrun.Fail(err)
}

func (f *meanFn) mean(ctx context.Context, stats Stats, partials []Partial) (Solution, error) {
	total, err := joinSums(ctx, partials, 1, f.D, stats.Scale(), 0)
	if err != nil {
		return Solution{}, err
	}
	mean := total.Means()
	// The spread: Σ|x|² - n|mean|², which rounding may take below 0.
	square := 0.0
	for _, v := range mean {
		square += float64(v * v)
	}
	spread := max(0, total.Squares.Value(total.Scale)-float64(float64(total.Counts[0])*square))
	s := Solution{D: f.D, Shift: stats.Shift, Bound: stats.Bound, Eligible: stats.Eligible, Spread: spread}
	return s, s.put(ctx, f.Dir, mean)
}
