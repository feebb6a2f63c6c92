package selecting

import (
	"cmp"
	"context"
	"encoding/gob"
	"io"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/selection/rows"
)

// Candidates are the candidates of each target over some files: a pool, see write.
type Candidates struct {
	Pool      spill.Value
	Distances spill.Value // of all images, where assignments are asked for: writeLists
}

// pool is the content of a Candidates. A target is one center of one group by
// one metric; Options.target numbers them.
type pool struct {
	Targets []picking.Listed
	Squares kmeans.WideSum // of squared distances to the clusters' centers

	trim      bool        // Targets keep no distances that no percentile needs
	keep      []int       // candidates a target
	below     []float64   // what the keys of a target's candidates are below
	distances [][]float64 // of all images by target; nil where no assignments are asked for
}

// target returns the number of a target.
func (o *Options) target(group, center, metric int) int {
	return (group*len(o.Parameters.Centers)+center)*len(o.Parameters.Metrics) + metric
}

// newPool returns a pool for all targets.
func (o *Options) newPool(s *centering.State) *pool {
	n := o.target(s.Len(), 0, 0)
	p := &pool{Targets: make([]picking.Listed, n), trim: o.Parameters.Picking.Middle(), keep: make([]int, n), below: make([]float64, n)}
	if o.Parameters.Assignments {
		p.distances = make([][]float64, n)
	}
	groups := listGroups(s)
	keep, below := picking.Keep(&o.Parameters, groupings(groups), s.D), picking.Below(&o.Parameters, groupings(groups))
	for g := range groups {
		for t := range o.target(1, 0, 0) {
			target := o.target(groups[g].number, 0, 0) + t
			p.keep[target], p.below[target] = keep[g], below[g]
		}
	}
	return p
}

// byKey orders candidates as pools have them.
func byKey(a, b picking.Entry) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), strings.Compare(a.ImageID, b.ImageID))
}

// wants reports whether a candidate would be kept.
func (c *pool) wants(target int, key float64, id string) bool {
	list := c.Targets[target].Pool
	if key >= c.below[target] {
		return false
	}
	return len(list) < c.keep[target] || byKey(picking.Entry{Key: key, Pick: schemas.Pick{ImageID: id}}, list[len(list)-1]) < 0
}

// offer keeps a candidate if it is among the first of its target.
func (c *pool) offer(target int, e picking.Entry) {
	list := &c.Targets[target].Pool
	*list, _ = nearest.Keep(*list, e, c.keep[target], byKey)
}

// fold adds the candidates of other files.
func (c *pool) fold(o *pool) {
	for i := range o.Targets {
		c.foldTarget(i, &o.Targets[i])
	}
	for i := range o.distances {
		c.distances[i] = append(c.distances[i], o.distances[i]...)
	}
	c.Squares.Merge(o.Squares)
}

// foldTarget adds the candidates of other files for one target.
func (c *pool) foldTarget(target int, from *picking.Listed) {
	for _, e := range from.Pool {
		if c.wants(target, e.Key, e.ImageID) {
			c.offer(target, e)
		}
	}
	into := &c.Targets[target]
	into.Fixed = append(into.Fixed, from.Fixed...)
	into.Excluded = append(into.Excluded, from.Excluded...)
	into.Values = picking.Merge(into.Values, from.Values)
	into.FoldAt(from, c.keep[target])
	if c.trim {
		into.Trim(c.keep[target])
	}
}

// write encodes the pool, a message a target: there may be 100,000 of them, and
// gob keeps a whole message in memory.
func (c *pool) write(w io.Writer) error {
	enc := gob.NewEncoder(w)
	err := enc.Encode(c.Squares)
	for i := 0; i < len(c.Targets) && err == nil; i++ {
		err = enc.Encode(&c.Targets[i])
	}
	return err
}

// read adds an encoded pool, target by target. One image has one vector in all the
// targets of a group, of which there are so many one after the other.
func (c *pool) read(r io.Reader, group int) error {
	dec := gob.NewDecoder(r)
	var squares kmeans.WideSum
	if err := dec.Decode(&squares); err != nil {
		return err
	}
	c.Squares.Merge(squares)
	vectors := map[string][]float32{}
	for i := range c.Targets {
		if i%group == 0 {
			clear(vectors)
		}
		var l picking.Listed
		if err := dec.Decode(&l); err != nil {
			return err
		}
		for _, list := range l.Entries() {
			for j, e := range list {
				if x := vectors[e.ImageID]; x != nil {
					list[j].X = x
				} else {
					vectors[e.ImageID] = e.X
				}
			}
		}
		c.foldTarget(i, &l)
	}
	return nil
}

