package model

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"exemplar/schemas"
)

// Families of architectures.
const (
	FamilyConv   = "conv"   // convolutions and average pooling, then one dense layer
	FamilyDense  = "dense"  // a stack of dense layers
	FamilyLinear = "linear" // average pooling to a working size, one dense layer
)

// Activations of a layer.
const (
	ActLinear  = "linear"
	ActReLU    = "relu"
	ActSigmoid = "sigmoid"
	ActTanh    = "tanh"
)

// Scales: the ranges of the numbers that pixels become for the encoder, and that
// the decoder's layers give. Outside of the layers pixels are in [0,1] with
// all: decoded images, errors, exports.
const (
	ScaleUnit      = "unit"      // [0,1]: x, the pixel divided by full scale, Input.Full
	ScaleSymmetric = "symmetric" // [-1,1]: 2x-1
	ScaleByte      = "byte"      // [0,255]: 255x, of the types' own full scales pixels of 8 bits as they are, those of 16 bits divided by 257
)

// Interpolations of the decoder of family linear.
const (
	UpsampleBilinear = "bilinear" // half-pixel centers, edges clamped
	UpsampleNearest  = "nearest"  // half-pixel centers
)

// Largest sizes that an architecture may have. They keep a damaged or hostile
// model.json from asking for more memory than any machine has.
const (
	maxSide     = 1 << 14 // pixels of one side
	maxChannels = 16
	maxWidth    = 1 << 20 // units of one dense layer
	maxFilters  = 1 << 14
	maxLayers   = 64
	maxWeights  = 1 << 31 // numbers in one tensor
)

// Input is the image that a model takes, and how its pixels become numbers; or a row of a
// table, whose scaled numbers, float32, take the place of pixels (see Table): then it is one
// pixel high, of one channel and 32 bits.
type Input struct {
	Height   int `json:"height"`   // pixels
	Width    int `json:"width"`    // pixels
	Channels int `json:"channels"` // interleaved: 1 to 16; see Model.Channels for what they are
	Bits     int `json:"bits"`     // 8 (uint8) or 16 (little-endian uint16); 32 (float32) of a table
	// FullScale is the pixel that counts as 1, as 4095 of a camera of 12 bits; 0 stands for the largest
	// value of the type, 255 or 65535. Pixels above it are numbers above 1.
	FullScale int `json:"full_scale,omitempty"`

	Scale string `json:"scale"` // ScaleUnit, ScaleSymmetric or ScaleByte; of a table ScaleZScore, ScaleUnit or ScaleNone
}

// Shape returns the shape of the images.
func (in Input) Shape() schemas.ImageShape {
	return schemas.ImageShape{Height: in.Height, Width: in.Width, Channels: in.Channels, Bits: in.Bits}
}

// Bytes returns the size of the raw pixels of one image.
func (in Input) Bytes() int { return in.Values() * in.Bits / 8 }

// Values returns the number of pixel values of one image.
func (in Input) Values() int { return in.Height * in.Width * in.Channels }

// Full returns the pixel that counts as 1.
func (in Input) Full() int { return schemas.FullScale(in.FullScale, in.Bits) }

// Preprocessing says in one word group what happens to the pixels, for the
// footers and manifests of latents: "uint8/255", "uint16/65535", "uint8/127.5-1",
// "uint16/32767.5-1", "uint8/1" or "uint16/257", with a full scale of its own "uint16/4095"; of rows of a table how these are scaled,
// "float64/zscore", "float64/unit" or "float64/none".
func (in Input) Preprocessing() string {
	if in.Rows() {
		return "float64/" + in.Scale
	}
	switch in.Scale {
	case ScaleSymmetric:
		return fmt.Sprintf("uint%d/%g-1", in.Bits, float64(in.Full())/2)
	case ScaleByte:
		return fmt.Sprintf("uint%d/%g", in.Bits, float64(in.Full())/255)
	}
	return fmt.Sprintf("uint%d/%d", in.Bits, in.Full())
}

