package training

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"exemplar/model"
)

// benched returns a trainer of a preset and a batch for it.
func benched(b *testing.B, preset string, batch, workers int) (*Trainer, [][]byte) {
	arch, err := model.Preset(preset)
	if err != nil {
		b.Fatal(err)
	}
	tr, err := New(Config{Arch: arch, Loss: LossMSE, Batch: batch, Seed: 1, Workers: workers})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := tr.Close(); err != nil {
			b.Error(err)
		}
	})
	return tr, images(arch.Input, batch, 1)
}

// BenchmarkStep trains presets; GOMAXPROCS says on how many cores.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		preset string
		batch  int
	}{{"mnist-conv", 32}, {"mnist-conv", 256}, {"dense-784-128-32", 32}, {"ae1m", 32}} {
		b.Run(fmt.Sprintf("%s/batch=%d", c.preset, c.batch), func(b *testing.B) {
			tr, pixels := benched(b, c.preset, c.batch, 0)
			for b.Loop() {
				if _, err := tr.Step(1e-5, pixels); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.batch*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// BenchmarkEfficiency trains every preset by one worker and by two, in turn, and encodes
// with the same weights in one goroutine and in two. It reports the steps per second of
// each, and the efficiency: how much faster two are than one, divided by two. Other
// programs disturb every single round, so that the figures are those of the fastest, and
// of the median of the rounds' own efficiencies:
//
//	go test ./model/training -run '^$' -bench Efficiency -benchtime 300x
func BenchmarkEfficiency(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("one processor")
	}
	const batch = 32
	for _, preset := range model.Presets() {
		b.Run(preset, func(b *testing.B) {
			one, pixels := benched(b, preset, batch, 1)
			two, _ := benched(b, preset, batch, 2)
			plan, err := model.Compile(one.Model())
			if err != nil {
				b.Fatal(err)
			}
			train, encode := &rounds{batches: batches(preset)}, &rounds{batches: 2 * batches(preset)}
			step := func(t *Trainer) func(int) {
				return func(n int) {
					for range n {
						if _, err := t.Step(1e-5, pixels); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			runners := []*model.Runner{plan.NewRunner(batch), plan.NewRunner(batch)}
			codes := [2][]float32{make([]float32, batch*plan.Latent()), make([]float32, batch*plan.Latent())}
			encoding := func(goroutines int) func(int) {
				return func(n int) {
					var wg sync.WaitGroup
					for g := range goroutines {
						wg.Go(func() {
							for range n / goroutines {
								runners[g].Encode(codes[g], pixels)
							}
						})
					}
					wg.Wait()
				}
			}
			for b.Loop() {
				train.round(step(one), step(two))
				encode.round(encoding(1), encoding(2))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(train.rate(0), "steps/s-1")
			b.ReportMetric(train.rate(1), "steps/s-2")
			b.ReportMetric(train.efficiency(), "efficiency")
			b.ReportMetric(train.median(), "median")
			b.ReportMetric(encode.efficiency(), "encode")
			b.ReportMetric(encode.median(), "encode-median")
		})
	}
}

// batches is how many batches of a preset a round takes: some milliseconds, that it may fit
// between what other programs do.
func batches(preset string) int {
	switch preset {
	case "ae1m", "mnist-conv":
		return 1
	}
	return 4
}

// rounds are the times of two ways of the same work.
type rounds struct {
	batches int
	times   [2][]float64 // seconds per batch
}

// round times both, the one that was second before first.
func (r *rounds) round(ways ...func(batches int)) {
	first := len(r.times[0]) % 2
	for _, i := range []int{first, 1 - first} {
		start := time.Now()
		ways[i](r.batches)
		r.times[i] = append(r.times[i], time.Since(start).Seconds()/float64(r.batches))
	}
}

// rate is the batches per second of the fastest round.
func (r *rounds) rate(way int) float64 { return 1 / slices.Min(r.times[way]) }

func (r *rounds) efficiency() float64 { return r.rate(1) / r.rate(0) / 2 }

// median is that of the efficiencies of the rounds.
func (r *rounds) median() float64 {
	var all []float64
	for i, one := range r.times[0] {
		all = append(all, one/r.times[1][i]/2)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// BenchmarkBarrier is the time of a task of two jobs that do nothing, by two workers of
// whom none sleeps: what a task costs beside its work. The fastest of many.
func BenchmarkBarrier(b *testing.B) {
	if runtime.GOMAXPROCS(0) < 2 {
		b.Skip("one processor")
	}
	const tasks = 100
	c := crew{workers: 2}
	c.begin()
	defer c.end()
	fastest := math.Inf(1)
	for b.Loop() {
		start := time.Now()
		for range tasks {
			c.each(2, func(_, _ int) {})
		}
		fastest = min(fastest, float64(time.Since(start).Nanoseconds())/tasks)
	}
	b.ReportMetric(fastest, "ns/task")
}
