package selecting

import (
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/weighing"
	"exemplar/transforms/store"
)

// Assigned is one assignments file that is written; none, without a name, where they are
// not asked for.
type Assigned struct {
	schemas.FileInfo
	Images, Rows int64 // see schemas.AssignmentsInfo
}

// assignFn writes the assignments file of each latents file.
type assignFn struct {
	Options Options
	bundle  beamrun.Fold[[]Assigned]
	reader  centering.Reader
	all     *assignments // what files have in common
}

// assignments are what the images of all files are held against.
type assignments struct {
	o      *Options
	state  *centering.State
	groups *centering.Groups
	names  []string // of the groups
	ranks  *ranks
	ties   ties
	picks  []weighing.Set // by Options.set, as the following
	index  []*nearest.Index
}

// ProcessElement starts the work on one file.
func (f *assignFn) ProcessElement(ctx context.Context, file rows.File, centers centering.Encoded, with Ranks, parts []Ties, _ func(Assigned)) error {
	if f.all == nil {
		s, groups, err := f.reader.Read(ctx, centers)
		if err == nil {
			f.all, err = newAssignments(ctx, &f.Options, s, groups, with, parts)
		}
		if err != nil {
			return beamrun.Fail(err)
		}
	}
	all := f.all
	f.bundle.Go(ctx, func(ctx context.Context) (*[]Assigned, error) {
		written, err := all.write(ctx, file)
		return &[]Assigned{written}, err
	}, beamrun.Extend)
	return nil
}

// FinishBundle emits what was written of the bundle's files.
func (f *assignFn) FinishBundle(_ context.Context, _ centering.Encoded, _ Ranks, _ []Ties, emit func(Assigned)) error {
	f.reader.Drop()
	f.all = nil
	return beamrun.EmitAll(&f.bundle, emit)
}

func newAssignments(ctx context.Context, o *Options, s *centering.State, groups *centering.Groups, with Ranks, parts []Ties) (a *assignments, err error) {
	a = &assignments{o: o, state: s, groups: groups, names: make([]string, s.Len())}
	for _, g := range listGroups(s) {
		a.names[g.number] = g.id
	}
	if a.ranks, err = with.read(ctx, o.target(s.Len(), 0, 0)); err != nil {
		return nil, err
	}
	if a.ties, err = joinTies(ctx, parts); err != nil {
		return nil, err
	}
	if err := with.Picks.Read(ctx, func(r io.Reader) error { return gob.NewDecoder(r).Decode(&a.picks) }); err != nil {
		return nil, err
	}
	for i := range a.picks {
		a.index = append(a.index, a.picks[i].Index())
	}
	return a, nil
}

// write writes the assignments of the images of one latents file.
func (a *assignments) write(ctx context.Context, file rows.File) (done Assigned, err error) {
	if done.File, err = assignmentsOf(file.Path); err != nil {
		return done, err
	}
	out, err := outdir.Create(ctx, store.Join(a.o.Output, done.File))
	if err != nil {
		return done, err
	}
	defer out.Abort()
	f := &assigner{assignments: a, placer: newPlacer(a.o, a.state, a.groups), out: newAssignmentsWriter(out)}
	if err := rows.EachBatch(ctx, file, placedColumns, f.batch); err != nil {
		return done, err
	}
	if err := f.out.close(); err != nil {
		return done, fmt.Errorf("write %s: %w", done.File, err)
	}
	done.Images, done.Rows = f.images, f.out.rows
	done.Bytes, done.SHA256, err = out.Commit()
	return done, err
}

// assignmentsOf returns the name of the assignments file of a latents file.
func assignmentsOf(latents string) (string, error) {
	_, i, n, _, ok := schemas.ParseName(store.Base(latents))
	if !ok {
		return "", fmt.Errorf("%s has no number: a latents file is named as %s", latents, schemas.LatentsName(0, 1))
	}
	return schemas.AssignmentsName(i, n), nil
}

// assigner makes the assignments of one file.
type assigner struct {
	*assignments
	*placer
	out    *assignmentsWriter
	images int64

	near [][]int32   // by set and image of a batch: number of the nearest pick
	d2   [][]float64 // squared distance to it
}

func (f *assigner) batch(b *rows.Batch) error {
	x, n := b.X(), len(b.Eligible)
	f.images += int64(n)
	f.near, f.d2 = grown(f.near, len(f.index)), grown(f.d2, len(f.index))
	for set, index := range f.index {
		f.near[set], f.d2[set] = grown(f.near[set], n), grown(f.d2[set], n)
		if index != nil {
			index.Find(f.near[set], f.d2[set], x)
		}
	}
	return f.each(b, x, f.add)
}

// grown returns a slice of n elements, those of v where it has as many.
func grown[T any](v []T, n int) []T { return slices.Grow(v[:0], n)[:n] }

// add writes a row.
func (f *assigner) add(at placed) error {
	p := &f.assignments.o.Parameters
	rank, err := f.rank(at)
	if err != nil {
		return err
	}
	row := schemas.Assignment{ImageID: at.id, Scope: p.Scopes[at.scope], GroupID: f.names[at.group], Center: p.Centers[at.center], Metric: p.Metrics[at.metric],
		Distance: at.distance, Percentile: 100 * float64(rank) / float64(f.state.Sizes[at.group]), NearestDistance: math.NaN()}
	set := f.assignments.o.set(at.scope, at.center, at.metric)
	if f.index[set] != nil {
		row.NearestPick = f.picks[set].IDs[f.near[set][at.image]]
		row.NearestDistance = math.Sqrt(f.d2[set][at.image])
	}
	return f.out.add(row)
}

// rank returns the place of an image in its group, from 1.
func (a *assignments) rank(at placed) (int, error) {
	target := a.o.target(at.group, at.center, at.metric)
	nearer, several, found := a.ranks.count(target, at.distance)
	if several {
		var place int
		place, found = slices.BinarySearch(a.ties[tie{target, at.distance}], a.o.tied(at.id))
		nearer += place
	}
	if !found {
		return 0, fmt.Errorf("image %q is at distance %v of a center, and was elsewhere in the pass before: the latents have changed, or the machines that work on them differ; run the same command again", at.id, at.distance)
	}
	return nearer + 1, nil
}
