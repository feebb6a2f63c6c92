package variance

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

// TestSums: what the sums give is what two passes over the pixels give.
func TestSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const images, values = 40, 12
	for _, depth := range []int{8, 16, 32} {
		full := float64(uint64(1)<<min(depth, 16) - 1)
		sets := [2]*Sums{New(values*depth/8, depth, 1<<depth-1), New(values*depth/8, depth, 1<<depth-1)}
		var x [2][][]float64
		for set := range sets {
			for range images {
				pixels, row := make([]byte, values*depth/8), make([]float64, values)
				for i := range values {
					v := rng.IntN(1 + int(full)>>(2*set))
					if depth == 32 { // a number of a table, in its own units
						binary.LittleEndian.PutUint32(pixels[4*i:], math.Float32bits(float32(v)-1000))
						row[i] = float64(v) - 1000
						continue
					}
					if depth == 16 {
						binary.LittleEndian.PutUint16(pixels[2*i:], uint16(v))
					} else {
						pixels[i] = byte(v)
					}
					row[i] = float64(v) / full
				}
				sets[set].Add(pixels)
				x[set] = append(x[set], row)
			}
		}
		mean := func(set int) (image []float64, gray float64) {
			image = make([]float64, values)
			for _, row := range x[set] {
				for i, v := range row {
					image[i] += v / images
					gray += v / images / values
				}
			}
			return image, gray
		}
		errors := func(set int, image []float64, gray float64) (m, g float64) {
			for _, row := range x[set] {
				for i, v := range row {
					m += (v - image[i]) * (v - image[i]) / images / values
					g += (v - gray) * (v - gray) / images / values
				}
			}
			return m, g
		}
		same := func(what string, got, want float64) {
			if !(math.Abs(got-want) <= 1e-12*want) {
				t.Errorf("%d bits: %s is %v, want %v", depth, what, got, want)
			}
		}
		image, gray := mean(0)
		m, g := errors(0, image, gray)
		same("mean", sets[0].Mean(), gray)
		same("within", sets[0].Within()/images, m)
		same("grey", sets[0].Gray()/images, g)
		m, g = errors(1, image, gray)
		gotM, gotG := sets[1].Against(sets[0])
		same("error of the other's mean image", gotM, m)
		same("error of the other's gray", gotG, g)
	}
	if s := New(4, 8, 255); s.Within() != 0 || s.Gray() != 0 || s.Mean() != 0 {
		t.Error("no images have a variance")
	}
}

// TestWide: sums beyond 64 bits are exact, so that equal images have no variance.
func TestWide(t *testing.T) {
	s := New(2, 16, 65535)
	s.images, s.values[0] = 1<<40, 65535<<40
	s.square = wide{0, 65535 * 65535}.times(1 << 40)
	if got := s.Within(); got != 0 {
		t.Errorf("equal images have the variance %v", got)
	}
}
