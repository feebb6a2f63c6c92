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
	m, err := readModel(r.Model)
	if err != nil {
		return nil, 0, err
	}
	plan, err := model.Compile(m)
	if err != nil {
		return nil, 0, err
	}
	images, err := readImages(r.Images, plan.Input().Bytes())
	if err != nil {
		return nil, 0, err
	}
	w := &network{latent: plan.Latent(), images: images, z: make([]float32, len(images)*plan.Latent())}
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
	return float32s(w.mse)
}

// readModel reads the directory of a model.
func readModel(dir string) (*model.Model, error) {
	files := model.Files{}
	for _, name := range model.FileNames() {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		files[name] = data
	}
	return model.Unmarshal(files)
}

// readImages reads a file of images of a size in bytes, one after the other.
func readImages(path string, size int) (images [][]byte, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(raw)%size != 0 {
		return nil, fmt.Errorf("%s: %d bytes are no whole images of %d", path, len(raw), size)
	}
	for ; len(raw) > 0; raw = raw[size:] {
		images = append(images, raw[:size])
	}
	return images, nil
}
