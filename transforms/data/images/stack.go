package images

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strconv"
	"strings"
)

// Programs write stacks into one directory of a TIFF file: its tags describe the first
// plane, and the others lie behind it, known from a text or a tag of their own. This
// file counts planes; any but one are refused.

// Tags that tell of planes.
const (
	tagNewSubfileType = 254
	tagDescription    = 270
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

// planes returns how many planes the directory at an offset says it holds, and who
// says so; 1 where nothing says more. width, height and samples are those of a plane.
func (d *directories) planes(offset uint64, width, height, samples int) (n int, who string) {
	entries, size, _, err := d.entries(offset)
	n = 1
	for ; err == nil && len(entries) > 0; entries = entries[size:] {
		f, count := d.raw(entries[:size])
		says, by := 1, ""
		switch tag := d.order.Uint16(entries); {
		case tag == tagMetaMorph:
			says, by = int(min(count, maxPages)), "MetaMorph"
		case !f.present():
		case tag == tagDescription:
			says, by = planesOf(string(bytes.TrimRight(f.raw, "\x00 ")), width, height, samples)
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

var imageJCount = regexp.MustCompile(`(?m)^(images|slices|channels|frames)=([0-9]+)\s*$`)

// planesOf reads the description of a file of ImageJ, tifffile or OME.
func planesOf(text string, width, height, samples int) (n int, who string) {
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "ImageJ="):
		return planesOfImageJ(trimmed, samples), "ImageJ"
	case strings.HasPrefix(trimmed, "{"):
		var doc struct {
			Shape []float64 `json:"shape"`
		}
		if json.Unmarshal([]byte(trimmed), &doc) != nil || len(doc.Shape) == 0 {
			return 1, ""
		}
		all := 1.0
		for _, side := range doc.Shape {
			all *= side
		}
		return int(min(all/float64(width)/float64(height)/float64(samples), maxPages)), "tifffile"
	case strings.HasPrefix(trimmed, "<") && strings.Contains(trimmed, "OME"):
		return planesOfOME(trimmed, samples), "OME-XML"
	}
	return 1, ""
}

func planesOfImageJ(text string, samples int) int {
	counts := map[string]int{}
	for _, m := range imageJCount.FindAllStringSubmatch(text, -1) {
		counts[m[1]], _ = strconv.Atoi(m[2]) // digits; what is too long is the largest
		counts[m[1]] = min(max(counts[m[1]], 0), maxPages)
	}
	channels := max(1, counts["channels"])
	if samples > 1 && channels == samples { // an RGB picture
		channels = 1
	}
	all := min(channels*max(1, counts["slices"]), maxPages) * max(1, counts["frames"])
	if images := counts["images"]; samples == 1 && images > 0 || images > samples {
		all = max(all, images)
	}
	return min(all, maxPages)
}

// planesOfOME counts the planes of the first image, shared among the files that its
// text names: each file of a set may describe all of it.
func planesOfOME(text string, samples int) int {
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.Strict = false
	planes, files := 1, map[string]bool{}
	for pixels := false; ; {
		token, err := dec.Token()
		if err != nil {
			return (planes + max(1, len(files)) - 1) / max(1, len(files))
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "Pixels":
			if pixels { // of another image
				continue
			}
			pixels = true
			for _, a := range start.Attr {
				if v, err := strconv.Atoi(a.Value); err == nil && v > 1 && (a.Name.Local == "SizeZ" || a.Name.Local == "SizeC" || a.Name.Local == "SizeT") {
					if a.Name.Local == "SizeC" && samples > 1 {
						v = max(1, v/samples)
					}
					planes = min(planes*min(v, maxPages), maxPages)
				}
			}
		case "UUID":
			for _, a := range start.Attr {
				if a.Name.Local == "FileName" {
					files[a.Value] = true
				}
			}
		}
	}
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

// refusePages refuses a file of several pages, or of several planes in one.
func (d *directories) refusePages(p *page, l *layout) error {
	if p.next != 0 {
		n, err := d.pages(p.next)
		if err != nil {
			return err
		}
		small := 0
		for at := p.next; at != 0 && small < n; small++ {
			if !d.reduced(at) {
				small = -1
				break
			}
			if _, _, at, err = d.entries(at); err != nil {
				return err
			}
		}
		if small > 0 {
			return unsupported("the file has %d pages, the others smaller copies of the first (thumbnails): only single-page TIFF is read, save it without them", n)
		}
		return unsupported("the file has %d pages: only single-page TIFF is read, split it into one file a page", n)
	}
	if n, who := d.planes(d.first, l.width, l.height, l.channels); n > 1 {
		return unsupported("the file has %d pages in one directory (%s): only single-page TIFF is read, split it into one file a page", n, who)
	}
	return nil
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