// Range returns the range of the numbers that pixels become: "[0,1]", "[-1,1]" or
// "[0,255]"; of numbers without one "z-scores", or "the table's units".
func (in Input) Range() string {
	switch in.Scale {
	case ScaleSymmetric:
		return "[-1,1]"
	case ScaleByte:
		return "[0,255]"
	case ScaleZScore:
		return "z-scores"
	case ScaleNone:
		return "the table's units"
	}
	return "[0,1]"
}

// Span returns the length of that range: by so much differences of the numbers are larger
// than those of pixels in [0,1].
func (in Input) Span() float64 {
	switch in.Scale {
	case ScaleSymmetric:
		return 2
	case ScaleByte:
		return 255
	}
	return 1
}

// Validate reports the first field that no image can have.
func (in Input) Validate() error {
	if in.Rows() {
		return in.validateRows()
	}
	switch {
	case in.Height < 1 || in.Width < 1 || in.Height > maxSide || in.Width > maxSide:
		return fmt.Errorf("input size %dx%d: each side must be 1 to %d pixels", in.Height, in.Width, maxSide)
	case in.Channels < 1 || in.Channels > maxChannels:
		return fmt.Errorf("input has %d channels: must be 1 to %d", in.Channels, maxChannels)
	case in.Bits != 8 && in.Bits != 16:
		return fmt.Errorf("input has %d bits: only 8 and 16 are known", in.Bits)
	case in.FullScale < 0 || in.FullScale >= 1<<in.Bits:
		return fmt.Errorf("full scale %d: must be 1 to %d, the largest value of %d bits", in.FullScale, 1<<in.Bits-1, in.Bits)
	case in.Scale != ScaleUnit && in.Scale != ScaleSymmetric && in.Scale != ScaleByte:
		return fmt.Errorf("input scale %q: must be %s, for pixels in [0,1], %s, for [-1,1], or %s, for [0,255]", in.Scale, ScaleUnit, ScaleSymmetric, ScaleByte)
	}
	return nil
}

func (in Input) validateRows() error {
	switch {
	case in.FullScale != 0:
		return fmt.Errorf("full scale %d: the numbers of a table have none", in.FullScale)
	case in.Height != 1 || in.Channels != 1:
		return fmt.Errorf("input %dx%dx%d of 32 bits: the row of a table is 1 high, of 1 channel", in.Height, in.Width, in.Channels)
	case in.Width < 1 || in.Width > maxSide:
		return fmt.Errorf("a table of %d columns of numbers: must be 1 to %d", in.Width, maxSide)
	case in.Scale != ScaleZScore && in.Scale != ScaleUnit && in.Scale != ScaleNone:
		return fmt.Errorf("input scale %q of a table: must be %s, %s, for numbers in [0,1], or %s", in.Scale, ScaleZScore, ScaleUnit, ScaleNone)
	}
	return nil
}

// Size is a height and a width in pixels.
type Size struct {
	Height int `json:"height"`
	Width  int `json:"width"`
}

// Activations names the activation of each kind of layer: linear, relu,
// sigmoid or tanh.
type Activations struct {
	Hidden string `json:"hidden"` // convolutions and inner dense layers of both halves
	Latent string `json:"latent"` // last layer of the encoder
	Expand string `json:"expand"` // family conv: first dense layer of the decoder
	Output string `json:"output"` // last layer of the decoder
}

