package kernel

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// integers returns n int16, of magnitude up to most.
func integers(rng *rand.Rand, n, most int) []int16 {
	x := make([]int16, n)
	for i := range x {
		x[i] = int16(rng.IntN(2*most+1) - most)
	}
	return x
}

// quantized returns rows of d integers as Nearest takes them.
func quantized(rng *rand.Rand, rows, d, most int) []int16 {
	q := integers(rng, rows*2*Pairs(d), most)
	for i := d; d%2 == 1 && i < len(q); i += d + 1 {
		q[i] = 0
	}
	return q
}

// centersOf returns k centers of random integers.
func centersOf(rng *rand.Rand, k, d, most int) []Center {
	centers := make([]Center, k)
	for j := range centers {
		centers[j] = Center{integers(rng, d, most), float32(rng.IntN(3)), float32(1+rng.IntN(2)) / float32(most), float32(rng.IntN(2))}
	}
	return centers
}

// offered is Nearest by its definition for one row.
func offered(centers []Center, q []int16, factor float32) Lanes {
	s := noCenter
	for j, c := range centers {
		dot := 0
		for p, v := range c.Coordinates {
			dot += int(v) * int(q[p])
		}
		product := float32(float32(dot)*c.Unit) + c.Gap
		score := c.Offset - float32(product*factor)
		switch l := j % 16; {
		case score < s.Best[l]:
			s.Second[l], s.Best[l], s.Number[l] = s.Best[l], score, int32(j)
		case score < s.Second[l]:
			s.Second[l] = score
		}
	}
	return s
}

// TestNearest compares every number of centers around the blocks' and of
// dimensions around the unrolled loop's with the definition, with ties too, and
// checks that nothing else is written.
func TestNearest(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, most := range []int{1, 5000, 32767} {
			for k := 1; k <= 70; k++ {
				d := 1 + rng.IntN(40)
				if most == 32767 {
					d = 1 + k%2 // more would overflow
				}
				centers, q := centersOf(rng, k, d, most), quantized(rng, 2*TileRows, d, most)
				factors := make([]float32, 2*TileRows)
				for i := range factors {
					factors[i] = float32(rng.IntN(3))
				}
				got := slices.Repeat([]Lanes{noCenter}, 3*TileRows)
				s.Nearest(PackCenters(centers, d), got[:2*TileRows], q, factors)
				var want []Lanes
				for i, factor := range factors {
					want = append(want, offered(centers, q[i*2*Pairs(d):], factor))
				}
				want = append(want, slices.Repeat([]Lanes{noCenter}, TileRows)...)
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Fatalf("k=%d d=%d: (-want +got)\n%s", k, d, diff)
				}
			}
		}
	})
}

// TestNearestGroups: so many centers that they come in groups.
func TestNearestGroups(t *testing.T) {
	const k, d = 1000, 301
	rng := rand.New(rand.NewPCG(11, 12))
	centers, q, factors := centersOf(rng, k, d, 1000), quantized(rng, TileRows, d, 1000), make([]float32, TileRows)
	for i := range factors {
		factors[i] = rng.Float32()
	}
	c := PackCenters(centers, d)
	if 4*len(c.blocks) <= groupBytes {
		t.Fatal("one group is enough")
	}
	each(t, func(t *testing.T, s *Set) {
		got := slices.Repeat([]Lanes{noCenter}, TileRows)
		s.Nearest(c, got, q, factors)
		for i, factor := range factors {
			if diff := gocmp.Diff(offered(centers, q[i*2*Pairs(d):], factor), got[i]); diff != "" {
				t.Fatalf("row %d: (-want +got)\n%s", i, diff)
			}
		}
	})
}

// TestNearestSpecial: a score that is NaN or +Inf wins over nothing.
func TestNearestSpecial(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	c := PackCenters([]Center{{[]int16{0}, 0, 1, 0}, {[]int16{1}, 0, 1, 0}, {[]int16{2}, nan, 1, 0}, {[]int16{-1}, inf, 1, 0}}, 1)
	q, factors := slices.Repeat([]int16{1, 0}, TileRows), make([]float32, TileRows)
	factors[0], factors[1], factors[2] = inf, 1, nan // inf·0 is NaN
	each(t, func(t *testing.T, s *Set) {
		got := slices.Repeat([]Lanes{noCenter}, TileRows)
		s.Nearest(c, got, q, factors)
		best, second, number := make([]float32, 3), make([]float32, 3), make([]int32, 3)
		s.Merge(best, second, number, got[:3])
		sameBits(t, "best", best, []float32{-inf, -1, inf})
		sameBits(t, "second", second, []float32{inf, 0, inf})
		if diff := gocmp.Diff([]int32{1, 1, 0}, number); diff != "" {
			t.Errorf("numbers (-want +got)\n%s", diff)
		}
	})
}

