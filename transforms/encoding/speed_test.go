//go:build unix

package encoding

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/run/step"
)

// BenchmarkEncodeNuclei encodes the nuclei with AE1M's architecture and random
// weights and compares with its kernels alone, in turns. EXEMPLAR_BENCH_IMAGES
// limits the images (default: all). It reports, all of images per second:
//
//	bare    Runner.Encode of the same images from memory, in batches of
//	        DefaultBatch on GOMAXPROCS goroutines
//	steady  the step without loading the model: reading shards, checksums,
//	        computing, quality, Parquet files, on the local runner
//	whole   Run, which loads the model too
//
// and of the rounds the medians of ratio, steady/bare; of load-ms, nearly all of
// it loading the model; and of two figures that other programs on the machine
// disturb less: cpu-ratio, steady/bare by processor time, and idle-%, how much of
// the processors the step left unused. Undisturbed, ratio is their product,
// cpu-ratio*(1-idle).
func BenchmarkEncodeNuclei(b *testing.B) {
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		b.Skip("EXEMPLAR_DATA not set: the nuclei are there")
	}
	limit, _ := strconv.Atoi(os.Getenv("EXEMPLAR_BENCH_IMAGES"))
	benchmarkStep(b, configOf(b, nucleusShards(b, filepath.Join(root, "nuclei", "images"), limit, 16), randomPreset(b, "ae1m")))
}

// BenchmarkEncodeMNIST is the same for the 10,000 images of MNIST's test set in
// 100 shards, where reading, quality and writing weigh more than computing.
func BenchmarkEncodeMNIST(b *testing.B) {
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		b.Skip("EXEMPLAR_DATA not set: MNIST is there")
	}
	data, err := os.ReadFile(filepath.Join(root, "mnist", "t10k-images-idx3-ubyte.gz"))
	if err != nil {
		b.Fatal(err)
	}
	x, err := images.OpenIDX(bytes.NewReader(data))
	if err != nil {
		b.Fatal(err)
	}
	const shards = 100
	recs := make([][][]byte, shards)
	for n := 0; ; n++ {
		pixels, err := x.Next()
		if err != nil {
			break // the end
		}
		im := records.Image{Filename: images.IDXName("t10k", n, 10_000), Pixels: pixels, Height: 28, Width: 28, Channels: 1, Bits: 8}
		i := schemas.ShardOf(im.Filename, shards)
		recs[i] = append(recs[i], records.Append(nil, &im))
	}
	benchmarkStep(b, configOf(b, writeShards(b, recs), randomPreset(b, "mnist-conv")))
}

// benchmarkStep is the benchmark of one configuration.
func benchmarkStep(b *testing.B, c Config) {
	c.Overwrite = true
	pixels := shardPixels(b, c.Shards)
	var bare, steady, whole, load, ratio, cpuRatio, unused []float64
	for b.Loop() {
		start := time.Now()
		p, w, err := makePlan(b.Context(), c, runtest.Direct)
		if err != nil {
			b.Fatal(err)
		}
		planned := time.Since(start)
		enc, err := loadEncoder(b.Context(), c.Model, p.options.ModelSHA256, c.Reconstruct)
		if err != nil {
			b.Fatal(err)
		}
		encodeBare(enc.plan, pixels[:len(pixels)/10]) // warms up
		cpu0 := processorTime(b)
		kernels := encodeBare(enc.plan, pixels)
		cpu1 := processorTime(b)
		idle1, total1 := idleTime()
		cpu2 := processorTime(b)
		start = time.Now()
		encodePlanned(b, w)
		step, cpu3 := time.Since(start), processorTime(b)
		idle3, total3 := idleTime()

		n := float64(len(pixels))
		bare = append(bare, n/kernels.Seconds())
		steady = append(steady, n/step.Seconds())
		whole = append(whole, n/(planned+step).Seconds())
		load = append(load, planned.Seconds()*1e3)
		ratio = append(ratio, kernels.Seconds()/step.Seconds())
		cpuRatio = append(cpuRatio, (cpu1-cpu0)/(cpu3-cpu2))
		unused = append(unused, 100*(idle3-idle1)/(total3-total1))
	}
	b.ReportMetric(median(bare), "bare/s")
	b.ReportMetric(median(steady), "steady/s")
	b.ReportMetric(median(whole), "whole/s")
	b.ReportMetric(median(load), "load-ms")
	b.ReportMetric(median(ratio), "ratio")
	b.ReportMetric(median(cpuRatio), "cpu-ratio")
	b.ReportMetric(median(unused), "idle-%")
}

// processorTime returns the seconds of processor time that the process took.
func processorTime(b *testing.B) float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

// idleTime returns the seconds that the process's processors (GOMAXPROCS of
// them) had nothing to do, and the seconds that there were.
func idleTime() (idle, total float64) {
	runtime.GC() // brings the figures up to date
	s := []metrics.Sample{{Name: "/cpu/classes/idle:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64(), s[1].Value.Float64()
}

// encodePlanned is what Run does after makePlan.
func encodePlanned(b *testing.B, w *work) {
	_, _, _, err := step.Run(context.Background(), w.Output, Step, func(context.Context) (*plan, *work, error) { return nil, w, nil })
	if err != nil {
		b.Fatal(err)
	}
}

// encodeBare encodes the images on GOMAXPROCS goroutines, each taking the next
// batch, and returns the time that takes.
func encodeBare(p *model.Plan, pixels [][]byte) time.Duration {
	var next atomic.Int64
	var wg sync.WaitGroup
	runners := make([]*model.Runner, runtime.GOMAXPROCS(0))
	for i := range runners {
		runners[i] = p.NewRunner(DefaultBatch)
	}
	start := time.Now()
	for _, r := range runners {
		wg.Go(func() {
			z := make([]float32, DefaultBatch*p.Latent())
			for {
				end := int(next.Add(DefaultBatch))
				begin := end - DefaultBatch
				if begin >= len(pixels) {
					return
				}
				batch := pixels[begin:min(end, len(pixels))]
				r.Encode(z[:len(batch)*p.Latent()], batch)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// shardPixels reads the pixels of all images of a folder of shards.
func shardPixels(b *testing.B, dir string) (pixels [][]byte) {
	in, err := openInput(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range in.shards {
		r, err := records.Open(b.Context(), s.Name, records.Fields{})
		if err != nil {
			b.Fatal(err)
		}
		for {
			im, _, _, err := r.Next()
			if err != nil {
				break
			}
			pixels = append(pixels, slices.Clone(im.Pixels))
		}
		r.Close()
	}
	return pixels
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