// Arch is an architecture: everything about a model but its numbers.
//
// Family conv, encoder: for each of Filters, ConvsPerStage convolutions 3x3
// "same" with the hidden activation, then average pooling 2x2 (an odd last row
// or column is dropped); flatten in (row, column, channel) order; dense to
// Latent. Decoder: dense to the smallest plane that covers the input after as
// many doublings, reshape; for each of Filters in reverse, a transposed
// convolution 3x3 of stride 2 "same" and ConvsPerStage-1 convolutions; a
// convolution 3x3 to the input's channels; cropped to the input's size at the
// bottom and the right.
//
// Family dense: flatten, dense layers of Widths, dense to Latent; the decoder
// has the same widths in reverse.
//
// Family linear: average pooling to Working (see Pool), dense to Latent, with
// the mean subtracted through the bias; the decoder is dense to Working and
// enlarges to the input's size by Upsample.
type Arch struct {
	Name   string `json:"name,omitempty"` // of the preset, for people
	Family string `json:"family"`
	Input  Input  `json:"input"`
	Latent int    `json:"latent"` // dimensions of a latent vector

	Filters       []int `json:"filters,omitempty"`         // conv: channels of each stage
	ConvsPerStage int   `json:"convs_per_stage,omitempty"` // conv
	Widths        []int `json:"widths,omitempty"`          // dense: units of the inner layers

	Working  Size   `json:"working,omitzero"`   // linear
	Upsample string `json:"upsample,omitempty"` // linear: bilinear or nearest

	Activations Activations `json:"activations"`
}

