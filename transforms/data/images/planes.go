package images

import (
	"bytes"
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// stack is the image that a TIFF file holds: its planes, by channel, depth and time. A
// plane is a page, or lies behind the one page of a file that a text describes.
type stack struct {
	d        *directories
	pages    []layout // of all pages but smaller copies
	behind   bool     // planes lie behind pages[0], uncompressed, one after the other
	who      string   // what tells of the planes
	channels int      // of planes; a plane of color has three samples
	z, t     int
	planes   []int // by channel, z and t: the number of the page, or of the plane behind it
	facts    Facts
	numbers  survey // of the planes that were read
}

// description is what a text, or a tag, says of the planes of a file.
type description struct {
	who            string // OME-XML, ImageJ, tifffile
	channels, z, t int
	at             func(c, z, t int) int // the number of a plane; nil: channels change fastest, then z, then t
	facts          Facts
	unsaid         bool // nothing says which of them the planes are
}

// count returns the number of planes.
func (s *description) count() int { return s.channels * s.z * s.t }

// stack reads the directories of a file.
func (d *directories) stack(o Options) (*stack, error) {
	st := &stack{d: d}
	offsets, err := d.chain()
	if err != nil {
		if _, first := d.pageLayout(d.first, o); first != nil { // the first page says more than what follows it
			return nil, first
		}
		return nil, err
	}
	smaller := 0
	for i, offset := range offsets {
		if i > 0 && d.reduced(offset) {
			smaller++
			continue
		}
		l, err := d.pageLayout(offset, o)
		if err != nil {
			return nil, st.at(i, err)
		}
		if err := st.fits(i, &l); err != nil {
			return nil, err
		}
		st.pages = append(st.pages, l)
	}
	s, err := d.described(st, o)
	if err != nil {
		return nil, err
	}
	st.facts = s.facts
	if smaller > 0 {
		st.facts.Notes = append(st.facts.Notes, "smaller copies of the image in the file left out")
	}
	return st, st.arrange(s, o)
}

// pageLayout reads the directory at an offset.
func (d *directories) pageLayout(offset uint64, o Options) (layout, error) {
	p, err := d.page(offset)
	if err != nil {
		return layout{}, err
	}
	return p.layout(o.Limits)
}

// at says of which page an error is, where it is not the first.
func (st *stack) at(i int, err error) error {
	if r, ok := err.(*RejectError); ok && i > 0 {
		r.Detail = fmt.Sprintf("page %d: %s", i+1, r.Detail)
	}
	return err
}

// fits refuses a page that is no plane of the same image as the first.
func (st *stack) fits(i int, l *layout) error {
	if len(st.pages) == 0 {
		return nil
	}
	first := &st.pages[0]
	if l.height != first.height || l.width != first.width {
		return unsupported("its pages have different sizes: page 1 is %dx%d, page %d is %dx%d (height x width): they are not one image", first.height, first.width, i+1, l.height, l.width)
	}
	if l.number != first.number {
		return unsupported("its pages have different types of samples: page 1 has %s, page %d has %s: they are not one image", first.kind(), i+1, l.kind())
	}
	if l.bits != first.bits || l.samples != first.samples || l.meaning.color != first.meaning.color {
		return unsupported("its pages have different depths: page 1 has %d samples of %d bits per pixel, page %d has %d of %d: they are not one image", first.samples, first.bits, i+1, l.samples, l.bits)
	}
	return nil
}

// chain returns the offsets of all pages.
func (d *directories) chain() (offsets []uint64, err error) {
	seen := map[uint64]bool{}
	for at := d.first; at != 0; {
		if seen[at] {
			return nil, corrupt("the chain of %d pages loops back to byte %d", len(seen), at)
		}
		if len(offsets) == maxPages {
			return nil, unsupported("the file has more than %d pages", maxPages)
		}
		seen[at] = true
		offsets = append(offsets, at)
		if _, _, at, err = d.entries(at); err != nil {
			return nil, err
		}
	}
	return offsets, nil
}

// described finds what the planes of a file are.
func (d *directories) described(st *stack, o Options) (*description, error) {
	first, pages := &st.pages[0], len(st.pages)
	text := strings.TrimSpace(string(bytes.TrimRight(d.find(d.first, tagDescription).raw, "\x00 ")))
	planes := first.samples - b2i(first.meaning.alpha) // of a page
	if first.meaning.color {
		planes = 1
	}
	s := &description{channels: pages, z: 1, t: 1, unsaid: pages > 1}
	var err error
	switch {
	case strings.HasPrefix(text, "<") && strings.Contains(text, "OME"):
		s, err = describedByOME(text, first, planes, pages, o.file)
	case strings.HasPrefix(text, "ImageJ="):
		s, err = describedByImageJ(text, first, pages)
	case strings.HasPrefix(text, "{"):
		s, err = describedByShape(text, first, pages, s)
	}
	if err != nil {
		return nil, err
	}
	if n, who := d.planes(d.first); pages == 1 && s.count() == 1 && n > 1 {
		return nil, unsupported("the file has %d pages in one directory (%s): only files of OME, ImageJ and tifffile are read with several, split it into one file a page", n, who)
	}
	d.resolution(s, text)
	if v := d.find(d.first, tagMaxSampleValue); v.present() && s.facts.FullScale == 0 {
		s.facts.FullScale = fullScale(v.at(0))
	}
	return s, nil
}

// fullScale returns a largest sample that is one of a number of bits, as 4095; others are those of
// the one image.
func fullScale(v uint64) int {
	if v > 0 && v < 1<<16 && v&(v+1) == 0 {
		return int(v)
	}
	return 0
}

// arrange puts the planes in their order, and refuses those that no option says anything about.
func (st *stack) arrange(s *description, o Options) error {
	first, n := &st.pages[0], s.count()
	st.who, st.channels, st.z, st.t = s.who, s.channels, s.z, s.t
	switch {
	case s.unsaid:
		return unsupported("the file has %d pages, and nothing says whether they are channels, depths or times: write it as OME-TIFF, or with tifffile and metadata={'axes': 'CYX'} (ZYX, TYX)", n)
	case s.channels > schemas.MaxChannels:
		return unsupported("the file has %d channels (%s): at most %d are read", s.channels, s.who, schemas.MaxChannels)
	case s.channels > 1 && first.samples > 1:
		return unsupported("the file has %d channels (%s) of %d samples per pixel each: one of the two is read", s.channels, s.who, first.samples)
	case n != len(st.pages) && len(st.pages) > 1:
		return corrupt("the file has %d pages, and its description (%s) tells of %s", len(st.pages), s.who, words.Plural(n, "plane", "planes"))
	case n > len(st.pages) && s.who == "OME-XML":
		return corrupt("the file has one page, and its description (%s) tells of %d planes", s.who, n)
	case n > len(st.pages):
		if err := st.follow(n); err != nil {
			return err
		}
	}
	for c := range s.channels {
		for z := range s.z {
			for t := range s.t {
				at := c + s.channels*(z+s.z*t)
				if s.at != nil {
					at = s.at(c, z, t)
				}
				if at < 0 || at >= max(n, len(st.pages)) {
					return corrupt("its description (%s) has no plane for channel %d, z %d, t %d among %d pages", s.who, c+1, z, t, len(st.pages))
				}
				st.planes = append(st.planes, at)
			}
		}
	}
	if err := st.checkShared(); err != nil {
		return err
	}
	return st.checkSize(o)
}

// follow checks that the planes lie behind the one page: uncompressed, in one piece.
func (st *stack) follow(n int) error {
	l := &st.pages[0]
	size := uint64(l.height) * uint64(l.rowBytes(l.width))
	if l.compression != compressionNone || l.tiled || l.planes > 1 {
		return corrupt("the file has one page, and its description (%s) tells of %d planes", st.who, n)
	}
	end := l.offsets.at(0)
	for i := range l.offsets.count() {
		if l.offsets.at(i) != end {
			return corrupt("the file has one page, whose strips do not lie together, and its description (%s) tells of %d planes", st.who, n)
		}
		end += l.counts.at(i)
	}
	if at := l.offsets.at(0); at > uint64(len(st.d.data)) || size*uint64(n) > uint64(len(st.d.data))-at {
		return corrupt("its description (%s) tells of %d planes, which run past the end of the file: %d bytes from byte %d on, of %d", st.who, n, size*uint64(n), at, len(st.d.data))
	}
	st.behind = true
	return nil
}

// read decodes the image.
func (st *stack) read(o Options) (Image, error) {
	var channels []Image
	for c := range st.channels {
		im, err := st.channel(c, o)
		if err != nil {
			return Image{}, err
		}
		channels = append(channels, im)
	}
	first := &st.pages[0]
	if first.number != "" {
		if err := st.numbers.judge(first.number, o.Range); err != nil {
			return Image{}, err
		}
	}
	im := channels[0]
	if st.channels > 1 {
		n, size := st.channels, im.Bits/8
		whole := Image{Height: im.Height, Width: im.Width, Channels: n, Bits: im.Bits, Pixels: make([]byte, n*len(im.Pixels)), Facts: im.Facts}
		for c, one := range channels {
			if one.Bits != im.Bits { // of a palette
				return Image{}, unsupported("its channels have different depths: %d and %d bits", im.Bits, one.Bits)
			}
			scatter(whole.Pixels[c*size:], one.Pixels, n*size, size, size)
			channels[c] = Image{}
		}
		im = whole
		im.facts().Channels = make([]schemas.Channel, n)
	}
	if first.number != "" {
		st.facts.FullScale = 0 // it is of the numbers
		im = im.noted(first.number + broughtBy + o.Range.String())
	}
	st.tell(&im)
	return im, nil
}

// tell puts what the file says to the image.
func (st *stack) tell(im *Image) {
	f := st.facts
	if im.Facts != nil && len(im.Facts.Channels) == len(f.Channels) {
		copy(im.Facts.Channels, f.Channels)
	}
	if f.FullScale == 0 && f.MicronsPerPixel == 0 && len(f.Notes) == 0 {
		return
	}
	out := im.facts()
	out.FullScale, out.MicronsPerPixel = f.FullScale, f.MicronsPerPixel
	out.Notes = append(out.Notes, f.Notes...)
}

// plane decodes a plane; numbers become pixels, or nothing, as numbers.judge says in the end.
func (st *stack) plane(at int, o Options) (im Image, err error) {
	l := st.pages[0]
	if st.behind {
		size := l.height * l.rowBytes(l.width)
		first := int(l.offsets.at(0)) + at*size
		pixels := bytes.Clone(st.d.data[first:][:size])
		l.finish(pixels, l.rowBytes(l.width))
		im, err = l.means(Image{Height: l.height, Width: l.width, Channels: l.samples, Bits: l.bits, Pixels: pixels})
	} else {
		im, err = st.d.decode(&st.pages[at])
	}
	if err != nil || l.number == "" {
		return im, err
	}
	r := Range{High: 1} // for the survey alone
	if o.Range != nil {
		r = *o.Range
	}
	return st.numbers.scale(im, l.number, r), nil
}
