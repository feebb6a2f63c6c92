package clustering

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/bulk"
	"exemplar/transforms/engine"
	"exemplar/transforms/progress"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*passFn]())
	beam.RegisterDoFn(reflect.TypeFor[*updateFn]())
}

// Refine runs up to maxPasses Lloyd passes over all eligible rows, one after
// the other in the pipeline's graph. Once a pass has left the centres unchanged
// the following ones read and write nothing. It takes PCollection<File> and a
// Solution and returns PCollection<Solution> of one element. Large values go through
// files in the folder dir.
func Refine(s beam.Scope, maxPasses int, dir string, solution, files beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Refine")
	for i := range maxPasses {
		pass := s.Scope(fmt.Sprintf("pass%d", i+1))
		// First every row is added to its nearest centre's sum, then the means move.
		partials := beam.ParDo(pass, &passFn{Dir: dir}, files, beam.SideInput{Input: solution})
		solution = beam.ParDo(pass, &updateFn{Dir: dir}, solution, beam.SideInput{Input: partials})
	}
	return solution
}

// maxRepairs bounds the empty clusters that one pass can move to far rows.
const maxRepairs = 64

type passFn struct {
	Dir    string
	bundle Bundle[sums]
	spare  spares

	centers  *Grouping // of the solution with these centres
	solution bulk.Value
}

// ProcessElement starts the assignment of one file's rows.
func (f *passFn) ProcessElement(ctx context.Context, file File, s Solution, _ func(Partial)) error {
	if s.Converged {
		progress.Add(Step, file.Rows)
		return nil
	}
	if f.centers == nil || !f.solution.Equal(s.Centers) {
		g, err := s.Grouping(ctx)
		if err != nil {
			return engine.Fail(err)
		}
		f.centers, f.solution = g, s.Centers
	}
	centers := f.centers
	f.bundle.Go(ctx, func(ctx context.Context) (*sums, error) { return f.pass(ctx, file, s, centers) }, f.spare.fold)
	return nil
}

// FinishBundle emits the sums of the bundle's files.
func (f *passFn) FinishBundle(ctx context.Context, _ Solution, emit func(Partial)) error {
	f.centers, f.solution = nil, bulk.Value{} // here and below: the runner keeps f
	defer func() { f.spare.list = nil }()
	return emitSums(ctx, &f.bundle, f.Dir, emit)
}

func (f *passFn) pass(ctx context.Context, file File, s Solution, g *Grouping) (*sums, error) {
	total := f.spare.take(g.Len(), s.D, s.Scale(), min(s.K, maxRepairs))
	var groups []int32
	var d2 []float64
	err := EachBatch(ctx, file, 0, func(b *Batch) error {
		x := b.X()
		groups, d2 = g.Assign(b, x, groups, d2)
		for i, group := range groups {
			total.add(group, x[i*s.D:(i+1)*s.D], d2[i])
		}
		progress.Add(Step, int64(b.N))
		return nil
	})
	return total, err
}

type updateFn struct{ Dir string }

// ProcessElement moves the centres to the means of their rows. The centre of an
// empty cluster moves to one of the rows farthest from their centres.
func (f *updateFn) ProcessElement(ctx context.Context, s Solution, partials []Partial) (Solution, error) {
	if s.Converged {
		return s, nil
	}
	next, err := f.update(ctx, s, partials)
	if err != nil {
		return s, engine.Fail(err)
	}
	return next, nil
}

func (f *updateFn) update(ctx context.Context, s Solution, partials []Partial) (Solution, error) {
	total, err := joinSums(ctx, partials, s.Groups, s.D, s.Scale(), min(s.K, maxRepairs))
	if err != nil {
		return s, err
	}
	means := total.means()
	missing := s.K - len(means)/s.D
	next := s
	if err := next.put(ctx, f.Dir, sortRows(append(means, total.far.rows(missing)...), s.D)); err != nil {
		return s, err
	}
	next.Converged = next.Centers.Equal(s.Centers)
	next.Passes++
	// Of this pass, its input may be wanted once more; of the one before nothing is,
	// for all bundles of this one have read what it led to.
	inputs := []bulk.Value{s.Centers}
	for _, p := range partials {
		inputs = append(inputs, p.Sums)
	}
	next.Stale = bulk.Files(inputs...)
	return next, bulk.Remove(ctx, s.Stale, append(inputs, next.Centers)...)
}
