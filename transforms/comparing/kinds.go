package comparing

import (
	"strings"

	"exemplar/model"
	"exemplar/transforms/comparing/codecs"
)

// Kinds of models; one may be of several.
const (
	kindLinear        = "linear"        // both halves are affine
	kindVanilla       = "vanilla"       // dense, and of no other kind
	kindConvolutional = "convolutional" // by its architecture
	kindDenoising     = "denoising"     // these three by its training
	kindSparse        = "sparse"
	kindVariational   = "variational"
)

// kindOf returns what kind of autoencoder a model is, by its architecture and what its training
// recorded, words with spaces between them. Of an imported model the training is not known.
func kindOf(m *model.Model) string {
	var kinds []string
	switch {
	case m.Arch.Family == model.FamilyConv:
		kinds = append(kinds, kindConvolutional)
	case affineDecoder(m.Arch) && m.Arch.Activations.Latent == model.ActLinear:
		kinds = append(kinds, kindLinear)
	}
	if t := m.Training; t != nil {
		positive := func(name string) bool { v, _ := t.Parameters[name].(float64); return v > 0 }
		if positive("noise") {
			kinds = append(kinds, kindDenoising)
		}
		if positive("l1") {
			kinds = append(kinds, kindSparse)
		}
		if variational, _ := t.Parameters["variational"].(bool); variational {
			kinds = append(kinds, kindVariational)
		}
	}
	if len(kinds) == 0 {
		return kindVanilla
	}
	return strings.Join(kinds, " ")
}

// affineDecoder reports whether a decoder adds multiples of its columns to one picture: the
// linear family, and one dense layer without an activation.
func affineDecoder(a model.Arch) bool {
	return a.Activations.Output == model.ActLinear && (a.Family == model.FamilyLinear || a.Family == model.FamilyDense && len(a.Widths) == 0)
}

// upTo returns the numbers of components that are measured by themselves: a ladder, and all.
func upTo(all int) (list []int) {
	for _, k := range codecs.Ladder(all) {
		if k < all {
			list = append(list, k)
		}
	}
	return append(list, all)
}
