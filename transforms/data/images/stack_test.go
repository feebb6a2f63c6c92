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

// TestSeveralPlanesInOneDirectory are refused as several pages, by whatever tells of
// them; descriptions of one plane are not.
func TestSeveralPlanesInOneDirectory(t *testing.T) {
	const h, w = 6, 5
	ome := func(z, c, t int, more string) string {
		return fmt.Sprintf(`<?xml version="1.0"?><OME xmlns="x"><Image><Pixels SizeX="5" SizeY="6" SizeZ="%d" SizeC="%d" SizeT="%d">%s</Pixels></Image></OME>`, z, c, t, more)
	}
	set := `<TiffData><UUID FileName="a.tif">u</UUID></TiffData><TiffData><UUID FileName="b.tif">v</UUID></TiffData>`
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
		pages    int
		by       string
	}{
		{"ImageJ stack", 1, 270, "ImageJ=1.53t\nimages=3\nslices=3\n", 3, "ImageJ"},
		{"ImageJ without images", 1, 270, "ImageJ=1.53t\nchannels=2\nframes=4\n", 8, "ImageJ"},
		{"ImageJ, one", 1, 270, "ImageJ=1.53t\nimages=1\nmin=0.0\n", 1, ""},
		{"ImageJ, RGB", 3, 270, "ImageJ=1.53t\nmode=color\n", 1, ""},
		{"tifffile", 1, 270, `{"shape": [3, 6, 5]}`, 3, "tifffile"},
		{"tifffile, axes", 1, 270, `{"axes": "ZCYX", "shape": [2, 3, 6, 5], "x": 1}`, 6, "tifffile"},
		{"tifffile, one", 1, 270, `{"shape": [6, 5]}`, 1, ""},
		{"tifffile, one of one", 1, 270, `{"shape": [1, 6, 5, 1]}`, 1, ""},
		{"tifffile, RGB", 3, 270, `{"shape": [6, 5, 3]}`, 1, ""},
		{"tifffile, RGB stack", 3, 270, `{"shape": [4, 6, 5, 3]}`, 4, "tifffile"},
		{"other JSON", 1, 270, `{"exposure": 3}`, 1, ""},
		{"OME, depth", 1, 270, ome(4, 1, 1, ""), 4, "OME-XML"},
		{"OME, all", 1, 270, ome(2, 3, 2, ""), 12, "OME-XML"},
		{"OME, one", 1, 270, ome(1, 1, 1, ""), 1, ""},
		{"OME, RGB", 3, 270, ome(1, 3, 1, ""), 1, ""},
		{"OME, one file of a set", 1, 270, ome(1, 2, 1, set), 1, ""},
		{"OME, stacks in a set", 1, 270, ome(3, 2, 1, set), 3, "OME-XML"},
		{"words", 1, 270, "images=3, a note about ImageJ", 1, ""},
		{"ImageDepth", 1, 32997, "\x02\x00\x00\x00", 2, "tag ImageDepth"},
		{"ImageDepth of 1", 1, 32997, "\x01\x00\x00\x00", 1, ""},
		{"MetaMorph", 1, 33629, strings.Repeat("\x00", 20), 5, "MetaMorph"},
		{"LSM", 1, 34412, lsm(3, 2), 6, "LSM"},
		{"LSM, one", 1, 34412, lsm(1, 1), 1, ""},
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
			case c.pages == 1 && err != nil:
				t.Errorf("%s: %v", c.what, err)
			case c.pages > 1 && (err == nil || !strings.Contains(err.Error(), fmt.Sprintf("the file has %d pages in one directory (%s)", c.pages, c.by))):
				t.Errorf("%s: %v", c.what, err)
			}
		}
	}
}

// TestThumbnailPage: a second page that is a smaller copy is refused as what it is.
func TestThumbnailPage(t *testing.T) {
	im := images.Image{Height: 2, Width: 2, Channels: 1, Bits: 8, Pixels: make([]byte, 4)}
	for subfile, says := range map[uint32]string{1: "thumbnails", 2: "split it into one file a page"} {
		small := writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 2, extra: map[uint16][]uint32{254: {subfile}}})
		first := writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 2})
		at := binary.LittleEndian.Uint32(small[4:])
		data := writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 2, next: uint32(len(first)) + at})
		_, err := images.Decode("a.tif", append(data, small...), images.Options{})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "2 pages") {
			t.Errorf("NewSubfileType %d: %v", subfile, err)
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
