package reporting

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"exemplar/model/affine"
	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/store"
)

// Limits of what is kept of the latents.
const (
	mapPoints = 100_000  // images of the map
	mapFloats = 52 << 20 // numbers of their vectors
	mapSeed   = 0x3a9
	worstKept = 12
)

// row is what the latents say of one image.
type row struct {
	records.Place
	hash     float64 // in [0,1), of the id
	excluded bool    // not eligible
	outside  bool    // since it does not satisfy the selection's condition
	groups   []int32 // of each scope, -1 for none
	cluster  string  // "" without clusters
	mse      float32
	hasMSE   bool
	quality  schemas.Quality
	label    string
	hasLabel bool
	metadata []string
	x        []float32 // as encoded; nil where it is not kept
}

// scanned is what one pass over the latents gives.
type scanned struct {
	rows    int64
	sizes   []int64 // of the groups: eligible images
	targets []bins  // of groups, centers and metrics: distances of eligible images
	codes   bins    // of all numbers of all latents
	mse     bins    // of eligible images
	worst   []row   // by falling mse, eligible
	kept    []row   // those drawn for the map, and those asked for
}

// scanner makes a pass.
type scanner struct {
	*inputs
	*grouping
	space    *affine.Map
	excluded map[string]bool
	asked    map[string]bool
	limit    float64 // rows whose hash is below it are kept
}

// hashOf draws a number in [0,1) by the image id alone.
func hashOf(id string) float64 { return draw.Uniform(mapSeed, id) }

// points returns the number of images that the map has at most.
func (in *inputs) points() int {
	return min(mapPoints, max(1000, mapFloats/in.latents.Spec.Dimension))
}

// scan makes the pass.
func (s *scanner) scan(ctx context.Context) (*scanned, error) {
	// A few more than wanted are drawn, so that the wanted number can be taken.
	n := float64(s.points())
	s.limit = (n + 6*math.Sqrt(n)) / float64(max(1, s.latents.Rows))
	total := s.empty()
	err := eachFile(ctx, s.inputs, func(ctx context.Context, info schemas.LatentsInfo) (*scanned, error) {
		if err := outdir.CheckFile(ctx, store.Join(s.latentsDir, info.File), schemas.LatentsFile, info.SHA256); err != nil {
			return nil, err
		}
		part := s.empty()
		return part, s.eachBatch(ctx, info, latents.All, func(b *latents.Batch) error {
			s.batch(part, b)
			return nil
		})
	}, total.merge)
	if err != nil {
		return nil, err
	}
	for i, g := range s.groups {
		if g.size != total.sizes[i] {
			return nil, fmt.Errorf("group %s of scope %s has %d images in %s, the latents give %d: make the selection again", g.id, g.scope, g.size, schemas.CentersParquet, total.sizes[i])
		}
	}
	return total, nil
}

func (s *scanner) empty() *scanned {
	return &scanned{sizes: make([]int64, len(s.groups)), targets: make([]bins, len(s.groups)*s.targets())}
}

func (t *scanned) merge(o *scanned) {
	t.rows += o.rows
	for i, n := range o.sizes {
		t.sizes[i] += n
	}
	for i := range o.targets {
		t.targets[i].merge(&o.targets[i])
	}
	t.codes.merge(&o.codes)
	t.mse.merge(&o.mse)
	for _, r := range o.worst {
		t.offerWorst(r)
	}
	t.kept = append(t.kept, o.kept...)
}

// offerWorst keeps a row if its error is one of the largest.
func (t *scanned) offerWorst(r row) {
	t.worst, _ = nearest.Keep(t.worst, r, worstKept, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.mse, a.mse), strings.Compare(a.ImageID, b.ImageID))
	})
}

func (s *scanner) batch(t *scanned, b *latents.Batch) {
	d := s.latents.Spec.Dimension
	x := mapped(s.space, b.Embedding)
	groups, clusters := s.assign(b, x)
	t.rows += int64(b.N)
	for _, v := range b.Embedding {
		t.codes.add(float64(v))
	}
	for k := range b.N {
		id := b.ImageID[k]
		outside := !s.inside.Inside(b, k)
		excluded := outside || s.excluded[id]
		if !excluded {
			s.measure(t, groups, k, x[k*len(x)/b.N:(k+1)*len(x)/b.N])
			if b.HasMSE[k] {
				t.mse.add(float64(b.MSE[k]))
				if len(t.worst) < worstKept || b.MSE[k] >= t.worst[worstKept-1].mse {
					t.offerWorst(s.rowOf(b, k, groups, clusters, excluded))
				}
			}
		}
		if hash := hashOf(id); hash < s.limit || s.asked[id] {
			r := s.rowOf(b, k, groups, clusters, excluded)
			r.outside = outside
			r.hash, r.x = hash, slices.Clone(b.Embedding[k*d:(k+1)*d])
			t.kept = append(t.kept, r)
		}
	}
}

// measure counts the distances of an eligible image to the centers of its groups.
func (s *scanner) measure(t *scanned, groups [][]int32, k int, x []float32) {
	norm := math.NaN()
	if slices.Contains(s.p.Metrics, schemas.MetricCosine) {
		norm = kmeans.Norm(x)
	}
	for _, list := range groups {
		at := int(list[k])
		if at < 0 {
			continue
		}
		t.sizes[at]++
		target := at * s.targets()
		for _, center := range s.p.Centers {
			for _, metric := range s.p.Metrics {
				t.targets[target].add(s.groups[at].distance(center, metric, x, norm))
				target++
			}
		}
	}
}

func (s *scanner) rowOf(b *latents.Batch, k int, groups [][]int32, clusters []int32, excluded bool) row {
	r := row{
		Place:    placeOf(b, k),
		excluded: excluded, mse: b.MSE[k], hasMSE: b.HasMSE[k], quality: b.Quality[k], label: b.Label[k], hasLabel: b.HasLabel[k],
	}
	for _, list := range groups {
		r.groups = append(r.groups, list[k])
	}
	if clusters != nil {
		r.cluster = s.names[clusters[k]]
	}
	for _, column := range b.Metadata {
		r.metadata = append(r.metadata, column[k])
	}
	return r
}

// mapped returns vectors in the selection's space; m is nil where that is theirs.
func mapped(m *affine.Map, x []float32) []float32 {
	if m == nil {
		return x
	}
	out := make([]float32, len(x)/m.In()*m.Out())
	m.Apply(out, x)
	return out
}

// eachBatch reads columns of one file of the latents, and refuses numbers that are
// not finite.
func (in *inputs) eachBatch(ctx context.Context, info schemas.LatentsInfo, cols latents.Columns, visit func(*latents.Batch) error) error {
	f, done, err := in.openFile(ctx, info)
	if err != nil {
		return err
	}
	defer done()
	for b, err := range f.Batches(cols) {
		if err != nil {
			return err
		}
		for i, v := range b.Embedding {
			if v-v != 0 {
				return fmt.Errorf("%s: row %d holds %v: encode again", info.File, b.First+int64(i/in.latents.Spec.Dimension), v)
			}
		}
		if err := visit(b); err != nil {
			return err
		}
		progress.Add(Step, int64(b.N))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// eachFile works on the files of the latents side by side, and folds the results
// in their order.
func eachFile[T any](ctx context.Context, in *inputs, work func(context.Context, schemas.LatentsInfo) (T, error), fold func(T)) error {
	files := in.latents.Files
	for t, err := range parallel.EachComputed(ctx, len(files), 2, func(ctx context.Context, i int) (T, error) {
		return work(ctx, files[i])
	}) {
		if err != nil {
			return err
		}
		fold(t)
	}
	return nil
}
