package clustering

import (
	"bytes"
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/progress"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*passFn]())
	beam.RegisterDoFn(reflect.TypeFor[*updateFn]())
}

// Refine runs up to maxPasses Lloyd passes over all eligible rows, one after
// the other in the pipeline's graph. Once a pass has left the centres unchanged
// the following ones read nothing. It takes PCollection<File> and a Solution and
// returns PCollection<Solution> of one element.
func Refine(s beam.Scope, maxPasses int, solution, files beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Refine")
	for i := range maxPasses {
		pass := s.Scope(fmt.Sprintf("pass%d", i+1))
		// First every row is added to its nearest centre's sum, then the means move.
		partials := beam.ParDo(pass, &passFn{}, files, beam.SideInput{Input: solution})
		solution = beam.ParDo(pass, &updateFn{}, solution, beam.SideInput{Input: partials})
	}
	return solution
}

// maxRepairs bounds the empty clusters that one pass can move to far rows.
const maxRepairs = 64

type passFn struct {
	bundle Bundle[sums]
	spare  spares

	centers  *Grouping // of the solution that is packed in from
	solution []byte
}

// ProcessElement starts the assignment of one file's rows.
func (f *passFn) ProcessElement(ctx context.Context, file File, s Solution, _ func(Partial)) error {
	if s.Converged {
		progress.Add(Step, file.Rows)
		return nil
	}
	if f.centers == nil || !bytes.Equal(f.solution, s.Centers) {
		f.centers, f.solution = s.Grouping(), s.Centers
	}
	centers := f.centers
	f.bundle.Go(ctx, func(ctx context.Context) (*sums, error) { return f.pass(ctx, file, s, centers) }, f.spare.fold)
	return nil
}

// FinishBundle emits the sums of the bundle's files.
func (f *passFn) FinishBundle(_ context.Context, _ Solution, emit func(Partial)) error {
	defer func() { f.centers, f.solution, f.spare.list = nil, nil, nil }() // the runner keeps f
	return emitSums(&f.bundle, emit)
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

type updateFn struct{}

// ProcessElement moves the centres to the means of their rows. The centre of an
// empty cluster moves to one of the rows farthest from their centres.
func (f *updateFn) ProcessElement(s Solution, partials []Partial) Solution {
	if s.Converged {
		return s
	}
	groups := len(s.Centers) / 8 / s.D
	total := joinSums(partials, groups, s.D, s.Scale(), min(s.K, maxRepairs))
	means := total.means(nil)
	missing := s.K - len(means)/s.D
	next := pack(sortRows(append(means, total.far.rows(missing)...), s.D))
	s.Converged = bytes.Equal(next, s.Centers)
	s.Centers = next
	s.Passes++
	return s
}
