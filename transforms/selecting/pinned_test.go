package selecting

import (
	"path/filepath"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// TestPinnedFingerprints: finished selections are known by their fingerprints, so that
// one that changes has them all made again. The first parameters are those of the
// command without flags.
func TestPinnedFingerprints(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 1, "none")
	// The bytes of the latents file may be others, with another Parquet library.
	name := filepath.Join(dir, "latents", schemas.LatentsFile)
	m, _, err := outdir.ReadJSON[schemas.LatentsManifest](t.Context(), name)
	check(t, err)
	m.Shards, m.Bytes, m.Files[0].Bytes, m.Files[0].SHA256 = "of shards.json", 1000, 1000, "of the file"
	check(t, outdir.WriteJSON(t.Context(), name, m))

	plain := schemas.SelectionParameters{Scopes: []string{schemas.ScopeCluster}, Centers: []string{schemas.CenterMean},
		Metrics: []string{schemas.MetricEuclidean}, Space: "raw", Clustering: schemas.ClusteringKMeans, ResamplingSteps: 10,
		Seed: 1, Restarts: 10, MaxPasses: 50, Gate: schemas.GateParameters{Mode: schemas.GateAuto},
		Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest, Duplicates: schemas.DuplicatesSkip}}
	hierarchical, global, top := plain, plain, plain
	hierarchical.Clustering = schemas.ClusteringHierarchical
	global.Scopes = []string{schemas.ScopeGlobal}
	top.Top = 2
	for _, c := range []struct {
		name, want string
		parameters schemas.SelectionParameters
	}{
		{"without flags", "2920abbc177fa8b46f4d8c55e418c4ae840d19624ac144545b0722c42a0c9f20", plain},
		{"hierarchical", "5ea462d5081bf070936402c54a718739e8ac16788698d898c40cb119e963641d", hierarchical},
		{"global", "079a77554491b56acbc089e749d7c863517e9d75b0a4b9af6d4e9e5cbf8a4a4d", global},
		{"top", "c0e289e96f0f578974af2a1ecad51654d28fb8296b31d7462dcaa087966e92f1", top},
	} {
		o, _, err := options(t.Context(), Config{Input: filepath.Join(dir, "latents"), Output: filepath.Join(dir, "selection"), Resume: true, Parameters: c.parameters})
		check(t, err)
		if o.Fingerprint != c.want {
			t.Errorf("%s: the fingerprint is %s, want %s", c.name, o.Fingerprint, c.want)
		}
	}
}
