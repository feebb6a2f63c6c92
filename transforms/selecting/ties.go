package selecting

import (
	"cmp"
	"context"
	"encoding/gob"
	"io"
	"maps"
	"slices"

	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/rows"
)

// Ties are the images of some files that share their distance with others of their
// group: ties.
type Ties struct{ Images spill.Value }

// tie is a distance of a target at which there are several images.
type tie struct {
	Target   int
	Distance float64
}

// ties are the images at each of them, as tied writes them.
type ties map[tie][]string

// tied makes the ids of images at one distance sort as they are ranked: those that the
// user excluded are behind the others.
func (o *Options) tied(id string) string {
	if _, excluded := slices.BinarySearch(o.Parameters.Picking.Exclude, id); excluded {
		return "1" + id
	}
	return "0" + id
}

// fold adds the images of other files.
func (t ties) fold(from ties) {
	for at, ids := range from {
		t[at] = append(t[at], ids...)
	}
}

// sort puts the images of each tie in their order.
func (t ties) sort() {
	for _, ids := range t {
		slices.Sort(ids)
	}
}

// tiedImages is a tie on its way.
type tiedImages struct {
	At  tie
	IDs []string
}

// write encodes the ties, a message each, in an order of their own.
func (t ties) write(w io.Writer) error {
	enc := gob.NewEncoder(w)
	for _, at := range slices.SortedFunc(maps.Keys(t), func(a, b tie) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Distance, b.Distance))
	}) {
		if err := enc.Encode(tiedImages{at, t[at]}); err != nil {
			return err
		}
	}
	return nil
}

// read adds encoded ties.
func (t ties) read(r io.Reader) error {
	dec := gob.NewDecoder(r)
	for {
		var one tiedImages
		if err := dec.Decode(&one); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		t[one.At] = append(t[one.At], one.IDs...)
	}
}

// joinTies puts the ties of all files together.
func joinTies(ctx context.Context, parts []Ties) (ties, error) {
	all := ties{}
	for _, part := range parts {
		if err := part.Images.Read(ctx, all.read); err != nil {
			return nil, err
		}
	}
	all.sort()
	return all, nil
}

// tiesFn finds the images at distances that several images have. Where there are none, it
// reads nothing.
type tiesFn struct {
	Options Options
	bundle  beamrun.Fold[ties]
	reader  centering.Reader
}

// ProcessElement starts the search through one file.
func (f *tiesFn) ProcessElement(ctx context.Context, file rows.File, centers centering.Encoded, with Ranks, _ func(Ties)) error {
	if !with.Tied {
		return nil
	}
	s, groups, err := f.reader.Read(ctx, centers)
	if err != nil {
		return beamrun.Fail(err)
	}
	r, err := with.read(ctx, f.Options.target(s.Len(), 0, 0))
	if err != nil {
		return beamrun.Fail(err)
	}
	f.bundle.Go(ctx, func(ctx context.Context) (*ties, error) {
		found, p := ties{}, newPlacer(&f.Options, s, groups)
		return &found, rows.EachBatch(ctx, file, placedColumns, func(b *rows.Batch) error {
			return p.each(b, b.X(), func(at placed) error {
				target := f.Options.target(at.group, at.center, at.metric)
				if _, several, _ := r.count(target, at.distance); several {
					key := tie{target, at.distance}
					found[key] = append(found[key], f.Options.tied(at.id))
				}
				return nil
			})
		})
	}, func(into, from *ties) { into.fold(*from) })
	return nil
}

// FinishBundle emits the images of the bundle's files.
func (f *tiesFn) FinishBundle(ctx context.Context, _ centering.Encoded, _ Ranks, emit func(Ties)) error {
	f.reader.Drop()
	return beamrun.EmitOne(&f.bundle, emit, func(found *ties) (Ties, error) {
		found.sort()
		v, err := spill.Put(ctx, f.Options.state(), "ties", found.write)
		return Ties{v}, err
	})
}
