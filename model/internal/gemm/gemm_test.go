package gemm

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestMul compares every size around the tile's with the loop in Mul's comment,
// bit for bit, and checks that nothing past the result is written.
func TestMul(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, k, n := rapid.IntRange(0, 10).Draw(t, "rows"), rapid.IntRange(1, 12).Draw(t, "k"), rapid.IntRange(1, 7).Draw(t, "n")
		chunk := rapid.IntRange(1, 13).Draw(t, "chunk")
		numbers := rapid.Float32Range(-10, 10)
		a := rapid.SliceOfN(numbers, rows*k, rows*k).Draw(t, "a")
		b := rapid.SliceOfN(numbers, k*n, k*n).Draw(t, "b")
		const guard = 8
		c := make([]float32, rows*n+guard)
		for i := range c {
			c[i] = float32(math.NaN()) // must be overwritten, or stay past the end
		}
		Pack(b, k, n, chunk).Mul(c, a, rows)
		for i := range rows {
			for j := range n {
				var want float32
				for k0 := 0; k0 < k; k0 += chunk {
					var s float32
					for p := k0; p < min(k0+chunk, k); p++ {
						s += float32(a[i*k+p] * b[p*n+j])
					}
					want += s
				}
				if got := c[i*n+j]; got != want {
					t.Fatalf("c[%d][%d] = %v, want %v", i, j, got, want)
				}
			}
		}
		for i, v := range c[rows*n:] {
			if v == v {
				t.Fatalf("wrote %v at %d past the end", v, i)
			}
		}
	})
}

// TestChunks: summed in one go, small terms behind a large one are lost.
func TestChunks(t *testing.T) {
	const k = 4
	b := []float32{1 << 24, 0, 1, 1}
	a := []float32{1, 1, 1, 1}
	c := make([]float32, 1)
	Pack(b, k, 1, k).Mul(c, a, 1)
	if c[0] != 1<<24 {
		t.Errorf("one chunk: %v, want %v", c[0], 1<<24)
	}
	Pack(b, k, 1, 2).Mul(c, a, 1)
	if c[0] != 1<<24+2 {
		t.Errorf("two chunks: %v, want %v", c[0], 1<<24+2)
	}
}
