package keras

import (
	"fmt"

	"exemplar/model"
)

// sequential is a Sequential model of Keras 3.
type sequential struct {
	name    string
	layers  []kerasStep
	vectors bool // the last layer gives vectors, not planes
}

// kerasStep is one of its layers.
type kerasStep struct {
	class  string
	config map[string]any
	arrays []array // in Keras' order: kernel, bias
}

// halves returns a model's encoder and decoder; the latter may be nil.
func halves(m *model.Model) (encoder, decoder *sequential) {
	in := m.Arch.Input
	encoder = &sequential{name: "encoder"}
	encoder.add("InputLayer", "image", map[string]any{"batch_shape": []any{nil, in.Height, in.Width, in.Channels}})
	largest := float64(in.Full())
	scale, offset := 1/largest, 0.0
	switch in.Scale {
	case model.ScaleSymmetric:
		scale, offset = 2/largest, -1
	case model.ScaleByte:
		scale = 255 / largest
	}
	encoder.add("Rescaling", "rescaling", map[string]any{"scale": scale, "offset": offset})
	encoder.chain(m.Arch.EncoderLayers(), m.Encoder)
	if len(m.Decoder) == 0 {
		return encoder, nil
	}
	decoder = &sequential{name: "decoder", vectors: true}
	decoder.add("InputLayer", "embedding", map[string]any{"batch_shape": []any{nil, m.Arch.Latent}})
	decoder.chain(m.Arch.DecoderLayers(), m.Decoder)
	switch in.Scale {
	case model.ScaleSymmetric:
		decoder.add("Rescaling", "rescaling", map[string]any{"scale": 0.5, "offset": 0.5})
	case model.ScaleByte:
		decoder.add("Rescaling", "rescaling", map[string]any{"scale": 1. / 255, "offset": 0.0})
	}
	return encoder, decoder
}

// add appends a layer.
func (s *sequential) add(class, name string, config map[string]any, arrays ...array) {
	config["name"], config["dtype"] = name, "float32"
	s.layers = append(s.layers, kerasStep{class, config, arrays})
}

// chain appends the layers of an architecture.
func (s *sequential) chain(layers []model.Layer, w model.Weights) {
	for i, l := range layers {
		if l.Name == "" {
			l.Name = fmt.Sprintf("%s%d", l.Kind, i)
		}
		switch l.Kind {
		case model.KindConv:
			s.add("Conv2D", l.Name, window(l, 1), weights(l, w)...)
		case model.KindConvT:
			s.add("Conv2DTranspose", l.Name, window(l, 2), weights(l, w)...)
		case model.KindDense:
			if !s.vectors {
				s.add("Flatten", "flatten", map[string]any{"data_format": "channels_last"})
				s.vectors = true
			}
			s.add("Dense", l.Name, map[string]any{"units": l.Out.Size(), "activation": l.Activation, "use_bias": true}, weights(l, w)...)
		case model.KindPool:
			s.add("AveragePooling2D", l.Name, map[string]any{
				"pool_size": []int{2, 2}, "strides": []int{2, 2}, "padding": "valid", "data_format": "channels_last",
			})
		case model.KindReshape:
			s.add("Reshape", l.Name, map[string]any{"target_shape": []int{l.Out.Height, l.Out.Width, l.Out.Channels}})
			s.vectors = false
		case model.KindCrop:
			s.add("Cropping2D", l.Name, map[string]any{
				"cropping":    [][]int{{0, l.In.Height - l.Out.Height}, {0, l.In.Width - l.Out.Width}},
				"data_format": "channels_last",
			})
		case model.KindArea, model.KindUpsample:
			s.resample(l)
		default:
			panic("keras: no layer for kind " + l.Kind)
		}
	}
}

// window returns the configuration of a convolution 3x3.
func window(l model.Layer, stride int) map[string]any {
	return map[string]any{
		"filters": l.Out.Channels, "kernel_size": []int{3, 3}, "strides": []int{stride, stride}, "padding": "same",
		"data_format": "channels_last", "dilation_rate": []int{1, 1}, "activation": l.Activation, "use_bias": true,
	}
}

// weights returns a layer's arrays.
func weights(l model.Layer, w model.Weights) (arrays []array) {
	for _, part := range []string{".kernel", ".bias"} {
		t := w.Get(l.Name + part)
		arrays = append(arrays, array{t.Name, t.Shape, t.Data})
	}
	return arrays
}

// resample changes the size of planes by dense layers along their columns and
// then along their rows, whose weights are fixed.
func (s *sequential) resample(l model.Layer) {
	rows, columns := l.Resampling()
	permute := func(to string, dims ...int) { s.add("Permute", l.Name+"_"+to, map[string]any{"dims": dims}) }
	along := func(side string, in, out int, matrix []float32) {
		kernel := make([]float32, 0, len(matrix)) // its transpose
		for i := range in {
			for o := range out {
				kernel = append(kernel, matrix[o*in+i])
			}
		}
		s.add("Dense", l.Name+"_"+side, map[string]any{
			"units": out, "activation": model.ActLinear, "use_bias": false, "trainable": false,
		}, array{shape: []int{in, out}, data: kernel})
	}
	permute("channels_first", 3, 1, 2)
	along("columns", l.In.Width, l.Out.Width, columns)
	permute("rows_last", 1, 3, 2)
	along("rows", l.In.Height, l.Out.Height, rows)
	permute("channels_last", 3, 2, 1)
}

// config returns the JSON that Keras builds the model from.
func (s *sequential) config() map[string]any {
	layers := make([]any, len(s.layers))
	for i, l := range s.layers {
		layers[i] = map[string]any{
			"module": "keras.layers", "class_name": l.class, "config": l.config, "registered_name": nil,
		}
	}
	return map[string]any{
		"module": "keras", "class_name": "Sequential", "registered_name": nil,
		"config":       map[string]any{"name": s.name, "trainable": true, "dtype": "float32", "layers": layers},
		"build_config": map[string]any{"input_shape": s.layers[0].config["batch_shape"]},
	}
}

// folders are the names of the layers with weights in a .weights.h5 file.
var folders = map[string]string{"Conv2D": "conv2d", "Conv2DTranspose": "conv2d_transpose", "Dense": "dense"}

// arrays returns the weights under their paths in a .weights.h5 file: a layer's
// folder is its class with a number, counted by class in the model's order,
// whatever its name.
func (s *sequential) arrays() []array {
	var all []array
	count := map[string]int{}
	for _, l := range s.layers {
		folder := folders[l.class]
		if n := count[l.class]; n > 0 {
			folder += fmt.Sprintf("_%d", n)
		}
		count[l.class]++
		for i, a := range l.arrays {
			a.name = fmt.Sprintf("/layers/%s/vars/%d", folder, i)
			all = append(all, a)
		}
	}
	return all
}
