package model

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkEncodeChannels times ae1m on images of several channels of 16 bits beside that on one
// of 8 bits, batches in turn, so that other work on the machine matters little. It reports what the
// median of the ratios of their times is, and the share of converting pixels.
func BenchmarkEncodeChannels(b *testing.B) {
	const batch = 32
	of := func(channels, bits, full int) (*Runner, [][]byte, []float32) {
		a, err := Preset("ae1m")
		if err != nil {
			b.Fatal(err)
		}
		a.Name, a.Input.Channels, a.Input.Bits, a.Input.FullScale = "", channels, bits, full
		p, err := Compile(randomModel(a, 1))
		if err != nil {
			b.Fatal(err)
		}
		return p.NewRunner(batch), randomImages(a.Input, batch, 1), make([]float32, batch*a.Latent)
	}
	for _, bits := range []int{8, 16} {
		for _, channels := range []int{1, 3, 5} {
			b.Run(fmt.Sprintf("%d channels of %d bits", channels, bits), func(b *testing.B) {
				one, ones, z1 := of(1, 8, 0)
				many, images, z := of(channels, bits, map[int]int{16: 4095}[bits])
				x := make([]float32, many.plan.Input().Values())
				var ratios, shares []float64
				for b.Loop() {
					start := time.Now()
					one.Encode(z1, ones)
					alone := time.Since(start)
					many.Encode(z, images)
					both := time.Since(start)
					for _, p := range images {
						many.plan.set.ScalePixels(x, p, bits, many.plan.Input().Full())
					}
					all := time.Since(start)
					ratios = append(ratios, float64(alone)/float64(both-alone))
					shares = append(shares, float64(all-both)/float64(both-alone))
				}
				slices.Sort(ratios)
				slices.Sort(shares)
				b.ReportMetric(ratios[len(ratios)/2], "of-one's-rate")
				b.ReportMetric(shares[len(shares)/2], "converting")
			})
		}
	}
}
