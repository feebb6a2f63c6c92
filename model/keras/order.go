package keras

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"exemplar/model"
)

// What is said of files and layers that others write.
var (
	errTorch = errors.New("is a PyTorch file: save the state_dict as safetensors (safetensors.torch.save_file), " +
		"each kernel as w.T or w.permute(2, 3, 1, 0), contiguous, under a name that ends in .kernel")
	errPickle = errors.New("is a Python pickle, such as a PyTorch or scikit-learn file, which is not read: save the weights as safetensors or .npz")

	errNormalization = errors.New("is a normalization (BatchNorm, LayerNorm), which is not read: fold it into the kernel and the bias before it")
	errWhole         = errors.New("holds a whole autoencoder: save encoder and decoder as two models, " +
		"such as keras.Model(model.input, model.get_layer(NAME).output).save(\"encoder.keras\") with the name of the layer that gives the embedding")
)

// isPickle reports whether the bytes are those of a pickle, versions 2 to 5.
func isPickle(data []byte) bool {
	return len(data) > 2 && data[0] == 0x80 && data[1] >= 2 && data[1] <= 5 && bytes.IndexByte([]byte("cK\x8a}(]\x95"), data[2]) >= 0
}

var (
	// PyTorch's and MXNet's kernels are weight, weight_v, fc1_weight; those of
	// TensorFlow's older layers are weights, in Keras' order.
	torchNames         = regexp.MustCompile(`(?i)(^|_)weight(_|$)`)
	normalizationNames = regexp.MustCompile(`(?i)^(running_mean|running_var|num_batches_tracked|gamma|beta|moving_mean|moving_variance)(:0)?$`)
	// Flax turns the kernels of transposed convolutions the other way.
	flaxTransposed = regexp.MustCompile(`(^|[/.])ConvTranspose(_[0-9]+)?[/.]kernel$`)
	kernelNames    = regexp.MustCompile(`(?i)^kernel(:0)?$`)
)

// lastPart returns what follows the last "/" or "." of an array's name.
func lastPart(name string) string { return name[strings.LastIndexAny(name, "/.")+1:] }

// checkName refuses arrays by their names alone.
func checkName(name string) error {
	switch {
	case normalizationNames.MatchString(lastPart(name)):
		return fmt.Errorf("array %s %w", name, errNormalization)
	case flaxTransposed.MatchString(name):
		return fmt.Errorf("array %s is in Flax' order by its name, (row, column, in, out): save it turned by half and as (row, column, out, in), k[::-1, ::-1].transpose(0, 1, 3, 2), under another name that ends in .kernel", name)
	}
	return nil
}

// checkOrder refuses kernels whose order (in, out) is not certain. Names that end in
// weight are of libraries that have it the other way. Other names but kernel say
// nothing: then a shape that would be another in the other order must say it.
func checkOrder(arrays []array) error {
	planes := slices.ContainsFunc(arrays, func(a array) bool { return len(a.shape) == 4 })
	for _, a := range arrays {
		if !torchNames.MatchString(lastPart(a.name)) {
			continue
		}
		to := strings.TrimSuffix(a.name, lastPart(a.name)) + "kernel"
		switch {
		case len(a.shape) == 1:
			return fmt.Errorf("array %s of shape %v, by its name no bias, %w", a.name, a.shape, errNormalization)
		case len(a.shape) == 4:
			return fmt.Errorf("array %s of shape %v is in PyTorch's order by its name: save w.permute(2, 3, 1, 0), contiguous, as %s, and so all kernels", a.name, a.shape, to)
		}
		hint := ""
		if planes {
			hint = "; the rows of the one behind the convolutions must be in the order (row, column, channel), too"
		}
		return fmt.Errorf("array %s of shape %v is in PyTorch's order by its name, (out, in): save w.T, contiguous, as %s, and so all kernels%s", a.name, a.shape, to, hint)
	}
	return checkSquare(arrays)
}

// checkSquare refuses a file whose kernels are alike in either order, if their names
// do not say which it is.
func checkSquare(arrays []array) error {
	unsaid := ""
	for _, a := range arrays {
		n := len(a.shape)
		if n < 2 {
			continue
		}
		either := n == 2 && a.shape[0] == a.shape[1] || n == 4 && len(slices.Compact(slices.Clone(a.shape))) == 1
		if !either {
			return nil // the architecture's shape decides, for the whole file
		}
		if !kernelNames.MatchString(lastPart(a.name)) && unsaid == "" {
			unsaid = a.name
		}
	}
	if unsaid != "" {
		return fmt.Errorf("array %s: neither its name nor a shape says whether kernels are (in, out), as Keras has them, or (out, in), as PyTorch: save them as (in, out) under names that end in .kernel", unsaid)
	}
	return nil
}

var numbers = regexp.MustCompile(`_?[0-9]+`)

// inOrder puts layers that are sorted by their names into the architecture's order,
// if they have its names. Others that could be exchanged must differ in numbers only.
func (c *contents) inOrder(want []model.Layer) error {
	if !c.sorted {
		return nil
	}
	place := func(l layer) int {
		return slices.IndexFunc(want, func(w model.Layer) bool { return w.KernelShape() != nil && w.Name == lastPart(l.name) })
	}
	if !slices.ContainsFunc(c.layers, func(l layer) bool { return place(l) < 0 }) {
		slices.SortStableFunc(c.layers, func(a, b layer) int { return place(a) - place(b) })
		return nil
	}
	for i, a := range c.layers {
		for _, b := range c.layers[:i] {
			if a.kernel != nil && b.kernel != nil && slices.Equal(a.kernel.shape, b.kernel.shape) &&
				numbers.ReplaceAllString(a.name, "") != numbers.ReplaceAllString(b.name, "") {
				return fmt.Errorf("layers %s and %s have kernels of one shape, %v, and their names do not say which comes first: number them, such as layer0.kernel and layer1.kernel", b.name, a.name, a.kernel.shape)
			}
		}
	}
	return nil
}

// whole reports whether an encoder's configuration is that of a whole autoencoder: it
// goes back up, or ends in as many numbers as it began with after fewer.
func (c *config) whole() bool {
	size := 1
	for _, d := range c.input {
		size *= d
	}
	fewer := false
	for i, s := range c.steps {
		if s.kind == model.KindConvT || i == len(c.steps)-1 && fewer && s.units == size {
			return len(c.input) > 1 || s.kind == model.KindDense
		}
		fewer = fewer || s.kind == model.KindDense && s.units < size
	}
	return false
}
