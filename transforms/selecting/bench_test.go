package selecting

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
)

// BenchmarkSelect is a whole run over 10,000 latents of 64 dimensions, the size
// of the MNIST test digits, with 100 clusters and the default flags.
func BenchmarkSelect(b *testing.B) {
	dir := b.TempDir()
	rows := 10000
	if testing.Short() {
		rows /= 10
	}
	writeMany(b, dir, rows, 64)
	c := config(dir, "cluster")
	c.Overwrite = true
	c.Parameters.Clusters, c.Parameters.SampleSize, c.Parameters.Restarts, c.Parameters.MaxPasses = 100, 0, 10, 50
	for b.Loop() {
		r, err := Run(context.Background(), c, runner)
		check(b, err)
		b.ReportMetric(float64(r.Manifest.Clustering.Passes), "passes")
	}
}

// writeMany writes n latents of d dimensions in 16 files.
func writeMany(t testing.TB, dir string, n, d int) {
	t.Helper()
	const files = 16
	spec := schemas.LatentsSpec{Dimension: d, Layout: "list", ModelSHA256: "model", Preprocessing: "p", Kernel: "k"}
	m := schemas.LatentsManifest{Format: schemas.LatentsFormat, Spec: spec, Shards: "none"}
	rng := rand.New(rand.NewPCG(1, 1))
	check(t, os.MkdirAll(filepath.Join(dir, "latents"), 0o777))
	for f := range files {
		var buffer bytes.Buffer
		w, err := latents.NewWriter(&buffer, spec)
		check(t, err)
		for i := range n / files {
			r := schemas.Latent{ImageID: fmt.Sprintf("%d/%05d", f, i), Embedding: make([]float32, d), Shard: int32(f), Record: int64(i),
				SHA256: fmt.Sprintf("%064x", i), Quality: schemas.Quality{Foreground: 0.2}}
			for j := range r.Embedding {
				r.Embedding[j] = float32(rng.NormFloat64()) + float32(i*(j+1)%10)
			}
			check(t, w.Write(&r))
		}
		check(t, w.Close())
		info := schemas.LatentsInfo{File: schemas.LatentsName(f, files), Rows: int64(n / files), Bytes: int64(buffer.Len())}
		check(t, os.WriteFile(filepath.Join(dir, "latents", info.File), buffer.Bytes(), 0o666))
		m.Files, m.Rows, m.Records, m.Bytes = append(m.Files, info), m.Rows+info.Rows, m.Records+info.Rows, m.Bytes+info.Bytes
	}
	check(t, outdir.WriteJSON(context.Background(), filepath.Join(dir, "latents", schemas.LatentsFile), m))
}
