package images

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"exemplar/schemas"
)

// Texts by which programs describe the planes of a TIFF file: OME-XML (OME model 2016-06,
// also as earlier versions wrote it), the description of ImageJ, and the shape of tifffile.

// maxText bounds a description.
const maxText = 16 << 20

// ome is what is read of OME-XML. Attributes that are not there are nil.
type ome struct {
	Images []omeImage `xml:"Image"`
}

type omeImage struct {
	Pixels omePixels `xml:"Pixels"`
}

type omePixels struct {
	SizeX           int          `xml:"SizeX,attr"`
	SizeY           int          `xml:"SizeY,attr"`
	SizeZ           int          `xml:"SizeZ,attr"`
	SizeC           int          `xml:"SizeC,attr"`
	SizeT           int          `xml:"SizeT,attr"`
	Order           string       `xml:"DimensionOrder,attr"`
	Type            string       `xml:"Type,attr"`
	PixelType       string       `xml:"PixelType,attr"` // of early versions
	SignificantBits int          `xml:"SignificantBits,attr"`
	PhysicalX       *float64     `xml:"PhysicalSizeX,attr"`
	PhysicalY       *float64     `xml:"PhysicalSizeY,attr"`
	UnitX           string       `xml:"PhysicalSizeXUnit,attr"`
	UnitY           string       `xml:"PhysicalSizeYUnit,attr"`
	Channels        []omeChannel `xml:"Channel"`
	Data            []omeData    `xml:"TiffData"`
}

type omeChannel struct {
	Name    string `xml:"Name,attr"`
	Color   string `xml:"Color,attr"`
	Samples int    `xml:"SamplesPerPixel,attr"`
}

type omeData struct {
	IFD    *int `xml:"IFD,attr"`
	FirstC int  `xml:"FirstC,attr"`
	FirstZ int  `xml:"FirstZ,attr"`
	FirstT int  `xml:"FirstT,attr"`
	Count  *int `xml:"PlaneCount,attr"`
	UUID   *struct {
		File string `xml:"FileName,attr"`
	} `xml:"UUID"`
}

// describedByOME reads OME-XML. first is the first page, of so many channels by itself; file is the name
// of the file, by which it knows its planes in a set of files.
func describedByOME(text string, first *layout, ofPage, pages int, file string) (*description, error) {
	px, err := pixelsOf(text)
	if err != nil {
		return nil, err
	}
	if px.SizeX != first.width || px.SizeY != first.height {
		return nil, corrupt("its OME-XML says %dx%d pixels (height x width), and its page has %dx%d", px.SizeY, px.SizeX, first.height, first.width)
	}
	kind := strings.ToLower(px.Type + px.PixelType)
	kind = cmp.Or(map[string]string{"float": "float32", "double": "float64"}[kind], kind)
	if want := first.kind(); kind != "" && kind != want {
		return nil, corrupt("its OME-XML says pixels of type %s, and its page has %s", kind, want)
	}
	s := &description{who: "OME-XML", channels: px.SizeC, z: px.SizeZ, t: px.SizeT}
	samples := first.samples - b2i(first.meaning.alpha)
	if samples > 1 { // the samples of a page are channels
		if px.SizeC != samples {
			return nil, corrupt("its OME-XML says %d channels, and its pages have %d samples per pixel", px.SizeC, samples)
		}
		s.channels = 1
	}
	if bits := px.SignificantBits; bits > 0 && bits < first.bits {
		s.facts.FullScale = 1<<bits - 1
	}
	s.facts.MicronsPerPixel = px.microns(&s.facts)
	if samples > 1 && first.meaning.color {
		ofPage = 1
	}
	px.names(&s.facts, s.channels*ofPage)
	return s, px.order(s, pages, path.Base(file))
}

// pixelsOf parses OME-XML of one image.
func pixelsOf(text string) (*omePixels, error) {
	if len(text) > maxText {
		return nil, unsupported("its OME-XML has %d bytes, more than the %d that are read", len(text), maxText)
	}
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("it is in %s, not UTF-8", charset)
	}
	var doc ome
	if err := dec.Decode(&doc); err != nil {
		var number *strconv.NumError
		if errors.As(err, &number) {
			return nil, corrupt("its OME-XML is damaged: %q is no number", number.Num)
		}
		return nil, corrupt("its OME-XML is damaged: %v", err)
	}
	switch n := len(doc.Images); {
	case n == 0:
		return nil, corrupt("its OME-XML describes no image")
	case n > 1:
		return nil, unsupported("the file holds %d images (OME-XML): save each as a file of its own", n)
	}
	px := &doc.Images[0].Pixels
	for _, size := range []int{px.SizeX, px.SizeY, px.SizeZ, px.SizeC, px.SizeT} {
		if size < 1 || size > 1<<24 {
			return nil, corrupt("its OME-XML says sizes X %d, Y %d, Z %d, C %d, T %d", px.SizeX, px.SizeY, px.SizeZ, px.SizeC, px.SizeT)
		}
	}
	if px.SizeZ > maxPages || px.SizeT > maxPages || px.SizeC > maxPages || px.SizeZ*px.SizeT > maxPages || px.SizeZ*px.SizeT*px.SizeC > maxPages {
		return nil, unsupported("its OME-XML tells of %d x %d x %d planes (C x Z x T), more than %d", px.SizeC, px.SizeZ, px.SizeT, maxPages)
	}
	return px, nil
}

