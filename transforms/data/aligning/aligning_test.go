package aligning

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// blob draws a lopsided object, turned by an angle in degrees, on some ground.
func blob(h, w, channels, bits int, degrees float64, ground, peak float64) images.Image {
	im := images.Image{Height: h, Width: w, Channels: channels, Bits: bits, Pixels: make([]byte, h*w*channels*bits/8)}
	s, c := math.Sincos(degrees * math.Pi / 180)
	for y := range h {
		for x := range w {
			u, v := float64(x)-float64(w-1)/2, float64(y)-float64(h-1)/2
			a, b := c*u+s*v, -s*u+c*v
			r := 0.0
			for _, part := range [][4]float64{{0, 0, 9, 4}, {8, 0, 5, 3}, {4, 4, 2.5, 2.5}} { // heavier in the middle, tails to +a and +b
				p, q := (a-part[0])/part[2], (b-part[1])/part[3]
				r = max(r, math.Exp(-p*p-q*q))
			}
			for k := range channels {
				set(im, (y*w+x)*channels+k, uint16(math.Round(ground+(peak-ground)*r*float64(k+1)/float64(channels))))
			}
		}
	}
	return im
}

// exact turns a square image clockwise by quarters, and flips it, by places alone.
func exact(im images.Image, quarters int, flip bool) images.Image {
	for range quarters {
		out := im
		out.Pixels = make([]byte, len(im.Pixels))
		for y := range im.Height {
			for x := range im.Width {
				for c := range im.Channels {
					set(out, (x*im.Width+im.Width-1-y)*im.Channels+c, sample(im, (y*im.Width+x)*im.Channels+c))
				}
			}
		}
		im = out
	}
	if flip {
		row := len(im.Pixels) / im.Height
		out := im
		out.Pixels = nil
		for y := im.Height - 1; y >= 0; y-- {
			out.Pixels = append(out.Pixels, im.Pixels[y*row:(y+1)*row]...)
		}
		im = out
	}
	return im
}

func noise(h, w, channels, bits int, seed uint64) images.Image {
	rng := rand.New(rand.NewPCG(seed, 1))
	im := images.Image{Height: h, Width: w, Channels: channels, Bits: bits, Pixels: make([]byte, h*w*channels*bits/8)}
	for i := range im.Pixels {
		im.Pixels[i] = byte(rng.Uint32())
	}
	return im
}

// TestMoments: the central moments are those that follow from their definition in floating point.
func TestMoments(t *testing.T) {
	im := noise(23, 31, 1, 16, 3)
	weights := Weights(im)
	got := momentsOf(weights, im.Height, im.Width).central()
	var n, mx, my float64
	each := func(visit func(w, x, y float64)) {
		for i, w := range weights {
			visit(float64(w), float64(2*(i%31)-30), float64(2*(i/31)-22))
		}
	}
	each(func(w, x, y float64) { n, mx, my = n+w, mx+w*x, my+w*y })
	mx, my = mx/n, my/n
	var want [7]float64
	each(func(w, x, y float64) {
		x, y = x-mx, y-my
		for i, v := range []float64{x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y} {
			want[i] += w * v
		}
	})
	for i, g := range []float64{got.xx / n, got.xy / n, got.yy / n, got.xxx / n / n, got.xxy / n / n, got.xyy / n / n, got.yyy / n / n} {
		if math.Abs(g-want[i]) > 1e-9*(math.Abs(want[i])+want[0]) {
			t.Errorf("moment %d is %v, by its definition %v", i, g, want[i])
		}
	}
}

// TestTurns: sines, cosines and their inverse are those of package math, at every angle of some.
func TestTurns(t *testing.T) {
	for a := int64(0); a < full; a += 37 {
		c, s := turnOf(a)
		ms, mc := math.Sincos(float64(a) / 1000 * math.Pi / 180)
		if math.Abs(float64(c)/one-mc) > 8.5e-9 || math.Abs(float64(s)/one-ms) > 8.5e-9 {
			t.Fatalf("%d: %v %v, not %v %v", a, float64(c)/one, float64(s)/one, mc, ms)
		}
		if back := (direction{mc, ms}).angle(); back != a {
			t.Fatalf("the angle of the direction of %d is %d", a, back)
		}
	}
	for quarter, want := range [][2]int64{{one, 0}, {0, one}, {-one, 0}, {0, -one}} {
		if c, s := turnOf(int64(quarter) * right); [2]int64{c, s} != want {
			t.Errorf("%d quarters: %d %d", quarter, c, s)
		}
	}
}

