package imagefile

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// outside is a folder for files that other programs are to read.
var outside = flag.String("ome-files", "", "`folder` to write OME-TIFF files into, for a check by another program")

// TestOME: what is written is read back, pixels and what the file says of them.
func TestOME(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		channels, bits, full int
		microns              float64
	}{{2, 8, 0, 0}, {3, 16, 4095, 0.325}, {5, 16, 4095, 1e-7}, {4, 16, 4000, 2}, {16, 8, 127, 0.1}} {
		shape := schemas.ImageShape{Height: 5, Width: 7, Channels: c.channels, Bits: c.bits}
		d := Described{FullScale: c.full, MicronsPerPixel: c.microns}
		for i := range c.channels {
			d.Channels = append(d.Channels, schemas.Channel{Name: fmt.Sprintf(`%d <&"'> µ 細胞`, i)})
		}
		d.Channels[0].Color, d.Channels[1].Name = "#ff8001", ""
		pixels := make([]byte, shape.Bytes())
		for i := range pixels {
			pixels[i] = byte(rng.Uint32())
		}
		data := Original(shape, pixels, d)
		if !bytes.Equal(data, OME(shape, pixels, d)) {
			t.Error("an original with channels is no OME-TIFF")
		}
		if *outside != "" {
			name := filepath.Join(*outside, fmt.Sprintf("%d-%d.tif", c.channels, c.bits))
			if err := os.WriteFile(name, data, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name+".raw", pixels, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		im, err := images.Decode("x.tif", data, images.Options{})
		if err != nil || im.Shape() != shape || !bytes.Equal(im.Pixels, pixels) {
			t.Fatalf("%v: %v, %v", shape, im.Shape(), err)
		}
		f := im.Facts
		if fmt.Sprint(f.Channels) != fmt.Sprint(d.Channels) {
			t.Errorf("channels %v, want %v", f.Channels, d.Channels)
		}
		if f.MicronsPerPixel != c.microns {
			t.Errorf("%g µm, want %g", f.MicronsPerPixel, c.microns)
		}
		if says := strings.Contains(string(data), "SignificantBits"); says != (c.full == 4095 || c.full == 127) {
			t.Errorf("full scale %d: significant bits %v", c.full, says)
		}
	}
}

// TestOriginal: gray and RGB images are what they were.
func TestOriginal(t *testing.T) {
	for _, channels := range []int{1, 3} {
		shape := schemas.ImageShape{Height: 2, Width: 2, Channels: channels, Bits: 8}
		d := Described{FullScale: 127, MicronsPerPixel: 2}
		if channels == 1 {
			d.Channels = []schemas.Channel{{Name: "DNA"}}
		}
		pixels := make([]byte, shape.Bytes())
		if !bytes.Equal(Original(shape, pixels, d), TIFF(shape, pixels)) {
			t.Errorf("%d channels: other bytes", channels)
		}
	}
}
