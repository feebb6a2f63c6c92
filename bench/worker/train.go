package main

import (
	"errors"

	"exemplar/model"
	"exemplar/model/training"
)

// learningRate is that of every step, everywhere: the study's.
const learningRate = 3e-4

// learning trains an autoencoder, a step of Adam a batch.
type learning struct {
	trainer *training.Trainer
	images  [][]byte
	batch   int
	losses  []float32 // before each step, of the last pass over the images
}

// loadLearning returns the work, which starts from the weights that createFirst
// writes for the same seed, and the number of images.
func loadLearning(r request) (*learning, int, error) {
	m, err := readModel(r.Model)
	if err != nil {
		return nil, 0, err
	}
	images, err := readImages(r.Images, m.Arch.Input.Bytes())
	if err != nil {
		return nil, 0, err
	}
	t, err := training.New(training.Config{Arch: m.Arch, Loss: training.LossMSE, Batch: r.Batch, Seed: r.Seed, Workers: r.Threads})
	if err != nil {
		return nil, 0, err
	}
	return &learning{t, images, r.Batch, make([]float32, len(images)/r.Batch)}, len(images), nil
}

func (w *learning) compute(_, from, to int) {
	l, err := w.trainer.Step(learningRate, w.images[from:to])
	if err != nil {
		panic(err) // weights that have diverged: nothing to be timed
	}
	w.losses[from/w.batch] = float32(l.Loss)
}

func (w *learning) results() []float32 { return w.losses }

// createFirst writes the directory of a model with the weights that training
// starts from.
func createFirst(a model.Arch, r request) error {
	t, err := training.New(training.Config{Arch: a, Loss: training.LossMSE, Batch: 1, Seed: r.Seed})
	if err != nil {
		return err
	}
	return errors.Join(write(t.Model(), r.Model), t.Close())
}
