package images_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

func gray(h, w int, pixels ...byte) images.Image {
	return images.Image{Height: h, Width: w, Channels: 1, Bits: 8, Pixels: pixels}
}

func TestFit(t *testing.T) {
	shape := func(h, w int) schemas.ImageShape {
		return schemas.ImageShape{Height: h, Width: w, Channels: 1, Bits: 8}
	}
	three := gray(3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	for _, c := range []struct {
		name string
		fit  images.Fit
		in   images.Image
		want images.Image
	}{
		{"same", images.Fit{Shape: shape(3, 3), Mode: "reject", Bits: "keep"}, three, three},
		{"pad", images.Fit{Shape: shape(4, 6), Mode: "pad", Bits: "keep"}, three,
			gray(4, 6, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"crop", images.Fit{Shape: shape(2, 1), Mode: "crop", Bits: "keep"}, three, gray(2, 1, 2, 5)},
		{"average", images.Fit{Shape: shape(1, 2), Mode: "resize", Bits: "keep"}, gray(2, 4, 0, 10, 20, 40, 0, 10, 20, 41), gray(1, 2, 5, 30)},
		// Columns of 1.5 pixels: (2*1 + 1*2)/3 = 4/3 and (1*2 + 2*3)/3 = 8/3.
		{"average parts", images.Fit{Shape: shape(1, 2), Mode: "resize", Bits: "keep"}, gray(1, 3, 1, 2, 3), gray(1, 2, 1, 3)},
		// Centers at -1/4, 1/4, 3/4, 5/4: 0, 25, 75, 100.
		{"interpolate", images.Fit{Shape: shape(1, 4), Mode: "resize", Bits: "keep"}, gray(1, 2, 0, 100), gray(1, 4, 0, 25, 75, 100)},
		{"to 8 bits", images.Fit{Shape: shape(1, 3), Mode: "reject", Bits: "8"},
			images.Image{Height: 1, Width: 3, Channels: 1, Bits: 16, Pixels: []byte{128, 0, 129, 0, 255, 255}}, gray(1, 3, 0, 1, 255)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.fit.Apply(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFitRefuses checks reason, both sizes and the flag to use.
func TestFitRefuses(t *testing.T) {
	square := schemas.ImageShape{Height: 4, Width: 4, Channels: 1, Bits: 8}
	deep := square
	deep.Bits = 16
	for _, c := range []struct {
		fit    images.Fit
		in     images.Image
		reason string
		says   []string
	}{
		{images.Fit{Shape: square, Mode: "reject", Bits: "keep"}, gray(2, 2, 0, 0, 0, 0), schemas.ReasonWrongSize, []string{"2x2", "4x4", "--fit=pad"}},
		{images.Fit{Shape: square, Mode: "reject", Bits: "keep"}, picture(5, 6, 1, 8, 1), schemas.ReasonWrongSize, []string{"5x6", "4x4", "--fit=crop"}},
		{images.Fit{Shape: square, Mode: "pad", Bits: "keep"}, picture(5, 6, 1, 8, 1), schemas.ReasonWrongSize, []string{"never cuts", "--fit=crop"}},
		{images.Fit{Shape: square, Mode: "pad", Bits: "keep"}, picture(5, 2, 1, 8, 1), schemas.ReasonWrongSize, []string{"5x2", "--fit=resize"}},
		{images.Fit{Shape: square, Mode: "crop", Bits: "keep"}, picture(5, 2, 1, 8, 1), schemas.ReasonWrongSize, []string{"never fills", "--fit=resize"}},
		{images.Fit{Shape: square, Mode: "resize", Bits: "keep"}, picture(4, 4, 1, 16, 1), schemas.ReasonWrongDepth, []string{"--bits=8"}},
		{images.Fit{Shape: deep, Mode: "resize", Bits: "keep"}, picture(4, 4, 1, 8, 1), schemas.ReasonWrongDepth, []string{"never become 16"}},
		{images.Fit{Shape: square, Mode: "resize", Bits: "8"}, picture(4, 4, 3, 8, 1), schemas.ReasonWrongDepth, []string{"RGB", "gray"}},
	} {
		_, err := c.fit.Apply(c.in)
		r := rejection(t, err)
		if r.Stage != schemas.StageFit || r.Reason != c.reason {
			t.Errorf("%+v, want reason %s", r, c.reason)
		}
		for _, s := range c.says {
			if !strings.Contains(r.Detail, s) {
				t.Errorf("%q does not say %q", r.Detail, s)
			}
		}
	}
}

// TestResizeProperties: a constant picture stays constant, and every value lies
// between the extremes, in any sizes.
func TestResizeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 40)
		channels, bits := rapid.SampledFrom([]int{1, 3}).Draw(t, "channels"), rapid.SampledFrom([]int{8, 16}).Draw(t, "bits")
		im := picture(size.Draw(t, "h"), size.Draw(t, "w"), channels, bits, rapid.Uint64().Draw(t, "seed"))
		constant := rapid.Bool().Draw(t, "constant")
		lo, hi := 65535, 0
		step := bits / 8
		for i := 0; i < len(im.Pixels); i += step {
			if constant {
				copy(im.Pixels[i:], im.Pixels[:step])
			}
			lo, hi = min(lo, sample(im, i/step)), max(hi, sample(im, i/step))
		}
		f := images.Fit{Shape: im.Shape(), Mode: "resize", Bits: "keep"}
		f.Shape.Height, f.Shape.Width = size.Draw(t, "H"), size.Draw(t, "W")
		out, err := f.Apply(im)
		if err != nil || valid(out) != nil || out.Shape() != f.Shape {
			t.Fatalf("%v, %v, want %v", err, out.Shape(), f.Shape)
		}
		for i := range len(out.Pixels) / step {
			if v := sample(out, i); v < lo || v > hi {
				t.Fatalf("sample %d is %d, outside %d to %d", i, v, lo, hi)
			}
		}
	})
}

func sample(im images.Image, i int) int {
	if im.Bits == 8 {
		return int(im.Pixels[i])
	}
	return int(binary.LittleEndian.Uint16(im.Pixels[2*i:]))
}

// TestQuality compares with the definitions, computed one sample at a time in
// rational numbers.
func TestQuality(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		channels, bits := rapid.SampledFrom([]int{1, 2, 3, 5, 16}).Draw(t, "channels"), rapid.SampledFrom([]int{8, 16}).Draw(t, "bits")
		im := picture(rapid.IntRange(1, 24).Draw(t, "h"), rapid.IntRange(1, 40).Draw(t, "w"), channels, bits, rapid.Uint64().Draw(t, "seed"))
		n := len(im.Pixels)
		from, to := rapid.IntRange(0, n).Draw(t, "from"), rapid.IntRange(0, n).Draw(t, "to")
		for i := from; i < to; i++ {
			im.Pixels[i] = byte(rapid.SampledFrom([]int{0, 255}).Draw(t, "fill"))
			if i > from {
				im.Pixels[i] = im.Pixels[from]
			}
		}
		if step := bits / 8; rapid.Bool().Draw(t, "extremes") { // spikes and holes: the largest Laplacians
			level := rapid.Byte().Draw(t, "level")
			for i := 0; i < n; i += step {
				v := byte(0)
				if im.Pixels[i] > level {
					v = 255
				}
				im.Pixels[i], im.Pixels[i+step-1] = v, v
			}
		}
		full := rapid.SampledFrom([]int{0, 1, 200, 1<<bits - 1, 4095}).Draw(t, "full scale")
		wantQ, wantFlags := slowQuality(im, full)
		gotQ, gotFlags := images.Quality(im.Pixels, im.Shape(), full)
		if diff := cmp.Diff(wantQ, gotQ); diff != "" || gotFlags != wantFlags {
			t.Errorf("%v: flags %d, want %d\n%s", im.Shape(), gotFlags, wantFlags, diff)
		}
		checkChannels(t, im, full, wantQ, wantFlags)
	})
}

