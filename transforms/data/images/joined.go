package images

import (
	"cmp"
	"math"
	"slices"

	"exemplar/schemas"
)

// Select returns an image of some of the channels, by their numbers from 0, in that order; of one
// without pixels one without.
func (im Image) Select(order []int) Image {
	n, sample := len(order), im.Bits/8
	out := im
	out.Channels = n
	if im.Pixels != nil {
		out.Pixels = make([]byte, im.Height*im.Width*n*sample)
	}
	for to, from := range order {
		if im.Pixels == nil {
			break
		}
		scatter(out.Pixels[to*sample:], im.Pixels[from*sample:], n*sample, im.Channels*sample, sample)
	}
	if im.Facts != nil && len(im.Facts.Channels) == im.Channels {
		facts := *im.Facts
		facts.Channels = make([]schemas.Channel, n)
		for to, from := range order {
			facts.Channels[to] = im.Facts.Channels[from]
		}
		out.Facts = &facts
	}
	return out
}

// scatter copies samples that are a distance apart to places that are another one apart.
func scatter(dst, src []byte, to, from, sample int) {
	if sample == 1 {
		for i, j := 0, 0; i < len(dst); i, j = i+to, j+from {
			dst[i] = src[j]
		}
		return
	}
	if sample > 2 { // numbers
		for i, j := 0, 0; i < len(dst); i, j = i+to, j+from {
			copy(dst[i:i+sample], src[j:j+sample])
		}
		return
	}
	for i, j := 0, 0; i+1 < len(dst); i, j = i+to, j+from {
		dst[i], dst[i+1] = src[j], src[j+1]
	}
}

// Join makes one image of images of one channel each, which have one size and depth; names are those of
// their files, for the message.
func Join(parts []Image, channels []schemas.Channel, names []string) (Image, error) {
	first := parts[0]
	for i, p := range parts {
		switch {
		case p.Channels != 1:
			return Image{}, rejectFit(schemas.ReasonWrongChannels, "%s holds %s, where a file of one channel is to be joined with others", names[i], kindOf(p.Channels))
		case p.Height != first.Height || p.Width != first.Width:
			return Image{}, rejectFit(schemas.ReasonWrongSize, "the channels have different sizes: %s is %dx%d, %s is %dx%d (height x width)",
				names[0], first.Height, first.Width, names[i], p.Height, p.Width)
		case p.Bits != first.Bits:
			return Image{}, rejectFit(schemas.ReasonWrongDepth, "the channels have different depths: %s has %d bits, %s has %d", names[0], first.Bits, names[i], p.Bits)
		case p.ranged() != first.ranged():
			of, other := names[0], names[i]
			if p.ranged() {
				of, other = other, of
			}
			return Image{}, rejectFit(schemas.ReasonWrongDepth, "the channels have different scales: %s holds numbers that --range brought to 16 bits, %s has 16 bits of its own: write both as the same type", of, other)
		}
	}
	n, sample := len(parts), first.Bits/8
	im := Image{Height: first.Height, Width: first.Width, Channels: n, Bits: first.Bits, Facts: joined(parts, channels)}
	if n == 1 {
		im.Pixels = first.Pixels
		return im, nil
	}
	im.Pixels = make([]byte, n*len(first.Pixels))
	for i, p := range parts {
		scatter(im.Pixels[i*sample:], p.Pixels, n*sample, sample, sample)
	}
	return im, nil
}

// ranged reports whether Options.Range made the samples.
func (im Image) ranged() bool { return im.Facts != nil && slices.ContainsFunc(im.Facts.Notes, Ranged) }

// joined is what the files of an image say together: a full scale that all state, a size of a pixel that
// none contradicts, and every note once.
func joined(parts []Image, channels []schemas.Channel) *Facts {
	f := &Facts{Channels: slices.Clone(channels)}
	stated, sizes := true, 0.0 // of a pixel; below 0 where they differ
	for i, p := range parts {
		if p.Facts == nil {
			stated = false
			continue
		}
		if len(p.Facts.Channels) == 1 {
			f.Channels[i].Color = p.Facts.Channels[0].Color
		}
		stated = stated && p.Facts.FullScale > 0
		f.FullScale = max(f.FullScale, p.Facts.FullScale)
		notes := p.Facts.Notes
		if m := p.Facts.MicronsPerPixel; m > 0 && sizes >= 0 {
			if sizes = cmp.Or(sizes, m); math.Abs(sizes-m) > sizes/1000 {
				sizes, notes = -1, append(slices.Clone(notes), "the files of its channels state different sizes of a pixel: none is taken")
			}
		}
		for _, note := range notes {
			if !slices.Contains(f.Notes, note) {
				f.Notes = append(f.Notes, note)
			}
		}
	}
	if !stated {
		f.FullScale = 0
	}
	f.MicronsPerPixel = max(0, sizes)
	return f
}
