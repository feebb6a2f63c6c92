package querying

import (
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/sharding"
	"exemplar/transforms/training"
)

// turnedNucleus turns an image about its center, by Catmull-Rom splines in floating point: nothing of package
// aligning, which interpolates linearly in integers.
func turnedNucleus(im images.Image, degrees float64) *image.Gray {
	s, c := math.Sincos(degrees * math.Pi / 180)
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= im.Width || y >= im.Height {
			return 0
		}
		return float64(im.Pixels[y*im.Width+x])
	}
	kernel := func(t float64) [4]float64 {
		return [4]float64{((-t+2)*t - 1) * t / 2, ((3*t-5)*t*t + 2) / 2, ((-3*t+4)*t + 1) * t / 2, (t - 1) * t * t / 2}
	}
	out := image.NewGray(image.Rect(0, 0, im.Width, im.Height))
	for y := range im.Height {
		for x := range im.Width {
			u, v := float64(x)-float64(im.Width-1)/2, float64(y)-float64(im.Height-1)/2
			a, b := c*u-s*v+float64(im.Width-1)/2, s*u+c*v+float64(im.Height-1)/2
			fa, fb := math.Floor(a+1e-9), math.Floor(b+1e-9)
			ka, kb := kernel(a-fa), kernel(b-fb)
			sum := 0.0
			for j, q := range kb {
				for i, p := range ka {
					sum += p * q * at(int(fa)+i-1, int(fb)+j-1)
				}
			}
			out.Pix[y*out.Stride+x] = uint8(max(0, min(255, math.Round(sum))))
		}
	}
	return out
}

// writeTurned writes nuclei and copies of them, turned by 90, 180, 270 and two other angles each; their names
// begin alike. It returns the number of images.
func writeTurned(t *testing.T, data, dir string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "nuclei", "images", "*", "*.tif"))
	check(t, err)
	small := images.Fit{Shape: schemas.ImageShape{Height: 48, Width: 48, Channels: 1, Bits: 8}, Mode: "resize"}
	wide := images.Fit{Shape: schemas.ImageShape{Height: 64, Width: 64, Channels: 1, Bits: 8}, Mode: "pad"}
	for k := 0; k < len(files); k += 20 {
		raw, err := os.ReadFile(files[k])
		check(t, err)
		im, err := images.Decode(files[k], raw, images.Options{})
		check(t, err)
		im, err = small.Apply(im)
		check(t, err)
		im, err = wide.Apply(im)
		check(t, err)
		for i, degrees := range []float64{0, 90, 180, 270, float64(k*37%360) + 0.5, float64(k*53%360) + 0.25} {
			f, err := os.Create(filepath.Join(dir, fmt.Sprintf("n%05d_%d.png", k, i)))
			check(t, err)
			check(t, png.Encode(f, turnedNucleus(im, degrees)))
			check(t, f.Close())
			n++
		}
	}
	return n
}

// ownNearest returns the share of images whose nearest neighbor is a copy of theirs, by all distances.
func ownNearest(ids []string, x [][]float64) float64 {
	own := 0
	for i := range x {
		best, at := math.Inf(1), -1
		for j := range x {
			d := 0.0
			for k, v := range x[i] {
				d += (v - x[j][k]) * (v - x[j][k])
			}
			if j != i && d < best {
				best, at = d, j
			}
		}
		if ids[at][:6] == ids[i][:6] {
			own++
		}
	}
	return float64(own) / float64(len(x))
}

// TestTurnedNuclei: of real nuclei and turned copies of them, the nearest neighbor by the latents of a linear
// model is a copy of the same nucleus in at least 95 % where they are aligned, and in no more than three quarters where
// they are not.
func TestTurnedNuclei(t *testing.T) {
	data := os.Getenv("EXEMPLAR_DATA")
	if data == "" {
		t.Skip("EXEMPLAR_DATA is not set: there are no nuclei to turn")
	}
	dir := t.TempDir()
	n := writeTurned(t, data, dir)
	shares := map[string]float64{}
	for _, align := range schemas.AlignModes {
		at := filepath.Join(t.TempDir(), align)
		c := sharding.DefaultConfig()
		c.Listing, c.Output, c.Shards, c.Align = listing.Config{Inputs: []string{dir}}, filepath.Join(at, "shards"), 2, align
		_, err := sharding.Run(t.Context(), c, runtest.Direct)
		check(t, err)
		_, err = training.Run(t.Context(), training.Config{Shards: c.Output, Output: filepath.Join(at, "model"), Arch: training.ArchLinear, Latent: 16, Working: 32, Seed: 1})
		check(t, err)
		e := encoding.DefaultConfig()
		e.Shards, e.Model, e.Output = c.Output, filepath.Join(at, "model"), filepath.Join(at, "latents")
		_, err = encoding.Run(t.Context(), e, runtest.Direct)
		check(t, err)
		var ids []string
		var x [][]float64
		files, err := filepath.Glob(filepath.Join(e.Output, "*.parquet"))
		check(t, err)
		for _, name := range files {
			for b, err := range latents.Read(t.Context(), name, latents.IDs|latents.Embedding) {
				check(t, err)
				for k := range b.N {
					v := make([]float64, 16)
					for j := range v {
						v[j] = float64(b.Embedding[k*16+j])
					}
					ids, x = append(ids, string([]byte(b.ImageID[k]))), append(x, v)
				}
			}
		}
		if len(ids) != n {
			t.Fatalf("%d of %d images", len(ids), n)
		}
		shares[align] = ownNearest(ids, x)
	}
	t.Logf("of %d images, nearest to a copy of theirs: %v", n, shares)
	if shares[schemas.AlignMoments] < 0.95 || shares[schemas.AlignNone] > 0.75 {
		t.Errorf("nearest to a copy of theirs: %v", shares)
	}
}
