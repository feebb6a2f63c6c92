package model

import (
	"errors"
	"fmt"
)

// Head tells the class of an image by its latent vector: a dense layer to a number for each
// class, of which a softmax makes probabilities.
type Head struct {
	Classes []string // labels, in the order of the columns of the kernel
	Weights Weights  // HeadKernel of (latent, classes), and HeadBias
}

// Arrays of a head.
const (
	HeadKernel = "kernel"
	HeadBias   = "bias"
)

// maxClasses bounds the classes of a head.
const maxClasses = 1 << 16

// HeadWeights returns the arrays of a head of so many classes on a latent vector.
func HeadWeights(latent, classes int) []TensorSpec {
	return []TensorSpec{{Name: HeadKernel, Shape: []int{latent, classes}}, {Name: HeadBias, Shape: []int{classes}}}
}

// validate checks a head on latent vectors of so many numbers.
func (h *Head) validate(latent int) error {
	if n := len(h.Classes); n < 2 || n > maxClasses {
		return fmt.Errorf("it has %d classes: must be 2 to %d", n, maxClasses)
	}
	seen := map[string]bool{}
	for _, c := range h.Classes {
		switch {
		case c == "":
			return errors.New("a class has no name")
		case seen[c]:
			return fmt.Errorf("class %q is there twice", c)
		}
		seen[c] = true
	}
	return CheckWeights(h.Weights, HeadWeights(latent, len(h.Classes)))
}

// Class returns the number of the class that a head finds in a latent vector: the one with
// the largest number, the first of equals. Sums are in float64, in the order of the vector.
func (h *Head) Class(z []float32) int {
	kernel, bias := h.Weights.Get(HeadKernel).Data, h.Weights.Get(HeadBias).Data
	k := len(bias)
	best, most := 0, 0.0
	for c := range bias {
		sum := 0.0
		for i, v := range z {
			sum += float64(float64(v) * float64(kernel[i*k+c]))
		}
		if sum += float64(bias[c]); c == 0 || sum > most {
			best, most = c, sum
		}
	}
	return best
}