// joinPools puts the candidates of all files together.
func joinPools(ctx context.Context, o *Options, s *centering.State, parts []Candidates) (*pool, error) {
	total := o.newPool(s)
	for _, part := range parts {
		if err := part.Pool.Read(ctx, func(r io.Reader) error { return total.read(r, o.target(1, 0, 0)) }); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// nearFn offers the images of files to all targets.
type nearFn struct {
	Options Options
	bundle  beamrun.Fold[pool]
	reader  centering.Reader
	middles middleReader
}

// ProcessElement starts the search through one file.
func (f *nearFn) ProcessElement(ctx context.Context, file rows.File, centers centering.Encoded, limits Middles, _ func(Candidates)) error {
	s, groups, err := f.reader.Read(ctx, centers)
	if err != nil {
		return beamrun.Fail(err)
	}
	middles, err := f.middles.read(ctx, limits)
	if err != nil {
		return beamrun.Fail(err)
	}
	f.bundle.Go(ctx, func(ctx context.Context) (*pool, error) {
		n := newNearer(&f.Options, s, groups)
		n.middles, n.spreads = middles.Ranges, middles.Spreads
		return n.pool, rows.EachBatch(ctx, file, cols, n.batch)
	}, (*pool).fold)
	return nil
}

const cols = latents.IDs | latents.Location | latents.SHA | centering.Columns

// FinishBundle emits the candidates of the bundle's files.
func (f *nearFn) FinishBundle(ctx context.Context, _ centering.Encoded, _ Middles, emit func(Candidates)) error {
	f.reader.Drop()
	f.middles = middleReader{}
	c, err := f.bundle.Wait()
	if c == nil || err != nil {
		return err
	}
	var out Candidates
	out.Pool, err = spill.Put(ctx, f.Options.state(), "candidates", c.write)
	if err == nil && c.distances != nil {
		sortLists(c.distances) // the same bytes in any order of the files
		out.Distances, err = spill.Put(ctx, f.Options.state(), "distances", writeLists(c.distances))
	}
	if err != nil {
		return beamrun.Fail(err)
	}
	emit(out)
	return nil
}

// nearer compares the images of one file with the centers of their groups.
type nearer struct {
	*pool
	targetCenters
	state   *centering.State
	groups  *centering.Groups
	m       centering.Membership
	fixed   map[string]bool  // image ids that are picked in any case
	middles []picking.Range  // of the groups; nil where all their images may be picked
	spreads []schemas.Spread // of the targets; nil but of StrategyRange
}

func newNearer(o *Options, s *centering.State, groups *centering.Groups) *nearer {
	return &nearer{pool: o.newPool(s), targetCenters: newTargetCenters(o, s), state: s, groups: groups,
		fixed: picking.Fixed(&o.Parameters)}
}

func (n *nearer) batch(b *rows.Batch) error {
	x := b.X()
	n.groups.Assign(&n.m, b, x, func(int) bool { return true })
	for _, d2 := range n.m.D2 {
		n.Squares.Add(d2, n.state.Scale)
	}
	for _, groups := range n.m.Groups {
		for i, row := range b.Eligible {
			if groups[i] >= 0 {
				n.row(b, row, int(groups[i]), x[i*b.D:(i+1)*b.D])
			}
		}
	}
	progress.Add(rows.Counter, int64(b.N))
	return nil
}

// row offers the image at position row of a batch, whose vector is x, to the
// targets of a group.
func (n *nearer) row(b *rows.Batch, row, group int, x []float32) {
	p := &n.o.Parameters
	norm, uniform := n.norm(x), 0.0
	if p.Picking.Sampled() {
		uniform = draw.Uniform(p.Seed, b.ImageID[row])
	}
	var values []string // of the columns of Picking.Balance
	if len(p.Picking.Balance) > 0 {
		pick := rowOf(b, row)
		values = picking.ValuesOf(p.Picking.Balance, pick.Label, n.o.Metadata, pick.Metadata)
		list := &n.Targets[n.o.target(group, 0, 0)]
		list.Values = picking.Count(list.Values, values)
	}
	fixed := n.fixed[b.ImageID[row]]
	var vector []float32 // of the candidate, the same for all targets
	_, excluded := slices.BinarySearch(p.Picking.Exclude, b.ImageID[row])
	if n.middles != nil && !n.middles[group].Has(picking.QualityOf(b.Quality[row], b.HasObject[row], b.MSE[row], b.HasMSE[row])) {
		excluded = true // for being the nearest
	}
	for c := range p.Centers {
		for m := range p.Metrics {
			distance := n.distance(group, c, m, x, norm)
			target := n.o.target(group, c, m)
			if n.distances != nil {
				n.distances[target] = append(n.distances[target], distance)
			}
			if excluded {
				n.Targets[target].Excluded = append(n.Targets[target].Excluded, distance)
			}
			key := picking.KeyOf(p, distance, uniform)
			wanted := !excluded && (n.spreads == nil && n.wants(target, key, b.ImageID[row]) ||
				n.spreads != nil && n.Targets[target].WantsAt(&n.spreads[target], distance, b.ImageID[row], n.keep[target]))
			if !wanted && !fixed {
				continue
			}
			e := picking.Entry{Key: key, Pick: rowOf(b, row), Values: values}
			e.Distance = distance
			if p.Picking.Strategy == schemas.StrategyRepresentative {
				e.Quality = picking.QualityOf(b.Quality[row], b.HasObject[row], b.MSE[row], b.HasMSE[row], b.ChannelsOf(row)...)
			}
			if vector == nil {
				vector = slices.Clone(x)
			}
			e.X = vector
			switch {
			case wanted && n.spreads != nil:
				n.Targets[target].OfferAt(&n.spreads[target], e, n.keep[target])
			case wanted:
				n.offer(target, e)
			}
			if fixed {
				n.Targets[target].Fixed = append(n.Targets[target].Fixed, e)
			}
		}
	}
}

// rowOf copies what a selection says about one image.
func rowOf(b *rows.Batch, row int) schemas.Pick {
	p := schemas.Pick{ImageID: b.ImageID[row], Shard: b.Shard[row], Record: b.Record[row], Offset: b.Offset[row],
		SHA256: b.SHA256[row], Label: b.Label[row], HasLabel: b.HasLabel[row]}
	for _, column := range b.Metadata {
		p.Metadata = append(p.Metadata, column[row])
	}
	return p
}
