package images_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"slices"
	"testing"

	"exemplar/transforms/data/images"
)

// TestOpaquePNG: an alpha channel that is opaque everywhere is left out, exactly; one that is not is
// refused.
func TestOpaquePNG(t *testing.T) {
	r := image.Rect(0, 0, 7, 5)
	for _, bits := range []int{8, 16} {
		for _, transparent := range []bool{false, true} {
			var m image.Image
			want := []byte{}
			narrow, wide := image.NewNRGBA(r), image.NewNRGBA64(r)
			for y := range 5 {
				for x := range 7 {
					v := uint16(1000*y + 37*x)
					wide.SetNRGBA64(x, y, color.NRGBA64{v, v + 1, v + 2, 0xffff})
					narrow.SetNRGBA(x, y, color.NRGBA{uint8(v), uint8(v + 1), uint8(v + 2), 0xff})
					for k := range uint16(3) {
						if bits == 16 {
							want = binary.LittleEndian.AppendUint16(want, v+k)
						} else {
							want = append(want, byte(v+k))
						}
					}
				}
			}
			if m = narrow; bits == 16 {
				m = wide
			}
			data := encode(t, "png", m) // without alpha, which all pixels lack
			if data[25] != 2 {
				t.Fatalf("color type %d", data[25])
			}
			wide.SetNRGBA64(3, 3, color.NRGBA64{1, 2, 3, 0xfffe})
			narrow.SetNRGBA(3, 3, color.NRGBA{1, 2, 3, 0xfe})
			data = encode(t, "png", m)
			if !transparent {
				data = opaqued(t, r, bits, want)
			}
			im, err := images.Decode("a.png", data, images.Options{})
			switch {
			case transparent && err == nil:
				t.Errorf("%d bits: transparent pixels pass", bits)
			case transparent:
			case err != nil || !bytes.Equal(im.Pixels, want) || im.Channels != 3 || im.Facts == nil || !slices.Equal(im.Facts.Notes, []string{"opaque alpha left out"}):
				t.Errorf("%d bits: %+v, %v", bits, im, err)
			}
		}
	}
}

// opaqued writes a PNG file with an alpha channel that is opaque everywhere, which Go's library does not.
func opaqued(t *testing.T, r image.Rectangle, bits int, rgb []byte) []byte {
	t.Helper()
	var raw []byte
	size := bits / 8
	for y := range r.Dy() {
		raw = append(raw, 0)
		for x := range r.Dx() {
			for k := range 3 {
				s := rgb[((y*r.Dx()+x)*3+k)*size:][:size]
				for i := range s {
					raw = append(raw, s[size-1-i])
				}
			}
			raw = append(raw, bytes.Repeat([]byte{0xff}, size)...)
		}
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(r.Dx())), uint32(r.Dy()))
	out := []byte("\x89PNG\r\n\x1a\n")
	for _, c := range []struct {
		kind string
		body []byte
	}{{"IHDR", append(header, byte(bits), 6, 0, 0, 0)}, {"IDAT", pack(raw, 8)}, {"IEND", nil}} {
		body := append([]byte(c.kind), c.body...)
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(c.body))), body...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	}
	return out
}

// TestGrayPalettePNG: a palette of grays is replaced by them, and sBIT tells the full scale.
func TestGrayPalettePNG(t *testing.T) {
	var grays color.Palette
	for v := range 200 {
		grays = append(grays, color.Gray{uint8(255 - v)})
	}
	m := image.NewPaletted(image.Rect(0, 0, 9, 4), grays)
	for i := range m.Pix {
		m.Pix[i] = byte(5 * i)
	}
	data := encode(t, "png", m)
	im, err := images.Decode("a.png", data, images.Options{})
	if err != nil || im.Channels != 1 || im.Bits != 8 {
		t.Fatal(im.Shape(), err)
	}
	for i, v := range im.Pixels {
		if int(v) != 255-5*i {
			t.Fatalf("pixel %d is %d, want %d", i, v, 255-5*i)
		}
	}
	gray := image.NewGray16(image.Rect(0, 0, 3, 3))
	gray.SetGray16(1, 1, color.Gray16{4000})
	data = encode(t, "png", gray)
	body := append([]byte("sBIT"), 12)
	chunk := append(binary.BigEndian.AppendUint32(nil, 1), body...)
	data = slices.Insert(data, 33, binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))...)
	if im, err = images.Decode("a.png", data, images.Options{}); err != nil || im.Facts == nil || im.Facts.FullScale != 4095 {
		t.Fatal(im.Facts, err)
	}
}
