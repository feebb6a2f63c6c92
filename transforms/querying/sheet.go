package querying

import (
	"context"
	"fmt"
	"image/color"
	"math"
	"sync"

	"golang.org/x/text/unicode/norm"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/raster"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
)

// SheetMost is the number of images of each list that a contact sheet shows, the first.
const SheetMost = 100

// sheet is a contact sheet that is being made: the image that was asked for, then the first
// images of each list, or of each end the image, its reconstruction and their difference.
type sheet struct {
	of     *shards
	plan   *model.Plan // decodes; nil where there are no reconstructions
	titles []string    // of the lists
	firsts lists       // those that are shown
	reduce int         // pixels along a side that become one
	places []records.Place

	mu          sync.Mutex
	view        composite.View
	pixels      *composite.Counts // of the originals
	differences raster.Counts
	asked       *raster.Image // nil: no image was asked for
	pictures    []triple      // in the order of places
}

// triple is the pictures of one image; without a model it has only the original.
type triple struct{ original, reconstructed, difference *raster.Image }

// newSheet finds where the images of the lists are.
func newSheet(ctx context.Context, in *input, of *shards, titles []string, all lists) (*sheet, error) {
	s := &sheet{of: of, titles: titles, reduce: reduction(of.manifest.Image)}
	m := &of.manifest
	s.view = composite.Of(m.Image, m.Channels, m.FullScale)
	s.pixels, s.differences = s.view.NewCounts(m.Image.Bits), raster.NewCounts(m.Image.Bits)
	var spots []spot
	for _, list := range all {
		list = list[:min(len(list), SheetMost)]
		s.firsts = append(s.firsts, list)
		for _, f := range list {
			spots = append(spots, f.at)
		}
	}
	var err error
	s.places, err = in.places(ctx, spots)
	s.pictures = make([]triple, len(s.places))
	return s, err
}

// ask adds the image that was asked for: the pixels of a file, or one of the latents.
func (s *sheet) ask(q *query) {
	switch {
	case q.pixels != nil:
		s.pixels.Add(q.pixels)
		s.asked = raster.Of(q.pixels, s.of.manifest.Image, s.reduce)
	default:
		s.places = append(s.places, q.place)
		s.pictures = append(s.pictures, triple{})
	}
}

// draw fetches the images and returns the picture, and what it shows.
func (s *sheet) draw(ctx context.Context) ([]byte, *schemas.QuerySheet, error) {
	err := records.Fetch(ctx, s.of.dir, s.places, func(_ context.Context, i int, im *records.Image) error {
		parallel.Compute(func() { s.add(i, im) })
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	shown := 0
	for _, list := range s.firsts {
		shown += len(list)
	}
	if len(s.pictures) > shown {
		s.asked = s.pictures[shown].original
	}
	info := &schemas.QuerySheet{Images: shown}
	s.view = s.view.Ranged(s.pixels)
	info.Low, info.High, info.Channels = s.view.Low, s.view.High, s.view.Described()
	if s.plan != nil {
		_, info.Difference = s.differences.RangeTo(s.view.Full)
	}
	data, err := s.page(info).encode()
	return data, info, err
}

// add takes an image as it comes, from any goroutine.
func (s *sheet) add(i int, im *records.Image) {
	shape := im.Shape()
	t := triple{original: raster.Of(im.Pixels, shape, s.reduce)}
	differences := raster.NewCounts(shape.Bits)
	if s.plan != nil {
		whole := raster.Of(im.Pixels, shape, 1)
		decoded := s.decode(im, shape)
		apart := raster.New(shape.Height, shape.Width, shape.Channels)
		for k, v := range whole.V {
			apart.V[k] = math.Abs(v - decoded.V[k])
			differences[int(math.Round(apart.V[k]))]++
		}
		t.reconstructed, t.difference = decoded.Reduced(s.reduce), apart.Reduced(s.reduce)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pictures[i] = t
	s.pixels.Add(im.Pixels)
	s.differences.Merge(differences)
}

// decode returns what the model makes of an image, within the range of pixels.
func (s *sheet) decode(im *records.Image, shape schemas.ImageShape) *raster.Image {
	r := s.plan.NewRunner(1)
	z, x := make([]float32, s.plan.Latent()), make([]float32, shape.Height*shape.Width*shape.Channels)
	r.Encode(z, [][]byte{im.Pixels})
	r.Decode(x, z)
	out, full := raster.New(shape.Height, shape.Width, shape.Channels), float64(s.plan.Input().Full())
	for k, v := range x {
		out.V[k] = full * min(1, max(0, float64(v)))
	}
	return out
}

// page lays the pictures out.
func (s *sheet) page(info *schemas.QuerySheet) *page {
	p := newPage(s.of.manifest.Image, s.reduce)
	gray := func(im *raster.Image) picture { return picture{im, &s.view} }
	apart := s.view.Same(0, info.Difference)
	for i := range s.view.Channels {
		p.add(keyOf(&s.view.Channels[i]))
	}
	if s.asked != nil {
		p.add(block{title: "query", cells: []cell{{pictures: []picture{gray(s.asked)}, framed: true}}})
	}
	at := 0
	for i, list := range s.firsts {
		b := block{title: s.titles[i]}
		for k, f := range list {
			t := s.pictures[at]
			at++
			c := cell{caption: fmt.Sprintf("%d   %.4g", k+1, math.Abs(f.value)), pictures: []picture{gray(t.original)}}
			if s.plan != nil {
				c.pictures = append(c.pictures, gray(t.reconstructed), picture{t.difference, &apart})
			}
			b.cells = append(b.cells, c)
		}
		p.add(b)
	}
	return p
}

// longestName is the number of characters of a channel's name that the key has room for.
const longestName = 80

// keyOf returns the line of the key for a channel.
func keyOf(c *composite.Channel) block {
	name := []rune(visible.Text(norm.NFC.String(c.Name)))
	if len(name) > longestName {
		name = append(name[:longestName-1:longestName-1], '…')
	}
	key, how := color.RGBA{A: 0xff}, "not shown"
	if c.Shown {
		key, how = c.Color, composite.Named(c.Color)
	}
	return block{title: printable(fmt.Sprintf("%s: %s, %.6g to %.6g", string(name), how, c.Low, c.High)), key: &key}
}
