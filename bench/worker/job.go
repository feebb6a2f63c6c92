package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"exemplar/model"
)

// job is a compiled model with images to run it on. Each goroutine takes whole
// batches, as the encode pipeline does: one image pipeline a core.
type job struct {
	plan    *model.Plan
	mode    string
	images  [][]byte
	batch   int
	runners []*model.Runner // one a goroutine
	z       []float32       // latents of all images
	mse     []float64       // errors of all images
}

func load(r request) (*job, error) {
	files := model.Files{}
	for _, name := range model.FileNames() {
		data, err := os.ReadFile(filepath.Join(r.Model, name))
		if err != nil {
			return nil, err
		}
		files[name] = data
	}
	m, err := model.Unmarshal(files)
	if err != nil {
		return nil, err
	}
	plan, err := model.Compile(m)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(r.Images)
	if err != nil {
		return nil, err
	}
	size := plan.Input().Bytes()
	n := len(raw) / size
	switch {
	case r.Mode != "encode" && r.Mode != "reconstruct":
		return nil, fmt.Errorf("mode %q: must be encode or reconstruct", r.Mode)
	case r.Batch < 1 || r.Threads < 1:
		return nil, fmt.Errorf("batch of %d, %d threads: both must be positive", r.Batch, r.Threads)
	case n == 0 || n%r.Batch != 0 || len(raw) != n*size:
		return nil, fmt.Errorf("%s: %d bytes are no whole batches of %d images of %d bytes", r.Images, len(raw), r.Batch, size)
	}
	j := &job{plan: plan, mode: r.Mode, batch: r.Batch, z: make([]float32, n*plan.Latent()), mse: make([]float64, n)}
	for at := 0; at < len(raw); at += size {
		j.images = append(j.images, raw[at:at+size])
	}
	for range r.Threads {
		j.runners = append(j.runners, plan.NewRunner(r.Batch))
	}
	return j, nil
}

// run computes n batches, the images over and over, on all goroutines.
func (j *job) run(n int) {
	var next atomic.Int64
	var all sync.WaitGroup
	for _, r := range j.runners {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				at := i * j.batch % len(j.images)
				j.one(r, at, at+j.batch)
			}
		})
	}
	all.Wait()
}

// one computes the images from one position to another.
func (j *job) one(r *model.Runner, from, to int) {
	d := j.plan.Latent()
	z, images := j.z[from*d:to*d], j.images[from:to]
	r.Encode(z, images)
	if j.mode == "reconstruct" {
		r.MSE(j.mse[from:to], z, images)
	}
}

// time returns the seconds of wall and processor time of n batches, after one a
// goroutine that warms the caches.
func (j *job) time(n int) (wall, cpu float64, err error) {
	if n < 1 {
		return 0, 0, fmt.Errorf("%d batches: must be positive", n)
	}
	j.run(len(j.runners))
	before, start := processorTime(), time.Now()
	j.run(n)
	return time.Since(start).Seconds(), processorTime() - before, nil
}

// processorTime returns the seconds that all threads of the process have used.
func processorTime() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return math.NaN()
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// check computes every image and writes the results as little-endian float32:
// latents, or mean squared errors.
func (j *job) check(path string) error {
	j.run(len(j.images) / j.batch)
	var out []byte
	if j.mode == "encode" {
		for _, v := range j.z {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	} else {
		for _, v := range j.mse {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(v)))
		}
	}
	return os.WriteFile(path, out, 0o644)
}
