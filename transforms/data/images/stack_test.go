package images_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"exemplar/transforms/data/images"
)

// TestSeveralPlanesInOneDirectory are refused, by whatever tells of them; tags and descriptions
// of one plane are not.
func TestSeveralPlanesInOneDirectory(t *testing.T) {
	const h, w = 6, 5
	ome := func(z, c, t int, more string) string {
		return fmt.Sprintf(`<?xml version="1.0"?><OME xmlns="x"><Image><Pixels SizeX="5" SizeY="6" SizeZ="%d" SizeC="%d" SizeT="%d">%s</Pixels></Image></OME>`, z, c, t, more)
	}
	set := `<TiffData><UUID FileName="a.tif">u</UUID></TiffData><TiffData FirstC="1"><UUID FileName="b.tif">v</UUID></TiffData>`
	lsm := func(z, t uint32) string {
		b := make([]byte, 40)
		binary.LittleEndian.PutUint32(b[16:], z)
		binary.LittleEndian.PutUint32(b[24:], t)
		return string(b)
	}
	for _, c := range []struct {
		what     string
		channels int
		tag      uint16
		value    string
		says     string // "": one plane
	}{
		{"ImageJ stack", 1, 270, "ImageJ=1.53t\nimages=3\nslices=3\n", "3 z and 1 t (ImageJ)"},
		{"ImageJ, unknown", 1, 270, "ImageJ=1.53t\nimages=3\n", "3 z and 1 t (ImageJ)"},
		{"ImageJ without images", 1, 270, "ImageJ=1.53t\nchannels=2\nframes=4\n", "1 z and 4 t (ImageJ)"},
		{"ImageJ, one", 1, 270, "ImageJ=1.53t\nimages=1\nmin=0.0\n", ""},
		{"ImageJ, RGB", 3, 270, "ImageJ=1.53t\nmode=color\n", ""},
		{"tifffile", 1, 270, `{"shape": [3, 6, 5]}`, "3 pages, and nothing says"},
		{"tifffile, axes", 1, 270, `{"axes": "ZCYX", "shape": [2, 3, 6, 5], "x": 1}`, "2 z and 1 t (tifffile)"},
		{"tifffile, one", 1, 270, `{"shape": [6, 5]}`, ""},
		{"tifffile, one of one", 1, 270, `{"shape": [1, 6, 5, 1]}`, ""},
		{"tifffile, RGB", 3, 270, `{"shape": [6, 5, 3]}`, ""},
		{"tifffile, RGB stack", 3, 270, `{"shape": [4, 6, 5, 3]}`, "4 pages, and nothing says"},
		{"other JSON", 1, 270, `{"exposure": 3}`, ""},
		{"OME, depth", 1, 270, ome(4, 1, 1, ""), "one page, and its description (OME-XML) tells of 4 planes"},
		{"OME, all", 1, 270, ome(2, 3, 2, ""), "one page, and its description (OME-XML) tells of 12 planes"},
		{"OME, one", 1, 270, ome(1, 1, 1, ""), ""},
		{"OME, RGB", 3, 270, ome(1, 3, 1, ""), ""},
		{"OME, one file of a set", 1, 270, ome(1, 2, 1, set), ""},
		{"words", 1, 270, "images=3, a note about ImageJ", ""},
		{"ImageDepth", 1, 32997, "\x02\x00\x00\x00", "2 pages in one directory (tag ImageDepth)"},
		{"ImageDepth of 1", 1, 32997, "\x01\x00\x00\x00", ""},
		{"MetaMorph", 1, 33629, strings.Repeat("\x00", 20), "5 pages in one directory (MetaMorph)"},
		{"LSM", 1, 34412, lsm(3, 2), "6 pages in one directory (LSM)"},
		{"LSM, one", 1, 34412, lsm(1, 1), ""},
	} {
		im := images.Image{Height: h, Width: w, Channels: c.channels, Bits: 8, Pixels: make([]byte, h*w*c.channels)}
		for _, big := range []bool{false, true} {
			text := c.value + strings.Repeat("\x00", (4-len(c.value)%4)%4)
			var words []uint32
			for i := 0; i < len(text); i += 4 {
				words = append(words, binary.LittleEndian.Uint32([]byte(text[i:])))
			}
			data := writeTIFF(im, tiffOptions{order: binary.LittleEndian, big: big, compression: 1, blockH: h, extra: map[uint16][]uint32{c.tag: words}})
			data = append(data, make([]byte, 20*h*w*c.channels)...) // the other planes
			_, err := images.Decode("a.tif", data, images.Options{})
			switch {
			case c.says == "" && err != nil:
				t.Errorf("%s: %v", c.what, err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%s: %v", c.what, err)
			}
		}
	}
}

// TestThumbnailPage: a second page that is a smaller copy is left out, and that is noted; another
// one is refused.
func TestThumbnailPage(t *testing.T) {
	im := images.Image{Height: 2, Width: 2, Channels: 1, Bits: 8, Pixels: []byte{1, 2, 3, 4}}
	for _, subfile := range []uint32{1, 2} {
		small := writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 2, extra: map[uint16][]uint32{254: {subfile}}})
		first := writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 2})
		at := binary.LittleEndian.Uint32(small[4:])
		data := writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 2, next: uint32(len(first)) + at})
		got, err := images.Decode("a.tif", append(data, small...), images.Options{})
		switch {
		case subfile == 2 && (err == nil || !strings.Contains(err.Error(), "2 pages")):
			t.Errorf("NewSubfileType 2: %v", err)
		case subfile == 1 && (err != nil || !bytes.Equal(got.Pixels, im.Pixels) || got.Facts == nil || len(got.Facts.Notes) != 1):
			t.Errorf("NewSubfileType 1: %+v, %v", got, err)
		}
	}
}

// TestSeveralPictures: a JPEG file with an index of several pictures is refused.
func TestSeveralPictures(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	for n, refused := range map[byte]bool{1: false, 2: true} {
		index := []byte("MPF\x00II*\x00\x08\x00\x00\x00\x01\x00\x01\xb0\x04\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
		index[4+8+2+8] = n
		segment := append([]byte{0xff, 0xe2, 0, byte(len(index) + 2)}, index...)
		data := append(append([]byte{0xff, 0xd8}, segment...), b.Bytes()[2:]...)
		_, err := images.Decode("a.jpg", data, images.Options{})
		if refused != (err != nil) || refused && !strings.Contains(err.Error(), "holds 2 pictures (MPO)") {
			t.Errorf("%d pictures: %v", n, err)
		}
	}
}
