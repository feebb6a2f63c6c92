package verifying

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
)

// hierarchical returns a finished workflow whose clusters are those of hierarchical
// k-means, of a sample of the images.
func hierarchical(t *testing.T) string {
	dir := workflow(t)
	_, err := selecting.Run(t.Context(), selecting.Config{Input: filepath.Join(dir, "latents"), Shards: filepath.Join(dir, "shards"),
		Output: filepath.Join(dir, "selection"), Overwrite: true, Parameters: schemas.SelectionParameters{
			Scopes: []string{"cluster", "Metadata_run"}, Clusters: 6, Clustering: schemas.ClusteringHierarchical, FineClusters: 20, ResamplingSteps: 3,
			SampleSize: 60, Top: 2, Centers: []string{"mean"}, Metrics: schemas.Metrics, Seed: 2, Restarts: 2, Space: "whiten:3",
			Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}, runtest.Direct)
	check(t, err)
	return dir
}

// TestHierarchicalHolds: every claim is checked, and a changed one found, also one
// that keeps all images in their clusters.
func TestHierarchicalHolds(t *testing.T) {
	dir := hierarchical(t)
	r, err := Run(t.Context(), Config{Input: filepath.Join(dir, "selection")})
	check(t, err)
	if len(r.Problems) > 0 || len(r.Unchecked) != 2 || !slices.ContainsFunc(r.Checked, func(s string) bool {
		return strings.Contains(s, "6 centers of hierarchical k-means, made again from the ")
	}) {
		t.Fatalf("%q\n%s", r.Checked, strings.Join(append(r.Problems, r.Unchecked...), "\n"))
	}
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(dir, "selection", schemas.SelectionFile))
	check(t, err)
	if n := m.Clustering.SampleRows; n >= m.Eligible || n < 30 {
		t.Errorf("the sample has %d of %d images", n, m.Eligible)
	}
	for _, c := range []struct {
		name  string
		forge func(f forger)
		want  string
	}{
		{"a cluster moved", func(f forger) { f.center("cluster", "kmeans", 1e-12) },
			"centers.parquet: group 00 of scope cluster: coordinate 2 of kmeans is"},
		{"a cluster moved far", func(f forger) { f.center("cluster", "kmeans", 50) },
			"centers.parquet: group 00 of scope cluster: "},
		{"a mean moved", func(f forger) { f.center("cluster", "mean", 1e-6) },
			"centers.parquet: group 00 of scope cluster: coordinate 2 of mean is"},
		{"a cluster moved to the mean of its images", func(f forger) {
			table(f, schemas.CentersParquet, func(rows []schemas.Center) {
				copy(rows[0].Embedding, rows[1].Embedding)
			})
		}, "of kmeans is"},
		{"a sample", func(f forger) {
			f.selection(func(m *schemas.SelectionManifest) { m.Clustering.SampleRows-- })
		}, "selection.json: clustering is of "},
		{"resampling steps", func(f forger) {
			f.selection(func(m *schemas.SelectionManifest) { m.Clustering.Levels[1].Steps = 10 })
		}, "selection.json: clustering is of "},
		{"passes", func(f forger) {
			f.selection(func(m *schemas.SelectionManifest) { m.Clustering.Passes, m.Clustering.Converged = 3, true })
		}, "selection.json: 3 passes, converged: true, of hierarchical k-means"},
		{"inertia", func(f forger) {
			f.selection(func(m *schemas.SelectionManifest) { m.Clustering.Inertia *= 1 - 1e-6 })
		}, "selection.json: inertia is"},
		{"called k-means", func(f forger) {
			f.selection(func(m *schemas.SelectionManifest) {
				p := &m.Parameters
				p.Clustering, p.FineClusters, p.ResamplingSteps, p.MaxPasses = schemas.ClusteringKMeans, 0, 0, 1
				m.Clustering.Levels, m.Clustering.Passes, m.Clustering.Converged = nil, 1, true
				var err error
				m.Fingerprint, err = outdir.Fingerprint(schemas.SelectionFormat, m.Latents, f.shards(), *p)
				check(f.t, err)
			})
		}, "of kmeans is"},
		{"a swapped rank", func(f forger) {
			f.picks(func(rows []pickRow) { rows[0].Rank, rows[1].Rank = 2, 1 })
		}, "row 0, cluster 00, mean, euclidean, rank 1: the row is rank 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := forger{t, copyWorkflow(t, dir)}
			c.forge(f)
			problems := verify(t, f.dir, "selection")
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Errorf("problems:\n%s\nwant one with %q", strings.Join(problems, "\n"), c.want)
			}
			t.Log(strings.Join(problems, "\n"))
		})
	}
}

// shards returns the sha256 of shards.json that fingerprints are made with.
func (f forger) shards() string { return outdir.SHA256(f.read("shards", schemas.ShardsFile)) }
