package dataset

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/records"
)

// BenchmarkEpoch reads an epoch of 256x256 images from the disk's cache: what
// training does while it computes, and a resumed run does with what it skips.
func BenchmarkEpoch(b *testing.B) {
	const n, shards, side = 800, 4, 256
	dir := b.TempDir()
	for s := range shards {
		var buf bytes.Buffer
		w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{})
		for i := range n / shards {
			im := records.Image{Filename: strconv.Itoa(i*shards + s), Pixels: make([]byte, side*side), Height: side, Width: side, Channels: 1, Bits: 8}
			if _, err := w.Write(records.Append(nil, &im)); err != nil {
				b.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), os.WriteFile(filepath.Join(dir, schemas.ShardName(s, shards, "none")), buf.Bytes(), 0o666)); err != nil {
			b.Fatal(err)
		}
	}
	f, err := Open(context.Background(), dir)
	if err != nil {
		b.Fatal(err)
	}
	set := scan(b, Config{Train: f, Buffer: 100 * side * side})
	b.SetBytes(n * side * side)
	for b.Loop() {
		for _, err := range set.Epoch(context.Background(), 0, 0) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "images/s")
}