// TestQuantize compares norms and integers with those in Go, for every number of
// dimensions around the vectors', and checks that nothing else is written.
func TestQuantize(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(21, 22))
		for d := 1; d <= 70; d++ {
			rows := rng.IntN(8)
			x, mean := numbers(rng, rows*d), numbers(rng, d)
			got, want := filled(rows+1), filled(rows+1)
			s.Norms(got[:rows], x, mean)
			if rows > 0 {
				normsGeneric(&want[0], &x[0], d, &mean[0], d, rows)
			}
			sameBits(t, fmt.Sprintf("norms of %d rows of %d", rows, d), got, want)
			for i := range rows {
				sum := 0.0
				for p, v := range x[i*d : (i+1)*d] {
					sum += float64(v-mean[p]) * float64(v-mean[p])
				}
				if !(math.Abs(float64(got[i])-sum) <= 0x1p-24*20*sum+1e-40) {
					t.Fatalf("d=%d: the squared norm of row %d is %v, want %v", d, i, got[i], sum)
				}
			}

			ldq := 2 * Pairs(d)
			q, scales := make([]int16, (rows+1)*ldq), make([]float32, rows)
			for i := range q {
				q[i] = 77
			}
			for i := range scales {
				scales[i] = []float32{0, 0.5, 1, 1000}[rng.IntN(4)] // halves: some are ties
				for p := range d {
					if rng.IntN(2) == 0 {
						x[i*d+p] = mean[p] + float32(rng.IntN(7))
					}
				}
			}
			s.Quantize(q, x, mean, scales)
			for i := range q {
				row, p := i/ldq, i%ldq
				want := 77.0
				if row < rows && p < d {
					y := x[row*d+p] - mean[p]
					want = math.RoundToEven(float64(float32(y * scales[row])))
				}
				if float64(q[i]) != want {
					t.Fatalf("%d rows of %d: integer %d of row %d is %d, want %v", rows, d, p, row, q[i], want)
				}
			}
		}
	})
}

// TestMerge compares with a sort, for ties within and between lanes.
func TestMerge(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(13, 14))
		for rows := range 30 {
			states := slices.Repeat([]Lanes{noCenter}, rows)
			type score struct {
				v      float32
				number int32
			}
			want, wantSecond, wantNumber := filled(rows+1), filled(rows+1), make([]int32, rows+1)
			wantNumber[rows] = -7
			for i := range states {
				var all []score
				for j := range int32(1 + rng.IntN(40)) {
					v := float32(rng.IntN(12) - 6)
					all = append(all, score{v, j})
					states[i].offer(int(j)%16, v, j)
				}
				slices.SortFunc(all, func(a, b score) int {
					return cmp.Or(cmp.Compare(a.v, b.v), cmp.Compare(a.number, b.number))
				})
				all = append(all, score{v: noCenter.Best[0]})
				want[i], wantSecond[i], wantNumber[i] = all[0].v, all[1].v, all[0].number
			}
			best, second, number := filled(rows+1), filled(rows+1), make([]int32, rows+1)
			number[rows] = -7
			s.Merge(best, second, number, states)
			sameBits(t, "best", best, want)
			sameBits(t, "second", second, wantSecond)
			if diff := gocmp.Diff(wantNumber, number); diff != "" {
				t.Fatalf("%d rows: numbers (-want +got)\n%s", rows, diff)
			}
		}
	})
}

// TestSquares compares every number of dimensions around the lanes' with the
// definition, and with arbitrary order: a sum of d terms of one sign is exact to
// d+2 roundings.
func TestSquares(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(15, 16))
		for d := 1; d <= 70; d++ {
			for _, rows := range []int{0, 1, 2, 7} {
				const k = 5
				ldx := []int{0, d, d + 3}[rng.IntN(3)]
				x, centers := numbers(rng, 7*ldx+d), make([]float64, k*d)
				for i := range centers {
					centers[i] = rng.NormFloat64()
				}
				number, got := make([]int32, rows), make([]float64, rows+1)
				got[rows] = guard
				for i := range number {
					number[i] = int32(rng.IntN(k))
				}
				s.Squares(got, x, ldx, centers, d, number)
				for i, n := range number {
					row, c := x[i*ldx:i*ldx+d], centers[int(n)*d:int(n+1)*d]
					if want := square(row, c); got[i] != want {
						t.Fatalf("d=%d, row %d: %v, want %v", d, i, got[i], want)
					}
					sum := 0.0
					for j, v := range row {
						sum += (float64(v) - c[j]) * (float64(v) - c[j])
					}
					if !(math.Abs(got[i]-sum) <= float64(2*d+4)*0x1p-53*sum) {
						t.Fatalf("d=%d, row %d: %v, another order gives %v", d, i, got[i], sum)
					}
				}
				if got[rows] != guard {
					t.Fatalf("d=%d: wrote past the end", d)
				}
			}
		}
	})
}

// normals returns n random numbers.
func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func BenchmarkNearest(b *testing.B) {
	for _, c := range []struct{ k, d int }{{100, 512}, {112, 512}, {1000, 512}, {100, 64}} {
		for _, s := range All() {
			b.Run(fmt.Sprintf("k=%d,d=%d,%s", c.k, c.d, s.Name()), func(b *testing.B) {
				const n = 20 * TileRows
				rng := rand.New(rand.NewPCG(17, 18))
				centers, q := PackCenters(centersOf(rng, c.k, c.d, 1000), c.d), integers(rng, n*c.d, 1000)
				states, factors := slices.Repeat([]Lanes{noCenter}, n), slices.Repeat([]float32{1}, n)
				for b.Loop() {
					s.Nearest(centers, states, q, factors)
				}
				b.ReportMetric(float64(b.N)*n*float64(c.k*c.d)/b.Elapsed().Seconds()/1e9, "Gterm/s")
			})
		}
	}
}

func BenchmarkSquares(b *testing.B) {
	for _, s := range All() {
		b.Run(s.Name(), func(b *testing.B) {
			const n, k, d = 240, 100, 512
			rng := rand.New(rand.NewPCG(19, 20))
			x, centers, number, d2 := normals(rng, n*d), make([]float64, k*d), make([]int32, n), make([]float64, n)
			for i := range number {
				number[i] = int32(rng.IntN(k))
			}
			for b.Loop() {
				s.Squares(d2, x, d, centers, d, number)
			}
			b.ReportMetric(float64(b.N)*n*d/b.Elapsed().Seconds()/1e9, "Gterm/s")
		})
	}
}
