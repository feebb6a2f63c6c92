package publish

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
)

// The collection of BenchmarkReport.
const (
	benchRows  = 1000 // in each file
	benchD     = 512
	benchSide  = 256
	benchKinds = 64 // different images
)

// benchFiles is how many files of latents there are.
func benchFiles() int {
	if testing.Short() {
		return 10
	}
	return 100
}

// BenchmarkReport is the report of 1,000 picks out of 100,000 latents of 512
// dimensions and images of 256x256. Shards are files with holes: they hold only the
// images that the report wants.
func BenchmarkReport(b *testing.B) {
	dir := b.TempDir()
	kinds := make([][]byte, benchKinds)
	for i := range kinds {
		kinds[i] = cell(uint64(i))
	}
	writeBenchLatents(b, dir, kinds)
	c := selecting.Config{Input: filepath.Join(dir, "latents"), Output: filepath.Join(dir, "selection"), Resume: true,
		Parameters: schemas.SelectionParameters{Scopes: []string{schemas.ScopeCluster}, Clusters: 100, Top: 10, Centers: []string{schemas.CenterMean},
			Metrics: []string{schemas.MetricEuclidean}, Seed: 1, Restarts: 1, MaxPasses: 3, Gate: schemas.GateParameters{Mode: schemas.GateOff},
			Picking: schemas.PickParameters{Duplicates: schemas.DuplicatesAllow}}}
	_, err := selecting.Run(b.Context(), c, runtest.Direct)
	check(b, err)
	config := Config{Report: reporting.Config{Selection: c.Output, Shards: filepath.Join(dir, "shards")}, Output: filepath.Join(dir, "report.html")}
	// Images are wanted by the picks, and by what is found for them.
	without := config
	without.Report.Shards = ""
	check(b, os.Rename(filepath.Join(dir, "shards"), filepath.Join(dir, "hidden")))
	r, err := gather(b.Context(), without.Report)
	check(b, err)
	check(b, os.Rename(filepath.Join(dir, "hidden"), filepath.Join(dir, "shards")))
	writeBenchShards(b, dir, kinds, r)
	for b.Loop() {
		result, err := Run(context.Background(), config)
		check(b, err)
		b.ReportMetric(float64(result.Bytes)/1e6, "MB")
		b.Log(result.Summary())
	}
}

// cell draws something like a nucleus: a bright noisy ellipse on black.
func cell(seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	a, c := 40+50*rng.Float64(), 25+30*rng.Float64()
	p := make([]byte, benchSide*benchSide)
	for y := range benchSide {
		for x := range benchSide {
			u, v := float64(x-benchSide/2)/c, float64(y-benchSide/2)/a
			if d := u*u + v*v; d < 1 {
				p[y*benchSide+x] = byte(min(255, max(1, 60+80*math.Sqrt(1-d)+20*math.Sin(u*7)*math.Cos(v*5)+6*rng.NormFloat64())))
			}
		}
	}
	return p
}

func benchImage(f, i int, kinds [][]byte) *records.Image {
	return &records.Image{Filename: fmt.Sprintf("plate%02d/%05d.tif", f, i), Pixels: kinds[(f*31+i)%benchKinds],
		Height: benchSide, Width: benchSide, Channels: 1, Bits: 8}
}

// benchRecord returns an image as it is in a shard: all have the same length.
func benchRecord(b *testing.B, f, i int, kinds [][]byte) []byte {
	var buffer bytes.Buffer
	w := tfrecord.NewWriter(&buffer, tfrecord.WriterOptions{})
	_, err := w.Write(records.Append(nil, benchImage(f, i, kinds)))
	check(b, err)
	check(b, w.Close())
	return buffer.Bytes()
}

