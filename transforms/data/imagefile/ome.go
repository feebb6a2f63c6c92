package imagefile

import (
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/tiff"
)

// Described is what a collection says of the pixels of its images.
type Described struct {
	Channels        []schemas.Channel // none of gray and RGB images
	FullScale       int               // 0: what the type holds
	MicronsPerPixel float64           // 0: not known
}

// Original renders raw pixels as a file that other programs open: OME-TIFF where the images
// have channels, else as TIFF does.
func Original(im schemas.ImageShape, pixels []byte, d Described) []byte {
	if len(d.Channels) < 2 || len(d.Channels) != im.Channels {
		return TIFF(im, pixels)
	}
	return OME(im, pixels, d)
}

// OME renders raw pixels as OME-TIFF (OME model 2016-06), little-endian and uncompressed: a page
// for each channel, of one strip, and on the first page the XML with names, colors and the size
// of a pixel. The file names no time and no UUID: equal pixels of equal channels give equal
// bytes.
func OME(im schemas.ImageShape, pixels []byte, d Described) []byte {
	const header = 8
	le := binary.LittleEndian
	plane := im.Height * im.Width * im.Bits / 8
	b := append(make([]byte, 0, len(pixels)+4096), "II*\x00\x00\x00\x00\x00"...)
	b = appendPlanes(b, im, pixels)
	text := append([]byte(describe(im, d)), 0)
	at := len(b) + len(b)%2
	b = append(append(b, make([]byte, at-len(b))...), text...)
	next := 4 // where the offset of the next directory goes
	for c := range im.Channels {
		b = append(b, make([]byte, len(b)%2)...)
		le.PutUint32(b[next:], uint32(len(b)))
		entries := [][4]uint32{
			{256, tiff.Long, 1, uint32(im.Width)},
			{257, tiff.Long, 1, uint32(im.Height)},
			{258, tiff.Short, 1, uint32(im.Bits)},
			{259, tiff.Short, 1, 1}, // no compression
			{262, tiff.Short, 1, 1}, // black is zero
			{270, ascii, uint32(len(text)), uint32(at)},
			{273, tiff.Long, 1, uint32(header + c*plane)}, // offset of the strip
			{277, tiff.Short, 1, 1},
			{278, tiff.Long, 1, uint32(im.Height)}, // rows of the strip
			{279, tiff.Long, 1, uint32(plane)},
		}
		if c > 0 {
			entries = append(entries[:5], entries[6:]...)
		}
		b = tiff.AppendDirectory(b, entries...)
		next = len(b) - 4
	}
	return b
}

// ascii is the type of a text.
const ascii = 2

// appendPlanes appends the samples channel by channel.
func appendPlanes(b []byte, im schemas.ImageShape, pixels []byte) []byte {
	size := im.Bits / 8
	for c := range im.Channels {
		for at := c * size; at < len(pixels); at += im.Channels * size {
			b = append(b, pixels[at:at+size]...)
		}
	}
	return b
}

// describe returns the OME-XML of an image.
func describe(im schemas.ImageShape, d Described) string {
	var s strings.Builder
	s.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
		` xsi:schemaLocation="http://www.openmicroscopy.org/Schemas/OME/2016-06 http://www.openmicroscopy.org/Schemas/OME/2016-06/ome.xsd" Creator="exemplar">` + "\n")
	fmt.Fprintf(&s, `<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint%d" BigEndian="false" SizeX="%d" SizeY="%d" SizeC="%d" SizeZ="1" SizeT="1"`,
		im.Bits, im.Width, im.Height, im.Channels)
	if used := bits.Len(uint(d.FullScale)); d.FullScale > 0 && d.FullScale == 1<<used-1 {
		fmt.Fprintf(&s, ` SignificantBits="%d"`, used)
	}
	if d.MicronsPerPixel > 0 {
		size := strconv.FormatFloat(d.MicronsPerPixel, 'g', -1, 64)
		fmt.Fprintf(&s, ` PhysicalSizeX="%s" PhysicalSizeXUnit="µm" PhysicalSizeY="%s" PhysicalSizeYUnit="µm"`, size, size)
	}
	s.WriteString(">\n")
	for c, channel := range d.Channels {
		fmt.Fprintf(&s, `<Channel ID="Channel:0:%d" SamplesPerPixel="1"`, c)
		if channel.Name != "" {
			s.WriteString(` Name="`)
			_ = xml.EscapeText(&s, []byte(channel.Name)) // a builder takes everything
			s.WriteString(`"`)
		}
		if rgb, err := strconv.ParseUint(strings.TrimPrefix(channel.Color, "#"), 16, 24); err == nil && len(channel.Color) == 7 {
			fmt.Fprintf(&s, ` Color="%d"`, int32(uint32(rgb)<<8|0xff)) // RGBA, signed
		}
		s.WriteString("/>\n")
	}
	for c := range d.Channels {
		fmt.Fprintf(&s, `<TiffData FirstC="%d" FirstZ="0" FirstT="0" IFD="%d" PlaneCount="1"/>`+"\n", c, c)
	}
	s.WriteString("</Pixels></Image></OME>")
	return s.String()
}
