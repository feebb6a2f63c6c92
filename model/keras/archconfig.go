package keras

import (
	"cmp"
	"fmt"
	"math"

	"exemplar/model"
)

// arch returns the architecture of an encoder. The decoder, which may be nil,
// says the activations that only it has; scale is that of the pixels, if the
// encoder does not say it. Whether the two are what the
// architecture says is checked by matches.
func (c *config) arch(decoder *config, size model.Size, scale string) (model.Arch, error) {
	in, err := c.inputOf(size)
	if err != nil {
		return model.Arch{}, err
	}
	in.Scale = cmp.Or(scale, c.scale, model.ScaleUnit)
	last := c.steps[len(c.steps)-1]
	a := model.Arch{
		Family: model.FamilyDense, Input: in, Latent: last.units,
		Activations: model.Activations{Hidden: model.ActReLU, Latent: last.act, Expand: model.ActLinear, Output: model.ActSigmoid},
	}
	switch in.Scale {
	case model.ScaleSymmetric:
		a.Activations.Output = model.ActTanh
	case model.ScaleByte:
		a.Activations.Output = model.ActLinear
	}
	if len(c.steps) > 1 {
		a.Activations.Hidden = c.steps[0].act
	}
	if c.steps[0].kind == model.KindConv {
		a.Family = model.FamilyConv
		for i, s := range c.steps {
			if s.kind == model.KindPool && i > 0 {
				a.Filters = append(a.Filters, c.steps[i-1].units)
			}
		}
		for a.ConvsPerStage < len(c.steps) && c.steps[a.ConvsPerStage].kind == model.KindConv {
			a.ConvsPerStage++
		}
	} else {
		for _, s := range c.steps[:len(c.steps)-1] {
			a.Widths = append(a.Widths, s.units)
		}
	}
	if decoder != nil {
		for _, s := range decoder.steps {
			if s.kind != model.KindCrop {
				a.Activations.Output = s.act // in the end, of the last one
			}
		}
		if a.Family == model.FamilyConv {
			a.Activations.Expand = decoder.steps[0].act
		}
	}
	if err := a.Validate(); err != nil {
		return a, fmt.Errorf("the model maps to no architecture: %w", err)
	}
	if err := c.matches(a.EncoderLayers()); err != nil {
		return a, fmt.Errorf("the model maps to no architecture of family %s: %w", a.Family, err)
	}
	return a, nil
}

// inputOf returns the image that the model takes. A flat input is taken for a
// square gray image unless a size is given.
func (c *config) inputOf(size model.Size) (model.Input, error) {
	in := model.Input{Channels: 1, Bits: c.bits, FullScale: c.full}
	switch {
	case len(c.input) == 3:
		in.Height, in.Width, in.Channels = c.input[0], c.input[1], c.input[2]
	case len(c.input) == 2:
		in.Height, in.Width = c.input[0], c.input[1]
	case len(c.input) == 1 && size == (model.Size{}):
		side := int(math.Sqrt(float64(c.input[0])) + 0.5)
		if side*side != c.input[0] {
			return in, fmt.Errorf("input of %d numbers is no square image: give its height and width with Config.Input", c.input[0])
		}
		in.Height, in.Width = side, side
	case len(c.input) == 1:
		in.Height, in.Width = size.Height, size.Width
		if area := size.Height * size.Width; area > 0 && c.input[0]%area == 0 {
			in.Channels = c.input[0] / area
		}
	default:
		return in, fmt.Errorf("input of shape %v is no image", c.input)
	}
	return in, nil
}

// matches checks that the configuration's steps are those of an encoder's or
// decoder's layers.
func (c *config) matches(layers []model.Layer) error {
	var want []step
	for _, l := range layers {
		switch l.Kind {
		case model.KindConv, model.KindConvT, model.KindDense:
			want = append(want, step{kind: l.Kind, act: l.Activation, units: l.Out.Channels})
		case model.KindPool:
			want = append(want, step{kind: l.Kind})
		case model.KindCrop:
			crop := model.Size{Height: l.In.Height - l.Out.Height, Width: l.In.Width - l.Out.Width}
			want = append(want, step{kind: l.Kind, crop: crop})
		}
	}
	for i := range max(len(want), len(c.steps)) {
		switch {
		case i == len(c.steps):
			return fmt.Errorf("the model ends where a layer %s must follow", want[i])
		case i == len(want):
			return fmt.Errorf("layer %s (%s): no more layers may follow", c.steps[i].name, c.steps[i])
		}
		got := c.steps[i]
		name := got.name
		got.name = ""
		if got != want[i] {
			return fmt.Errorf("layer %s is %s where %s must be", name, got, want[i])
		}
	}
	return nil
}
