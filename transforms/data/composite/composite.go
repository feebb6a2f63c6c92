// Package composite shows images of any number of channels as colors: gray and RGB images by
// one range of values, those with channels of their own as the sum of their channels, each in
// its color and by its range.
//
// What lives here: which colors channels have, which are shown together, and where their
// ranges end. What never enters: Beam, Parquet, files, printing, other modules; names of
// channels that were not given.
package composite

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/raster"
)

// MostTogether is the number of channels that a composite shows where none are named, the
// first ones: more colors cannot be told apart.
const MostTogether = 6

// Channel is how one channel is shown.
type Channel struct {
	Name      string // as schemas.ChannelLabels calls it
	Color     color.RGBA
	Shown     bool    // in the composite
	Low, High float64 // samples that are shown black, and in the full color
}

// View is how images are shown.
type View struct {
	Full      float64 // the sample that counts as white: full scale, or what the type holds
	Low, High float64 // of gray and RGB images: shown black and white
	Name      string  // of the one channel of gray images, where it has one

	Channels []Channel // of images that are neither gray nor RGB; of others nil
	Own      bool      // the colors are those that the files say
	Replaced bool      // they are not, though the files say some: these are not told apart
}

// Of returns the view of images of some shape, their whole range. channels are those of their
// manifest, and none of gray and RGB images; full is their full scale, 0 where it is the type's.
func Of(shape schemas.ImageShape, channels []schemas.Channel, full int) View {
	v := View{Full: float64(schemas.FullScale(full, shape.Bits))}
	v.High = v.Full
	if len(channels) == 0 && (shape.Channels == 1 || shape.Channels == 3) {
		return v
	}
	if shape.Channels == 1 {
		v.Name = channels[0].Name
		return v
	}
	if len(channels) != shape.Channels {
		channels = make([]schemas.Channel, shape.Channels)
	}
	for _, name := range schemas.ChannelLabels(schemas.NamesOf(channels)) {
		v.Channels = append(v.Channels, Channel{Name: name, Shown: len(v.Channels) < MostTogether, High: v.Full})
	}
	v.paint(channels)
	return v
}

// Choose shows the named channels together, and no others. As the rest of a View it changes no
// other view.
func (v View) Choose(names []string, channels []schemas.Channel) (View, error) {
	if len(names) == 0 {
		return v, nil
	}
	if len(v.Channels) == 0 {
		return v, fmt.Errorf("the images have no channels to choose from: they are gray or RGB")
	}
	v.Channels = slices.Clone(v.Channels)
	known := make([]string, len(v.Channels))
	for c := range v.Channels {
		v.Channels[c].Shown = slices.Contains(names, v.Channels[c].Name)
		known[c] = v.Channels[c].Name
	}
	for i, name := range names {
		switch {
		case slices.Contains(names[:i], name):
			return v, fmt.Errorf("%q is there twice", name)
		case !slices.Contains(known, name):
			return v, fmt.Errorf("the images have no channel %q: choose from %s", name, strings.Join(known, ","))
		}
	}
	if len(names) > len(sets[len(sets)-1]) {
		return v, fmt.Errorf("%d channels at once: at most %d can be told apart", len(names), len(sets[len(sets)-1]))
	}
	v.paint(channels)
	return v, nil
}

// Together returns the channels that the composite shows.
func (v *View) Together() (list []Channel) {
	for _, c := range v.Channels {
		if c.Shown {
			list = append(list, c)
		}
	}
	return list
}

// Check reports what of a view cannot be shown of images of some shape.
func (v *View) Check(s schemas.ImageShape) error {
	if n := len(v.Channels); n > 0 && n != s.Channels || n == 0 && s.Channels != 1 && s.Channels != 3 {
		return fmt.Errorf("%d channels are described, the images have %d", n, s.Channels)
	}
	for _, c := range append([]Channel{{Low: v.Low, High: v.High}}, v.Channels...) {
		if !(c.Low < c.High) || math.IsInf(c.Low, 0) || math.IsInf(c.High, 0) {
			return fmt.Errorf("brightness from %g to %g: the first must be less", c.Low, c.High)
		}
	}
	return nil
}

// RGB returns what one pixel is shown as. The parts of the channels are added as they are on a
// screen, and end at white.
func (v *View) RGB(samples []float64) (r, g, b uint8) {
	if len(v.Channels) == 0 {
		r = raster.Gray(samples[0], v.Low, v.High)
		if len(samples) < 3 {
			return r, r, r
		}
		return r, raster.Gray(samples[1], v.Low, v.High), raster.Gray(samples[2], v.Low, v.High)
	}
	var sum [3]float64
	for i := range v.Channels {
		c := &v.Channels[i]
		if !c.Shown {
			continue
		}
		t := share(samples[i], c.Low, c.High)
		// Products are rounded before they are added, to equal bytes on every processor.
		sum[0] += float64(t * float64(c.Color.R))
		sum[1] += float64(t * float64(c.Color.G))
		sum[2] += float64(t * float64(c.Color.B))
	}
	end := func(s float64) uint8 { return uint8(math.Round(min(255, s))) }
	return end(sum[0]), end(sum[1]), end(sum[2])
}

func share(v, low, high float64) float64 { return min(1, max(0, (v-low)/(high-low))) }

// Picture returns an image in colors, or in gray where it is gray.
func (v *View) Picture(p *raster.Image) image.Image {
	if p.Channels == 1 {
		return v.gray(p, 0, v.Low, v.High)
	}
	im := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Height * p.Width {
		r, g, b := v.RGB(p.V[p.Channels*i:][:p.Channels])
		im.SetNRGBA(i%p.Width, i/p.Width, color.NRGBA{r, g, b, 255})
	}
	return im
}

