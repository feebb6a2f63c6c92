package grading

import (
	"fmt"
	"testing"
)

// TestSampleIsUniform: every tenth of the collection has its share of the sample.
func TestSampleIsUniform(t *testing.T) {
	counts := make([]float64, 10)
	const n = 20000
	for i := range n {
		if SampleHash(9, fmt.Sprintf("a/%06d.png", i)) < 0.25 {
			counts[i*10/n]++
		}
	}
	chi := 0.0
	for _, c := range counts {
		chi += (c - 500) * (c - 500) / (500 * 0.75)
	}
	if p := chiSquareP(chi, 10); p < 1e-4 {
		t.Errorf("counts %v are not uniform: p = %g", counts, p)
	}
}
