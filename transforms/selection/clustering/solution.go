package clustering

import (
	"context"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/kmeans"
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

// index returns the centers, laid out for finding the nearest.
func (s Solution) index(ctx context.Context) (*nearest.Index, error) {
	rows, err := s.Rows(ctx)
	if err != nil {
		return nil, err
	}
	return nearest.New(rows, s.D), nil
}