// gap is the width of the lines between channels in Strip, in pixels.
const gap = 2

// Strip returns all channels in gray side by side, each by its range: a row of them, with white
// lines between.
func (v *View) Strip(p *raster.Image) *image.Gray {
	im := image.NewGray(image.Rect(0, 0, len(v.Channels)*(p.Width+gap)-gap, p.Height))
	for i := range im.Pix {
		im.Pix[i] = 255
	}
	for c := range v.Channels {
		plane := v.gray(p, c, v.Channels[c].Low, v.Channels[c].High)
		for y := range p.Height {
			copy(im.Pix[y*im.Stride+c*(p.Width+gap):], plane.Pix[y*p.Width:(y+1)*p.Width])
		}
	}
	return im
}

func (v *View) gray(p *raster.Image, c int, low, high float64) *image.Gray {
	im := image.NewGray(image.Rect(0, 0, p.Width, p.Height))
	for i := range im.Pix {
		im.Pix[i] = raster.Gray(p.V[i*p.Channels+c], low, high)
	}
	return im
}

// Same returns a view by one range of values for all channels, as differences are shown.
func (v View) Same(low, high float64) View {
	v.Low, v.High = low, high
	v.Channels = slices.Clone(v.Channels)
	for c := range v.Channels {
		v.Channels[c].Low, v.Channels[c].High = low, high
	}
	return v
}

// Hex writes a color as manifests and pages do.
func Hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// parse reads #rrggbb; ok is false of anything else.
func parse(s string) (c color.RGBA, ok bool) {
	digits, ok := strings.CutPrefix(s, "#")
	n, err := strconv.ParseUint(digits, 16, 32)
	if !ok || err != nil || len(digits) != 6 {
		return c, false
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, true
}

// Words says how pictures show the channels: what is added to what, and by which ranges.
// number writes a sample.
func (v *View) Words(number func(float64) string) string {
	var parts []string
	for _, c := range v.Together() {
		parts = append(parts, fmt.Sprintf("%s %s from %s to %s", c.Name, Named(c.Color), number(c.Low), number(c.High)))
	}
	return strings.Join(parts, ", ")
}

// Left returns the names of the channels that the composite leaves out.
func (v *View) Left() (names []string) {
	for _, c := range v.Channels {
		if !c.Shown {
			names = append(names, c.Name)
		}
	}
	return names
}

// Ranged returns the view with the ranges that pixels have: as those of gray images, one for
// each channel.
func (v View) Ranged(n *Counts) View {
	if len(v.Channels) == 0 {
		v.Low, v.High = n.of[0].RangeTo(v.Full)
		return v
	}
	v.Channels = slices.Clone(v.Channels)
	for c := range v.Channels {
		v.Channels[c].Low, v.Channels[c].High = n.of[c].RangeTo(v.Full)
	}
	return v
}

// Counts counts samples, of each channel where a view has channels, else of all.
type Counts struct {
	of       []raster.Counts
	channels int
}

// NewCounts returns the counts of no pixel of images of so many bits.
func (v *View) NewCounts(bits int) *Counts {
	n := &Counts{channels: len(v.Channels)}
	for range max(1, n.channels) {
		n.of = append(n.of, raster.NewCounts(bits))
	}
	return n
}

// Add counts the raw pixels of an image, as in a record.
func (n *Counts) Add(pixels []byte) {
	if n.channels == 0 {
		n.of[0].Add(pixels)
		return
	}
	size := 1
	if len(n.of[0]) > 1<<8 {
		size = 2
	}
	for i := 0; i+n.channels*size <= len(pixels); i += n.channels * size {
		for c := range n.channels {
			at := i + c*size
			value := int(pixels[at])
			if size == 2 {
				value |= int(pixels[at+1]) << 8
			}
			n.of[c][value]++
		}
	}
}

// Merge adds other counts.
func (n *Counts) Merge(o *Counts) {
	for c := range n.of {
		n.of[c].Merge(o.of[c])
	}
}

// paint gives the channels that are shown their colors: those of the files where each has one
// and they can be told apart, else those of sets. The others are white.
func (v *View) paint(channels []schemas.Channel) {
	n := len(v.Together())
	own := make([]color.RGBA, 0, n)
	for c := range v.Channels {
		if of, ok := parse(colorOf(channels, c)); ok && v.Channels[c].Shown {
			own = append(own, of)
		}
	}
	v.Own = n > 0 && len(own) == n && Apart(own) >= least(n)
	if v.Replaced = n > 0 && len(own) == n && !v.Own; !v.Own {
		own = Set(n)
	}
	for c := range v.Channels {
		v.Channels[c].Color = color.RGBA{255, 255, 255, 255}
		if v.Channels[c].Shown {
			v.Channels[c].Color, own = own[0], own[1:]
		}
	}
}

func colorOf(channels []schemas.Channel, c int) string {
	if c >= len(channels) {
		return ""
	}
	return channels[c].Color
}

// Described returns the view as manifests and pages have it.
func (v *View) Described() (list []schemas.ShownChannel) {
	for _, c := range v.Channels {
		shown := schemas.ShownChannel{Name: c.Name, Low: c.Low, High: c.High}
		if c.Shown {
			shown.Color = Hex(c.Color)
		}
		list = append(list, shown)
	}
	return list
}
