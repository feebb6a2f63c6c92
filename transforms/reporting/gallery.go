package reporting

import (
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/draw"
	"regexp"
	"sync"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/raster"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// Budgets of the PNG files of a page, in bytes before base64, so that it stays under
// 15 MB with a map beside them.
const (
	pickBudget  = 6 << 20 // of picks and decoded images
	otherBudget = 5 << 18 // of their neighbors and others
	sampled     = 32      // pictures from which sizes are estimated
)

// gallery collects the pictures of a report.
type gallery struct {
	in    *inputs
	shape schemas.ImageShape
	view  composite.View

	picks, others []records.Place // each image once
	measured      int             // of picks, those of the selection: they decide the brightness
	asked         map[string]bool
	thumbs        []records.Place

	reduction, otherReduction int

	pictures []string
	strips   []string // of picks, where images have channels: each channel in gray
	levels   [][2]uint8
	number   map[string]int // of images, in pictures
	decoded  int
	sprites  []image.Image // of thumbs
}

func newGallery(in *inputs) *gallery {
	g := &gallery{in: in, asked: map[string]bool{}, number: map[string]int{}, reduction: 1, otherReduction: 1}
	switch {
	case in.shardsDir != "":
		g.shape = in.shards.Image
	case in.model != nil:
		a := in.model.Arch.Input
		g.shape = a.Shape()
	}
	if g.shape.Bits > 0 {
		g.view = in.view
	}
	return g
}

// ask wants the picture of an image: of a pick, or of another one.
func (g *gallery) ask(p records.Place, pick bool) {
	if g.asked[p.ImageID] || g.in.shardsDir == "" {
		return
	}
	g.asked[p.ImageID] = true
	if pick {
		g.picks = append(g.picks, p)
	} else {
		g.others = append(g.others, p)
	}
}

// of returns the number of an image's picture, -1 where there is none.
func (g *gallery) of(id string) int {
	if n, ok := g.number[id]; ok {
		return n
	}
	return -1
}

// count measures the pixels of the picks and chooses the range that all pictures
// show.
func (g *gallery) count(ctx context.Context) error {
	if len(g.picks) == 0 {
		return nil
	}
	total := g.view.NewCounts(g.shape.Bits)
	var mu sync.Mutex
	measured := g.picks
	if g.measured > 0 { // and no other image, as in the figure
		measured = g.picks[:g.measured]
	}
	err := records.Fetch(ctx, g.in.shardsDir, measured, func(_ context.Context, _ int, im *records.Image) error {
		mu.Lock()
		defer mu.Unlock()
		total.Add(im.Pixels)
		return nil
	})
	g.view = g.view.Ranged(total)
	return err
}

// some fetches some of the images, to estimate how large their pictures are.
func (g *gallery) some(ctx context.Context, places []records.Place) (*estimate, error) {
	n := min(len(places), sampled)
	var some []records.Place
	for i := range n {
		some = append(some, places[i*len(places)/n])
	}
	e := &estimate{g: g, images: make([]*raster.Image, n), of: len(places)}
	if n == 0 {
		return e, nil
	}
	return e, records.Fetch(ctx, g.in.shardsDir, some, func(_ context.Context, i int, im *records.Image) error {
		e.images[i] = raster.Of(im.Pixels, im.Shape(), 1)
		return nil
	})
}

// estimate tells the size of some pictures from a few of them.
type estimate struct {
	g      *gallery
	images []*raster.Image
	of     int  // pictures
	strips bool // each has its channels beside it
}

// bytes returns the size of all at a reduction.
func (e *estimate) bytes(reduction int) int {
	total := 0
	for _, size := range each(len(e.images), func(i int) int { return e.g.size(e.images[i].Reduced(reduction), e.strips) }) {
		total += size
	}
	return total * e.of / max(1, len(e.images))
}

// size returns the bytes of the picture of an image, and of its channels.
func (g *gallery) size(im *raster.Image, strip bool) int {
	n := len(encodePNG(g.view.Picture(im)))
	if strip && len(g.view.Channels) > 0 {
		n += len(encodePNG(g.view.Strip(im)))
	}
	return n
}

// reduce chooses by how much pictures are reduced, and how many of the other images
// have one; decoded are some of n decoded images. Linked pictures are not reduced.
func (g *gallery) reduce(ctx context.Context, decoded []*raster.Image, n int) error {
	if g.in.Link != "" {
		return nil
	}
	picks, err := g.some(ctx, g.picks)
	if err != nil {
		return err
	}
	picks.strips = true
	others, err := g.some(ctx, g.others)
	if err != nil {
		return err
	}
	more := &estimate{g: g, images: decoded, of: n}
	used := picks.bytes(g.reduction) + more.bytes(g.reduction)
	for used > pickBudget && g.mayShrink(g.reduction) {
		g.reduction *= 2
		used = picks.bytes(g.reduction) + more.bytes(g.reduction)
	}
	room := max(0, pickBudget+otherBudget-used)
	g.otherReduction = g.reduction
	wanted := others.bytes(g.otherReduction)
	for wanted > room && g.mayShrink(g.otherReduction) {
		g.otherReduction *= 2
		wanted = others.bytes(g.otherReduction)
	}
	if wanted > room { // the first ones matter most
		g.others = g.others[:len(g.others)*room/wanted]
	}
	return nil
}

// mayShrink reports whether pictures of half the size would still show something.
func (g *gallery) mayShrink(reduction int) bool {
	return max(g.shape.Height, g.shape.Width)/(2*reduction) >= thumbnailSide
}

// fetch makes the pictures of all images that were asked for, and the thumbnails.
func (g *gallery) fetch(ctx context.Context) error {
	g.pictures = make([]string, len(g.picks)+len(g.others))
	g.levels = make([][2]uint8, len(g.pictures))
	if len(g.view.Channels) > 0 {
		g.strips = make([]string, len(g.picks))
	}
	for i, p := range append(g.picks[:len(g.picks):len(g.picks)], g.others...) {
		g.number[p.ImageID] = i
	}
	places := append(append(g.picks[:len(g.picks):len(g.picks)], g.others...), g.thumbs...)
	if len(places) == 0 {
		return nil
	}
	g.sprites = make([]image.Image, len(g.thumbs))
	meter := progress.Start(picturesStep, int64(len(places)), "images")
	defer meter.Stop()
	return records.Fetch(ctx, g.in.shardsDir, places, func(ctx context.Context, i int, im *records.Image) (err error) {
		parallel.Compute(func() {
			n := g.reduction
			if i >= len(g.picks) {
				n = g.otherReduction
			}
			if i >= len(g.pictures) {
				g.sprites[i-len(g.pictures)] = g.view.Picture(thumbnail(raster.Of(im.Pixels, im.Shape(), 1), thumbnailSide))
				return
			}
			small := raster.Of(im.Pixels, im.Shape(), n)
			if g.pictures[i], g.levels[i], err = g.put(ctx, pictureName("image", i), small); err == nil && i < len(g.strips) {
				g.strips[i], err = g.file(ctx, pictureName("channels", i), encodePNG(g.view.Strip(small)))
			}
		})
		progress.Add(picturesStep, 1)
		return err
	})
}

// decode adds decoded images and returns the number of the first.
func (g *gallery) decode(ctx context.Context, images []*raster.Image) (first int, err error) {
	return g.addReduced(ctx, images, g.reduction)
}

// addReduced adds images that are in no shard and returns the number of the first.
func (g *gallery) addReduced(ctx context.Context, images []*raster.Image, reduction int) (first int, err error) {
	type made struct {
		address string
		levels  [2]uint8
		err     error
	}
	first = len(g.pictures)
	for _, m := range each(len(images), func(i int) (m made) {
		m.address, m.levels, m.err = g.put(ctx, pictureName("decoded", g.decoded+i), images[i].Reduced(reduction))
		return m
	}) {
		if m.err != nil {
			return first, m.err
		}
		g.pictures, g.levels = append(g.pictures, m.address), append(g.levels, m.levels)
	}
	g.decoded += len(images)
	return first, nil
}

// put renders a picture and returns its address and levels.
func (g *gallery) put(ctx context.Context, name string, p *raster.Image) (string, [2]uint8, error) {
	im := g.view.Picture(p)
	address, err := g.file(ctx, name, encodePNG(im))
	return address, levels(im), err
}

// file returns the address of a picture, which it writes where pictures lie beside the page.
func (g *gallery) file(ctx context.Context, name string, data []byte) (string, error) {
	if g.in.Link == "" {
		return dataURI(data), nil
	}
	file := store.Join(g.in.Link, name)
	if g.in.Wrote != nil {
		g.in.Wrote(file, data)
	}
	return store.Base(g.in.Link) + "/" + name, store.WriteFile(ctx, file, data)
}

func pictureName(kind string, i int) string { return fmt.Sprintf("%s-%05d.png", kind, i) }

var pictureFile = regexp.MustCompile(`^(image|decoded|channels)-[0-9]{5,}\.png$`)

// IsPicture tells the names of the files that Config.Link gets.
func IsPicture(name string) bool { return pictureFile.MatchString(name) }

func dataURI(png []byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)
}

// Thumbnails of the map.
const (
	thumbnails       = 2500
	thumbnailSide    = 32
	thumbnailColumns = 64
)

// sprite returns all thumbnails in one picture.
func (g *gallery) sprite() image.Image {
	n := len(g.sprites)
	columns := min(n, thumbnailColumns)
	place := image.Rect(0, 0, columns*thumbnailSide, (n+columns-1)/columns*thumbnailSide)
	var all draw.Image = image.NewGray(place)
	if g.shape.Channels != 1 {
		all = image.NewNRGBA(place)
		draw.Draw(all, place, image.Black, image.Point{}, draw.Src)
	}
	for i, p := range g.sprites {
		at := image.Pt(i%columns*thumbnailSide, i/columns*thumbnailSide)
		draw.Draw(all, p.Bounds().Add(at), p, image.Point{}, draw.Src)
	}
	return all
}

// each calls f for 0 to n-1 on every core and returns the results in order.
func each[T any](n int, f func(i int) T) []T {
	out := make([]T, n)
	parallel.All(n, func(i int) { out[i] = f(i) })
	return out
}
