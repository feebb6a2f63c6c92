package encoding

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

// childConfig makes the test binary a program that runs one encode step, so that
// its peak memory is that of the step alone.
const childConfig = "ENCODING_TEST_CHILD"

// child runs the step that the environment describes, prints the peak memory of
// the process, and does not return.
func child(config string) {
	flag.Parse()
	beam.Init()
	var c Config
	err := json.Unmarshal([]byte(config), &c)
	if err == nil {
		_, err = Run(context.Background(), c, runtest.Direct)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Println("peak", strings.Fields(after)[0])
	os.Exit(0)
}

// BenchmarkEncodeMemory encodes the nuclei with AE1M's architecture and random
// weights in a process of its own and reports its peak memory, which is to stay
// below 600 MB. EXEMPLAR_BENCH_IMAGES limits the images (default: all).
func BenchmarkEncodeMemory(b *testing.B) {
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		b.Skip("EXEMPLAR_DATA not set: the nuclei are there")
	}
	limit, _ := strconv.Atoi(os.Getenv("EXEMPLAR_BENCH_IMAGES"))
	c := configOf(b, nucleusShards(b, filepath.Join(root, "nuclei", "images"), limit, 16), randomPreset(b, "ae1m"))
	config, err := json.Marshal(c)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := os.RemoveAll(c.Output); err != nil {
			b.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childConfig+"="+string(config))
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%v\n%s", err, stderr.Bytes())
		}
		var kib float64
		if _, err := fmt.Sscanf(string(out), "peak %g", &kib); err != nil {
			b.Fatalf("output %q: %v", out, err)
		}
		b.ReportMetric(kib/1024, "peak-MiB")
	}
	m, _, err := outdir.ReadJSON[schemas.LatentsManifest](b.Context(), filepath.Join(c.Output, schemas.LatentsFile))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(m.Rows), "images")
	b.ReportMetric(float64(m.Rows)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}

func randomPreset(b *testing.B, name string) string {
	b.Helper()
	a, err := model.Preset(name)
	if err != nil {
		b.Fatal(err)
	}
	return writeModel(b, &model.Model{Arch: a, Encoder: randomWeights(a.EncoderWeights())})
}

// nucleusShards packs the nuclei, at most limit of them if positive.
func nucleusShards(b *testing.B, root string, limit, shards int) string {
	b.Helper()
	names, err := filepath.Glob(filepath.Join(root, "*", "*.tif"))
	if err != nil || len(names) == 0 {
		b.Fatalf("no images in %s (%v)", root, err)
	}
	if limit > 0 {
		names = names[:min(limit, len(names))]
	}
	recs := make([][][]byte, shards)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		im, err := images.Decode(name, data, images.Options{})
		if err != nil {
			b.Fatal(err)
		}
		rel, _ := filepath.Rel(root, name)
		i := schemas.ShardOf(rel, shards)
		recs[i] = append(recs[i], records.Append(nil, &records.Image{Filename: filepath.ToSlash(rel), Pixels: im.Pixels,
			Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits}))
	}
	return writeShards(b, recs)
}

// writeShards writes shards of the given records and returns their folder.
func writeShards(b *testing.B, recs [][][]byte) string {
	b.Helper()
	dir := b.TempDir()
	for i, r := range recs {
		write(b, filepath.Join(dir, schemas.ShardName(i, len(recs), "none")), frame(b, r, false))
	}
	return dir
}
