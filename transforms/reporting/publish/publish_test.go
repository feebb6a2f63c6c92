package publish

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/ingesting"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
)

// vectorsRun selects from vectors of another program and returns the selection's
// folder and the vectors by id.
func vectorsRun(t *testing.T, space string, n, d int) (string, map[string][]float64) {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 4))
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", n, d)
	header += strings.Repeat(" ", 63-(len(header)+10)%64) + "\n"
	data := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))
	data = append(data, header...)
	all := map[string][]float64{}
	var ids strings.Builder
	ids.WriteString("image_id,kind\n")
	for i := range n {
		x := make([]float64, d)
		for j := range x {
			x[j] = float64(float32(float64(1+j)*rng.NormFloat64() + float64(i%4*(j+2)%7*5)))
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(x[j])))
		}
		id := fmt.Sprintf("<img> %03d", i)
		all[id] = x
		fmt.Fprintf(&ids, "%s,%d\n", id, i%4)
	}
	check(t, os.WriteFile(filepath.Join(dir, "m.npy"), data, 0o666))
	check(t, os.WriteFile(filepath.Join(dir, "ids.csv"), []byte(ids.String()), 0o666))
	out := filepath.Join(dir, "selection")
	_, err := ingesting.Run(t.Context(), ingesting.Config{Input: filepath.Join(dir, "m.npy"), IDs: filepath.Join(dir, "ids.csv"), LabelColumn: "kind",
		Output: filepath.Join(out, schemas.VectorsDir), Resume: true}, runtest.Direct)
	check(t, err)
	_, err = selecting.Run(t.Context(), selecting.Config{Input: filepath.Join(out, schemas.VectorsDir), Output: out, Resume: true,
		Parameters: schemas.SelectionParameters{Scopes: []string{schemas.ScopeCluster, schemas.ScopeLabel, schemas.ScopeGlobal}, Clusters: 4, Top: 3, Space: space,
			Centers: []string{schemas.CenterMean, schemas.CenterMedian}, Metrics: schemas.Metrics, Seed: 1, Restarts: 3, MaxPasses: 20,
			Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}, runtest.Direct)
	check(t, err)
	return out, all
}

// TestAskedForFarAway: an image that was asked for and lies behind all candidates has no
// percentile, and a page shows it without one.
func TestAskedForFarAway(t *testing.T) {
	dir, all := vectorsRun(t, "raw", 2000, 3)
	length := func(id string) (sum float64) {
		for _, v := range all[id] {
			sum += v * v
		}
		return sum
	}
	far := slices.MaxFunc(slices.Collect(maps.Keys(all)), func(a, b string) int { return cmp.Compare(length(a), length(b)) })
	include := filepath.Join(t.TempDir(), "include.txt")
	check(t, os.WriteFile(include, []byte(far+"\n"), 0o666))
	vectorsDir, out := filepath.Join(dir, schemas.VectorsDir), filepath.Join(t.TempDir(), "selection")
	_, err := selecting.Run(t.Context(), selecting.Config{Input: vectorsDir, Output: out, Include: include,
		Parameters: schemas.SelectionParameters{Scopes: []string{schemas.ScopeGlobal}, Top: 3,
			Centers: []string{schemas.CenterMean}, Metrics: []string{schemas.MetricEuclidean}, Seed: 1, Restarts: 1, MaxPasses: 5,
			Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}, runtest.Direct)
	check(t, err)
	result, err := Run(t.Context(), Config{Report: reporting.Config{Selection: out, Latents: vectorsDir}})
	check(t, err)
	unknown := 0
	for _, p := range result.Report.Picks {
		if p.Percentile == nil {
			unknown++
		}
		if (p.Percentile == nil) != (p.ImageID == far) {
			t.Errorf("%s: percentile %v", p.ImageID, p.Percentile)
		}
	}
	if unknown != 1 {
		t.Errorf("%d picks without a percentile: the case is not there", unknown)
	}
}

// TestNeighbors compares the neighbors of picks with those that all distances
// give, in vectors without pictures.
func TestNeighbors(t *testing.T) {
	dir, all := vectorsRun(t, "raw", 300, 5)
	r, err := gather(t.Context(), reporting.Config{Selection: dir})
	check(t, err)
	if len(r.Pictures) != 0 || r.Shape != "" || r.Model != nil || r.Map.Points != 300 {
		t.Errorf("%d pictures of %q, model %v, %d points", len(r.Pictures), r.Shape, r.Model, r.Map.Points)
	}
	distance := func(a, b string) float64 {
		sum := 0.0
		for j, v := range all[a] {
			sum += (v - all[b][j]) * (v - all[b][j])
		}
		return math.Sqrt(sum)
	}
	for _, p := range r.Picks {
		var others []string
		for id := range all {
			if id != p.ImageID {
				others = append(others, id)
			}
		}
		slices.SortFunc(others, func(a, b string) int {
			return cmp.Or(cmp.Compare(distance(p.ImageID, a), distance(p.ImageID, b)), cmp.Compare(a, b))
		})
		for i, n := range p.Neighbors {
			if n.ImageID != others[i] || !(math.Abs(n.Distance-distance(p.ImageID, n.ImageID)) <= 1e-9*n.Distance) {
				t.Fatalf("neighbor %d of %s is %v, want %s at %v", i, p.ImageID, n, others[i], distance(p.ImageID, others[i]))
			}
		}
		if len(p.Neighbors) != 5 {
			t.Errorf("%d neighbors", len(p.Neighbors))
		}
	}
}

// TestSpaces: in any space the runner-up is as far from the center as the table
// says, and the histograms count the groups.
func TestSpaces(t *testing.T) {
	for _, space := range []string{"raw", "zscore", "whiten:3"} {
		dir, _ := vectorsRun(t, space, 200, 5)
		r, err := gather(t.Context(), reporting.Config{Selection: dir})
		check(t, err)
		file, err := os.Open(filepath.Join(dir, schemas.SelectionCSV))
		check(t, err)
		rows, err := csv.NewReader(file).ReadAll()
		check(t, err)
		check(t, file.Close())
		if len(r.Picks) != len(rows)-1 || len(r.Picks) == 0 {
			t.Fatalf("%s: %d picks of %d", space, len(r.Picks), len(rows)-1)
		}
		for i, p := range r.Picks {
			if p.Next != nil && !(math.Abs(p.Next.Distance-p.Distance-*p.Margin) <= 1e-9*p.Distance) {
				t.Errorf("%s: pick %d: the next is at %v, %v of %v", space, i, p.Next.Distance, *p.Margin, p.Distance)
			}
			h := r.Histograms[p.Histogram]
			var n int64
			for _, c := range h.Counts {
				n += c
			}
			if n != r.Groups[p.Group].Size || p.Distance < h.Low || p.Distance > h.High || p.Cluster == "" {
				t.Errorf("%s: pick %d at %v of %d images, histogram of %d from %v to %v", space, i, p.Distance, r.Groups[p.Group].Size, n, h.Low, h.High)
			}
		}
		if !strings.Contains(r.Provenance.Methods, "computed by another program") || !strings.Contains(r.Provenance.BibTeX, "@article{lloyd1982,") {
			t.Errorf("%s: %s", space, r.Provenance.Methods)
		}
	}
}

// gather returns the report of a configuration.
func gather(ctx context.Context, c reporting.Config) (*reporting.Report, error) {
	s, err := reporting.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.Gather(ctx)
}
