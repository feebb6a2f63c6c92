package images

import (
	"encoding/binary"
	"math/bits"
)

// This file reads the directories of a TIFF file (TIFF 6.0, section 2; BigTIFF
// as in libtiff) and nothing behind them.

// field is one entry of a directory: count values of one integer type.
type field struct {
	order binary.ByteOrder
	size  int    // bytes of one value; 0 where the tag is absent
	raw   []byte // the values, as stored
}

func (f *field) present() bool { return f.size != 0 }

func (f *field) count() int { return len(f.raw) / max(f.size, 1) }

// at returns value i.
func (f *field) at(i int) uint64 {
	switch b := f.raw[i*f.size:]; f.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(f.order.Uint16(b))
	case 4:
		return uint64(f.order.Uint32(b))
	default:
		return f.order.Uint64(b)
	}
}

// or returns the first value, or def where the tag is absent.
func (f *field) or(def uint64) uint64 {
	if !f.present() {
		return def
	}
	return f.at(0)
}

// page holds the fields of one directory that decide about pixels.
type page struct {
	width, height, bits, compression, photometric, fillOrder field
	orientation, samples, planar, predictor                  field
	extraSamples, sampleFormat                               field
	colorMap                                                 field
	rowsPerStrip, stripOffsets, stripCounts                  field
	tileWidth, tileLength, tileOffsets, tileCounts           field
	order                                                    binary.ByteOrder
	next                                                     uint64 // offset of the next directory; 0: none
}

// tags are those that decide about pixels: their names, and where their fields go.
var tags = map[uint16]struct {
	name string
	slot func(*page) *field
}{
	256: {"ImageWidth", func(p *page) *field { return &p.width }},
	257: {"ImageLength", func(p *page) *field { return &p.height }},
	258: {"BitsPerSample", func(p *page) *field { return &p.bits }},
	259: {"Compression", func(p *page) *field { return &p.compression }},
	262: {"PhotometricInterpretation", func(p *page) *field { return &p.photometric }},
	266: {"FillOrder", func(p *page) *field { return &p.fillOrder }},
	273: {"StripOffsets", func(p *page) *field { return &p.stripOffsets }},
	274: {"Orientation", func(p *page) *field { return &p.orientation }},
	277: {"SamplesPerPixel", func(p *page) *field { return &p.samples }},
	278: {"RowsPerStrip", func(p *page) *field { return &p.rowsPerStrip }},
	279: {"StripByteCounts", func(p *page) *field { return &p.stripCounts }},
	284: {"PlanarConfiguration", func(p *page) *field { return &p.planar }},
	317: {"Predictor", func(p *page) *field { return &p.predictor }},
	320: {"ColorMap", func(p *page) *field { return &p.colorMap }},
	322: {"TileWidth", func(p *page) *field { return &p.tileWidth }},
	323: {"TileLength", func(p *page) *field { return &p.tileLength }},
	324: {"TileOffsets", func(p *page) *field { return &p.tileOffsets }},
	325: {"TileByteCounts", func(p *page) *field { return &p.tileCounts }},
	338: {"ExtraSamples", func(p *page) *field { return &p.extraSamples }},
	339: {"SampleFormat", func(p *page) *field { return &p.sampleFormat }},
}

// directories reads the directories of one file.
type directories struct {
	data  []byte
	order binary.ByteOrder
	big   bool   // BigTIFF: 64-bit counts and offsets
	first uint64 // offset of the first directory
}

// isTIFF tells a TIFF or BigTIFF file of either byte order.
func isTIFF(data []byte) bool {
	if len(data) < 4 {
		return false
	}
	switch string(data[:4]) {
	case "II*\x00", "MM\x00*", "II+\x00", "MM\x00+":
		return true
	}
	return false
}

// openDirectories reads the header of a file that isTIFF.
func openDirectories(data []byte) (directories, error) {
	d := directories{data: data, order: binary.LittleEndian}
	if data[0] == 'M' {
		d.order = binary.BigEndian
	}
	d.big = d.order.Uint16(data[2:]) == 43
	header := 8
	if d.big {
		header = 16
	}
	if len(data) < header {
		return d, corrupt("the TIFF header is cut off: %d of %d bytes", len(data), header)
	}
	if d.big {
		if d.order.Uint16(data[4:]) != 8 || d.order.Uint16(data[6:]) != 0 {
			return d, corrupt("the BigTIFF header is damaged: offsets of %d bytes", d.order.Uint16(data[4:]))
		}
		d.first = d.number(data[8:])
	} else {
		d.first = d.number(data[4:])
	}
	if d.first == 0 {
		return d, corrupt("the TIFF file has no page")
	}
	return d, nil
}

