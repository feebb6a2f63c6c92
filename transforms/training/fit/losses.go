package fit

import (
	"math"

	"exemplar/model/training"
)

// Losses are mean losses of a batch.
type Losses = training.Losses

// sums adds up losses over batches, weighted by their images.
type sums struct {
	N    int64   `json:"images"`
	Loss float64 `json:"loss"`
	MSE  float64 `json:"mse"`
	KL   float64 `json:"kl"`
	L1   float64 `json:"l1"`

	// Of a head: the share of images whose class it finds. There is no MSE then.
	Classified bool    `json:"classified,omitempty"`
	Right      float64 `json:"right,omitempty"`
}

func (s *sums) add(l Losses) {
	n := float64(l.N)
	s.N += int64(l.N)
	s.Loss, s.MSE = s.Loss+float64(n*l.Loss), s.MSE+float64(n*l.MSE)
	s.KL, s.L1 = s.KL+float64(n*l.KL), s.L1+float64(n*l.L1)
	s.Classified, s.Right = s.Classified || l.Classified, s.Right+float64(n*l.Right)
}

// mean returns the losses an image.
func (s sums) mean() sums {
	n := float64(s.N)
	return sums{s.N, s.Loss / n, s.MSE / n, s.KL / n, s.L1 / n, s.Classified, s.Right / n}
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
