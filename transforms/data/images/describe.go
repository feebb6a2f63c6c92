package images

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Texts by which programs describe the planes of a TIFF file: OME-XML (omexml.go), the description of
// ImageJ, and the shape of tifffile.

// maxText bounds a description.
const maxText = 16 << 20

// square returns the size of pixels that are as high as wide, to a thousandth; others are noted, and 0.
func (f *Facts) square(x, y float64) float64 {
	if !(x > 0) || !(y > 0) || math.IsInf(x, 0) || math.IsInf(y, 0) {
		return 0
	}
	if math.Abs(x-y) > x/1000 {
		f.Notes = append(f.Notes, "pixels that are not as high as wide: their size is not taken")
		return 0
	}
	return x
}

var imageJLine = regexp.MustCompile(`(?m)^([A-Za-z]+)=(.*?)\s*$`)

// describedByImageJ reads the description of ImageJ: channels change fastest, then slices, then
// frames.
func describedByImageJ(text string, first *layout, pages int) (*description, error) {
	says := map[string]string{}
	for _, m := range imageJLine.FindAllStringSubmatch(text, -1) {
		says[m[1]] = m[2]
	}
	number := func(key string) (int, error) {
		if says[key] == "" {
			return 1, nil
		}
		n, err := strconv.Atoi(says[key])
		if err != nil || n < 1 || n > maxPages {
			return 0, corrupt("its description (ImageJ) says %s=%.20s: 1 to %d are read", key, says[key], maxPages)
		}
		return n, nil
	}
	s := &description{who: "ImageJ"}
	var count int
	for key, to := range map[string]*int{"channels": &s.channels, "slices": &s.z, "frames": &s.t, "images": &count} {
		n, err := number(key)
		if err != nil {
			return nil, err
		}
		*to = n
	}
	if first.samples > 1 && s.channels == first.samples { // color, or a page of all channels
		s.channels = 1
		delete(says, "images") // which counts them in some versions
	}
	if s.channels > maxPages/s.z || s.channels*s.z > maxPages/s.t {
		return nil, unsupported("its description (ImageJ) tells of %d x %d x %d planes, more than %d", s.channels, s.z, s.t, maxPages)
	}
	switch n := s.count(); {
	case n == count || says["images"] == "":
	case n == 1: // a stack of which nothing says what it is: ImageJ calls these slices
		s.z = count
	default:
		return nil, corrupt("its description (ImageJ) says %d images, and %d channels, %d slices, %d frames", count, s.channels, s.z, s.t)
	}
	return s, nil
}

// unitOfImageJ returns micrometers of the unit that a description of ImageJ says, 0 for none.
func unitOfImageJ(text string) float64 {
	for _, m := range imageJLine.FindAllStringSubmatch(text, -1) {
		if m[1] == "unit" {
			return micrometers[strings.ReplaceAll(strings.ReplaceAll(m[2], `\u00B5`, "µ"), `\u00b5`, "µ")]
		}
	}
	return 0
}

// describedByShape reads the shape that tifffile writes; otherwise is what there is without one.
func describedByShape(text string, first *layout, pages int, otherwise *description) (*description, error) {
	var doc struct {
		Shape []int  `json:"shape"`
		Axes  string `json:"axes"`
	}
	if json.Unmarshal([]byte(text), &doc) != nil || len(doc.Shape) == 0 {
		return otherwise, nil
	}
	s := &description{who: "tifffile", channels: 1, z: 1, t: 1}
	all := 1
	for _, n := range doc.Shape {
		if n < 1 || n > 1<<28 || all > 1<<40/n {
			return nil, corrupt("its description (tifffile) says the shape %v", doc.Shape)
		}
		all *= n
	}
	page := first.height * first.width * first.samples
	if all%page != 0 {
		return nil, corrupt("its description (tifffile) says the shape %v, and its page has %dx%d pixels of %d samples", doc.Shape, first.height, first.width, first.samples)
	}
	planes := all / page
	if planes == 1 && pages == 1 {
		return s, nil
	}
	if planes < pages { // each page was written by itself, and says so
		return otherwise, nil
	}
	if planes > maxPages {
		return nil, unsupported("its description (tifffile) tells of %d planes, more than %d", planes, maxPages)
	}
	if len(doc.Axes) != len(doc.Shape) {
		if s.channels = planes; planes > 1 {
			s.unsaid = true
		}
		return s, nil
	}
	return s, s.byAxes(doc.Axes, doc.Shape, planes)
}

// byAxes takes the planes in the order of axes, the last of which changes fastest.
func (s *description) byAxes(axes string, shape []int, planes int) error {
	step, stride := 1, map[byte]int{}
	for i := len(axes) - 1; i >= 0; i-- {
		n := shape[i]
		switch a := axes[i]; a {
		case 'Y', 'X', 'S':
			continue
		case 'C', 'Z', 'T':
			if a == 'C' && i > strings.IndexByte(axes, 'X') { // samples of a pixel
				continue
			}
			if stride[a] != 0 {
				return corrupt("its description (tifffile) says the axes %q", axes)
			}
			stride[a] = step
			map[byte]func(){'C': func() { s.channels = n }, 'Z': func() { s.z = n }, 'T': func() { s.t = n }}[a]()
		default:
			if n > 1 {
				return unsupported("its description (tifffile) says the axis %q of %d planes: only C, Z and T are read", a, n)
			}
		}
		step *= n
	}
	if s.count() != planes {
		return unsupported("its description (tifffile) says the axes %q of shape %v, and its page is no plane of them", axes, shape)
	}
	s.at = func(c, z, t int) int { return c*stride['C'] + z*stride['Z'] + t*stride['T'] }
	return nil
}
