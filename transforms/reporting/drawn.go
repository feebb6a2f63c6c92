package reporting

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/raster"
	"exemplar/transforms/data/records"
	"exemplar/transforms/reporting/figure"
)

// FigureConfig is what a user chooses for the figure.
type FigureConfig struct {
	Sets            []figure.Set // none: the groups of the first
	Width           float64      // mm, 40 to 400; 0: figure.DefaultWidth
	PixelsPerMicron float64      // of the images, 0.000001 to 1000000; 0: as the shards say, no scale bar where they do not
	PerGroup        int          // picks of a group at most; 0: as many as fit
}

// Draw draws the figure of a selection, at the brightness that the report has; nil
// without shards. The same folders give the same bytes.
func (s *Sources) Draw(ctx context.Context, f FigureConfig) (*figure.Output, error) {
	in := s.in
	if in.shardsDir == "" || len(in.picks) == 0 {
		return nil, nil
	}
	g := &gatherer{inputs: in, gallery: newGallery(in)}
	if err := g.measure(ctx); err != nil {
		return nil, err
	}
	config := figure.Config{Selection: &in.selection, Picks: in.picks, Shape: in.shards.Image, Sets: f.Sets, Width: f.Width,
		PixelsPerMicron: in.pixelsPerMicron(f.PixelsPerMicron), PerGroup: f.PerGroup, View: g.gallery.view,
		Decoded: in.model != nil && len(in.model.Decoder) > 0, Vectors: g.vectorsText()}
	planned, err := figure.New(config)
	if err != nil {
		return nil, err
	}
	pixels, err := g.originals(ctx, planned.Picks())
	if err != nil {
		return nil, err
	}
	var centers [][]byte
	if config.Decoded {
		if centers, err = g.decodedCenters(ctx, planned.Groups()); err != nil {
			return nil, err
		}
	}
	return planned.Draw(pixels, centers)
}

// vectorsText says what was compared, for a legend.
func (g *gatherer) vectorsText() string {
	if g.model == nil {
		return ""
	}
	kind := map[string]string{model.FamilyConv: "convolutional", model.FamilyDense: "dense", model.FamilyLinear: "linear"}[g.model.Arch.Family]
	return fmt.Sprintf("latents of a %s %s", cmp.Or(kind, g.model.Arch.Family), kindOf(g.model))
}

// originals returns the pixels of picks.
func (g *gatherer) originals(ctx context.Context, picks []schemas.Pick) ([][]byte, error) {
	places := make([]records.Place, len(picks))
	for i := range picks {
		places[i] = records.PlaceOf(&picks[i])
	}
	pixels := make([][]byte, len(picks))
	err := records.Fetch(ctx, g.shardsDir, places, func(_ context.Context, i int, im *records.Image) error {
		pixels[i] = slices.Clone(im.Pixels)
		return nil
	})
	return pixels, err
}

// decodedCenters returns the centers of groups as the pixels of images.
func (g *gatherer) decodedCenters(ctx context.Context, groups []figure.Group) (list [][]byte, err error) {
	if g.groups, err = newGrouping(g.inputs); err != nil {
		return nil, err
	}
	excluded := map[string]bool{}
	for _, e := range g.selection.Exclusions {
		excluded[e.ImageID] = true
	}
	if g.space, err = g.findSpace(ctx, excluded); err != nil {
		return nil, err
	}
	if g.plans, err = model.Compile(g.model); err != nil {
		return nil, err
	}
	var latents [][]float32
	for _, group := range groups {
		at := g.groups.find(group.Scope, group.ID)
		latents = append(latents, g.space.Invert(g.groups.groups[at].centers[group.Center]))
	}
	for _, p := range g.decode(latents) {
		list = append(list, raw(p, g.shards.Image.Bits))
	}
	return list, nil
}

// raw returns pixels as they are in a record, rounded and kept in range.
func raw(im *raster.Image, bits int) (data []byte) {
	full := float64(int(1)<<bits - 1)
	for _, v := range im.V {
		v = math.Round(min(full, max(0, v)))
		if bits == 8 {
			data = append(data, byte(v))
		} else {
			data = binary.LittleEndian.AppendUint16(data, uint16(v))
		}
	}
	return data
}
