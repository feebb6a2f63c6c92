package keras

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
)

// config is a Keras model's configuration as a chain of steps.
type config struct {
	input []int // without the batch: height, width, channels, or one number
	bits  int   // 16 where a Rescaling layer divides by more than 255, its half or 1, else 8
	full  int   // model.Input.FullScale, where that layer says one of the cameras'
	steps []step

	scale    string // of the pixels after a Rescaling layer at the input; empty without one
	restores string // the scale that a Rescaling layer at the end maps to [0,1]; empty without one
}

// step is a layer that changes the numbers.
type step struct {
	name  string // in the Keras model
	kind  string // model.KindConv, KindConvT, KindPool, KindDense or KindCrop
	units int    // channels or units
	act   string
	crop  model.Size // rows at the bottom and columns at the right that are dropped
}

func (s step) String() string {
	switch s.kind {
	case model.KindPool:
		return "average pooling 2x2"
	case model.KindCrop:
		return fmt.Sprintf("cropping of %d rows and %d columns", s.crop.Height, s.crop.Width)
	}
	return fmt.Sprintf("%s %d %s", s.kind, s.units, s.act)
}

// kerasModel and kerasLayer are the JSON of Functional and Sequential models,
// as Keras 2 and 3 write it.
type kerasModel struct {
	Class  string `json:"class_name"`
	Config struct {
		Layers []kerasLayer `json:"layers"`
	} `json:"config"`
}

type kerasLayer struct {
	Class   string          `json:"class_name"`
	Inbound json.RawMessage `json:"inbound_nodes"`
	Raw     json.RawMessage `json:"config"` // of any class: only that of a known one is read
	Config  struct {
		Name        string          `json:"name"`
		BatchShape  []*int          `json:"batch_shape"`       // Keras 3
		BatchShape2 []*int          `json:"batch_input_shape"` // Keras 2
		Filters     int             `json:"filters"`
		Units       int             `json:"units"`
		Kernel      []int           `json:"kernel_size"`
		Pool        []int           `json:"pool_size"`
		Strides     []int           `json:"strides"`
		Dilation    []int           `json:"dilation_rate"`
		Groups      int             `json:"groups"`
		Padding     string          `json:"padding"`
		DataFormat  string          `json:"data_format"`
		Activation  json.RawMessage `json:"activation"`
		UseBias     *bool           `json:"use_bias"`
		Target      []int           `json:"target_shape"`
		Cropping    [][]int         `json:"cropping"` // top and bottom, left and right
		Scale       float64         `json:"scale"`
		Offset      float64         `json:"offset"`
		MaxValue    *float64        `json:"max_value"`
		Slope       float64         `json:"negative_slope"`
		Threshold   float64         `json:"threshold"`
	} `json:"-"`
}

// known are the classes of layers that are read.
var known = []string{
	"InputLayer", "Flatten", "Reshape", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "ActivityRegularization",
	"Rescaling", "ReLU", "Activation", "AveragePooling2D", "Cropping2D", "Conv2D", "Conv2DTranspose", "Dense",
}

// read reads the layer's configuration. Those of other classes have fields of the
// same names that mean other things.
func (l *kerasLayer) read() error {
	var named struct {
		Name any `json:"name"`
	}
	if err := json.Unmarshal(l.Raw, &named); err != nil {
		return errors.New("has no configuration")
	}
	l.Config.Name, _ = named.Name.(string)
	switch {
	case slices.Contains([]string{"Sequential", "Functional", "Model"}, l.Class):
		return fmt.Errorf("is a model in a model: save it alone, model.get_layer(%q).save(\"encoder.keras\"), and the decoder so", l.Config.Name)
	case strings.HasSuffix(l.Class, "Normalization"):
		return errNormalization
	case !slices.Contains(known, l.Class):
		return errors.New("is no layer of family conv (Conv2D, AveragePooling2D, Conv2DTranspose, Dense) or dense (Dense)")
	}
	if err := json.Unmarshal(l.Raw, &l.Config); err != nil {
		return fmt.Errorf("configuration is not readable: %w", schemas.JSONError(err))
	}
	return nil
}

