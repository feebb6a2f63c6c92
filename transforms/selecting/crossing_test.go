package selecting

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
)

// TestNothingLargeCrosses: whatever the number of clusters, no element that crosses a
// stage is larger than a block of rows, for the runner keeps all of them; and the
// files that carry what is larger are gone in the end.
func TestNothingLargeCrosses(t *testing.T) {
	const n, k, d = 1024, 750, 256
	const limit = 1<<20 + 64<<10 // of bytes: a block of the sample, and names
	if 8*k*d < limit*5/4 {
		t.Fatal("the centers of all clusters are too small for this test")
	}
	dir := t.TempDir()
	writeMany(t, dir, n, d)
	c := config(dir, "cluster")
	p := &c.Parameters
	p.Clusters, p.Restarts, p.MaxPasses, p.SampleSize, p.Top = k, 1, 2, 0, 1
	p.Centers, p.Metrics, p.Assignments = schemas.Centers, schemas.Metrics, true
	measured := 0
	_, err := Run(context.Background(), c, func(ctx context.Context, pipeline *beam.Pipeline) error {
		// The direct runner serializes nothing, and measures nothing.
		result, err := beam.Run(ctx, "prism", pipeline)
		if err != nil {
			return err
		}
		for _, col := range result.Metrics().AllMetrics().PCols() {
			size := col.Result().SampledByteSize
			if measured++; size.Max > limit {
				t.Errorf("an element takes %d bytes", size.Max)
			}
		}
		return nil
	})
	check(t, err)
	if measured < 100 {
		t.Errorf("only %d collections of elements were measured", measured)
	}
	left, err := filepath.Glob(filepath.Join(c.Output, schemas.StateDir, "*.bulk"))
	check(t, err)
	if len(left) > 0 {
		t.Errorf("files are left: %q", left)
	}
}