// checkChannels compares the figures of each channel with those of a gray image of its samples.
func checkChannels(t *rapid.T, im images.Image, full int, wantQ schemas.Quality, wantFlags int32) {
	gotQ, channels, flags := images.ChannelQualities(im.Pixels, im.Shape(), full)
	if diff := cmp.Diff(wantQ, gotQ); diff != "" || len(channels) != im.Channels {
		t.Errorf("%v: %d channels, the whole image\n%s", im.Shape(), len(channels), diff)
	}
	constants := 0
	for c := range im.Channels {
		one := images.Image{Height: im.Height, Width: im.Width, Channels: 1, Bits: im.Bits}
		for i := range im.Height * im.Width {
			at := (i*im.Channels + c) * im.Bits / 8
			one.Pixels = append(one.Pixels, im.Pixels[at:at+im.Bits/8]...)
		}
		q, constant := slowQuality(one, full)
		if diff := cmp.Diff(q, channels[c]); diff != "" {
			t.Errorf("%v: channel %d\n%s", im.Shape(), c, diff)
		}
		constants += int(constant)
		if empty := flags>>(8+c)&1 == 1; constant != 0 && !empty {
			t.Errorf("channel %d is constant, and not called empty", c)
		}
	}
	if constants > 0 && wantFlags == 0 {
		wantFlags = 2
	}
	if flags&3 != wantFlags {
		t.Errorf("%v: flags %b, %d channels are constant", im.Shape(), flags, constants)
	}
}

