package images

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"exemplar/schemas"
)

// OME-XML, as the OME model of 2016-06 and earlier versions have it.

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
