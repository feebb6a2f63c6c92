package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/store"
)

// maxArch bounds the size of the JSON file of an architecture, in bytes.
const maxArch = 1 << 20

// architecture returns the preset or JSON file of Config.Arch, changed as asked for,
// for images of this shape and full scale. Convolutional presets take images of any size.
func (c Config) architecture(ctx context.Context, shape schemas.ImageShape, full int) (model.Arch, error) {
	if c.Table != nil {
		return c.architectureOfRows(ctx, shape.Width)
	}
	a, unknown := model.Preset(c.Arch)
	if unknown != nil {
		data, err := store.ReadFileLimit(ctx, c.Arch, maxArch)
		if errors.Is(err, fs.ErrNotExist) {
			return a, fmt.Errorf("Config.Arch: %w; or %s", unknown, ArchLinear)
		}
		if err != nil {
			return a, err
		}
		if a, err = model.ParseArch(data); err != nil {
			return a, fmt.Errorf("%s: %w", c.Arch, err)
		}
	}
	a, err := c.Change.apply(a, c.Latent)
	if err != nil {
		return a, err
	}
	want := c.inputOf(shape, cmp.Or(a.Input.FullScale, full))
	want.Scale = a.Input.Scale
	switch {
	case a.Input == want:
	case a.Input.Shape() == want.Shape(): // but for the full scale, which the architecture does not say
		a.Input = want
	case unknown == nil && a.Family == model.FamilyConv:
		a.Name, a.Input = "", want
	default:
		return a, fmt.Errorf("Config.Arch=%s takes %dx%d images of %d channels and %d bits, those of %s are %s: choose an architecture for them, or shards with sharding.Config.Size=%dx%d",
			c.Arch, a.Input.Height, a.Input.Width, a.Input.Channels, a.Input.Bits, c.Shards, shape, a.Input.Height, a.Input.Width)
	}
	if err := a.Validate(); err != nil {
		return a, fmt.Errorf("Config.Arch=%s for images of %s: %w", c.Arch, shape, err)
	}
	return a, nil
}

// apply changes an architecture; one that is not a preset any more loses its
// name. The error names the field.
func (ch Change) apply(a model.Arch, latent int) (model.Arch, error) {
	old := a
	switch {
	case len(ch.Widths) > 0 && a.Family != model.FamilyDense:
		return a, fmt.Errorf("Config.Widths: family %s has none", a.Family)
	case len(ch.Filters) > 0 && a.Family != model.FamilyConv:
		return a, fmt.Errorf("Config.Filters: family %s has none", a.Family)
	case ch.ConvsPerStage != 0 && a.Family != model.FamilyConv:
		return a, fmt.Errorf("Config.ConvsPerStage: family %s has none", a.Family)
	}
	a.Latent = cmp.Or(latent, a.Latent)
	a.ConvsPerStage = cmp.Or(ch.ConvsPerStage, a.ConvsPerStage)
	if len(ch.Filters) > 0 {
		a.Filters = ch.Filters
	}
	if len(ch.Widths) > 0 {
		a.Widths = ch.Widths
	}
	if ch.Scale != "" {
		a = a.WithScale(ch.Scale)
	}
	a.Activations = model.Activations{
		Hidden: cmp.Or(ch.Activations.Hidden, a.Activations.Hidden),
		Latent: cmp.Or(ch.Activations.Latent, a.Activations.Latent),
		Expand: cmp.Or(ch.Activations.Expand, a.Activations.Expand),
		Output: cmp.Or(ch.Activations.Output, a.Activations.Output),
	}
	if a.Latent != old.Latent || a.Input != old.Input || a.ConvsPerStage != old.ConvsPerStage || a.Activations != old.Activations ||
		!slices.Equal(a.Filters, old.Filters) || !slices.Equal(a.Widths, old.Widths) {
		a.Name = ""
	}
	if err := a.Validate(); err != nil {
		return a, fmt.Errorf("the architecture: %w", err)
	}
	return a, nil
}