// TestEmptyChannels: channels of noise show nothing, whatever its kind and the offset, and with a hot
// pixel in it; objects of a few pixels show, also where they are dim, and smooth ones.
func TestEmptyChannels(t *testing.T) {
	const side = 48
	spot := func(i int, radius float64) float64 {
		x, y := float64(i%side-20), float64(i/side-25)
		return math.Exp(-(x*x + y*y) / (2 * radius * radius))
	}
	for _, bits := range []int{8, 16} {
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(seed, 9))
			levels := []struct {
				name  string
				empty bool
				of    func(i int) float64
			}{
				{"zeros", true, func(int) float64 { return 0 }},
				{"a level", true, func(int) float64 { return 90 }},
				{"noise on an offset", true, func(int) float64 { return 100 + 4*r.NormFloat64() }},
				{"noise clipped at zero", true, func(int) float64 { return 3 * r.NormFloat64() }},
				{"rare counts", true, func(int) float64 { return math.Floor(r.Float64() + 0.03) }},
				{"noise and a hot pixel", true, func(i int) float64 {
					if i == 1000 {
						return 250
					}
					return 20 + 4*r.NormFloat64()
				}},
				{"a dim object", false, func(i int) float64 { return 20 + 25*spot(i, 8) + 4*r.NormFloat64() }},
				{"a spot of three pixels", false, func(i int) float64 { return 20 + 150*spot(i, 1.3) + 2*r.NormFloat64() }},
				{"a masked disc", false, func(i int) float64 {
					if spot(i, 8) < 0.6 {
						return 0
					}
					return 30 + 2*r.NormFloat64()
				}},
				{"a bright ground", false, func(i int) float64 { return 250 - 100*spot(i, 10) + r.NormFloat64() }},
			}
			im := images.Image{Height: side, Width: side, Channels: len(levels), Bits: bits, Pixels: make([]byte, side*side*len(levels)*bits/8)}
			for i := range side * side {
				for c, l := range levels {
					v, at := min(255, max(0, math.Round(l.of(i)))), (i*len(levels)+c)*bits/8
					if bits == 8 {
						im.Pixels[at] = byte(v)
					} else {
						binary.LittleEndian.PutUint16(im.Pixels[at:], uint16(200*v))
					}
				}
			}
			_, _, flags := images.ChannelQualities(im.Pixels, im.Shape(), 0)
			for c, l := range levels {
				if empty := flags&schemas.QCEmptyChannel(c) != 0; empty != l.empty {
					t.Errorf("%d bits, seed %d, %s: shows nothing: %v", bits, seed, l.name, empty)
				}
			}
			if flags&3 != schemas.QCConstantChannel {
				t.Errorf("flags %b", flags)
			}
		}
	}
}

