package main

import (
	"fmt"
	"os"
	"path/filepath"

	"exemplar/model"
)

// network encodes images, and reconstructs them where errors are asked for.
type network struct {
	latent  int
	images  [][]byte
	runners []*model.Runner // one a goroutine
	z       []float32       // latents of all images
	mse     []float64       // errors of all images, or nil
}

// loadNetwork returns the work and the number of images.
func loadNetwork(r request) (*network, int, error) {
	files := model.Files{}
	for _, name := range model.FileNames() {
		data, err := os.ReadFile(filepath.Join(r.Model, name))
		if err != nil {
			return nil, 0, err
		}
		files[name] = data
	}
	m, err := model.Unmarshal(files)
	if err != nil {
		return nil, 0, err
	}
	plan, err := model.Compile(m)
	if err != nil {
		return nil, 0, err
	}
	raw, err := os.ReadFile(r.Images)
	if err != nil {
		return nil, 0, err
	}
	size := plan.Input().Bytes()
	if len(raw)%size != 0 {
		return nil, 0, fmt.Errorf("%s: %d bytes are no whole images of %d", r.Images, len(raw), size)
	}
	w := &network{latent: plan.Latent()}
	for ; len(raw) > 0; raw = raw[size:] {
		w.images = append(w.images, raw[:size])
	}
	w.z = make([]float32, len(w.images)*w.latent)
	if r.Mode == "reconstruct" {
		w.mse = make([]float64, len(w.images))
	}
	for range r.Threads {
		w.runners = append(w.runners, plan.NewRunner(r.Batch))
	}
	return w, len(w.images), nil
}

func (w *network) compute(goroutine, from, to int) {
	z, images := w.z[from*w.latent:to*w.latent], w.images[from:to]
	w.runners[goroutine].Encode(z, images)
	if w.mse != nil {
		w.runners[goroutine].MSE(w.mse[from:to], z, images)
	}
}

func (w *network) results() []float32 {
	if w.mse == nil {
		return w.z
	}
	out := make([]float32, len(w.mse))
	for i, v := range w.mse {
		out[i] = float32(v)
	}
	return out
}
