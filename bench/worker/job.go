package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// work is what a job computes. Goroutines call compute at the same time, each
// with its own number.
type work interface {
	compute(goroutine, from, to int) // the images or rows from one position to another
	results() []float32              // of all of them
}

// job is work with its goroutines. Each takes whole batches, as the pipelines
// do: one image pipeline a core.
type job struct {
	work
	count, batch, goroutines int
}

func load(r request) (*job, error) {
	if r.Batch < 1 || r.Threads < 1 {
		return nil, fmt.Errorf("batch of %d, %d threads: both must be positive", r.Batch, r.Threads)
	}
	var w work
	var count int
	var err error
	switch r.Mode {
	case "encode", "reconstruct":
		w, count, err = loadNetwork(r)
	case "train":
		w, count, err = loadLearning(r)
	case "assign":
		w, count, err = loadAssignment(r)
	default:
		err = fmt.Errorf("mode %q: must be encode, reconstruct, train or assign", r.Mode)
	}
	if err != nil {
		return nil, err
	}
	if count == 0 || count%r.Batch != 0 {
		return nil, fmt.Errorf("%s: %d images or rows are no whole batches of %d", r.Images, count, r.Batch)
	}
	goroutines := r.Threads
	if r.Mode == "train" { // the trainer has its own, which share each batch
		goroutines = 1
	}
	return &job{w, count, r.Batch, goroutines}, nil
}

// run computes n batches, the images over and over, on all goroutines.
func (j *job) run(n int) {
	var next atomic.Int64
	var all sync.WaitGroup
	for goroutine := range j.goroutines {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				at := i * j.batch % j.count
				j.compute(goroutine, at, at+j.batch)
			}
		})
	}
	all.Wait()
}

// time returns the seconds of wall and processor time of n batches, after one a
// goroutine that warms the caches.
func (j *job) time(n int) (wall, cpu float64, err error) {
	if n < 1 {
		return 0, 0, fmt.Errorf("%d batches: must be positive", n)
	}
	j.run(j.goroutines)
	before, start := processorTime(), time.Now()
	j.run(n)
	return time.Since(start).Seconds(), processorTime() - before, nil
}

// check computes everything and writes the results as little-endian float32.
func (j *job) check(path string) error {
	j.run(j.count / j.batch)
	var out []byte
	for _, v := range j.results() {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return os.WriteFile(path, out, 0o644)
}

// float32s returns numbers as float32.
func float32s[T int32 | float64](in []T) []float32 {
	out := make([]float32, len(in))
	for i, v := range in {
		out[i] = float32(v)
	}
	return out
}