func slowQuality(im images.Image, full int) (schemas.Quality, int32) {
	if full == 0 {
		full = 1<<im.Bits - 1
	}
	n := im.Height * im.Width * im.Channels
	var sum, most, zero, saturated int
	flags := schemas.QCConstant
	for i := range n {
		v := sample(im, i)
		sum, most = sum+v, max(most, v)
		if v == 0 {
			zero++
		}
		if v >= full {
			saturated++
		}
		if v != sample(im, 0) {
			flags = 0
		}
	}
	ring, object := new(big.Rat), new(big.Rat)
	if flags == 0 {
		ring, object = slowOtsu(im, most)
	}
	var laplacians []int
	for y := 1; y+1 < im.Height; y++ {
		for x := 1; x+1 < im.Width; x++ {
			for c := range im.Channels {
				at := func(y, x int) int { return sample(im, (y*im.Width+x)*im.Channels+c) }
				laplacians = append(laplacians, 4*at(y, x)-at(y-1, x)-at(y+1, x)-at(y, x-1)-at(y, x+1))
			}
		}
	}
	variance := new(big.Rat)
	if m := int64(len(laplacians)); m > 0 {
		total := int64(0)
		for _, l := range laplacians {
			total += int64(l)
		}
		mean := big.NewRat(total, m)
		for _, l := range laplacians {
			d := new(big.Rat).Sub(big.NewRat(int64(l), 1), mean)
			variance.Add(variance, d.Mul(d, d))
		}
		variance.Quo(variance, big.NewRat(m*int64(full)*int64(full), 1))
	}
	sharpness, _ := variance.Float32()
	onRing, _ := ring.Float32()
	bright, _ := object.Float32()
	part := func(a, b int) float32 { return float32(float64(a) / float64(b)) }
	return schemas.Quality{Mean: part(sum, n*full), Max: part(most, full), Saturated: part(saturated, n),
		Foreground: part(n-zero, n), Sharpness: sharpness, Border: onRing, Object: bright}, flags
}

// slowOtsu tries every threshold, in exact arithmetic, and returns the share of the ring and
// of all samples that are above the best.
func slowOtsu(im images.Image, most int) (onRing, bright *big.Rat) {
	shift := 0
	for most>>shift > 4095 {
		shift++
	}
	count := make([]int64, most>>shift+1)
	for i := range im.Height * im.Width * im.Channels {
		count[sample(im, i)>>shift]++
	}
	var n, sum [2]int64 // samples up to the threshold and above, and what they add up to
	for v, c := range count {
		n[1], sum[1] = n[1]+c, sum[1]+c*int64(v)
	}
	threshold, best := 0, big.NewRat(-1, 1)
	for t, c := range count[:len(count)-1] {
		n[0], sum[0] = n[0]+c, sum[0]+c*int64(t)
		n[1], sum[1] = n[1]-c, sum[1]-c*int64(t)
		if n[0] == 0 || c == 0 {
			continue
		}
		// The variance between the sides, times the square of all samples.
		d := new(big.Rat).Sub(big.NewRat(sum[0], n[0]), big.NewRat(sum[1], n[1]))
		v := d.Mul(d.Mul(d, d), big.NewRat(n[0]*n[1], 1))
		if v.Cmp(best) > 0 {
			threshold, best = t, v
		}
	}
	var ring, above, all, object int64
	for i := range im.Height * im.Width * im.Channels {
		all++
		if sample(im, i)>>shift > threshold {
			object++
		}
	}
	for y := range im.Height {
		for x := range im.Width {
			if y > 0 && y < im.Height-1 && x > 0 && x < im.Width-1 {
				continue
			}
			for c := range im.Channels {
				ring++
				if sample(im, (y*im.Width+x)*im.Channels+c)>>shift > threshold {
					above++
				}
			}
		}
	}
	return big.NewRat(above, ring), big.NewRat(object, all)
}

