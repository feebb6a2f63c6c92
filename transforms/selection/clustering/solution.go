package clustering

import (
	"context"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

// Solution is a set of centers between two passes: what each pass gets as its
// side input, one element.
type Solution struct {
	D, K         int         // dimensions; clusters wanted
	Shift, Bound int         // Scale of the rows
	Groups       int         // centers: fewer than K where there are not K different rows
	Centers      spill.Value // float64 rows, sorted
	Stale        []string    // files of the pass before the last one
	Saved        spill.Value // centers that stay whatever passes lead to: a run that is killed begins with them again

	Eligible int64
	Spread   float64 // sum of squared distances to the mean of all eligible rows

	Curve      []schemas.ClusterChoice // of the numbers of clusters that were tried
	Levels     []schemas.ClusterLevel  // of hierarchical k-means
	SampleRows int64                   // rows in the seeding sample
	Passes     int                     // full passes that moved or confirmed the centers
	Converged  bool                    // the last pass left the centers unchanged
}

// Scale returns the fixed point of exact sums over the rows.
func (s Solution) Scale() kmeans.Scale { return kmeans.Scale{Shift: s.Shift, Bound: s.Bound} }

// Rows returns the coordinates of all centers.
func (s Solution) Rows(ctx context.Context) ([]float64, error) { return ReadCenters(ctx, s.Centers) }

// put sets the centers, and writes their file to the folder dir where they are many.
func (s *Solution) put(ctx context.Context, dir string, rows []float64) (err error) {
	s.Groups = len(rows) / s.D
	s.Centers, err = putCenters(ctx, dir, rows)
	return err
}

// Grouping returns the assignment of rows to the solution's groups.
func (s Solution) Grouping(ctx context.Context) (*Grouping, error) {
	rows, err := s.Rows(ctx)
	if err != nil {
		return nil, err
	}
	return &Grouping{centers: nearest.New(rows, s.D)}, nil
}

// Grouping assigns rows to the nearest center. It may be shared by goroutines.
type Grouping struct{ centers *nearest.Index }

// Len returns the number of groups.
func (g *Grouping) Len() int { return g.centers.Len() }

// Assign returns for each eligible row of a batch, given with its embeddings
// (Batch.X), its group and the squared distance to that group's center.
func (g *Grouping) Assign(b *rows.Batch, x []float32, groups []int32, d2 []float64) ([]int32, []float64) {
	n := len(b.Eligible)
	groups, d2 = slices.Grow(groups[:0], n)[:n], slices.Grow(d2[:0], n)[:n]
	g.centers.Find(groups, d2, x)
	return groups, d2
}