// TestQuartersAreExact: turns by multiples of 90 degrees and flips move samples, and are undone exactly.
func TestQuartersAreExact(t *testing.T) {
	for _, side := range []int{1, 2, 7, 12} {
		for _, bits := range []int{8, 16} {
			im := noise(side, side, 3, bits, 5)
			for q := range 4 {
				for _, flip := range []bool{false, true} {
					turn := Turn{Angle: int64(q) * right, Flip: flip}
					got := turn.Apply(im)
					// An image whose axes are turned clockwise is itself turned the other way.
					if want := exact(im, (4-q)%4, flip); !bytes.Equal(got.Pixels, want.Pixels) {
						t.Errorf("%dx%d, %d bits, %+v: other samples", side, side, bits, turn)
					}
					if back := turn.Undo(got); !bytes.Equal(back.Pixels, im.Pixels) {
						t.Errorf("%dx%d, %d bits, %+v: not undone", side, side, bits, turn)
					}
				}
			}
		}
	}
}

// TestCopiesBecomeOne: an image, its turns by 90 degrees and their mirror images are aligned to the same bytes,
// whatever its channels, bits and ground.
func TestCopiesBecomeOne(t *testing.T) {
	for name, im := range map[string]images.Image{
		"gray": blob(41, 41, 1, 8, 33, 0, 255), "12 bits in 16": blob(40, 40, 1, 16, 71, 100, 4095), "5 channels": blob(40, 40, 5, 16, 160, 90, 3000),
		"bright ground": blob(40, 40, 3, 8, 12, 240, 60), "noise": noise(24, 24, 1, 8, 9),
	} {
		want, first := Align(im)
		if first.Angle%right == 0 {
			t.Errorf("%s: the test needs an angle that is none of a quarter: %+v", name, first)
		}
		for k := range 8 {
			copied := exact(im, k%4, k >= 4)
			got, turn := Align(copied)
			if !bytes.Equal(got.Pixels, want.Pixels) {
				t.Errorf("%s, copy %d: other pixels, %+v and %+v", name, k, first, turn)
			}
		}
	}
}

// TestAxisIsFound: the angle is that of the drawn object, the tails lie to the right and down, and undoing gives
// back about what was there.
func TestAxisIsFound(t *testing.T) {
	var straight images.Image
	for i := range 24 {
		degrees := float64(15*i) + 0.25
		im := blob(64, 64, 1, 8, degrees, 0, 255)
		got, turn := Align(im)
		if off := math.Mod(float64(turn.Angle)/1000-degrees+540, 360) - 180; i > 0 && math.Abs(off-bias(straight)) > 0.6 {
			t.Errorf("drawn at %v degrees, turned by %v: %v off", degrees, float64(turn.Angle)/1000, off)
		} else if i == 0 {
			straight = im
		}
		if again := AxisOf(got); min(again.Angle, half-again.Angle) > 500 || again.Clarity < 0.3 {
			t.Errorf("%v: aligned, the axis is %+v", degrees, again)
		}
		back := turn.Undo(got)
		var sum, squares float64
		for k, v := range im.Pixels {
			e := float64(v) - float64(back.Pixels[k])
			sum, squares = sum+float64(v)*float64(v), squares+e*e
		}
		if squares > 0.003*sum {
			t.Errorf("%v: undone, %.2g of it differs", degrees, squares/sum)
		}
	}
}

// bias is by how much the axis of the blob differs from the one it is drawn along.
func bias(im images.Image) float64 {
	_, turn := Align(im)
	return math.Mod(float64(turn.Angle)/1000-0.25+540, 360) - 180
}

// TestLongerSide: in an image that is higher than wide the axis goes down, and nothing of the object is cut.
func TestLongerSide(t *testing.T) {
	for _, degrees := range []float64{80, 100, 260, 280} {
		im := blob(48, 24, 1, 8, degrees, 0, 255)
		got, turn := Align(im)
		a := AxisOf(got)
		c := momentsOf(Weights(got), 48, 24).central()
		if a.Angle < 89_000 || a.Angle > 91_000 || c.yyy < 0 || c.xxx < 0 || turn.Cut != 0 {
			t.Errorf("%v: %+v, third moments %v down and %v across, %+v", degrees, a, c.yyy, c.xxx, turn)
		}
	}
	if _, turn := Align(blob(48, 24, 1, 8, 0, 0, 255)); turn.Cut != 0 {
		t.Errorf("an object that did not fit before is cut: %+v", turn)
	}
	wide := blob(40, 40, 1, 8, 45, 0, 255)
	for i := range wide.Pixels { // a bar from corner to corner
		wide.Pixels[i] = 0
		if d := i%40 - i/40; d*d < 9 {
			wide.Pixels[i] = 200
		}
	}
	if _, turn := Align(wide); turn.Cut < 0.15 || turn.Cut > 0.35 { // 1 - 1/sqrt 2 of its length
		t.Errorf("a diagonal: %+v", turn)
	}
}

