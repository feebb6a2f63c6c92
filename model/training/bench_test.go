package training

import (
	"testing"

	"exemplar/model"
)

// BenchmarkStep trains presets with batches of 32; GOMAXPROCS says on how many
// cores.
func BenchmarkStep(b *testing.B) {
	for _, name := range []string{"mnist-conv", "dense-784-128-32", "ae1m"} {
		b.Run(name, func(b *testing.B) {
			arch, err := model.Preset(name)
			if err != nil {
				b.Fatal(err)
			}
			tr, err := New(Config{Arch: arch, Loss: LossMSE, Batch: 32, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			pixels := images(arch.Input, 32, 1)
			for b.Loop() {
				if _, err := tr.Step(1e-5, pixels); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(32*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