// TestCutObjectsAreOnTheBorder: an object is noticed where it meets the edge of
// the crop, and only there, masked or before a gray and noisy background.
func TestCutObjectsAreOnTheBorder(t *testing.T) {
	for _, bits := range []int{8, 16} {
		for _, background := range []int{0, 40} {
			for x, cut := range map[int]bool{32: false, 15: false, 5: true, 60: true} {
				im := images.Image{Width: 64, Height: 64, Channels: 1, Bits: bits, Pixels: make([]byte, 64*64*bits/8)}
				r := rand.New(rand.NewPCG(1, uint64(x)))
				for i := range 64 * 64 {
					v := background
					if dx, dy := i%64-x, i/64-32; dx*dx+dy*dy < 144 {
						v = 130
					}
					if v > 0 {
						v += r.IntN(20)
					}
					if bits == 8 {
						im.Pixels[i] = byte(v)
					} else {
						binary.LittleEndian.PutUint16(im.Pixels[2*i:], uint16(200*v))
					}
				}
				q, _ := images.Quality(im.Pixels, im.Shape(), 0)
				if (q.Border > 0.03) != cut || !cut && q.Border != 0 {
					t.Errorf("%d bits, background %d, disc of radius 12 at column %d: border %v", bits, background, x, q.Border)
				}
			}
		}
	}
}

func BenchmarkQuality(b *testing.B) {
	masked := picture(256, 256, 1, 8, 1)
	for y := range 256 {
		if y < 48 || y >= 208 {
			clear(masked.Pixels[y*256 : (y+1)*256])
		}
		clear(masked.Pixels[y*256 : y*256+64])
		clear(masked.Pixels[y*256+192 : (y+1)*256])
	}
	for name, im := range map[string]images.Image{"full8": picture(256, 256, 1, 8, 1), "masked8": masked, "full16": picture(256, 256, 1, 16, 1)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(im.Pixels)))
			b.ReportAllocs()
			for range b.N {
				images.Quality(im.Pixels, im.Shape(), 0)
			}
		})
	}
}

// BenchmarkChannelQualities beside BenchmarkQuality says what the figures of each channel cost, by the byte.
func BenchmarkChannelQualities(b *testing.B) {
	for name, im := range map[string]images.Image{"2x8": picture(256, 256, 2, 8, 1), "5x16": picture(256, 256, 5, 16, 1), "16x16": picture(256, 256, 16, 16, 1)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(im.Pixels)))
			b.ReportAllocs()
			for range b.N {
				images.ChannelQualities(im.Pixels, im.Shape(), 4095)
			}
		})
	}
}

func BenchmarkResize(b *testing.B) {
	im := picture(300, 300, 1, 8, 1)
	f := images.Fit{Shape: schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 8}, Mode: "resize", Bits: "keep"}
	b.SetBytes(int64(len(im.Pixels)))
	for range b.N {
		if _, err := f.Apply(im); err != nil {
			b.Fatal(err)
		}
	}
	if !bytes.Equal(im.Pixels, picture(300, 300, 1, 8, 1).Pixels) {
		b.Fatal("Apply changed its input")
	}
}

// TestObjectFraction: the size of an object is told where nothing is masked, too, and a
// constant image has none.
func TestObjectFraction(t *testing.T) {
	for _, bits := range []int{8, 16} {
		for _, background := range []int{0, 40} {
			im := images.Image{Width: 20, Height: 10, Channels: 1, Bits: bits, Pixels: make([]byte, 200*bits/8)}
			set := func(i, v int) { im.Pixels[i*bits/8+bits/8-1] = byte(v) }
			for i := range 200 {
				set(i, background+i%3)
			}
			for i := range 50 {
				set(4*i, 150+i%7)
			}
			if q, _ := images.Quality(im.Pixels, im.Shape(), 0); q.Object != 0.25 {
				t.Errorf("%d bits, background %d: object_fraction %v, want a quarter", bits, background, q.Object)
			}
			for i := range 200 {
				set(i, 40)
			}
			if q, flags := images.Quality(im.Pixels, im.Shape(), 0); q.Object != 0 || flags != schemas.QCConstant {
				t.Errorf("%d bits, constant: object_fraction %v, flags %d", bits, q.Object, flags)
			}
		}
	}
}