// ParseArch reads an architecture from JSON. Unknown fields are errors; absent
// activations are the family's usual ones, the output's that of the scale, which
// defaults to "unit"; bits default to 8 and channels to 1.
func ParseArch(data []byte) (Arch, error) {
	var a Arch
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		return Arch{}, fmt.Errorf("architecture: %w", schemas.JSONError(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Arch{}, errors.New("architecture: data after the JSON object")
	}
	a = a.withDefaults()
	if err := a.Validate(); err != nil {
		return Arch{}, fmt.Errorf("architecture: %w", err)
	}
	return a, nil
}

// withDefaults fills the fields that ParseArch lets be absent.
func (a Arch) withDefaults() Arch {
	a.Input.Scale = cmp.Or(a.Input.Scale, ScaleUnit)
	hidden, output := ActReLU, ActSigmoid
	switch a.Input.Scale {
	case ScaleSymmetric:
		output = ActTanh
	case ScaleByte, ScaleZScore, ScaleNone:
		output = ActLinear
	}
	if a.Family == FamilyLinear {
		hidden, output = ActLinear, ActLinear
		a.Upsample = cmp.Or(a.Upsample, UpsampleBilinear)
	}
	act := &a.Activations
	act.Hidden, act.Latent = cmp.Or(act.Hidden, hidden), cmp.Or(act.Latent, ActLinear)
	act.Expand, act.Output = cmp.Or(act.Expand, ActLinear), cmp.Or(act.Output, output)
	a.Input.Bits, a.Input.Channels = cmp.Or(a.Input.Bits, 8), cmp.Or(a.Input.Channels, 1)
	return a
}

// WithScale returns the architecture for pixels of another scale. An output
// activation that reaches just the old range, sigmoid or tanh, becomes the one
// of the new range, linear for [0,255]; one that the scale has already stays.
func (a Arch) WithScale(scale string) Arch {
	switch {
	case scale == a.Input.Scale:
	case scale == ScaleByte && (a.Activations.Output == ActSigmoid || a.Activations.Output == ActTanh):
		a.Activations.Output = ActLinear
	case scale == ScaleSymmetric && a.Activations.Output == ActSigmoid:
		a.Activations.Output = ActTanh
	case scale == ScaleUnit && a.Activations.Output == ActTanh:
		a.Activations.Output = ActSigmoid
	}
	a.Input.Scale = scale
	return a
}

// Validate reports the first thing about the architecture that cannot be.
func (a Arch) Validate() error {
	if err := a.Input.Validate(); err != nil {
		return err
	}
	if a.Latent < 1 || a.Latent > maxWidth {
		return fmt.Errorf("latent size %d: must be 1 to %d", a.Latent, maxWidth)
	}
	for _, act := range []struct{ where, name string }{
		{"hidden", a.Activations.Hidden}, {"latent", a.Activations.Latent},
		{"expand", a.Activations.Expand}, {"output", a.Activations.Output},
	} {
		if !slices.Contains([]string{ActLinear, ActReLU, ActSigmoid, ActTanh}, act.name) {
			return fmt.Errorf("%s activation %q: must be linear, relu, sigmoid or tanh", act.where, act.name)
		}
	}
	switch out := a.Activations.Output; {
	case a.Input.Scale == ScaleSymmetric && (out == ActSigmoid || out == ActReLU):
		return fmt.Errorf("output activation %s never gives a number below 0: pixels in [-1,1] need tanh or linear", out)
	case a.Input.Scale == ScaleZScore && out != ActLinear:
		return fmt.Errorf("output activation %s does not give all numbers that z-scores can be: use linear", out)
	case a.Input.Scale == ScaleByte && (out == ActSigmoid || out == ActTanh):
		return fmt.Errorf("output activation %s never gives a number above 1: pixels in [0,255] need relu or linear", out)
	}
	if err := a.validateFamily(); err != nil {
		return err
	}
	return a.validateLayers()
}

func (a Arch) validateFamily() error {
	type field struct {
		name string
		set  bool
	}
	conv := []field{{"filters", len(a.Filters) > 0}, {"convs_per_stage", a.ConvsPerStage != 0}}
	dense := []field{{"widths", len(a.Widths) > 0}}
	linear := []field{{"working", a.Working != Size{}}, {"upsample", a.Upsample != ""}}
	var foreign []field
	var err error
	switch a.Family {
	case FamilyConv:
		if a.Input.Rows() {
			return errors.New("family conv needs images: the columns of a table have no neighbors; use family dense or linear")
		}
		foreign, err = slices.Concat(dense, linear), a.validateConv()
	case FamilyDense:
		foreign, err = slices.Concat(conv, linear), a.validateDense()
	case FamilyLinear:
		foreign, err = slices.Concat(conv, dense), a.validateLinear()
	default:
		return fmt.Errorf("family %q: must be conv, dense or linear", a.Family)
	}
	for _, f := range foreign {
		if f.set {
			return fmt.Errorf("family %s has no %s", a.Family, f.name)
		}
	}
	return err
}

func (a Arch) validateConv() error {
	if len(a.Filters) < 1 || len(a.Filters) > 14 {
		return fmt.Errorf("filters %v: must be 1 to 14 stages", a.Filters)
	}
	if a.ConvsPerStage < 1 || a.ConvsPerStage > 16 {
		return fmt.Errorf("convs_per_stage %d: must be 1 to 16", a.ConvsPerStage)
	}
	for _, f := range a.Filters {
		if f < 1 || f > maxFilters {
			return fmt.Errorf("filters %v: each must be 1 to %d", a.Filters, maxFilters)
		}
	}
	if n := len(a.Filters); a.Input.Height>>n < 1 || a.Input.Width>>n < 1 {
		return fmt.Errorf("input %dx%d is too small for %d stages of pooling", a.Input.Height, a.Input.Width, n)
	}
	return nil
}

func (a Arch) validateDense() error {
	if len(a.Widths) > maxLayers {
		return fmt.Errorf("%d widths: at most %d", len(a.Widths), maxLayers)
	}
	for _, w := range a.Widths {
		if w < 1 || w > maxWidth {
			return fmt.Errorf("widths %v: each must be 1 to %d", a.Widths, maxWidth)
		}
	}
	return nil
}

func (a Arch) validateLinear() error {
	if a.Working.Height < 1 || a.Working.Width < 1 || a.Working.Height > a.Input.Height || a.Working.Width > a.Input.Width {
		return fmt.Errorf("working size %dx%d: must be 1x1 to the input's %dx%d",
			a.Working.Height, a.Working.Width, a.Input.Height, a.Input.Width)
	}
	if a.Upsample != UpsampleBilinear && a.Upsample != UpsampleNearest {
		return fmt.Errorf("upsample %q: must be bilinear or nearest", a.Upsample)
	}
	return nil
}

// validateLayers refuses tensors larger than any that this code addresses.
func (a Arch) validateLayers() error {
	for _, l := range slices.Concat(a.EncoderLayers(), a.DecoderLayers()) {
		n := 1
		for _, d := range l.KernelShape() {
			n *= d
			if n > maxWeights {
				return fmt.Errorf("layer %s has a kernel of shape %v: too large", l.Name, l.KernelShape())
			}
		}
	}
	return nil
}