// parseConfig reads a model's configuration. Models that are no chain of the
// layers of family conv or dense are errors that name the layer.
func parseConfig(data []byte) (*config, error) {
	var m kerasModel
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("configuration is not readable: %w", schemas.JSONError(err))
	}
	if m.Class != "Sequential" && m.Class != "Functional" && m.Class != "Model" {
		return nil, fmt.Errorf("model is of class %q: only Sequential and Functional are read", m.Class)
	}
	c := &config{bits: 8}
	before := ""
	for _, l := range m.Config.Layers {
		err := l.read()
		if err == nil {
			err = c.add(l, before)
		}
		if err != nil {
			return nil, fmt.Errorf("layer %s (%s): %w", l.Config.Name, l.Class, err)
		}
		before = l.Config.Name
	}
	if len(c.steps) == 0 {
		return nil, errors.New("the model has no layers")
	}
	return c, nil
}

// add appends a layer to the chain; before is the name of the one before it.
func (c *config) add(l kerasLayer, before string) error {
	if shape := append(l.Config.BatchShape, l.Config.BatchShape2...); c.input == nil && len(shape) > 0 {
		for _, d := range shape[1:] {
			if d == nil {
				return errors.New("input of undefined size")
			}
			c.input = append(c.input, *d)
		}
	}
	if from := inbound(l.Inbound); len(from) > 1 || len(from) == 1 && from[0] != before {
		return fmt.Errorf("takes its input from %v: only models without branches are read", from)
	}
	if l.Config.DataFormat != "" && l.Config.DataFormat != "channels_last" {
		return fmt.Errorf("data_format %s: only channels_last is read", l.Config.DataFormat)
	}
	if c.restores != "" {
		return errors.New("follows the Rescaling layer that ends a decoder")
	}
	s := step{name: l.Config.Name}
	switch l.Class {
	case "InputLayer", "Flatten", "Reshape", "Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "ActivityRegularization":
		return nil
	case "Rescaling":
		return c.rescaling(l.Config.Scale, l.Config.Offset)
	case "ReLU", "Activation":
		return c.activation(l)
	case "AveragePooling2D":
		if !slices.Equal(l.Config.Pool, []int{2, 2}) || l.Config.Padding != "valid" || l.Config.Strides != nil && !slices.Equal(l.Config.Strides, []int{2, 2}) {
			return fmt.Errorf("pool %v, strides %v, padding %s: only 2x2 with stride 2, valid, is known", l.Config.Pool, l.Config.Strides, l.Config.Padding)
		}
		s.kind = model.KindPool
		c.steps = append(c.steps, s)
		return nil
	case "Cropping2D":
		crop := l.Config.Cropping
		if len(crop) != 2 || len(crop[0]) != 2 || len(crop[1]) != 2 || crop[0][0] != 0 || crop[1][0] != 0 {
			return fmt.Errorf("cropping %v: only at the bottom and the right is known", crop)
		}
		s.kind, s.crop = model.KindCrop, model.Size{Height: crop[0][1], Width: crop[1][1]}
		c.steps = append(c.steps, s)
		return nil
	case "Conv2D":
		s.kind, s.units = model.KindConv, l.Config.Filters
	case "Conv2DTranspose":
		s.kind, s.units = model.KindConvT, l.Config.Filters
	case "Dense":
		s.kind, s.units = model.KindDense, l.Config.Units
	default:
		panic("keras: no case for class " + l.Class)
	}
	if err := checkWindow(l, s.kind); err != nil {
		return err
	}
	if l.Config.UseBias != nil && !*l.Config.UseBias {
		return errors.New("use_bias is false: layers without bias are not read")
	}
	var err error
	if s.act, err = activationName(l.Config.Activation); err != nil {
		return err
	}
	c.steps = append(c.steps, s)
	return nil
}

func checkWindow(l kerasLayer, kind string) error {
	stride := 1
	switch kind {
	case model.KindDense:
		return nil
	case model.KindConvT:
		stride = 2
	}
	k := l.Config
	ones := func(x []int) bool { return x == nil || slices.Equal(x, []int{1, 1}) }
	if !slices.Equal(k.Kernel, []int{3, 3}) || !slices.Equal(k.Strides, []int{stride, stride}) || k.Padding != "same" || !ones(k.Dilation) || k.Groups > 1 {
		return fmt.Errorf("kernel %v, strides %v, padding %s, dilation %v, groups %d: only 3x3 with stride %d, same, is known",
			k.Kernel, k.Strides, k.Padding, k.Dilation, max(k.Groups, 1), stride)
	}
	return nil
}

