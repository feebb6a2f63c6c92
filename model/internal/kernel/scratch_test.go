package kernel

import "testing"

// TestScratchHoldsFewer: of every side of an image and all blocks of channels, what
// is reserved for the most images, or rows of tiles, is enough for fewer of them.
// Strips are of equal length, so that fewer tiles may take longer ones.
func TestScratchHoldsFewer(t *testing.T) {
	const images = 4
	var longer int // cases where fewer take more than all: without them the test says nothing
	for _, cin := range []int{16, 32, 48, 64, 96, 128, 256, 512} {
		for _, cout := range []int{16, 32, 48, 64, 96, 128, 256, 512} {
			all := []*Winograd{NewEmptyWinograd(cin, cout), shaped(cin, cout, 6, 4, 4, 36, 1), shaped(cin, cout, 4, 2, 2, 16, 1), shaped(cin, cout, 5, 4, 8, 25, 4)}
			for side := 8; side <= 300; side++ {
				w := all[0]
				tiles := w.Tiles(side) * w.Tiles(side)
				reserved, most := w.GradientScratch(images, tiles), 0
				for n := 1; n <= images; n++ {
					strip := w.gradientStrip(n * tiles)
					need := 36 * (strip*w.in + stripSkew + strip*w.out + stripSkew)
					most = need
					if need > reserved {
						t.Fatalf("gradient of %d to %d channels, %dx%d pixels: %d images need %d numbers of the %d reserved", cin, cout, side, side, n, need, reserved)
					}
				}
				if reserved > most {
					longer++
				}
				for form, w := range all {
					rows, cols := w.Tiles(side), w.Tiles(side)
					reserved := w.Scratch(rows, cols)
					for n := 1; n <= rows; n++ {
						strip := w.strip(n * cols)
						if need := len(w.kernel) * (strip*w.in + stripSkew + strip*w.slots*w.out + stripSkew); need > reserved {
							t.Fatalf("form %d of %d to %d channels, %dx%d pixels: %d rows of tiles need %d numbers of the %d reserved", form, cin, cout, side, side, n, need, reserved)
						}
					}
				}
			}
		}
	}
	if longer == 0 {
		t.Error("fewer images never need more than all of them")
	}
}

// shaped returns a convolution that can be asked for its sizes alone.
func shaped(cin, cout, side, step, result, points, slots int) *Winograd {
	w := &Winograd{side: side, step: step, result: result, slots: slots, kernel: make([]*Matrix, points)}
	w.shape(cin, make([]float32, cout))
	return w
}
