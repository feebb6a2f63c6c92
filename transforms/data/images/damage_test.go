package images_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/data/images"
)

// mutations calls f with data cut before every byte, with each byte changed in one
// bit, and with bytes behind its end.
func mutations(data []byte, f func(what string, mutated []byte)) {
	for n := range data {
		f(fmt.Sprintf("cut to %d of %d bytes", n, len(data)), data[:n])
	}
	for i := range 8 * len(data) {
		bad := bytes.Clone(data)
		bad[i/8] ^= 1 << (i % 8)
		f(fmt.Sprintf("bit %d of byte %d of %d", i%8, i/8, len(data)), bad)
	}
	for _, more := range []string{"\x00", "more", string(data)} {
		f(fmt.Sprintf("%q behind the end", more), append(bytes.Clone(data), more...))
	}
}

// chunk returns a chunk of a PNG file.
func chunk(kind, body string) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind+body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// TestDamagedPNG: a PNG file is read as it was written, or refused, wherever it is
// cut or changed, behind its pixels as well.
func TestDamagedPNG(t *testing.T) {
	const end = 12 // bytes of IEND
	r := image.Rect(0, 0, 9, 7)
	for _, m := range []image.Image{draw(image.NewGray(r)), draw(image.NewGray16(r)), draw(image.NewRGBA(r))} {
		data := encode(t, "png", m)
		last := bytes.Clone(data[len(data)-end:])
		data = append(append(data[:len(data)-end], chunk("tEXt", "Comment\x00behind the pixels")...), last...)
		want, err := images.Decode("a.png", data, images.Options{})
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		mutations(data, func(what string, bad []byte) {
			got, err := images.Decode("a.png", bad, images.Options{})
			if err != nil {
				rejection(t, err)
				refused++
				return
			}
			if same := bytes.Equal(want.Pixels, got.Pixels); !same || len(bad) < len(data) {
				t.Errorf("%T, %s: read, the same pixels: %v", m, what, same)
			}
		})
		if most := 9 * len(data); refused != most { // only what follows the end may be there
			t.Errorf("%T: %d of %d damaged files refused", m, refused, most)
		}
	}
}

// TestDamagedTIFF: TIFF has no checksums but that of Deflate, so that only changes of
// length can be seen: a file that is cut anywhere, or whose strips or tiles
// are shorter than their rows, is refused unless all pixels are there.
func TestDamagedTIFF(t *testing.T) {
	for _, compression := range []int{1, 5, 8, 32946, 32773} {
		for _, tile := range []int{0, 16} {
			im := picture(21, 19, 1, 8+8*(compression%2), 5)
			o := tiffOptions{order: binary.LittleEndian, compression: compression, tileW: tile, blockH: 16, front: true}
			data := writeTIFF(im, o)
			check := func(what string, bad []byte) (read bool) {
				got, err := images.Decode("a.tif", bad, images.Options{})
				if err != nil {
					rejection(t, err)
					return false
				}
				if !bytes.Equal(im.Pixels, got.Pixels) {
					t.Errorf("compression %d, tiles of %d, %s: read with other pixels", compression, tile, what)
				}
				return true
			}
			if !check("whole", data) {
				t.Fatal("the whole file is refused")
			}
			for n := range data {
				if check(fmt.Sprintf("cut to %d of %d bytes", n, len(data)), data[:n]) {
					t.Errorf("compression %d, tiles of %d: read when cut to %d of %d bytes", compression, tile, n, len(data))
				}
			}
			for _, o.trim = range []int{1, 2, 3, 4, 5, 8, 30, 100, 300} {
				read := check(fmt.Sprintf("%d bytes short", o.trim), writeTIFF(im, o))
				if ends := compression == 5 && o.trim <= 2; read && !ends { // the code that ends LZW is no pixel
					t.Errorf("compression %d, tiles of %d: read when its blocks are %d bytes short", compression, tile, o.trim)
				}
			}
		}
	}
}

// TestDamagedIDX: a packed IDX file is read as it was packed, or refused, and so are
// its labels; of a plain one only the length can tell.
func TestDamagedIDX(t *testing.T) {
	const pixels = "abcdef"
	counted := func(data []byte) error {
		x, err := images.OpenIDX(bytes.NewReader(data))
		if err == nil {
			_, err = x.Counted()
		}
		return err
	}
	data := zipped([]byte(idxHeader + pixels))
	mutations(data, func(what string, bad []byte) {
		got, err := readIDX(bad)
		if err == nil && (got != pixels || len(bad) != len(data)) {
			t.Errorf("images, %s: read as %q", what, got)
		}
		if cerr := counted(bad); (cerr == nil) != (err == nil) {
			t.Errorf("images, %s: %v when read, %v when counted", what, err, cerr)
		}
	})
	data = zipped([]byte(idxLabels + "\x07\xff"))
	mutations(data, func(what string, bad []byte) {
		got, err := images.ReadIDXLabels(bytes.NewReader(bad), 2)
		if err == nil && (len(bad) != len(data) || cmp.Diff([]string{"7", "255"}, got) != "") {
			t.Errorf("labels, %s: read as %q", what, got)
		}
	})
	two := append(zipped([]byte(idxHeader+"abc")), zipped([]byte("def"))...) // as gzip joins files
	if got, err := readIDX(two); err != nil || got != pixels {
		t.Errorf("two members: %q, %v", got, err)
	}
	for n := range idxHeader + pixels {
		x, err := images.OpenIDX(bytes.NewReader([]byte(idxHeader + pixels)[:n]))
		for err == nil {
			_, err = x.Next()
		}
		if err == io.EOF {
			t.Errorf("a plain file, cut to %d bytes, is taken for whole", n)
		}
	}
}
