package centering

import (
	"context"
	"errors"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

// Passes returns the number of passes that the centers wanted take at most.
func (c Config) Passes() int {
	n := 1
	if c.wants(schemas.CenterMedian) {
		n = max(n, maxMedianPasses)
	}
	if c.wants(schemas.CenterGeometricMedian, schemas.CenterMedoid) {
		n = max(n, 1+MaxSteps)
	}
	if c.wants(schemas.CenterMedoid) {
		n = max(n, 1+MaxSteps+2)
	}
	return n
}

// Begin lays out the groups. It takes the one clustering.Stats and the
// clustering.Solution, which may be empty where cluster is none of the scopes, and
// returns PCollection<Encoded> of one State.
func Begin(s beam.Scope, c Config, stats, clusters beam.PCollection) beam.PCollection {
	return beam.ParDo(s.Scope("centering.Begin"), &startFn{Config: c}, stats, beam.SideInput{Input: clusters})
}

// Find runs some passes, c.Passes from the first one on find the centers of all groups.
// It takes PCollection<rows.File> and PCollection<Encoded> of one State, which it
// returns as the passes leave it.
func Find(s beam.Scope, c Config, passes int, state, files beam.PCollection) beam.PCollection {
	// In each, first every row adds what its groups' centers need, then these move.
	return beamrun.Passes(s.Scope("centering.Find"), passes, func() (pass, update any) { return &passFn{Dir: c.Dir}, &stepFn{Dir: c.Dir} }, state, files)
}

// tally is what the rows of some files add to a state in one pass. What the
// pass does not look for is nil.
type tally struct {
	Sums      *kmeans.Sums
	Clusters  []int64 // images of the clusters, where these are crossed
	Median    *bins
	Geometric *accumulators
	Nearest   *nearRows
	Totals    *totals
}

// open returns an empty tally of what is still to be found.
func (s *State) open() *tally {
	t := &tally{}
	if s.Sizes == nil {
		t.Sums = kmeans.NewSums(s.Len(), s.D, s.Scale, 0)
		if n := s.crossed(); n > 0 {
			t.Clusters = make([]int64, n)
		}
	}
	if s.Median != nil && !s.Median.done() {
		t.Median = s.Median.open(s.D)
	}
	if s.Sizes == nil || s.Geometric == nil {
		return t
	}
	if !s.Geometric.done() {
		t.Geometric = s.Geometric.open(s)
	} else if s.Medoid != nil && s.Medoid.Lists == nil {
		t.Nearest = s.Medoid.open(s)
	} else if s.Medoid != nil && !s.Medoid.done() {
		t.Totals = s.Medoid.openTotals(s)
	}
	return t
}

// wants reports whether the pass needs the rows of a scope: only the geometric
// medians of some groups may be left.
func (t *tally) wants(s *State, scope Scope) bool {
	if t.Geometric == nil || t.Median != nil {
		return true
	}
	for g := scope.First; g < scope.First+scope.Len; g++ {
		if !s.Geometric.Paths[g].Done {
			return true
		}
	}
	return false
}

// add adds one row of a group.
func (t *tally) add(group int32, x []float32, id string) {
	g := int(group)
	if t.Sums != nil {
		t.Sums.Add(group, x, 0) // nobody asks for their squares
	}
	if t.Median != nil {
		t.Median.add(g, x)
	}
	if t.Geometric != nil {
		t.Geometric.add(g, x)
	}
	if t.Nearest != nil {
		t.Nearest.add(g, x, id)
	}
	if t.Totals != nil {
		t.Totals.add(g, x)
	}
}

// fold adds the tally of other rows.
func (t *tally) fold(o *tally) {
	if t.Sums != nil {
		t.Sums.Fold(o.Sums)
		kmeans.AddAll(t.Clusters, o.Clusters)
	}
	if t.Median != nil {
		t.Median.fold(o.Median)
	}
	if t.Geometric != nil {
		t.Geometric.fold(o.Geometric)
	}
	if t.Nearest != nil {
		t.Nearest.fold(o.Nearest)
	}
	if t.Totals != nil {
		t.Totals.fold(o.Totals)
	}
}

// take moves the centers by the tally of all rows.
func (s *State) take(t *tally) {
	if t.Sums != nil {
		s.takeMeans(t.Sums)
		s.Clustered = t.Clusters
		if s.Geometric != nil {
			s.Geometric.start(s)
		}
	}
	if t.Median != nil {
		s.Median.take(s.Sizes, t.Median)
	}
	if t.Geometric != nil {
		s.Geometric.take(s, t.Geometric)
	}
	if t.Nearest != nil {
		s.Medoid.takeNearest(t.Nearest)
	}
	if t.Totals != nil {
		s.Medoid.takeTotals(s, t.Totals)
	}
	s.Passes++
}

// pass is what the files of a bundle add to a state.
type pass struct {
	From  Encoded
	Tally spill.Value // encoding/gob; nothing where From is done
}

type passFn struct {
	Dir    string
	bundle beamrun.Fold[tally]
	reader Reader
	from   *Encoded // nil before the first file
}

// ProcessElement starts the pass over one file.
func (f *passFn) ProcessElement(ctx context.Context, file rows.File, e Encoded, _ func(pass)) error {
	f.from = &e
	if e.Done {
		progress.Add(rows.Counter, file.Rows)
		return nil
	}
	state, groups, err := f.reader.Read(ctx, e)
	if err != nil {
		return beamrun.Fail(err)
	}
	f.bundle.Go(ctx, func(ctx context.Context) (*tally, error) { return f.pass(ctx, file, state, groups) }, (*tally).fold)
	return nil
}

// FinishBundle emits the tally of the bundle's files.
func (f *passFn) FinishBundle(ctx context.Context, _ Encoded, emit func(pass)) error {
	f.reader.Drop()
	defer func() { f.from = nil }() // the runner keeps f
	t, err := f.bundle.Wait()
	if f.from == nil || err != nil {
		return err
	}
	p := pass{From: *f.from}
	if t != nil {
		if p.Tally, err = encode(ctx, f.Dir, t); err != nil {
			return beamrun.Fail(err)
		}
	}
	emit(p)
	return nil
}

func (f *passFn) pass(ctx context.Context, file rows.File, s *State, groups *Groups) (*tally, error) {
	t := s.open()
	wanted := make([]bool, len(s.Scopes))
	for i, scope := range s.Scopes {
		wanted[i] = t.wants(s, scope)
	}
	var m Membership
	err := rows.EachBatch(ctx, file, latents.IDs|Columns, func(b *rows.Batch) error {
		x := b.X()
		groups.Assign(&m, b, x, func(scope int) bool { return wanted[scope] })
		if t.Clusters != nil {
			for _, cluster := range m.Clusters {
				t.Clusters[cluster]++
			}
		}
		for scope, ok := range wanted {
			for i, row := range b.Eligible {
				if ok && m.Groups[scope][i] >= 0 {
					t.add(m.Groups[scope][i], x[i*s.D:(i+1)*s.D], b.ImageID[row])
				}
			}
		}
		progress.Add(rows.Counter, int64(b.N))
		return nil
	})
	return t, err
}

type stepFn struct{ Dir string }

// ProcessElement moves the centers.
func (f *stepFn) ProcessElement(ctx context.Context, _ []byte, passes func(*pass) bool) (Encoded, error) {
	first := pass{}
	if !passes(&first) {
		return first.From, beamrun.Fail(errors.New("no file of latents was read"))
	}
	if first.From.Done {
		return first.From, nil
	}
	next, err := f.step(ctx, first, passes)
	return next, beamrun.Fail(err)
}

func (f *stepFn) step(ctx context.Context, p pass, others func(*pass) bool) (next Encoded, err error) {
	from, s := p.From, &State{}
	if err := decode(ctx, from.Value, s); err != nil {
		return next, err
	}
	total := s.open()
	inputs := []spill.Value{from.Value}
	for ok := true; ok; ok = others(&p) {
		var t tally
		if err := decode(ctx, p.Tally, &t); err != nil {
			return next, err
		}
		total.fold(&t)
		inputs = append(inputs, p.Tally)
	}
	s.take(total)
	next.Done, next.Passes, next.Saved = s.Done(), s.Passes, from.Saved
	if next.Value, err = encode(ctx, f.Dir, s); err != nil {
		return next, err
	}
	// What this pass began with may be wanted once more, but nothing of the one before.
	next.Stale = spill.Files(inputs...)
	return next, spill.Remove(ctx, from.Stale, append(inputs, next.Value, from.Saved)...)
}
