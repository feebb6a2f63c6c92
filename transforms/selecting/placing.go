package selecting

import (
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

// targetCenters are the centers of all groups, with their norms.
type targetCenters struct {
	o       *Options
	centers [][]float64 // by group and center; nil where the group is empty
	norms   []float64
}

func newTargetCenters(o *Options, s *centering.State) targetCenters {
	t := targetCenters{o: o}
	for g := range s.Len() {
		for _, name := range o.Parameters.Centers {
			var center []float64
			if s.Sizes[g] > 0 {
				center = s.Center(name, g)
			}
			t.centers, t.norms = append(t.centers, center), append(t.norms, kmeans.Norm(center))
		}
	}
	return t
}

// norm returns the norm of a vector, 0 where no metric needs it.
func (t *targetCenters) norm(x []float32) float64 {
	if !slices.Contains(t.o.Parameters.Metrics, schemas.MetricCosine) {
		return 0
	}
	return kmeans.Norm(x)
}

// distance returns how far a vector is from a center of a group by a metric; norm is its
// norm.
func (t *targetCenters) distance(group, center, metric int, x []float32, norm float64) float64 {
	p := &t.o.Parameters
	at := group*len(p.Centers) + center
	return kmeans.DistanceOf(p.Metrics[metric], x, t.centers[at], norm, t.norms[at])
}

// placed is an image in one of its groups, by one center and metric.
type placed struct {
	id       string
	image    int // among the eligible ones of the batch
	scope    int // of the parameters, as center and metric
	center   int
	metric   int
	group    int // of the state
	distance float64
}

// placer measures the images of a file in every scope, by every center and metric.
type placer struct {
	targetCenters
	groups *centering.Groups
	m      centering.Membership
}

func newPlacer(o *Options, s *centering.State, groups *centering.Groups) *placer {
	return &placer{targetCenters: newTargetCenters(o, s), groups: groups}
}

// placedColumns are the columns that a placer needs.
const placedColumns = latents.IDs | centering.Columns

// each calls visit for the images of a batch, whose vectors are x, in their order.
func (p *placer) each(b *rows.Batch, x []float32, visit func(placed) error) error {
	q := &p.o.Parameters
	p.groups.Assign(&p.m, b, x, func(int) bool { return true })
	for i, row := range b.Eligible {
		z := x[i*b.D : (i+1)*b.D]
		norm := p.norm(z)
		for scope := range q.Scopes {
			group := int(p.m.Groups[scope][i])
			if group < 0 {
				continue
			}
			for center := range q.Centers {
				for metric := range q.Metrics {
					at := placed{id: b.ImageID[row], image: i, scope: scope, center: center, metric: metric, group: group,
						distance: p.distance(group, center, metric, z, norm)}
					if err := visit(at); err != nil {
						return err
					}
				}
			}
		}
	}
	progress.Add(rows.Counter, int64(b.N))
	return nil
}
