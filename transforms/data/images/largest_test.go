package images_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"exemplar/transforms/data/images"
)

// TestLargest: of samples below and above 2^15, at every place, as a loop over all finds it.
func TestLargest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, bits := range []int{8, 16} {
		for round := range 3000 {
			n, below := rng.IntN(23), 1+rng.IntN(1<<(1+rng.IntN(bits)))
			pixels, want := []byte(nil), 0
			for range n {
				v := rng.IntN(below)
				switch rng.IntN(8) { // the edges of what is compared at once
				case 0:
					v = min(0x7fff, 1<<bits-1)
				case 1:
					v = min(0x8000, 1<<bits-1)
				case 2:
					v = 0
				}
				if round%7 == 0 && rng.IntN(4) == 0 {
					v = 1<<bits - 1
				}
				want = max(want, v)
				if bits == 8 {
					pixels = append(pixels, byte(v))
				} else {
					pixels = binary.LittleEndian.AppendUint16(pixels, uint16(v))
				}
			}
			if got := images.Largest(pixels, bits); got != want {
				t.Fatalf("%d bits, %x: %d, want %d", bits, pixels, got, want)
			}
		}
	}
}

func BenchmarkLargest(b *testing.B) {
	pixels := make([]byte, 5*256*256*2)
	for i := 0; i < len(pixels); i += 2 {
		binary.LittleEndian.PutUint16(pixels[i:], uint16(rand.IntN(4096)))
	}
	b.SetBytes(int64(len(pixels)))
	for b.Loop() {
		images.Largest(pixels, 16)
	}
}
