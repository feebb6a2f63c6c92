package selecting

import (
	"cmp"
	"context"
	"encoding/gob"
	"fmt"
	"io"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/selection/rows"
)

// Qualities are images of some files that the middles of groups are found from.
type Qualities struct{ Rows spill.Value } // []member, gob

// member is such an image, and the number of its group.
type member struct {
	Group int32
	picking.MiddleRow
}

// compare orders images, for the same bytes in any order of the files.
func (a member) compare(b member) int {
	return cmp.Or(cmp.Compare(a.Group, b.Group), slices.Compare(a.Quality, b.Quality))
}

// Middles are the middles of all groups, from which images are picked, or how the distances
// of their images spread. They are empty where images are picked by neither.
type Middles struct{ Found spill.Value } // middles, gob

// middles is the content of a Middles.
type middles struct {
	Ranges []picking.Range   // by the number of the group; nil where all images may be picked
	Found  []*schemas.Middle // by scope

	Spreads []schemas.Spread // by target; nil but of StrategyRange
}

// read returns the content.
func (m Middles) read(ctx context.Context) (*middles, error) {
	found := &middles{}
	if m.Found.File == "" && m.Found.Data == nil {
		return found, nil
	}
	return found, m.Found.Read(ctx, func(in io.Reader) error { return gob.NewDecoder(in).Decode(found) })
}

// middleReader keeps what was read last.
type middleReader struct {
	from Middles
	last *middles
}

func (r *middleReader) read(ctx context.Context, m Middles) (*middles, error) {
	if r.last != nil && r.from.Found.Equal(m.Found) {
		return r.last, nil
	}
	found, err := m.read(ctx)
	if err == nil {
		r.from, r.last = m, found
	}
	return found, err
}

// middles finds the middles of all groups, in a pass of its own: PCollection<Middles>, one
// element.
func (o Options) middles(s beam.Scope, n stages) beam.PCollection {
	s = s.Scope("selecting.Middles")
	if o.Parameters.Picking.Strategy == schemas.StrategyRange {
		return o.spreads(s, n)
	}
	if !o.Parameters.Picking.Middle() {
		return beam.Create(s, Middles{})
	}
	rows := beam.ParDo(s, &qualityFn{Options: o}, n.files, beam.SideInput{Input: n.centers})
	return beam.ParDo(s, &middleFn{Options: o}, n.centers, beam.SideInput{Input: rows})
}

// qualityFn takes the quality of images of each group.
type qualityFn struct {
	Options Options
	bundle  beamrun.Fold[[]member]
	reader  centering.Reader
}

// ProcessElement starts with one file.
func (f *qualityFn) ProcessElement(ctx context.Context, file rows.File, centers centering.Encoded, _ func(Qualities)) error {
	s, groups, err := f.reader.Read(ctx, centers)
	if err != nil {
		return beamrun.Fail(err)
	}
	f.bundle.Go(ctx, func(ctx context.Context) (*[]member, error) {
		return f.Options.qualities(ctx, file, s, groups)
	}, beamrun.Extend)
	return nil
}

// FinishBundle emits what the bundle's files have.
func (f *qualityFn) FinishBundle(ctx context.Context, _ centering.Encoded, emit func(Qualities)) error {
	f.reader.Drop()
	return beamrun.EmitOne(&f.bundle, emit, func(found *[]member) (Qualities, error) {
		slices.SortStableFunc(*found, member.compare)
		v, err := f.Options.put(ctx, "quality", *found)
		return Qualities{v}, err
	})
}

// qualities takes those of one file.
func (o *Options) qualities(ctx context.Context, file rows.File, s *centering.State, groups *centering.Groups) (*[]member, error) {
	p := &o.Parameters
	var found []member
	below := make([]float64, s.Len())
	list := listGroups(s)
	for i, limit := range picking.MiddleBelow(groupings(list)) {
		below[list[i].number] = limit
	}
	var m centering.Membership
	return &found, rows.EachBatch(ctx, file, cols, func(b *rows.Batch) error {
		groups.Assign(&m, b, b.X(), func(int) bool { return true })
		for i, row := range b.Eligible {
			id := b.ImageID[row]
			hash := picking.MiddleHash(p, id)
			_, excluded := slices.BinarySearch(p.Picking.Exclude, id)
			for _, members := range m.Groups {
				if group := members[i]; group >= 0 && hash < below[group] {
					found = append(found, member{group, picking.MiddleRow{Free: !excluded, Quality: picking.QualityOf(b.Quality[row], b.HasObject[row], b.MSE[row], b.HasMSE[row])}})
				}
			}
		}
		progress.Add(rows.Counter, int64(b.N))
		return nil
	})
}

// middleFn finds the middles.
type middleFn struct{ Options Options }

// ProcessElement puts what all files have together.
func (f *middleFn) ProcessElement(ctx context.Context, centers centering.Encoded, parts []Qualities) (Middles, error) {
	m, err := f.find(ctx, centers, parts)
	return m, beamrun.Fail(err)
}

func (f *middleFn) find(ctx context.Context, centers centering.Encoded, parts []Qualities) (m Middles, err error) {
	o := &f.Options
	s, err := centers.State(ctx)
	if err != nil {
		return m, err
	}
	all := make([][]picking.MiddleRow, s.Len())
	for _, part := range parts {
		var some []member
		if err := part.Rows.Read(ctx, func(in io.Reader) error { return gob.NewDecoder(in).Decode(&some) }); err != nil {
			return m, err
		}
		for _, one := range some {
			all[one.Group] = append(all[one.Group], one.MiddleRow)
		}
	}
	groups := listGroups(s)
	rows := make([][]picking.MiddleRow, len(groups))
	for i, g := range groups {
		rows[i] = all[g.number]
	}
	ranges, tell := picking.Middles(&o.Parameters, groupings(groups), rows)
	for i, t := range tell {
		if t == nil {
			return m, fmt.Errorf("Config.Candidates=%s: no quality column is known of all images of scope %s and differs among them: leave Config.Candidates out", o.Parameters.Picking.Candidates, o.Parameters.Scopes[i])
		}
	}
	found := middles{Ranges: make([]picking.Range, s.Len()), Found: tell}
	for i, g := range groups {
		found.Ranges[g.number] = ranges[i]
	}
	m.Found, err = o.put(ctx, "middles", &found)
	return m, err
}