// names puts the channels' names and colors to the facts.
func (px *omePixels) names(f *Facts, n int) {
	if len(px.Channels) != n || n < 2 {
		return
	}
	for _, c := range px.Channels {
		one := schemas.Channel{Name: strings.TrimSpace(c.Name)}
		if rgba, err := strconv.ParseInt(c.Color, 10, 64); err == nil && uint32(rgba)>>8 != 0xffffff && uint32(rgba)>>8 != 0 { // white and black say nothing
			one.Color = fmt.Sprintf("#%06x", uint32(rgba)>>8)
		}
		f.Channels = append(f.Channels, one)
	}
	f.leaveOutNames()
}

// order finds the page of each plane.
func (px *omePixels) order(s *description, pages int, file string) error {
	dims := map[byte]int{'C': s.channels, 'Z': s.z, 'T': s.t}
	name := px.Order
	if name == "" {
		name = "XYCZT"
	}
	if len(name) != 5 || !strings.HasPrefix(name, "XY") || strings.Trim(name[2:], "CZT") != "" || name[2] == name[3] || name[3] == name[4] || name[2] == name[4] {
		return corrupt("its OME-XML says the order %q of dimensions, which does not exist", name)
	}
	linear := func(at map[byte]int) int {
		return at[name[2]] + dims[name[2]]*(at[name[3]]+dims[name[3]]*at[name[4]])
	}
	n := s.count()
	found := make([]int, n) // the page of each plane, in the order of the dimensions, from 1
	ours, others := px.ours(file)
	next := 0
	for _, d := range ours {
		first := linear(map[byte]int{'C': d.FirstC, 'Z': d.FirstZ, 'T': d.FirstT})
		if d.FirstC < 0 || d.FirstZ < 0 || d.FirstT < 0 || d.FirstC >= s.channels || d.FirstZ >= s.z || d.FirstT >= s.t {
			return corrupt("its OME-XML has a plane for C %d, Z %d, T %d, which its sizes do not have", d.FirstC, d.FirstZ, d.FirstT)
		}
		page, count := next, 1
		if d.IFD != nil {
			page = *d.IFD
		}
		switch {
		case d.Count != nil:
			count = *d.Count
		case d.IFD == nil && d.UUID == nil: // all that follow
			count = n - first
		}
		if page < 0 || count < 0 || count > n-first {
			return corrupt("its OME-XML has %d planes from page %d on for C %d, Z %d, T %d, which do not fit its sizes", count, page+1, d.FirstC, d.FirstZ, d.FirstT)
		}
		for i := range count {
			found[first+i] = page + i + 1
		}
		next = page + count
	}
	if len(px.Data) == 0 {
		for i := range found {
			found[i] = i + 1
		}
	}
	if page := twice(found); page > 0 {
		return corrupt("its OME-XML says that page %d is several planes", page)
	}
	s.at = func(c, z, t int) int { return found[linear(map[byte]int{'C': c, 'Z': z, 'T': t})] - 1 }
	return px.set(s, found, others, pages)
}

// twice returns a page, from 1, that is there for more than one plane; 0 where none is.
func twice(found []int) int {
	seen := map[int]bool{}
	for _, page := range found {
		if page > 0 && seen[page] {
			return page
		}
		seen[page] = true
	}
	return 0
}

// ours returns the parts of the image that lie in this file, and the names of the other files.
func (px *omePixels) ours(file string) (ours []omeData, others []string) {
	for _, d := range px.Data {
		if d.UUID != nil && d.UUID.File != "" && path.Base(d.UUID.File) != file {
			others = append(others, d.UUID.File)
			continue
		}
		ours = append(ours, d)
	}
	return ours, others
}

// set settles a file that is one of a set: where it holds one plane it is an image by itself.
func (px *omePixels) set(s *description, found []int, others []string, pages int) error {
	if len(others) == 0 {
		return nil
	}
	here := 0
	for _, page := range found {
		here += b2i(page > 0)
	}
	if here <= 1 && pages == 1 {
		s.channels, s.z, s.t, s.at, s.facts.Channels = 1, 1, 1, nil, nil
		return nil
	}
	if here < len(found) {
		return unsupported("its OME-XML says that other planes of the image lie in other files, as %s: save the image in one file, or join files of one channel each with --channel_pattern", others[0])
	}
	return nil
}

// Lengths in micrometers.
var micrometers = map[string]float64{"": 1, "µm": 1, "μm": 1, "um": 1, "micron": 1, "microns": 1, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6, "pm": 1e-6, "Å": 1e-4, "in": 25400, "inch": 25400}

// microns returns the size of a pixel.
func (px *omePixels) microns(f *Facts) float64 {
	if px.PhysicalX == nil || px.PhysicalY == nil {
		return 0
	}
	x, okX := micrometers[px.UnitX]
	y, okY := micrometers[px.UnitY]
	if !okX || !okY { // pixel, reference frame
		return 0
	}
	return f.square(*px.PhysicalX*x, *px.PhysicalY*y)
}

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
