package keras

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"exemplar/model"
)

// array is one array of a file.
type array struct {
	name  string // as in the file
	shape []int
	data  []float32
}

// layer is a file's layer with weights.
type layer struct {
	name   string
	kind   string // model.Kind*, or empty where the name does not tell
	kernel *array // of rank 2 or more
	bias   *array // of rank 1
}

var kindNames = regexp.MustCompile(`^(?:(conv2d_transpose|convt)|(conv2d|conv)|(dense))(?:_?[0-9]+)?$`)

// kindOf tells the kind of a layer by a name that Keras (conv2d_transpose_1) or
// this program (convt1) gives by itself; names that people give tell nothing.
func kindOf(name string) string {
	m := kindNames.FindStringSubmatch(name)
	switch {
	case m == nil:
		return ""
	case m[1] != "":
		return model.KindConvT
	case m[2] != "":
		return model.KindConv
	}
	return model.KindDense
}

// grouped collects arrays into layers: those whose names share a prefix before
// the last "/" or "." belong together; a name without one begins a layer if the
// array is a kernel, and belongs to the last layer if it is a bias.
func grouped(arrays []array) ([]layer, error) {
	var layers []layer
	byName := map[string]int{}
	for _, a := range arrays {
		prefix := a.name
		if i := strings.LastIndexAny(a.name, "/."); i >= 0 {
			prefix = a.name[:i]
		} else if len(a.shape) == 1 && len(layers) > 0 && layers[len(layers)-1].bias == nil {
			prefix = layers[len(layers)-1].name
		}
		i, ok := byName[prefix]
		if !ok {
			i = len(layers)
			byName[prefix] = i
			base := prefix[strings.LastIndexAny(prefix, "/.")+1:]
			layers = append(layers, layer{name: prefix, kind: kindOf(base)})
		}
		if err := layers[i].add(a); err != nil {
			return nil, err
		}
	}
	return layers, nil
}

// add puts an array in its place by its rank.
func (l *layer) add(a array) error {
	place := &l.kernel
	if len(a.shape) == 1 {
		place = &l.bias
	}
	if strings.Contains(l.name, "normalization") {
		return fmt.Errorf("layer %s: %w", l.name, errNormalization)
	}
	if *place != nil || len(a.shape) == 0 {
		return fmt.Errorf("array %s of shape %v is left over: layer %s has one kernel and one bias", a.name, a.shape, l.name)
	}
	*place = &a
	return nil
}

// fits reports whether the layer may be one of the given kind.
func (l layer) fits(kind string) bool {
	if l.kind != "" {
		return l.kind == kind
	}
	rank := 4
	if kind == model.KindDense {
		rank = 2
	}
	return l.kernel == nil || len(l.kernel.shape) == rank
}

func (l layer) String() string {
	switch {
	case l.kernel == nil:
		return fmt.Sprintf("%s (bias %v)", l.name, l.bias.shape)
	case l.bias == nil:
		return fmt.Sprintf("%s (kernel %v)", l.name, l.kernel.shape)
	}
	return fmt.Sprintf("%s (kernel %v, bias %v)", l.name, l.kernel.shape, l.bias.shape)
}

// assign gives each layer of the architecture the next layer of the file that
// is of its kind, and checks every shape and number.
func assign(have []layer, want []model.Layer) (model.Weights, error) {
	used := make([]bool, len(have))
	var w model.Weights
	for _, l := range want {
		shape := l.KernelShape()
		if shape == nil {
			continue
		}
		i := slices.IndexFunc(have, func(h layer) bool { return h.fits(l.Kind) })
		for i >= 0 && i < len(have) && (used[i] || !have[i].fits(l.Kind)) {
			i++
		}
		if i < 0 || i == len(have) {
			return nil, fmt.Errorf("layer %s (%s, kernel %v) is missing: the file has %s", l.Name, l.Kind, shape, list(have))
		}
		used[i] = true
		for _, part := range []struct {
			name  string
			array *array
			want  []int
		}{{"kernel", have[i].kernel, shape}, {"bias", have[i].bias, []int{l.Out.Channels}}} {
			switch {
			case part.array == nil:
				return nil, fmt.Errorf("layer %s has no %s; the architecture's %s wants one of shape %v", have[i].name, part.name, l.Name, part.want)
			case !slices.Equal(part.array.shape, part.want):
				return nil, fmt.Errorf("layer %s: %s has shape %v, the architecture's %s wants %v", have[i].name, part.name, part.array.shape, l.Name, part.want)
			}
			w = append(w, model.Tensor{Name: l.Name + "." + part.name, Shape: part.want, Data: part.array.data})
		}
	}
	for i, u := range used {
		if !u {
			return nil, fmt.Errorf("layer %s is left over: the architecture has no layer for it; of a whole autoencoder, save encoder and decoder as two files", have[i])
		}
	}
	return w, nil
}

func list(have []layer) string {
	names := make([]string, len(have))
	for i, h := range have {
		names[i] = h.String()
	}
	return strings.Join(names, ", ")
}

// narrow converts float64 numbers to float32. Numbers must be finite, before
// and after.
func narrow(name string, x []float64) ([]float32, error) {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
		if math.IsNaN(v) || math.IsInf(float64(out[i]), 0) {
			return nil, fmt.Errorf("array %s has the value %v at position %d", name, v, i)
		}
	}
	return out, nil
}

// finite checks float32 numbers.
func finite(name string, x []float32) error {
	for i, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("array %s has the value %v at position %d", name, v, i)
		}
	}
	return nil
}
