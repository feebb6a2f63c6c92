package images

import (
	"cmp"
	"encoding/binary"
	"fmt"

	"exemplar/schemas"
)

// meaning is what the samples of a pixel are: what is done to read them exactly, and what
// they are then.
type meaning struct {
	color  bool     // red, green and blue, and nothing else but alpha
	alpha  bool     // the last sample is how opaque a pixel is
	invert bool     // 0 is white
	ramp   []uint16 // a palette of grays: the gray of each index
}

// What was done to read pixels exactly.
const (
	noteAlpha   = "opaque alpha left out"
	noteInvert  = "black and white exchanged (0 is white in the file)"
	notePalette = "a palette of grays replaced by these"
)

var photometricNames = map[uint64]string{4: "transparency mask", 5: "CMYK", 6: "YCbCr", 8: "CIELAB"}

// samplesOf settles the samples of a pixel, what they are and their depth.
func (p *page) samplesOf(l *layout) error {
	if err := p.depthOf(l); err != nil {
		return err
	}
	if !p.photometric.present() {
		return corrupt("tag PhotometricInterpretation is missing: it cannot be told whether 0 is black or white")
	}
	colors := 1
	switch ph := p.photometric.at(0); ph {
	case 0:
		l.meaning.invert = true
	case 1:
	case 2:
		colors, l.meaning.color = 3, true
	case 3:
		if err := p.paletteOf(l); err != nil {
			return err
		}
	default:
		return unsupported("%s colors (PhotometricInterpretation %d): only gray and RGB are read", cmp.Or(photometricNames[ph], "unknown"), ph)
	}
	return p.extrasOf(l, colors)
}

// extrasOf settles the samples beside the colors: alpha, or further channels of gray.
func (p *page) extrasOf(l *layout, colors int) error {
	samples := p.samples.or(1)
	if samples < uint64(colors) || samples > schemas.MaxChannels+1 {
		return unsupported("%d samples per pixel: %d to %d are read", samples, colors, schemas.MaxChannels)
	}
	l.samples = int(samples)
	if p.bits.count() != l.samples && (p.bits.present() || l.samples > 1) {
		return unsupported("BitsPerSample has %d values for %d samples per pixel", p.bits.count(), samples)
	}
	extras := l.samples - colors
	if p.extraSamples.present() && p.extraSamples.count() != extras {
		return unsupported("ExtraSamples has %d values, and %d of %d samples per pixel are beside the colors", p.extraSamples.count(), extras, samples)
	}
	for i := range p.extraSamples.count() {
		switch v := p.extraSamples.at(i); {
		case v == 0:
		case v > 2:
			return corrupt("ExtraSamples %d does not exist", v)
		case i != extras-1:
			return unsupported("sample %d of %d is alpha: only as the last one it is known what it belongs to", colors+i+1, samples)
		default:
			l.meaning.alpha = true
			extras--
		}
	}
	switch m := &l.meaning; {
	case extras > 0 && m.color:
		return unsupported("RGB with %s: nothing says what they are, alpha or further channels; write all channels as gray ones (MinIsBlack)", further(extras))
	case extras > 0 && (m.invert || m.ramp != nil):
		return unsupported("%d samples per pixel where 0 is white or an index of a palette: write them as gray ones (MinIsBlack)", samples)
	case l.samples-b2i(m.alpha) > schemas.MaxChannels:
		return unsupported("%d samples per pixel: %d channels are read", samples, schemas.MaxChannels)
	}
	return nil
}

