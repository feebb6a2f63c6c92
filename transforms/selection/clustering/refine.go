package clustering

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/model/nearest"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*passFn]())
	beam.RegisterDoFn(reflect.TypeFor[*updateFn]())
	beamrun.RegisterElement(reflect.TypeFor[pass]())
}

// Refine runs up to so many Lloyd passes over all eligible rows, one after
// the other in the pipeline's graph. Once a pass has left the centers unchanged
// the following ones read and write nothing. It takes PCollection<File> and a
// Solution and returns PCollection<Solution> of one element. Large values go through
// files in the folder dir.
func Refine(s beam.Scope, passes int, dir string, solution, files beam.PCollection) beam.PCollection {
	// In each, first every row is added to its nearest center's sum, then the means move.
	return beamrun.Passes(s.Scope("clustering.Refine"), passes, func() (pass, update any) { return &passFn{Dir: dir}, &updateFn{Dir: dir} }, solution, files)
}

// maxRepairs bounds the empty clusters that one pass can move to far rows.
const maxRepairs = 64

// pass is what the files of a bundle add to a solution.
type pass struct {
	From Solution
	Sums []Partial // none where From has converged
}

type passFn struct {
	Dir    string
	bundle beamrun.Fold[kmeans.Sums]
	spare  spares
	from   *Solution // nil before the first file

	centers  *nearest.Index // of the solution with these centers
	solution spill.Value
}

// ProcessElement starts the assignment of one file's rows.
func (f *passFn) ProcessElement(ctx context.Context, file rows.File, s Solution, _ func(pass)) error {
	f.from = &s
	if s.Converged {
		progress.Add(rows.Counter, file.Rows)
		return nil
	}
	if f.centers == nil || !f.solution.Equal(s.Centers) {
		index, err := s.index(ctx)
		if err != nil {
			return beamrun.Fail(err)
		}
		f.centers, f.solution = index, s.Centers
	}
	centers := f.centers
	f.bundle.Go(ctx, func(ctx context.Context) (*kmeans.Sums, error) { return f.pass(ctx, file, s, centers) }, f.spare.fold)
	return nil
}

// FinishBundle emits the sums of the bundle's files.
func (f *passFn) FinishBundle(ctx context.Context, _ Solution, emit func(pass)) error {
	f.centers, f.solution = nil, spill.Value{} // here and below: the runner keeps f
	defer func() { f.spare.list, f.from = nil, nil }()
	if f.from == nil {
		return nil
	}
	p := pass{From: *f.from}
	err := emitSums(ctx, &f.bundle, f.Dir, func(sums Partial) { p.Sums = append(p.Sums, sums) })
	if err == nil {
		emit(p)
	}
	return err
}

func (f *passFn) pass(ctx context.Context, file rows.File, s Solution, centers *nearest.Index) (*kmeans.Sums, error) {
	total := f.spare.take(centers.Len(), s.D, s.Scale(), min(s.K, maxRepairs))
	var groups []int32
	var d2 []float64
	err := rows.EachBatch(ctx, file, 0, func(b *rows.Batch) error {
		x, n := b.X(), len(b.Eligible)
		groups, d2 = slices.Grow(groups[:0], n)[:n], slices.Grow(d2[:0], n)[:n]
		centers.Find(groups, d2, x)
		for i, group := range groups {
			total.Add(group, x[i*s.D:(i+1)*s.D], d2[i])
		}
		progress.Add(rows.Counter, int64(b.N))
		return nil
	})
	return total, err
}

type updateFn struct{ Dir string }

// ProcessElement moves the centers to the means of their rows. The center of an
// empty cluster moves to one of the rows farthest from their centers.
func (f *updateFn) ProcessElement(ctx context.Context, _ []byte, passes []pass) (Solution, error) {
	if len(passes) == 0 {
		return Solution{}, beamrun.Fail(errors.New("no file of latents was read"))
	}
	s := passes[0].From
	if s.Converged {
		return s, nil
	}
	var partials []Partial
	for _, p := range passes {
		partials = append(partials, p.Sums...)
	}
	next, err := f.update(ctx, s, partials)
	return next, beamrun.Fail(err)
}

func (f *updateFn) update(ctx context.Context, s Solution, partials []Partial) (Solution, error) {
	total, err := joinSums(ctx, partials, s.Groups, s.D, s.Scale(), min(s.K, maxRepairs))
	if err != nil {
		return s, err
	}
	means := total.Means()
	missing := s.K - len(means)/s.D
	next := s
	if err := next.put(ctx, f.Dir, kmeans.SortRows(append(means, total.Far.Rows(missing)...), s.D)); err != nil {
		return s, err
	}
	next.Converged = next.Centers.Equal(s.Centers)
	next.Passes++
	// Of this pass, its input may be wanted once more; of the one before nothing is,
	// for all bundles of this one have read what it led to.
	inputs := []spill.Value{s.Centers}
	for _, p := range partials {
		inputs = append(inputs, p.Sums)
	}
	next.Stale = spill.Files(inputs...)
	return next, spill.Remove(ctx, s.Stale, append(inputs, next.Centers, s.Saved)...)
}
