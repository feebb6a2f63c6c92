package grading

import (
	"cmp"
	"fmt"
	"testing"
)

// BenchmarkGrade is a whole grade: 500 picks of 100 clusters, and 40,000 images
// to measure on and to draw from.
func BenchmarkGrade(b *testing.B) {
	n := 40000
	if testing.Short() {
		n /= 10
	}
	for _, d := range []int{64, 512} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			w := newWorld(n, d, 100, 1.5, 1)
			set := w.pick(5, clusters(100), cmp.Compare[float64])
			for b.Loop() {
				b.StopTimer()
				in := w.input(w.all(), set)
				in.Reference = 0
				b.StartTimer()
				if _, err := Grade(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
