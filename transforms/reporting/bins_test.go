package reporting

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/raster"
)

// TestBins: counts are those of a histogram of known range, whatever the order of
// the numbers and however they are split.
func TestBins(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{
		"normal": rng.NormFloat64, "distances": func() float64 { return 40 + 3*rng.Float64() },
		"tiny": func() float64 { return 1e-30 * rng.Float64() }, "heavy": func() float64 { return math.Exp(12 * rng.NormFloat64()) },
		"few": func() float64 { return float64(rng.IntN(3)) }, "one": func() float64 { return 7.5 }, "zero": func() float64 { return 0 },
	} {
		values := make([]float64, 5000)
		low, high := math.Inf(1), math.Inf(-1)
		var forward bins
		for i := range values {
			values[i] = draw()
			low, high = min(low, values[i]), max(high, values[i])
			forward.add(values[i])
		}
		rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		var parts [3]bins
		for i, v := range values {
			parts[i%3].add(v)
		}
		var merged bins
		for i := range parts {
			merged.merge(&parts[2-i])
		}
		if !reflect.DeepEqual(forward, merged) {
			t.Errorf("%s: bins depend on the order", name)
		}
		h := forward.histogram()
		want := make([]int64, len(h.Counts))
		width := (h.High - h.Low) / float64(len(want))
		for _, v := range values {
			want[min(len(want)-1, int(math.Floor((v-h.Low)/width)))]++
		}
		if !reflect.DeepEqual(h.Counts, want) || h.Low > low || h.High < high || len(want) > shownBins {
			t.Errorf("%s: %d bins from %g to %g of numbers from %g to %g:\n%v\nwant\n%v", name, len(want), h.Low, h.High, low, high, h.Counts, want)
		}
		if name == "normal" && (len(want) < shownBins/3 || math.Abs(forward.quantile(0.5)) > 0.1) {
			t.Errorf("%d bins, median %g", len(want), forward.quantile(0.5))
		}
	}
}

// TestDisplay: images that use their range are shown as they are, dim ones are not.
func TestDisplay(t *testing.T) {
	for name, c := range map[string]struct {
		bits      int
		values    map[int]int64
		low, high float64
	}{
		"full":   {8, map[int]int64{0: 900, 200: 100}, 0, 255},
		"dim":    {8, map[int]int64{0: 900, 40: 98, 60: 2}, 0, 60},
		"offset": {16, map[int]int64{400: 500, 900: 500}, 400, 900},
		"spot":   {16, map[int]int64{100: 100_000, 4000: 50_000, 65535: 1}, 0, 4000},
		"black":  {8, map[int]int64{0: 10}, 0, 255},
	} {
		counts := raster.NewCounts(c.bits)
		for v, n := range c.values {
			counts[v] = n
		}
		low, high := counts.Range()
		if low != c.low || high != c.high {
			t.Errorf("%s: %g to %g, want %g to %g", name, low, high, c.low, c.high)
		}
		v := composite.View{Low: low, High: high}
		for value, want := range map[float64]uint8{low: 0, high: 255, float64(len(counts)): 255, -1: 0} {
			if got, _, _ := v.RGB([]float64{value}); got != want {
				t.Errorf("%s: the ends are not black and white", name)
			}
		}
	}
}

// TestReduced: averages, with smaller squares at the edges.
func TestReduced(t *testing.T) {
	p := &raster.Image{Height: 3, Width: 5, Channels: 1, V: []float64{
		0, 4, 8, 8, 1,
		4, 8, 8, 8, 3,
		6, 2, 10, 0, 7}}
	got := p.Reduced(2)
	if want := []float64{4, 8, 2, 4, 5, 7}; got.Height != 2 || got.Width != 3 || !reflect.DeepEqual(got.V, want) {
		t.Errorf("%dx%d %v, want %v", got.Height, got.Width, got.V, want)
	}
	thumb := thumbnail(p, 4)
	if thumb.Height != 4 || thumb.Width != 4 || thumb.V[4] != 4 || thumb.V[5] != 8 || thumb.V[0] != 0 {
		t.Errorf("thumbnail %v", thumb.V)
	}
}

// TestQuote: a shell reads back what was quoted (e2e runs it).
func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a/b-c_1.png": "a/b-c_1.png", "": "''", "it's": `'it'\''s'`, "a b": "'a b'", "$(x)": "'$(x)'", "ä": "'ä'", "~": "'~'",
	} {
		if got := quote(in); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}

// quantile returns a number that the share q of those counted is below, to the
// width of a bin.
func (b *bins) quantile(q float64) float64 {
	var total, seen int64
	for _, n := range b.counts {
		total += n
	}
	for i, n := range b.counts {
		if seen += n; float64(seen) >= q*float64(total) {
			return (float64(b.low) + float64(i) + 0.5) * b.width
		}
	}
	return math.NaN()
}
