package sharding

import (
	"encoding/binary"
	"slices"
	"sync"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// told is what an image says of its pixels, before it is fitted.
type told struct {
	bright  schemas.Brightest
	above   int64 // samples above converter.full
	stated  int   // Facts.FullScale
	microns float64
	notes   []string
}

// tell returns what an image says, with the channels of the collection.
func (c *converter) tell(im images.Image) (t told) {
	t.bright = schemas.Brightest{Value: images.Largest(im.Pixels, im.Bits), Bits: im.Bits}
	if c.full > 0 && t.bright.Value > c.full && (c.fit.Bits != "8" || im.Bits == 16) {
		t.above = above(im, c.full)
	}
	if f := im.Facts; f != nil {
		t.stated, t.notes = f.FullScale, f.Notes
		if t.stated >= 1<<im.Bits-1 {
			t.stated = 0 // what is written where nothing is known
		}
		if slices.ContainsFunc(f.Notes, images.Ranged) {
			t.stated = 1<<16 - 1 // the upper end of the range
		}
		t.microns, t.notes = c.microns(im, f.MicronsPerPixel, f.Notes)
	}
	return t
}

// above counts the samples of an image that are larger than one.
func above(im images.Image, full int) (n int64) {
	size := im.Bits / 8
	for i := 0; i+size <= len(im.Pixels); i += size {
		v := int(im.Pixels[i])
		if size == 2 {
			v = int(binary.LittleEndian.Uint16(im.Pixels[i:]))
		}
		if v > full {
			n++
		}
	}
	return n
}

// excess is the part's count of samples above the full scale before there are any; nil where
// none are counted.
func (c *converter) excess() *schemas.Excess {
	if c.full == 0 {
		return nil
	}
	return &schemas.Excess{FullScale: c.full}
}

// count adds a written image to its part.
func (o *outcome) count(part *schemas.ShardPart) {
	part.Info.Records++
	part.Cut += o.cut
	b := o.bright
	if b.Bits == 16 {
		b.Image = o.name
		if part.Depths == nil {
			part.Depths = make([]int64, len(schemas.Scales))
		}
		part.Depths[depth(b.Value)]++
	}
	if part.Brightest == nil {
		part.Brightest = &schemas.Brightest{}
		*part.Brightest = b
	} else {
		brighter(part.Brightest, b)
	}
	if o.stated > 0 {
		if part.Stated == nil {
			part.Stated = &schemas.Stated{}
		}
		part.Stated.Images++
		part.Stated.Largest = max(part.Stated.Largest, o.stated)
	}
	if o.above > 0 {
		part.Excess.Images++
		part.Excess.Samples += o.above
	}
	if o.microns > 0 {
		if part.Microns == nil {
			part.Microns = &schemas.PixelSizes{}
		}
		part.Microns.Add(schemas.PixelSizes{Images: 1, Low: o.microns, LowImage: o.name, High: o.microns, HighImage: o.name})
	}
	for _, note := range o.notes {
		if part.Notes == nil {
			part.Notes = map[string]int64{}
		}
		part.Notes[note]++
	}
}

// depth returns which of schemas.Scales is the first that is not below a sample.
func depth(v int) (i int) {
	for schemas.Scales[i] < v {
		i++
	}
	return i
}

// brighter takes in another largest sample; of the same ones the first image by name is named.
func brighter(b *schemas.Brightest, o schemas.Brightest) {
	if o.Value > b.Value || o.Value == b.Value && o.Image < b.Image {
		b.Value, b.Image = o.Value, o.Image
	}
	b.Bits = max(b.Bits, o.Bits)
}

// seen is what the parts of a folder say of their images.
type seen struct {
	mu sync.Mutex
	summed
}

// summed are the parts of a folder, added up.
type summed struct {
	rows    []schemas.ErrorRow
	top     peak
	cut     int64 // images that their turn cut
	depths  []int64
	stated  schemas.Stated
	excess  schemas.Excess
	microns schemas.PixelSizes
	notes   map[string]int64
}

func (s *seen) add(part schemas.ShardPart) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.summed.add(part)
}

func (s *summed) add(part schemas.ShardPart) {
	s.rows = append(s.rows, part.Errors...)
	s.top.add(part)
	s.cut += part.Cut
	if part.Depths != nil && s.depths == nil {
		s.depths = make([]int64, len(schemas.Scales))
	}
	for i := range min(len(part.Depths), len(s.depths)) {
		s.depths[i] += part.Depths[i]
	}
	if part.Stated != nil {
		s.stated.Images += part.Stated.Images
		s.stated.Largest = max(s.stated.Largest, part.Stated.Largest)
	}
	if part.Excess != nil {
		s.excess.FullScale = part.Excess.FullScale
		s.excess.Images += part.Excess.Images
		s.excess.Samples += part.Excess.Samples
	}
	if part.Microns != nil {
		s.microns.Add(*part.Microns)
	}
	if part.Notes != nil && s.notes == nil {
		s.notes = map[string]int64{}
	}
	for note, n := range part.Notes {
		s.notes[note] += n
	}
}

// peak is the largest sample of many images, before --bits changes it.
type peak struct {
	schemas.Brightest
	images  int64
	unknown bool // of some it is not known
}

// add takes in what a part says: where it holds images of an earlier version, nothing.
func (p *peak) add(part schemas.ShardPart) {
	if part.Info.Records == 0 {
		return
	}
	first := p.images == 0
	p.images += part.Info.Records
	switch {
	case part.Brightest == nil:
		p.unknown = true
	case first:
		p.Brightest = *part.Brightest
	default:
		brighter(&p.Brightest, *part.Brightest)
	}
}