// TestNothingToTurn: images without an object, without an axis, of one pixel or of one row stay what they are.
func TestNothingToTurn(t *testing.T) {
	flat := images.Image{Height: 9, Width: 9, Channels: 1, Bits: 16, Pixels: make([]byte, 162)}
	dot := images.Image{Height: 1, Width: 1, Channels: 1, Bits: 8, Pixels: []byte{7}}
	square := images.Image{Height: 8, Width: 8, Channels: 1, Bits: 8, Pixels: make([]byte, 64)}
	for i := range 64 {
		if x, y := i%8, i/8; x > 1 && x < 6 && y > 1 && y < 6 {
			square.Pixels[i] = 90
		}
	}
	for name, im := range map[string]images.Image{"flat": flat, "dot": dot, "square": square} {
		if got, turn := Align(im); turn != (Turn{}) || !bytes.Equal(got.Pixels, im.Pixels) {
			t.Errorf("%s: %+v", name, turn)
		}
	}
	// The heavier side of a round object points to the right.
	round := blob(33, 33, 1, 8, 0, 0, 0)
	for i := range round.Pixels {
		x, y := float64(i%33-16), float64(i/33-16)
		if x*x+y*y < 100 {
			round.Pixels[i] = byte(100 + 2*y)
		}
	}
	got, turn := Align(round)
	if c := momentsOf(Weights(got), 33, 33).central(); turn.Angle != 90_000 && turn.Angle != 270_000 || c.xxx+c.xyy <= 0 {
		t.Errorf("a disk: %+v, %+v", turn, c)
	}
}

// TestRangeIsKept: no sample lies outside those of the image, and beyond the edge is the ground.
func TestRangeIsKept(t *testing.T) {
	im := blob(40, 40, 1, 16, 30, 200, 4095)
	got, _ := Align(im)
	low, high := uint16(math.MaxUint16), uint16(0)
	for i := range 1600 {
		low, high = min(low, sample(im, i)), max(high, sample(im, i))
	}
	for i := range 1600 {
		if v := binary.LittleEndian.Uint16(got.Pixels[2*i:]); v < low || v > high {
			t.Fatalf("sample %d is %d, the image has %d to %d", i, v, low, high)
		}
	}
	if corner := sample(got, 0); corner != 200 {
		t.Errorf("the corner is %d, the ground 200", corner)
	}
}

// TestMaker: what is not aligned is fitted alone, what is has the turn.
func TestMaker(t *testing.T) {
	im := blob(30, 30, 1, 8, 40, 0, 255)
	m := schemas.ShardsManifest{Image: schemas.ImageShape{Height: 40, Width: 40, Channels: 1, Bits: 8}, Parameters: schemas.ShardParameters{Fit: "pad", BitsMode: "keep"}}
	padded, turn, err := MakerOf(&m).Apply(im)
	if err != nil || turn != nil || padded.Shape() != m.Image {
		t.Fatal(err, turn, padded.Shape())
	}
	m.Parameters.Align = schemas.AlignMoments
	aligned, turn, err := MakerOf(&m).Apply(im)
	if want, of := Align(padded); err != nil || turn == nil || *turn != of || !bytes.Equal(aligned.Pixels, want.Pixels) {
		t.Fatal(err, turn)
	}
	m.Parameters.Fit = "crop"
	if _, _, err := MakerOf(&m).Apply(im); err == nil {
		t.Error("an image that does not fit passes")
	}
}

// TestBytesOfEveryProcessor pins what comes of images without any floating point in their making.
func TestBytesOfEveryProcessor(t *testing.T) {
	sum := sha256.New()
	for seed := range uint64(40) {
		im := noise(20+int(seed%7), 24, 1+int(seed%3), 8+8*int(seed%2), seed)
		for i := range im.Pixels { // a gradient, so that there is an axis
			im.Pixels[i] = byte(uint64(im.Pixels[i]) / 2 * uint64(i%int(seed+5)) / (seed + 5))
		}
		got, turn := Align(im)
		fmt.Fprintln(sum, turn.Angle, turn.Flip)
		sum.Write(got.Pixels)
	}
	if got := hex.EncodeToString(sum.Sum(nil))[:16]; got != "f7ced688333ba47d" {
		t.Errorf("sha256 begins with %s", got)
	}
}

func BenchmarkAlign(b *testing.B) {
	im := blob(256, 256, 1, 8, 33, 0, 255)
	for b.Loop() {
		Align(im)
	}
}
