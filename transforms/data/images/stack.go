package images

import (
	"encoding/binary"
	"math"
	"strings"
)

// Tags that are read beside those that decide about pixels.
const (
	tagNewSubfileType = 254
	tagDescription    = 270
	tagMaxSampleValue = 281
	tagXResolution    = 282
	tagYResolution    = 283
	tagResolutionUnit = 296
	tagImageDepth     = 32997
	tagMetaMorph      = 33629 // UIC2: a value for each plane
	tagLSM            = 34412 // CZ_LSMINFO
)

// raw returns the values of an entry, of any type of a known size, and their number;
// the field is absent where they cannot be read.
func (d *directories) raw(entry []byte) (f field, count uint64) {
	sizes := map[uint16]int{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 16: 8}
	size := sizes[d.order.Uint16(entry[2:])]
	count, value := d.counted(entry)
	if size == 0 || count == 0 || count > uint64(len(d.data)) {
		return f, count
	}
	if data, ok := d.values(value, count*uint64(size)); ok {
		f = field{order: d.order, size: size, raw: data}
	}
	return f, count
}

// find returns the values of a tag in the directory at an offset; the field is absent without it.
func (d *directories) find(offset uint64, tag uint16) (f field) {
	entries, size, _, err := d.entries(offset)
	for ; err == nil && len(entries) > 0; entries = entries[size:] {
		if d.order.Uint16(entries) == tag {
			f, _ = d.raw(entries[:size])
			return f
		}
	}
	return f
}

// planes returns how many planes tags of programs say that the directory at an offset holds, and who
// says so; 1 where nothing says more.
func (d *directories) planes(offset uint64) (n int, who string) {
	entries, size, _, err := d.entries(offset)
	n = 1
	for ; err == nil && len(entries) > 0; entries = entries[size:] {
		f, count := d.raw(entries[:size])
		says, by := 1, ""
		switch tag := d.order.Uint16(entries); {
		case tag == tagMetaMorph:
			says, by = int(min(count, maxPages)), "MetaMorph"
		case !f.present():
		case tag == tagImageDepth && len(f.raw) >= 2:
			says, by = int(min(f.at(0), maxPages)), "tag ImageDepth"
		case tag == tagLSM && len(f.raw) >= 28:
			z, t := binary.LittleEndian.Uint32(f.raw[16:]), binary.LittleEndian.Uint32(f.raw[24:])
			says, by = int(min(uint64(max(z, 1))*uint64(max(t, 1)), maxPages)), "LSM"
		}
		if says > n {
			n, who = says, by
		}
	}
	return n, who
}

// resolution finds the size of a pixel by the tags of the first page, unless the description said it:
// by those in the unit that ImageJ names, or in centimeters. Inches are what programs
// write that know nothing of it.
func (d *directories) resolution(s *description, text string) {
	x, y := d.rational(tagXResolution), d.rational(tagYResolution)
	if s.facts.MicronsPerPixel > 0 || x == 0 || y == 0 {
		return
	}
	unit := 0.0
	if strings.HasPrefix(text, "ImageJ=") {
		unit = unitOfImageJ(text)
	} else if u := d.find(d.first, tagResolutionUnit); u.present() && u.at(0) == 3 && s.who != "OME-XML" {
		unit = 1e4
	}
	if unit > 0 {
		s.facts.MicronsPerPixel = s.facts.square(unit/x, unit/y)
	}
}

// rational returns a tag of the first page that is a fraction; 0 where it is none.
func (d *directories) rational(tag uint16) float64 {
	f := d.find(d.first, tag)
	if len(f.raw) != 8 || f.size != 8 {
		return 0
	}
	a, b := d.order.Uint32(f.raw), d.order.Uint32(f.raw[4:])
	if a == 0 || b == 0 || a == math.MaxUint32 {
		return 0
	}
	return float64(a) / float64(b)
}

// reduced reports whether the directory at an offset is a smaller copy of another page.
func (d *directories) reduced(offset uint64) bool {
	entries, size, _, err := d.entries(offset)
	for ; err == nil && len(entries) > 0; entries = entries[size:] {
		if d.order.Uint16(entries) == tagNewSubfileType {
			f, _ := d.raw(entries[:size])
			return f.present() && f.at(0)&1 != 0
		}
	}
	return false
}

// refusePictures refuses a JPEG file of several pictures (MPO), by its index, the body
// of an APP2 segment: a small TIFF file whose tag 0xB001 holds their number.
func refusePictures(index []byte) error {
	d, ok := openSmall(index)
	if !ok {
		return nil
	}
	entries, size, _, err := d.entries(d.first)
	for ; err == nil && len(entries) > 0; entries = entries[size:] {
		if d.order.Uint16(entries) == 0xb001 {
			if f, _ := d.raw(entries[:size]); len(f.raw) == 4 && d.order.Uint32(f.raw) > 1 {
				return unsupported("the JPEG file holds %d pictures (MPO): only single pictures are read, save the one that is meant", d.order.Uint32(f.raw))
			}
		}
	}
	return nil
}