func further(n int) string {
	if n == 1 {
		return "a further sample"
	}
	return fmt.Sprintf("%d further samples", n)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// depthOf settles the bits of a sample, all the same: unsigned integers of 8 or 16 bits, or numbers.
func (p *page) depthOf(l *layout) error {
	bits, format := p.bits.or(1), p.sampleFormat.or(1)
	for i := 1; i < p.bits.count(); i++ {
		if p.bits.at(i) != bits {
			return unsupported("the samples of a pixel have different depths: %d and %d bits", bits, p.bits.at(i))
		}
	}
	for i := 1; i < p.sampleFormat.count(); i++ {
		if f := p.sampleFormat.at(i); f != format {
			return unsupported("the samples of a pixel have different types: SampleFormat %d and %d", format, f)
		}
	}
	l.number = numberOf(format, bits)
	switch {
	case l.number != "" || format == 1 && (bits == 8 || bits == 16):
	case format == 1:
		return unsupported("%d bits per sample: only 8 and 16 are read, and 32 with --range=LOW,HIGH", bits)
	default:
		name := map[uint64]string{2: "signed", 3: "floating-point", 5: "complex", 6: "complex"}[format]
		return unsupported("%s samples of %d bits (SampleFormat %d): unsigned integers of 8 and 16 bits are read, and with --range=LOW,HIGH signed ones of 8, 16 and 32 and floats of 16, 32 and 64", cmp.Or(name, "undefined"), bits, format)
	}
	l.bits = int(bits)
	return nil
}

// paletteOf takes a palette of which every color is a gray.
func (p *page) paletteOf(l *layout) error {
	const advice = "only a palette of grays is read; convert the image to gray or RGB"
	n := 1 << l.bits
	if l.bits != 8 || p.colorMap.count() != 3*n || p.colorMap.size != 2 {
		return unsupported("palette colors (PhotometricInterpretation 3): %s", advice)
	}
	ramp := make([]uint16, n)
	for i := range ramp {
		r, g, b := p.colorMap.at(i), p.colorMap.at(n+i), p.colorMap.at(2*n+i)
		if r != g || g != b {
			return unsupported("palette colors (PhotometricInterpretation 3): index %d is no gray; %s", i, advice)
		}
		ramp[i] = uint16(r)
	}
	l.meaning.ramp = ramp
	return nil
}

// means brings the stored samples of a page to what they mean, exactly, and notes what was
// done; an image of gray, RGB, or of several channels.
func (l *layout) means(im Image) (Image, error) {
	m := l.meaning
	if m.alpha {
		if !opaque(im) {
			return Image{}, unsupported("an alpha channel that is not opaque everywhere: only pictures without transparency are read, save it without")
		}
		order := make([]int, im.Channels-1)
		for c := range order {
			order[c] = c
		}
		im = im.Select(order).noted(noteAlpha)
	}
	switch {
	case m.ramp != nil:
		im = ofRamp(im, m.ramp).noted(notePalette)
	case m.invert:
		for i := range im.Pixels {
			im.Pixels[i] = ^im.Pixels[i] // of 8 bits and of both bytes of 16
		}
		im = im.noted(noteInvert)
	}
	if im.Channels > 1 && !m.color {
		im.facts().Channels = make([]schemas.Channel, im.Channels)
	}
	return im, nil
}

// facts returns those of the image, for changes.
func (im *Image) facts() *Facts {
	if im.Facts == nil {
		im.Facts = &Facts{}
	}
	return im.Facts
}

// noted returns the image with a note more.
func (im Image) noted(note string) Image {
	f := im.facts()
	f.Notes = append(f.Notes, note)
	return im
}

// opaque reports whether the last sample of every pixel is the largest that there is.
func opaque(im Image) bool {
	size := im.Bits / 8
	pixel := im.Channels * size
	for at := pixel - size; at < len(im.Pixels); at += pixel {
		for _, b := range im.Pixels[at : at+size] {
			if b != 0xff {
				return false
			}
		}
	}
	return true
}

// ofRamp replaces indices by grays of 16 bits, or of 8 where these tell the same: where every
// gray is v·257, or v·256 as some programs write them.
func ofRamp(im Image, ramp []uint16) Image {
	for _, unit := range []uint16{257, 256} {
		if narrow := multiples(ramp, unit); narrow != nil {
			for i, v := range im.Pixels {
				im.Pixels[i] = narrow[v]
			}
			return im
		}
	}
	wide := make([]byte, 2*len(im.Pixels))
	for i, v := range im.Pixels {
		binary.LittleEndian.PutUint16(wide[2*i:], ramp[v])
	}
	im.Bits, im.Pixels = 16, wide
	return im
}

// multiples returns what grays are multiples of; nil where one is none.
func multiples(ramp []uint16, unit uint16) []byte {
	out := make([]byte, len(ramp))
	for i, v := range ramp {
		if v%unit != 0 {
			return nil
		}
		out[i] = byte(v / unit)
	}
	return out
}