func writeBenchLatents(b *testing.B, dir string, kinds [][]byte) {
	ctx := context.Background()
	shards := schemas.ShardsManifest{Format: schemas.ShardsFormat, Image: schemas.ImageShape{Height: benchSide, Width: benchSide, Channels: 1, Bits: 8},
		Parameters: schemas.ShardParameters{Shards: benchFiles(), Compression: schemas.CompressionNone, Height: benchSide, Width: benchSide, Fit: "reject", BitsMode: "keep", MaxPixels: 1e8},
		Listed:     int64(benchRows * benchFiles()), Written: int64(benchRows * benchFiles())}
	length := int64(len(benchRecord(b, 0, 0, kinds)))
	for f := range benchFiles() {
		info := schemas.ShardInfo{File: schemas.ShardName(f, benchFiles(), schemas.CompressionNone), Records: benchRows, Bytes: length * benchRows}
		shards.Shards, shards.Bytes = append(shards.Shards, info), shards.Bytes+info.Bytes
	}
	check(b, outdir.WriteJSON(ctx, filepath.Join(dir, "shards", schemas.ShardsFile), shards))
	data, err := os.ReadFile(filepath.Join(dir, "shards", schemas.ShardsFile))
	check(b, err)
	spec := schemas.LatentsSpec{Dimension: benchD, Layout: "list", ModelSHA256: "model", Preprocessing: "p", Kernel: "k"}
	m := schemas.LatentsManifest{Format: schemas.LatentsFormat, Spec: spec, Shards: outdir.SHA256(data)}
	sums := make([]string, len(kinds))
	for i, p := range kinds {
		sums[i] = outdir.SHA256(p)
	}
	check(b, os.MkdirAll(filepath.Join(dir, "latents"), 0o777))
	for f := range benchFiles() {
		rng := rand.New(rand.NewPCG(uint64(f), 2))
		var buffer bytes.Buffer
		w, err := latents.NewWriter(&buffer, spec)
		check(b, err)
		for i := range benchRows {
			r := schemas.Latent{ImageID: benchImage(f, i, kinds).Filename, Embedding: make([]float32, benchD), Shard: int32(f), Record: int64(i),
				Offset: length * int64(i), SHA256: sums[(f*31+i)%benchKinds], Quality: schemas.Quality{Foreground: 0.2, Sharpness: float32(rng.Float64())}}
			for j := range r.Embedding {
				r.Embedding[j] = float32(rng.NormFloat64()) + float32((i%37)*(j+1)%10)
			}
			check(b, w.Write(&r))
		}
		check(b, w.Close())
		info := schemas.LatentsInfo{File: schemas.LatentsName(f, benchFiles()), Rows: benchRows, Bytes: int64(buffer.Len())}
		check(b, os.WriteFile(filepath.Join(dir, "latents", info.File), buffer.Bytes(), 0o666))
		m.Files, m.Rows, m.Records, m.Bytes = append(m.Files, info), m.Rows+info.Rows, m.Records+info.Rows, m.Bytes+info.Bytes
	}
	check(b, outdir.WriteJSON(ctx, filepath.Join(dir, "latents", schemas.LatentsFile), m))
}

// writeBenchShards writes the images that a report names, and all that may be
// thumbnails.
func writeBenchShards(b *testing.B, dir string, kinds [][]byte, r *reporting.Report) {
	wanted := map[string]bool{}
	for _, p := range r.Picks {
		wanted[p.ImageID] = true
		if p.Next != nil {
			wanted[p.Next.ImageID] = true
		}
		for _, n := range p.Neighbors {
			wanted[n.ImageID] = true
		}
	}
	for _, set := range r.Criticisms {
		for _, c := range set {
			wanted[c.ImageID] = true
		}
	}
	for _, id := range firstIDs(b, r, 3000) {
		wanted[id] = true
	}
	for f := range benchFiles() {
		out, err := os.Create(filepath.Join(dir, "shards", schemas.ShardName(f, benchFiles(), schemas.CompressionNone)))
		check(b, err)
		for i := range benchRows {
			if wanted[benchImage(f, i, kinds).Filename] {
				record := benchRecord(b, f, i, kinds)
				_, err := out.WriteAt(record, int64(len(record)*i))
				check(b, err)
			}
		}
		check(b, out.Close())
	}
}
