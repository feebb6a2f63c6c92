//go:build linux

package sharding

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"exemplar/transforms/data/listing"
	"exemplar/transforms/store/storetest"
)

// BenchmarkPlanMillion lists, groups and plans a million images: those of
// buckets whose stores send a page of 1,000 names after 50 ms, and of
// inventories. It states the most memory that the process has had so far, that
// of the store in it too; one sub-benchmark alone gives its own.
func BenchmarkPlanMillion(b *testing.B) {
	million := 1_000_000
	if testing.Short() {
		million /= 10
	}
	names := &storetest.Names{Count: million, Wait: 50 * time.Millisecond, Content: blank(b), Key: func(i int) string {
		return fmt.Sprintf("in/run%02d/quadrant%d/roi%06d_cell_%07d.tif", i/25_000, i/6_250%4, i/10, i)
	}}
	server := httptest.NewServer(names)
	defer server.Close()
	b.Setenv("STORAGE_EMULATOR_HOST", server.URL)
	for _, v := range storetest.S3Env(server.URL) {
		name, value, _ := strings.Cut(v, "=")
		b.Setenv(name, value)
	}
	for _, input := range []string{"gs://b/in", "s3://b/in"} {
		b.Run(input[:2], func(b *testing.B) { planMillion(b, million, listing.Config{Inputs: []string{input}}) })
	}
	for _, ext := range []string{".csv", ".parquet"} {
		b.Run("inventory"+ext, func(b *testing.B) {
			list := filepath.Join(b.TempDir(), "inventory"+ext)
			writeInventory(b, list, names)
			planMillion(b, million, listing.Config{InputList: list, Root: "gs://"})
		})
	}
}

func planMillion(b *testing.B, million int, l listing.Config) {
	for b.Loop() {
		p, _, err := makePlan(b.Context(), Config{Listing: l, Output: b.TempDir(), Shards: 100, Fit: "reject", Bits: "keep", Compression: "none", MaxPixels: DefaultMaxPixels}, nil, true)
		if err != nil {
			b.Fatal(err)
		}
		if p.listed() != int64(million) || len(p.lists) != 100 {
			b.Fatalf("%d images in %d lists", p.listed(), len(p.lists))
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(usage.Maxrss)/1e3, "peak-MB")
}

func blank(b *testing.B) []byte {
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		b.Fatal(err)
	}
	return buf.Bytes()
}

// writeInventory writes what Google's reports of a bucket hold.
func writeInventory(b *testing.B, file string, names *storetest.Names) {
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if strings.HasSuffix(file, ".csv") {
		w := csv.NewWriter(f)
		w.Write([]string{"bucket", "name", "size", "generation"})
		for i := range names.Count {
			w.Write([]string{"b", names.Key(i), strconv.Itoa(len(names.Content)), strconv.Itoa(i + 1)})
		}
		if w.Flush(); w.Error() != nil {
			b.Fatal(w.Error())
		}
		return
	}
	type row struct {
		Bucket     string `parquet:"bucket,dict"`
		Name       string `parquet:"name"`
		Size       int64  `parquet:"size"`
		Generation int64  `parquet:"generation"`
	}
	w := parquet.NewGenericWriter[row](f, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(100_000))
	for i := range names.Count {
		if _, err := w.Write([]row{{"b", names.Key(i), int64(len(names.Content)), int64(i + 1)}}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}
