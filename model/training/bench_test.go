package training

import (
	"fmt"
	"testing"

	"exemplar/model"
)

// BenchmarkStep trains presets; GOMAXPROCS says on how many cores.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		preset string
		batch  int
	}{{"mnist-conv", 32}, {"mnist-conv", 256}, {"dense-784-128-32", 32}, {"ae1m", 32}} {
		b.Run(fmt.Sprintf("%s/batch=%d", c.preset, c.batch), func(b *testing.B) {
			arch, err := model.Preset(c.preset)
			if err != nil {
				b.Fatal(err)
			}
			tr, err := New(Config{Arch: arch, Loss: LossMSE, Batch: c.batch, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			pixels := images(arch.Input, c.batch, 1)
			for b.Loop() {
				if _, err := tr.Step(1e-5, pixels); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.batch*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