// rescaling accepts what is done around the layers anyway: pixels to [0,1], [-1,1] or
// [0,255] at the input, and to [0,1] at the end.
func (c *config) rescaling(scale, offset float64) error {
	is := func(largest, by float64) bool { return math.Abs(scale*largest-1) < 1e-6 && offset == by }
	atInput := len(c.steps) == 0 && c.scale == ""
	if atInput {
		for _, bits := range []int{8, 16, 10, 12, 14} {
			full := 1<<bits - 1
			switch half := float64(full) / 2; {
			case is(float64(full), 0):
				c.scale = model.ScaleUnit
			case is(half, -1):
				c.scale = model.ScaleSymmetric
			case is(float64(full)/255, 0):
				c.scale = model.ScaleByte
			default:
				continue
			}
			if bits > 8 {
				c.bits = 16
			}
			if bits%8 != 0 {
				c.full = full
			}
			return nil
		}
	}
	switch {
	case len(c.steps) > 0 && is(2, 0.5):
		c.restores = model.ScaleSymmetric
	case len(c.steps) > 0 && is(255, 0):
		c.restores = model.ScaleByte
	default:
		return fmt.Errorf("scale %g, offset %g: only 1/255, 1/65535, 1, 1/257, and 1/127.5 and 1/32767.5 with offset -1 are known at the input (and those of 1023, 4095 and 16383, as of 65535), and 1/255, and 0.5 with offset 0.5, at the end", scale, offset)
	}
	return nil
}

// checkScale refuses an encoder's or decoder's configuration that says another
// range of the pixels than the architecture.
func (c *config) checkScale(in model.Input) error {
	found := cmp.Or(c.restores, c.scale)
	if found != "" && found != in.Scale {
		return fmt.Errorf("its Rescaling layer is for pixels in %s, stated is %s (Config.Arch, Config.Scale)", model.Input{Scale: found}.Range(), in.Range())
	}
	if c.scale != "" && c.full != in.FullScale {
		return fmt.Errorf("its Rescaling layer is for pixels whose full scale is %d, stated is %d (Config.Arch, Config.FullScale)", schemas.FullScale(c.full, c.bits), in.Full())
	}
	return nil
}

// activation joins a layer that is only an activation to the one before it.
func (c *config) activation(l kerasLayer) error {
	act := model.ActReLU
	if l.Class == "Activation" {
		var err error
		if act, err = activationName(l.Config.Activation); err != nil {
			return err
		}
	} else if l.Config.MaxValue != nil || l.Config.Slope != 0 || l.Config.Threshold != 0 {
		return errors.New("only the plain ReLU is known")
	}
	if len(c.steps) == 0 || c.steps[len(c.steps)-1].act != model.ActLinear {
		return errors.New("an activation must follow a linear layer with weights")
	}
	c.steps[len(c.steps)-1].act = act
	return nil
}

func activationName(raw json.RawMessage) (string, error) {
	var name string
	if len(raw) == 0 || string(raw) == "null" {
		return model.ActLinear, nil
	}
	if err := json.Unmarshal(raw, &name); err != nil || !slices.Contains([]string{model.ActLinear, model.ActReLU, model.ActSigmoid, model.ActTanh}, name) {
		return "", fmt.Errorf("activation %s: only linear, relu, sigmoid and tanh are known", raw)
	}
	return name, nil
}

// inbound returns the names of the layers that a layer's inputs come from: the
// first element of each keras_history (Keras 3) or node (Keras 2).
func inbound(raw json.RawMessage) []string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	var names []string
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				visit(v[key])
			}
		case []any:
			if len(v) >= 3 {
				_, isNode := v[1].(float64)
				if name, ok := v[0].(string); ok && isNode {
					names = append(names, name)
					return
				}
			}
			for _, e := range v {
				visit(e)
			}
		}
	}
	visit(v)
	return names
}