// number reads a count or an offset.
func (d *directories) number(b []byte) uint64 {
	if d.big {
		return d.order.Uint64(b)
	}
	return uint64(d.order.Uint32(b))
}

// counted returns the number of values of an entry, and the bytes that hold them or
// their offset.
func (d *directories) counted(entry []byte) (count uint64, value []byte) {
	if d.big {
		return d.number(entry[4:]), entry[12:]
	}
	return d.number(entry[4:]), entry[8:]
}

// at returns n bytes at an offset.
func (d *directories) at(offset, n uint64) ([]byte, bool) {
	end, carry := bits.Add64(offset, n, 0)
	if carry != 0 || end > uint64(len(d.data)) {
		return nil, false
	}
	return d.data[offset:end], true
}

// entries returns the entries of the directory at an offset, and the offset of
// the next one.
func (d *directories) entries(offset uint64) (entries []byte, size int, next uint64, err error) {
	head, size, link := uint64(2), 12, uint64(4)
	if d.big {
		head, size, link = 8, 20, 8
	}
	b, ok := d.at(offset, head)
	if !ok {
		return nil, 0, 0, corrupt("a page directory at byte %d lies beyond the end of the file (%d bytes)", offset, len(d.data))
	}
	n := uint64(0)
	if d.big {
		n = d.order.Uint64(b)
	} else {
		n = uint64(d.order.Uint16(b))
	}
	if n > uint64(len(d.data)/size) {
		return nil, 0, 0, corrupt("the page directory at byte %d is cut off: %d entries do not fit in the file", offset, n)
	}
	entries, ok = d.at(offset+head, n*uint64(size)+link)
	if !ok {
		return nil, 0, 0, corrupt("the page directory at byte %d is cut off: %d entries do not fit in the file", offset, n)
	}
	return entries[:n*uint64(size)], size, d.number(entries[n*uint64(size):]), nil
}

// page reads the directory at an offset. A known tag that is there twice, or is
// no unsigned integer, is corrupt: readers disagree about what it means.
func (d *directories) page(offset uint64) (page, error) {
	p := page{order: d.order}
	entries, size, next, err := d.entries(offset)
	if err != nil {
		return p, err
	}
	p.next = next
	for ; len(entries) > 0; entries = entries[size:] {
		tag, known := tags[d.order.Uint16(entries)]
		if !known {
			continue
		}
		slot := tag.slot(&p)
		if slot.present() {
			return p, corrupt("tag %s is there twice", tag.name)
		}
		if *slot, err = d.field(entries[:size], tag.name); err != nil {
			return p, err
		}
	}
	return p, nil
}

// field reads one entry of a directory.
func (d *directories) field(entry []byte, name string) (field, error) {
	f := field{order: d.order}
	typ := d.order.Uint16(entry[2:])
	if f.size = map[uint16]int{1: 1, 3: 2, 4: 4, 16: 8}[typ]; f.size == 0 { // BYTE, SHORT, LONG, LONG8
		return f, corrupt("tag %s has type %d, no unsigned integer", name, typ)
	}
	count, value := d.counted(entry)
	if count == 0 {
		return f, corrupt("tag %s has no value", name)
	}
	if count > uint64(len(d.data)) {
		return f, corrupt("tag %s has %d values, which run past the end of the file", name, count)
	}
	var ok bool
	if f.raw, ok = d.values(value, count*uint64(f.size)); !ok {
		return f, corrupt("the %d values of tag %s at byte %d run past the end of the file (%d bytes)", count, name, d.number(value), len(d.data))
	}
	return f, nil
}

// values returns n bytes of values: those that an entry holds, or those at the offset
// that it holds.
func (d *directories) values(entry []byte, n uint64) ([]byte, bool) {
	if n <= uint64(len(entry)) {
		return entry[:n], true
	}
	return d.at(d.number(entry), n)
}

// maxPages bounds the pages that are counted.
const maxPages = 10_000
