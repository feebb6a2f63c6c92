package selecting

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/centering"
	"exemplar/transforms/clustering"
	"exemplar/transforms/engine"
	"exemplar/transforms/latents"
	"exemplar/transforms/progress"
)

// Candidates are the nearest images of each target over some files, encoded.
type Candidates struct{ JSON []byte }

// pool is the content of a Candidates. A target is one centre of one group by
// one metric; Options.target numbers them.
type pool struct {
	Keep    int                // images a target
	Nearest [][]schemas.Pick   // of each target, nearest first
	Squares clustering.WideSum // of squared distances to the clusters' centres
}

func newPool(targets, keep int) *pool {
	return &pool{Keep: keep, Nearest: make([][]schemas.Pick, targets)}
}

// target returns the number of a target.
func (o *Options) target(group, center, metric int) int {
	return (group*len(o.Parameters.Centers)+center)*len(o.Parameters.Metrics) + metric
}

// newPool returns a pool for all targets. It keeps one image more than are picked,
// for the margin of the last.
func (o *Options) newPool(s *centering.State) *pool {
	return newPool(o.target(s.Len(), 0, 0), o.Parameters.Top+1)
}

// byDistance orders picks: nearer first, then by image id.
func byDistance(a, b schemas.Pick) int {
	if c := cmp.Compare(a.Distance, b.Distance); c != 0 {
		return c
	}
	return strings.Compare(a.ImageID, b.ImageID)
}

// wants tells whether an image would be kept.
func (c *pool) wants(target int, distance float64, id string) bool {
	list := c.Nearest[target]
	return len(list) < c.Keep || byDistance(schemas.Pick{Distance: distance, ImageID: id}, list[len(list)-1]) < 0
}

// offer keeps a pick if it is among the nearest of its target.
func (c *pool) offer(target int, p schemas.Pick) {
	list := c.Nearest[target]
	i, _ := slices.BinarySearchFunc(list, p, byDistance)
	list = slices.Insert(list, i, p)
	c.Nearest[target] = list[:min(len(list), c.Keep)]
}

// fold adds the candidates of other files.
func (c *pool) fold(o *pool) {
	for target, list := range o.Nearest {
		for _, p := range list {
			if c.wants(target, p.Distance, p.ImageID) {
				c.offer(target, p)
			}
		}
	}
	c.Squares.Merge(o.Squares)
}

// joinPools puts the candidates of all files together.
func joinPools(o *Options, s *centering.State, parts []Candidates) (*pool, error) {
	total := o.newPool(s)
	for _, part := range parts {
		var c pool
		if err := json.Unmarshal(part.JSON, &c); err != nil {
			return nil, err
		}
		total.fold(&c)
	}
	return total, nil
}

// nearFn offers the images of files to all targets.
type nearFn struct {
	Options Options
	bundle  clustering.Bundle[pool]
	reader  centering.Reader
}

// ProcessElement starts the search through one file.
func (f *nearFn) ProcessElement(ctx context.Context, file clustering.File, centers centering.Encoded, _ func(Candidates)) error {
	s, groups, err := f.reader.Read(centers)
	if err != nil {
		return engine.Fail(err)
	}
	f.bundle.Go(ctx, func(ctx context.Context) (*pool, error) {
		n := newNearer(&f.Options, s, groups)
		return n.pool, clustering.EachBatch(ctx, file, cols, n.batch)
	}, (*pool).fold)
	return nil
}

const cols = latents.IDs | latents.Location | latents.SHA | centering.Columns

// FinishBundle emits the candidates of the bundle's files.
func (f *nearFn) FinishBundle(_ context.Context, _ centering.Encoded, emit func(Candidates)) error {
	c, err := f.bundle.Wait()
	if c == nil || err != nil {
		return err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return engine.Fail(err)
	}
	emit(Candidates{data})
	return nil
}

// nearer compares the images of one file with the centres of their groups.
type nearer struct {
	*pool
	o       *Options
	state   *centering.State
	groups  *centering.Groups
	centers [][]float64 // by group and centre; nil where the group is empty
	norms   []float64   // of centers
	m       centering.Membership
}

func newNearer(o *Options, s *centering.State, groups *centering.Groups) *nearer {
	n := &nearer{pool: o.newPool(s), o: o, state: s, groups: groups}
	for g := range s.Len() {
		for _, name := range o.Parameters.Centers {
			var center []float64
			if s.Sizes[g] > 0 {
				center = s.Center(name, g)
			}
			n.centers, n.norms = append(n.centers, center), append(n.norms, clustering.Norm(center))
		}
	}
	return n
}

func (n *nearer) batch(b *clustering.Batch) error {
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
	progress.Add(clustering.Step, int64(b.N))
	return nil
}

// row offers the image at position row of a batch, whose vector is x, to the
// targets of a group.
func (n *nearer) row(b *clustering.Batch, row, group int, x []float32) {
	p := &n.o.Parameters
	norm := math.NaN()
	for c := range p.Centers {
		at := group*len(p.Centers) + c
		for m, metric := range p.Metrics {
			var distance float64
			if metric == schemas.MetricCosine {
				if math.IsNaN(norm) {
					norm = clustering.Norm(x)
				}
				distance = clustering.CosineOf(clustering.Dot(x, n.centers[at]), norm, n.norms[at])
			} else {
				distance = math.Sqrt(nearest.SquaredDistance(x, n.centers[at]))
			}
			if target := n.o.target(group, c, m); n.wants(target, distance, b.ImageID[row]) {
				pick := rowOf(b, row)
				pick.Distance = distance
				n.offer(target, pick)
			}
		}
	}
}

// rowOf copies what a selection says about one image.
func rowOf(b *clustering.Batch, row int) schemas.Pick {
	p := schemas.Pick{ImageID: b.ImageID[row], Shard: b.Shard[row], Record: b.Record[row], Offset: b.Offset[row],
		SHA256: b.SHA256[row], Label: b.Label[row], HasLabel: b.HasLabel[row]}
	for _, column := range b.Metadata {
		p.Metadata = append(p.Metadata, column[row])
	}
	return p
}
