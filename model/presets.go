package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// presets are the architectures that have a name. Those of the study are
// ae1m (NucleusNet, 256x256) and mnist-conv; the dense stacks are the classic
// autoencoders for 28x28 digits.
var presets = map[string]Arch{
	"ae1m": {
		Family: FamilyConv, Input: gray(256), Latent: 512,
		Filters: []int{16, 32, 64, 128}, ConvsPerStage: 2,
	},
	"mnist-conv": {
		Family: FamilyConv, Input: gray(28), Latent: 64,
		Filters: []int{16, 32}, ConvsPerStage: 1,
	},
	"dense-784-128-64-12-2": {Family: FamilyDense, Input: gray(28), Widths: []int{128, 64, 12}, Latent: 2},
	"dense-784-100-20":      {Family: FamilyDense, Input: gray(28), Widths: []int{100}, Latent: 20},
	"dense-784-128-64": {
		Family: FamilyDense, Input: gray(28), Widths: []int{128}, Latent: 64,
		Activations: Activations{Hidden: ActSigmoid, Latent: ActSigmoid},
	},
	"dense-784-128-32": {Family: FamilyDense, Input: gray(28), Widths: []int{128}, Latent: 32},
}

func gray(side int) Input { return Input{Height: side, Width: side, Channels: 1, Bits: 8} }

// Presets returns the names that Preset knows, sorted.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// Preset returns the architecture of a name: ae1m, mnist-conv,
// dense-784-128-64-12-2, dense-784-100-20, dense-784-128-64 (sigmoid
// throughout) or dense-784-128-32. The fields of the result are the caller's.
func Preset(name string) (Arch, error) {
	a, ok := presets[name]
	if !ok {
		return Arch{}, fmt.Errorf("%q is no architecture: must be one of %s, or a JSON file", name, strings.Join(Presets(), ", "))
	}
	a.Name = name
	a.Filters, a.Widths = slices.Clone(a.Filters), slices.Clone(a.Widths)
	return a.withDefaults(), nil
}
