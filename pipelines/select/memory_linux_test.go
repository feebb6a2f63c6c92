package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
)

// The collection and the clusters that the peak memory is stated for, and the promise.
const (
	manyRows     = 200_000
	manyClusters = 10_000
	dimension    = 512
	components   = 1000 // of the mixture
	promise      = 2000 // MB
)

// BenchmarkPeakMemory selects with 10,000 clusters from 200,000 generated latents of
// 512 dimensions by the real command, and reports the largest resident set that the
// kernel saw. It takes minutes; a fortieth of all that with -short.
func BenchmarkPeakMemory(b *testing.B) {
	rows, clusters := manyRows, manyClusters
	if testing.Short() {
		rows, clusters = rows/40, clusters/40
	}
	dir := b.TempDir()
	binary := filepath.Join(dir, "select")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("building the command: %v\n%s", err, out)
	}
	input := filepath.Join(dir, "latents")
	writeMixture(b, input, rows)
	var peak int64
	for i := 0; b.Loop(); i++ {
		cmd := exec.Command(binary, "--input="+input, "--output="+filepath.Join(dir, fmt.Sprint("selection", i)),
			fmt.Sprintf("--clusters=%d", clusters), "--top=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		peak = max(peak, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	megabytes := float64(peak) * 1024 / 1e6
	b.ReportMetric(megabytes, "peak-MB")
	if !(megabytes < promise) {
		b.Errorf("peak memory is %.0f MB, the promise is %d MB", megabytes, promise)
	}
}

// writeMixture writes a set of latents drawn from a mixture of Gaussians.
func writeMixture(b *testing.B, dir string, rows int) {
	const files = 16
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	check(os.MkdirAll(dir, 0o777))
	rng := rand.New(rand.NewPCG(1, 1))
	centers := make([][]float32, components)
	for i := range centers {
		centers[i] = make([]float32, dimension)
		for j := range centers[i] {
			centers[i][j] = float32(rng.NormFloat64())
		}
	}
	spec := schemas.LatentsSpec{Dimension: dimension, Layout: "list", ModelSHA256: "model", Preprocessing: "p", Kernel: "k"}
	m := schemas.LatentsManifest{Format: schemas.LatentsFormat, Spec: spec, Shards: "none"}
	for f := range files {
		var data bytes.Buffer
		w, err := latents.NewWriter(&data, spec)
		check(err)
		row := schemas.Latent{Embedding: make([]float32, dimension), Shard: int32(f), Quality: schemas.Quality{Foreground: 0.2}}
		for i := range rows / files {
			row.ImageID, row.Record, row.SHA256 = fmt.Sprintf("%02d/%05d", f, i), int64(i), fmt.Sprintf("%060x%04x", i, f)
			center := centers[rng.IntN(components)]
			for j := range row.Embedding {
				row.Embedding[j] = center[j] + float32(rng.NormFloat64())
			}
			check(w.Write(&row))
		}
		check(w.Close())
		info := schemas.LatentsInfo{File: schemas.LatentsName(f, files), Rows: int64(rows / files), Bytes: int64(data.Len())}
		check(os.WriteFile(filepath.Join(dir, info.File), data.Bytes(), 0o666))
		m.Files, m.Rows, m.Records, m.Bytes = append(m.Files, info), m.Rows+info.Rows, m.Records+info.Rows, m.Bytes+info.Bytes
	}
	check(outdir.WriteJSON(context.Background(), filepath.Join(dir, schemas.LatentsFile), m))
}
