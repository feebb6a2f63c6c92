package reporting

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/reporting/figure"
	"exemplar/transforms/store"
)

// findView says how the images are shown: by what the shards say of them or, where there are
// none, the model.
func (in *inputs) findView() (err error) {
	channels, shape, full := in.shards.Channels, in.shards.Image, in.shards.FullScale
	if in.shardsDir == "" && in.model != nil {
		a := in.model.Arch.Input
		channels, shape, full = in.model.Channels, a.Shape(), a.FullScale
	}
	if shape.Bits == 0 || shape.Bits > 16 { // none, or rows of a table
		if in.Composite != "" {
			return fmt.Errorf("Config.Composite=%s: there are no images here: leave it out", in.Composite)
		}
		return nil
	}
	if in.view = composite.Of(shape, channels, full); in.Composite == "" {
		in.noteColors()
		return nil
	}
	if in.view, err = in.view.Choose(strings.Split(in.Composite, ","), channels); err != nil {
		return fmt.Errorf("Config.Composite=%s: %w", in.Composite, err)
	}
	in.noteColors()
	return nil
}

// noteColors says where the colors of the files are not taken.
func (in *inputs) noteColors() {
	if in.view.Replaced {
		in.notes = append(in.notes, "colors: others than the files have, whose colors people who lack a receptor for red, green or blue do not tell apart")
	}
}

// shownBy returns the range that pictures show, and of images with channels each of theirs.
func shownBy(v *composite.View) (low, high, full float64, channels []schemas.ShownChannel) {
	return v.Low, v.High, v.Full, v.Described()
}

// channels returns the pictures of the channels, nil where there are none.
func (g *gallery) channels() []string {
	if !slices.ContainsFunc(g.strips, func(s string) bool { return s != "" }) {
		return nil
	}
	return g.strips
}

// differs is the share by which two scales may differ and still be the same.
const differs = 0.005

// pixelsPerMicron returns the scale of the figure: as given, else that of the shards, 0 where
// neither is known or a figure could not have it.
func (in *inputs) pixelsPerMicron(given float64) float64 {
	if given > 0 || in.shardsDir == "" || !(in.shards.MicronsPerPixel > 0) {
		return given
	}
	if scale := 1 / in.shards.MicronsPerPixel; figure.CheckNumbers(0, scale, 0) == nil {
		return scale
	}
	return 0
}

// CompareScale notes where a given scale of the figure is not that of the shards.
func (s *Sources) CompareScale(given float64) {
	own := s.in.pixelsPerMicron(0)
	if given > 0 && own > 0 && math.Abs(given/own-1) > differs {
		s.in.notes = append(s.in.notes, fmt.Sprintf("scale: %g pixels a micron as given; %s says %g µm a pixel, which are %.6g pixels a micron",
			given, store.Join(s.in.shardsDir, schemas.ShardsFile), s.in.shards.MicronsPerPixel, own))
	}
}
