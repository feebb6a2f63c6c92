package kernel

import (
	"fmt"
	"testing"
)

// TestScale: every byte at every place of every tail, correctly rounded, and
// nothing written past the end.
func TestScale(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		for n := range 70 {
			for first := 0; first < 256; first += 61 {
				src := make([]byte, n)
				got, want := filled(n+5), filled(n+5)
				for i := range src {
					src[i] = byte(first + i)
					want[i] = float32(src[i]) / 255
				}
				s.Scale(got[:n], src)
				sameBits(t, fmt.Sprintf("%d bytes from %d", n, first), got, want)
			}
		}
		src := make([]byte, 1<<17+9) // several calls
		got, want := make([]float32, len(src)), make([]float32, len(src))
		for i := range src {
			src[i] = byte(i * 7)
			want[i] = float32(src[i]) / 255
		}
		s.Scale(got, src)
		sameBits(t, "many bytes", got, want)
	})
}
