package images_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/image/tiff"

	"exemplar/transforms/data/images"
)

// FuzzDecode holds Decode to its promises on any bytes: no panic, a valid image
// or a rejection, and memory that the bytes and the limit bound.
func FuzzDecode(f *testing.F) {
	for i, compression := range []int{1, 5, 8, 32773} {
		f.Add(writeTIFF(picture(20, 24, 1+i%2*2, 8+i/2*8, 3), tiffOptions{order: binary.BigEndian, compression: compression, tileW: i % 2 * 16, blockH: 16}))
	}
	le := tiffOptions{order: binary.LittleEndian, compression: 8, predictor: true, blockH: 7, big: true}
	f.Add(writeTIFF(picture(20, 24, 1, 16, 3), le))
	le.next = 8
	f.Add(writeTIFF(picture(20, 24, 1, 16, 3), le))
	le.extra = map[uint16][]uint32{256: {65535}, 257: {65535}}
	f.Add(writeTIFF(picture(20, 24, 1, 16, 3), le))
	for i, number := range []string{"int8", "int16", "int32", "uint32", "float32", "float64"} {
		kind := kinds[number]
		f.Add(writeTIFF(picture(9, 7, 1+i%2*2, kind.bits, 4), tiffOptions{order: binary.BigEndian, compression: 8, predictor: i%2 == 0, floats: i > 4, blockH: 4, extra: map[uint16][]uint32{339: {kind.format}}}))
	}
	for _, name := range []string{"ome-zct.tif", "imagej-czt.tif", "axes-behind.tif", "planar-tiles.tif", "alpha.tif", "palette.tif", "float32.tif", "float32-imagej.tif"} {
		f.Add(stackFile(f, name))
	}
	f.Add(encode(f, "png", draw(image.NewGray16(image.Rect(0, 0, 9, 9)))))
	f.Add(encode(f, "jpeg", draw(image.NewRGBA(image.Rect(0, 0, 9, 9)))))
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		im, err := images.Decode("x", data, images.Options{Limits: images.Limits{MaxPixels: limit}, Project: images.ProjectMean, Range: &images.Range{Low: -1e6, High: 1e6}})
		runtime.ReadMemStats(&after)
		// 64 bytes per pixel: coefficients of a progressive JPEG; the rest is tables.
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(64*limit+8*len(data)+1<<20); got > most {
			t.Errorf("%d bytes allocated for %d bytes of data, want at most %d", got, len(data), most)
		}
		if err != nil {
			rejection(t, err)
		} else if err := valid(im); err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkDecode decodes the real nuclei; x/image is what it is measured against.
func BenchmarkDecode(b *testing.B) {
	names, err := filepath.Glob(filepath.Join(dataDir(b, "nuclei"), "images/*/*.tif"))
	if err != nil || len(names) < 200 {
		b.Fatalf("%d nuclei, %v", len(names), err)
	}
	for _, compression := range []int{1, 5, 8} {
		var files [][]byte
		for _, name := range names[:200] {
			data := readFile(b, name)
			if im, err := images.Decode(name, data, images.Options{}); err != nil {
				b.Fatal(err)
			} else if compression != 1 {
				data = writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: compression, predictor: true, blockH: 64})
			}
			files = append(files, data)
		}
		for name, decode := range map[string]func([]byte) error{
			"own":    func(d []byte) error { _, err := images.Decode("", d, images.Options{}); return err },
			"ximage": func(d []byte) error { _, err := tiff.Decode(bytes.NewReader(d)); return err },
		} {
			b.Run(fmt.Sprintf("compression=%d/%s", compression, name), func(b *testing.B) {
				b.SetBytes(256 * 256)
				b.ReportAllocs()
				for i := range b.N {
					if err := decode(files[i%len(files)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
