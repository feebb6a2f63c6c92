package rows

import (
	"context"
	"runtime"
	"time"

	"exemplar/model/nearest"
	"exemplar/transforms/data/latents"
)

// Trial is what a few rows of a set of latents took.
type Trial struct {
	Rows     int64
	Elapsed  time.Duration
	Read     float64 // seconds to read a row, on all cores
	Distance float64 // seconds to compare a row with a centre, on all cores
}

// trialRows and trialTime bound a trial.
const (
	trialRows = 20000
	trialTime = 5 * time.Second
)

// Try reads rows of some files, in the order they are given, and finds the nearest
// of so many centres for each. Centres are rows, too.
func Try(ctx context.Context, files []File, centers int) (Trial, error) {
	var t Trial
	var x []float32
	began := time.Now()
	for _, file := range files {
		err := EachBatch(ctx, file, latents.IDs, func(b *Batch) error {
			t.Rows += int64(b.N)
			x = append(x, b.Embedding[:b.N*b.D]...)
			return nil
		})
		if err != nil {
			return t, err
		}
		if t.Rows >= trialRows || time.Since(began) > trialTime {
			break
		}
	}
	cores := float64(runtime.GOMAXPROCS(0))
	read := time.Since(began)
	if t.Rows > 0 {
		t.Read = read.Seconds() / float64(t.Rows) / cores
		t.Distance = tryDistances(x, files[0].D(), centers) / cores
	}
	t.Elapsed = time.Since(began)
	return t, nil
}

// tryDistances returns the seconds that the distance of a row to a centre takes.
func tryDistances(x []float32, d, centers int) float64 {
	rows := len(x) / d
	k := max(1, min(centers, rows, 1000))
	c := make([]float64, k*d)
	for i := range k {
		for j, v := range x[i*(rows/k)*d:][:d] {
			c[i*d+j] = float64(v)
		}
	}
	index := nearest.New(c, d)
	labels, d2 := make([]int32, rows), make([]float64, rows)
	began := time.Now()
	n := 0
	for n == 0 || time.Since(began) < 20*time.Millisecond {
		index.Find(labels, d2, x)
		n++
	}
	return time.Since(began).Seconds() / float64(n) / float64(rows) / float64(k)
}
