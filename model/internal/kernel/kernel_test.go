package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// guard is what no kernel may overwrite.
const guard = 12345.678

// numbers returns n random float32 with zeros, -0 and subnormal numbers among them.
func numbers(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch rng.IntN(12) {
		case 0:
			x[i] = 0
		case 1:
			x[i] = float32(math.Copysign(0, -1))
		case 2:
			x[i] = float32(rng.NormFloat64() * 1e-40)
		default:
			x[i] = float32(rng.NormFloat64())
		}
	}
	return x
}

func filled(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = guard
	}
	return x
}

// sameBits compares bit patterns; any NaN equals any other.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if g, w := math.Float32bits(got[i]), math.Float32bits(want[i]); g != w && (got[i] == got[i] || want[i] == want[i]) {
			t.Fatalf("%s: number %d of %d is %v (%08x), want %v (%08x)", what, i, len(want), got[i], g, want[i], w)
		}
	}
}

// each runs a test for every implementation that the processor has.
func each(t *testing.T, test func(t *testing.T, s *Set)) {
	for _, s := range All() {
		t.Run(s.Name(), func(t *testing.T) { test(t, s) })
	}
}

// exactFMA returns x·y + z rounded once, by arbitrary precision.
func exactFMA(x, y, z float32) float32 {
	exact := func(v float32) *big.Float { return new(big.Float).SetPrec(600).SetFloat64(float64(v)) }
	p := exact(x)
	p.Mul(p, exact(y))
	p.Add(p, exact(z))
	v, _ := p.Float32()
	return v
}

func TestFMA(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(x, y, z float32) {
		t.Helper()
		if got, want := fma(x, y, z), exactFMA(x, y, z); got != want {
			t.Fatalf("fma(%v, %v, %v) = %v, want %v", x, y, z, got, want)
		}
	}
	for range 200_000 {
		x, y, z := float32(rng.NormFloat64()), float32(rng.NormFloat64()), float32(rng.NormFloat64())
		check(x, y, z)
		check(x, y, z*0x1p-30)                                    // far below the product
		check(float32(rng.IntN(1<<13)), 1+0x1p-12, z*0x1p-40)     // products in the middle of two numbers
		check(x*0x1p-70, y*0x1p-70, z*0x1p-140)                   // subnormal
		check(1+float32(rng.IntN(4))*0x1p-23, 1+0x1p-23, 0x1p-24) // ties
	}
	check(1+0x1p-12, 1+0x1p-12, 0x1p-60) // above the middle by less than float64 holds
	check(1+0x1p-12, 1+0x1p-12, -0x1p-60)
	check(math.MaxFloat32, 2, -math.MaxFloat32)
	inf := float32(math.Inf(1))
	if v := fma(inf, 0, 1); v == v {
		t.Errorf("fma(Inf, 0, 1) = %v", v)
	}
	if v := fma(inf, 1, -inf); v == v {
		t.Errorf("fma(Inf, 1, -Inf) = %v", v)
	}
	if v := fma(inf, 1, 1); v != inf {
		t.Errorf("fma(Inf, 1, 1) = %v", v)
	}
}

// product is Mul by its definition, bit for bit.
func product(c []float32, ldc int, a Rows, b []float32, k, n, chunk int, bias []float32, lo float32) {
	for i := range a.N {
		for j := range n {
			var total float32
			if bias != nil {
				total = bias[j]
			}
			for k0 := 0; k0 < k; k0 += chunk {
				var s float32
				for p := k0; p < min(k0+chunk, k); p++ {
					piece := k / a.Segments
					s = exactFMA(a.Data[i*a.Lead+p/piece*a.Stride+p%piece], b[p*n+j], s)
				}
				if bias != nil {
					s += total
				}
				total = s
			}
			if bias != nil && lo > total {
				total = lo
			}
			c[i*ldc+j] = total
		}
	}
}

// TestMul compares every number of rows around the tiles', and of columns
// around the blocks', with the definition.
func TestMul(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(3, 4))
		for rows := range 30 {
			for _, n := range []int{1, 15, 16, 17, 33, 48, 70} {
				segs := 1 + rng.IntN(3)
				k := segs * (1 + rng.IntN(9))
				chunk := k
				var bias []float32
				lo := Unbounded
				if rng.IntN(2) == 0 {
					bias = numbers(rng, Up16(n))
					lo = []float32{0, Unbounded}[rng.IntN(2)]
					if segs == 1 {
						chunk = 1 + rng.IntN(k+2)
					}
				}
				stride := k/segs + rng.IntN(3)
				lead := 1 + rng.IntN(k)
				a := Rows{numbers(rng, 40*lead+3*stride+k), rows, lead, segs, stride}
				b := numbers(rng, k*n)
				ldc := Up16(n) + rng.IntN(5)
				got, want := filled((rows+1)*ldc), filled((rows+1)*ldc)
				s.Mul(Pack(b, k, n, chunk), got, ldc, a, bias, lo)
				product(want, ldc, a, b, k, n, chunk, bias, lo)
				for i := range rows { // padded columns may hold anything
					copy(got[i*ldc+n:i*ldc+Up16(n)], want[i*ldc+n:])
				}
				sameBits(t, fmt.Sprintf("%d rows, k %d, n %d, chunk %d, %d segments, bias %t", rows, k, n, chunk, segs, bias != nil), got, want)
			}
		}
	})
}

// TestMulSpecial: NaN and infinities go where arithmetic sends them, and the
// bound lets NaN pass.
func TestMulSpecial(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	each(t, func(t *testing.T, s *Set) {
		for _, c := range []struct{ a0, a1, b0, b1, bias, want float32 }{
			{inf, 1, 1, 1, 0, inf}, {inf, 1, 0, 1, 0, nan}, {nan, 1, 1, 1, 0, nan}, {-inf, 1, 1, 1, 5, 0},
			{inf, inf, 1, -1, 0, nan}, {3e38, 3e38, 1, 1, 0, inf}, {1, 1, 1, 1, nan, nan}, {1, 1, -1, -1, 1, 0},
		} {
			bias, got := make([]float32, 16), make([]float32, 16)
			bias[0] = c.bias
			s.Mul(Pack([]float32{c.b0, c.b1}, 2, 1, 2), got, 16, Rows{[]float32{c.a0, c.a1}, 1, 2, 1, 0}, bias, 0)
			sameBits(t, fmt.Sprint(c), got[:1], []float32{c.want})
		}
	})
}

// BenchmarkMul is one of the 36 products of a strip of tiles in a convolution of 128 to 128
// channels.
func BenchmarkMul(b *testing.B) {
	const rows, k, n = 24, 128, 128
	rng := rand.New(rand.NewPCG(31, 32))
	m, a, c := Pack(normals(rng, k*n), k, n, k), normals(rng, rows*k), make([]float32, rows*n)
	for _, s := range All() {
		b.Run(s.Name(), func(b *testing.B) {
			for b.Loop() {
				s.Mul(m, c, n, Rows{a, rows, k, 1, 0}, nil, 0)
			}
			b.ReportMetric(float64(b.N)*2*rows*k*n/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
