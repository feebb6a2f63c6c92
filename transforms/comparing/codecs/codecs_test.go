package codecs

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestDCT compares the transform with its definition, of images that are no squares and have
// channels; all coefficients give the image back.
func TestDCT(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range []schemas.ImageShape{{Height: 1, Width: 1, Channels: 1}, {Height: 5, Width: 8, Channels: 1}, {Height: 7, Width: 3, Channels: 3}} {
		d := NewDCT(s)
		im, y, back := make([]float64, d.Size()), make([]float64, d.Size()), make([]float64, d.Size())
		for i := range im {
			im[i] = rng.Float64()
		}
		d.Forward(y, im)
		h, w := s.Height, s.Width
		for c := range s.Channels {
			for u := range h {
				for v := range w {
					want := 0.0
					for i := range h {
						for j := range w {
							want += im[(i*w+j)*s.Channels+c] * math.Cos(math.Pi*(float64(i)+0.5)*float64(u)/float64(h)) * math.Cos(math.Pi*(float64(j)+0.5)*float64(v)/float64(w))
						}
					}
					for side, k := range map[int]int{h: u, -w: v} {
						if n := math.Abs(float64(side)); k == 0 {
							want *= math.Sqrt(1 / n)
						} else {
							want *= math.Sqrt(2 / n)
						}
					}
					if got := y[(c*h+u)*w+v]; !(math.Abs(got-want) < 1e-12) {
						t.Errorf("%v: coefficient %d,%d of channel %d is %v, want %v", s, u, v, c, got, want)
					}
				}
			}
		}
		d.Inverse(back, y)
		if e := ErrorsOf(back, im); !(e.MSE < 1e-28) {
			t.Errorf("%v: back with the error %v", s, e)
		}
	}
}

// TestOrder: the largest come first, of equal ones the first.
func TestOrder(t *testing.T) {
	if got := Order([]float64{1, -3, 3, 0, -1, 2}); !slices.Equal(got, []int32{1, 2, 5, 0, 4, 3}) {
		t.Errorf("order %v", got)
	}
	if got := Ladder(30); !slices.Equal(got, []int{1, 2, 3, 4, 6, 8, 12, 16, 24}) {
		t.Errorf("ladder %v", got)
	}
	if got := Ladder(0); !slices.Equal(got, []int{1}) {
		t.Errorf("ladder of nothing %v", got)
	}
}

// TestPositionBits compares with the number of ways, counted.
func TestPositionBits(t *testing.T) {
	ways := [][]float64{{1}}
	for n := 1; n <= 50; n++ {
		row := make([]float64, n+1)
		for k := range row {
			if k > 0 {
				row[k] += ways[n-1][k-1]
			}
			if k < n {
				row[k] += ways[n-1][k]
			}
			if got, want := PositionBits(n, k), math.Log2(row[k]); !(math.Abs(got-want) < 1e-9) {
				t.Errorf("%d of %d: %v bits, want %v", k, n, got, want)
			}
		}
		ways = append(ways, row)
	}
	if PositionBits(9, 9) != 0 {
		t.Error("all coefficients need bits to say which")
	}
}

// TestRounded: 256 values, both ends among them, and at most half a step away.
func TestRounded(t *testing.T) {
	r := Range{-2, 3}
	seen := map[float64]bool{}
	for i := range 10_001 {
		v := -2 + 5*float64(i)/10_000
		got := r.Rounded(v)
		seen[got] = true
		if !(math.Abs(got-v) <= 5.0/255/2+1e-12) {
			t.Fatalf("%v becomes %v", v, got)
		}
	}
	if len(seen) != 256 || !seen[-2] || !seen[3] {
		t.Errorf("%d values", len(seen))
	}
	if (Range{4, 4}).Rounded(4) != 4 {
		t.Error("one value changes")
	}
}

// TestJPEG: the bytes of the scan are those behind all headers, and the errors those of the
// image that is decoded; every bit of what is counted belongs to the scan.
func TestJPEG(t *testing.T) {
	s := schemas.ImageShape{Height: 19, Width: 30, Channels: 1, Bits: 8}
	rng := rand.New(rand.NewPCG(3, 4))
	pixels := make([]byte, s.Bytes())
	for i := range pixels {
		pixels[i] = byte(4*(i%30) + rng.IntN(60))
	}
	last := 0
	for _, q := range Qualities {
		scan, e, err := JPEG(pixels, s, q)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		im := image.NewGray(image.Rect(0, 0, s.Width, s.Height))
		copy(im.Pix, pixels)
		if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: q}); err != nil {
			t.Fatal(err)
		}
		// The header of the scan is 10 bytes, the marker at the end 2.
		if at := bytes.LastIndex(b.Bytes()[:b.Len()-scan-2], []byte{0xff, 0xda}); at < 0 || b.Len()-2-scan-at != 10 {
			t.Errorf("quality %d: the scan does not begin behind its header", q)
		}
		back, err := jpeg.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		var want Errors
		for i, p := range pixels {
			g, _, _, _ := back.At(i%s.Width, i/s.Width).RGBA()
			d := (float64(g>>8) - float64(p)) / 255
			want.MSE, want.MAE = want.MSE+d*d/float64(len(pixels)), want.MAE+math.Abs(d)/float64(len(pixels))
		}
		if !(math.Abs(e.MSE-want.MSE) < 1e-12 && math.Abs(e.MAE-want.MAE) < 1e-12) {
			t.Errorf("quality %d: errors %v, want %v", q, e, want)
		}
		if q >= 10 && scan < last {
			t.Errorf("quality %d needs fewer bytes than the one before", q)
		}
		last = scan
	}
	for _, data := range [][]byte{nil, {0xff, 0xd8, 0xff, 0xd9}, {0xff, 0xd8, 0xff, 0xdb, 0, 2, 0xff, 0xd9}} {
		if _, err := scanBytes(data); err == nil {
			t.Errorf("%x has a scan", data)
		}
	}
}
