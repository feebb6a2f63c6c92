package picking

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// sampled returns candidates in two clouds of unlike sizes, with quality columns of which
// the last is constant.
func sampled(seed uint64, n, d int) []Candidate {
	rng := rand.New(rand.NewPCG(seed, 2))
	list := append(pool(rng, "a", n*2/3, d, 0), pool(rng, "b", n-n*2/3, d, 3)...)
	for i := range list {
		list[i].Quality = []float32{float32(rng.ExpFloat64()), list[i].X[0], float32(i % 3), float32(i % 5), 1}
	}
	return list
}

// distance is the Euclidean distance by its definition.
func distance[T float32 | float64](a, b []T) float64 {
	sum := 0.0
	for i := range a {
		sum += (float64(a[i]) - float64(b[i])) * (float64(a[i]) - float64(b[i]))
	}
	return math.Sqrt(sum)
}

// energyOf is the energy distance between rows and some of them, by its definition.
func energyOf(n int, picks []int, distance func(i, j int) float64) float64 {
	mean := func(a, b []int) (sum float64) {
		for _, i := range a {
			for _, j := range b {
				sum += distance(i, j)
			}
		}
		return sum / float64(len(a)*len(b))
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return 2*mean(all, picks) - mean(picks, picks) - mean(all, all)
}

// errorOf is the mean squared distance to the nearest of some rows, by its definition.
func errorOf(list []Candidate, picks []int) (sum float64) {
	for i := range list {
		least := math.Inf(1)
		for _, p := range picks {
			least = min(least, distance(list[i].X, list[p].X))
		}
		sum += least * least / float64(len(list))
	}
	return sum
}

// randomly averages a figure over random picks.
func randomly(rows, picks, draws int, figure func([]int) float64) (mean float64) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range draws {
		mean += figure(rng.Perm(rows)[:picks]) / float64(draws)
	}
	return mean
}

// chosen returns the rows of the picks, in the order of the ids.
func chosen(list []Candidate, r *Result) (rows []int) {
	for _, picks := range r.Picks {
		for _, p := range picks {
			rows = append(rows, slices.IndexFunc(list, func(c Candidate) bool { return c.ID == p.ID }))
		}
	}
	slices.Sort(rows)
	return rows
}

// searches are those of schemas.PickParameters.Search.
var searches = []string{"", schemas.SearchGradual}

// distances are those whose energy distance a search lowers, and their weights.
func distances(search string, list []Candidate) (of []func(i, j int) float64, weights []float64) {
	x, d := vectors(list, false)
	between := func(rows []float32) func(i, j int) float64 {
		k := len(rows) / len(list)
		return func(i, j int) float64 { return distance(rows[i*k:(i+1)*k], rows[j*k:(j+1)*k]) }
	}
	w := WeightsOf(search)
	if search == "" {
		scores, _ := scoresOf(list, x, d, BalancedColumns, earlierCoarse, normal)
		return []func(i, j int) float64{between(x), between(scores)}, []float64{w.Energy, w.Quality}
	}
	scores, _ := scoresOf(list, x, d, BalancedColumns, coarse, uniform)
	return []func(i, j int) float64{between(x), between(whitened(x, len(list), d)), between(scores)}, []float64{w.Energy, w.Whitened, w.Quality}
}

// TestObjective compares what the search says of its picks with the definitions, and with
// random picks of the same number.
func TestObjective(t *testing.T) {
	list := sampled(1, 120, 5)
	n := len(list)
	for _, search := range searches {
		r := Choose(Config{Strategy: Representative, Search: search, Budget: 12, Duplicates: true}, []Group{{Size: int64(n), Pool: list}})
		picks, o := chosen(list, r), r.Objective
		if len(picks) != 12 || o == nil {
			t.Fatalf("%d picks, objective %v", len(picks), o)
		}
		if want := BalancedColumns[:3]; !slices.Equal(o.Columns, want) {
			t.Fatalf("columns %v: the last is constant", o.Columns)
		}
		figures, got := []func([]int) float64{func(p []int) float64 { return errorOf(list, p) }}, []float64{o.Error, o.Energy, o.Quality}
		if search != "" {
			got = []float64{o.Error, o.Energy, o.Whitened, o.Quality}
		}
		of, _ := distances(search, list)
		for _, d := range of {
			figures = append(figures, func(p []int) float64 { return energyOf(n, p, d) })
		}
		for i, figure := range figures {
			want := figure(picks) / randomly(n, len(picks), 2000, figure)
			if math.Abs(got[i]-want) > 0.05 {
				t.Errorf("search %q: figure %d is %v of random picks', by definition %v", search, i, got[i], want)
			}
			if want > 0.8 {
				t.Errorf("search %q: figure %d is %v of random picks'", search, i, want)
			}
		}
	}
}

// TestNoExchangeGains tries every exchange of a pick for another image.
func TestNoExchangeGains(t *testing.T) {
	list := sampled(2, 60, 4)
	n := len(list)
	for _, search := range searches {
		r := Choose(Config{Strategy: Representative, Search: search, Budget: 5, Duplicates: true}, []Group{{Size: int64(n), Pool: list}})
		picks := chosen(list, r)
		x, d := vectors(list, false)
		c := newCoverage(squares(x, n, d), n, slices.Clone(picks))
		random := errorOf(list, picks) / c.share()
		of, weights := distances(search, list)
		var energies []*energy
		for _, distance := range of {
			e := newEnergy(n, 5, distance)
			for _, p := range picks {
				e.add(p)
			}
			energies = append(energies, e)
		}
		objective := func(p []int) float64 {
			sum := errorOf(list, p) / random
			for i, e := range energies {
				sum += weights[i] * energyOf(n, p, of[i]) / e.random
			}
			return sum
		}
		best, gains := objective(picks), make([]float64, len(picks))
		for row := range n {
			if slices.Contains(picks, row) {
				continue
			}
			c.gains(gains, row)
			for place := range picks {
				tried := slices.Clone(picks)
				tried[place] = row
				v := objective(tried)
				if v < best-1e-6 {
					t.Errorf("search %q: %d instead of %d: %v, the picks have %v", search, row, picks[place], v, best)
				}
				gain := gains[place]
				for i, e := range energies {
					gain += weights[i] * e.gain(row, picks[place])
				}
				if math.Abs(gain-(v-best)) > 1e-5 {
					t.Fatalf("search %q: %d instead of %d gains %v, by definition %v", search, row, picks[place], gain, v-best)
				}
			}
		}
	}
}

// TestExchangesKeepSums: what is kept between exchanges is what a new search would begin with.
func TestExchangesKeepSums(t *testing.T) {
	list := sampled(3, 80, 4)
	x, d := vectors(list, false)
	square := squares(x, len(list), d)
	rng := rand.New(rand.NewPCG(1, 1))
	c := newCoverage(square, len(list), rng.Perm(len(list))[:7])
	for range 200 {
		place, row := rng.IntN(7), rng.IntN(len(list))
		if !slices.Contains(c.picks, row) {
			c.exchange(place, row)
		}
	}
	want := newCoverage(square, len(list), slices.Clone(c.picks))
	if diff := cmp.Diff([][]float64{want.d1, want.d2}, [][]float64{c.d1, c.d2}); diff != "" {
		t.Errorf("distances to the two nearest picks (-want +got):\n%s", diff)
	}
	if math.Abs(want.share()-c.share()) > 1e-12 {
		t.Errorf("share %v, want %v", c.share(), want.share())
	}
}

// TestRepresentativeInAnyOrder: neither the order of candidates nor how they are grouped
// changes the picks.
func TestRepresentativeInAnyOrder(t *testing.T) {
	list := sampled(4, 150, 6)
	c := Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 15}
	pick := func(list []Candidate, groups int) []string {
		g := make([]Group, groups)
		for i, v := range list {
			at := i % groups
			g[at].Size, g[at].Pool = g[at].Size+1, append(g[at].Pool, v)
		}
		all := slices.Concat(ids(Choose(c, g))...)
		slices.Sort(all)
		return all
	}
	want := pick(list, 1)
	for i := range 4 {
		shuffled := slices.Clone(list)
		rand.New(rand.NewPCG(uint64(i), 3)).Shuffle(len(list), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		if diff := cmp.Diff(want, pick(shuffled, i+1)); diff != "" {
			t.Errorf("%d groups (-want +got):\n%s", i+1, diff)
		}
	}
}

// TestRepresentativeRules: fixed picks stay and come first, near duplicates and images within the
// minimum distance are not picked together, and are counted.
func TestRepresentativeRules(t *testing.T) {
	list := sampled(5, 90, 5)
	for i := range 10 { // the same pixels as others
		list[i].SHA256 = list[i+10].SHA256
	}
	list[20].X = slices.Clone(list[21].X)
	fixed := []Candidate{list[3], {ID: "elsewhere", X: make([]float32, 5), Quality: []float32{1, 1, 1, 1, 1}}}
	c := Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 30, MinDistance: 0.8}
	r := Choose(c, []Group{{Size: 90, Pool: list, Fixed: fixed}})
	picks := r.Picks[0]
	if len(picks) != 30 || picks[0].ID != list[3].ID || picks[1].ID != "elsewhere" || !picks[0].Fixed || !picks[1].Fixed || picks[2].Fixed {
		t.Fatalf("%d picks, the first are %q and %q", len(picks), picks[0].ID, picks[1].ID)
	}
	for i := range picks {
		if i > 2 && picks[i].Distance < picks[i-1].Distance {
			t.Errorf("pick %d is nearer than the one before", i)
		}
		for j := range i {
			if picks[i].SHA256 == picks[j].SHA256 && picks[i].SHA256 != "" || distance(picks[i].X, picks[j].X) < 0.8 {
				t.Errorf("%s and %s are both picked", picks[i].ID, picks[j].ID)
			}
		}
	}
	near := 0
	for _, v := range list {
		for _, p := range picks {
			if v.ID != p.ID && (v.SHA256 == p.SHA256 || distance(v.X, p.X) < 0.8) {
				near++
				break
			}
		}
	}
	if got := r.TooNear + len(r.Duplicates); got != near || near == 0 {
		t.Errorf("%d were passed over, by definition %d", got, near)
	}
}

// TestRepresentativeOfLittle: nothing to choose from, one image, all the same, fewer than asked.
func TestRepresentativeOfLittle(t *testing.T) {
	same := sampled(6, 40, 3)
	for i := range same {
		same[i].X = []float32{1, 2, 3}
		same[i].Quality = nil
	}
	for what, v := range map[string]struct {
		list []Candidate
		c    Config
		want int
	}{
		"none":        {nil, Config{Budget: 3}, 0},
		"one":         {same[:1], Config{Budget: 3}, 1},
		"the same":    {same, Config{Budget: 3}, 1}, // near duplicates of each other
		"the same, 3": {same, Config{Budget: 3, Duplicates: true}, 3},
		"few":         {sampled(7, 12, 3), Config{Budget: 20, Duplicates: true}, 12},
		"one of many": {sampled(7, 50, 3), Config{Budget: 1}, 1},
		"no quality":  {sampled(8, 50, 3)[:1], Config{Budget: 1}, 1},
	} {
		v.c.Strategy, v.c.Search = Representative, schemas.SearchGradual
		r := Choose(v.c, []Group{{Size: int64(len(v.list)), Pool: v.list}})
		if len(r.Picks[0]) != v.want {
			t.Errorf("%s: %d picks, want %d", what, len(r.Picks[0]), v.want)
		}
		if o := r.Objective; o != nil && (math.IsNaN(o.Error+o.Energy+o.Quality) || math.IsInf(o.Error+o.Energy+o.Quality, 0)) {
			t.Errorf("%s: %+v", what, *o)
		}
	}
}

// TestEnergyOfAllKinds: picks that are distributed exactly as the sample is are at no distance
// from it, which rounding does not make negative.
func TestEnergyOfAllKinds(t *testing.T) {
	for seed := range uint64(10) {
		list := sampled(seed, 400, 8)
		for i := range list {
			list[i].X, list[i].Quality = list[i%40].X, nil
		}
		o := Choose(Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 100}, []Group{{Size: 400, Pool: list}}).Objective
		if !(o.Energy >= 0 && o.Energy < 1e-9) {
			t.Errorf("seed %d: energy is %v of random picks'", seed, o.Energy)
		}
	}
}

// TestHugeAndTinyVectors: the unit of the vectors decides nothing.
func TestHugeAndTinyVectors(t *testing.T) {
	list := sampled(9, 60, 3)
	pick := func(unit float64) []string {
		scaled := slices.Clone(list)
		for i := range scaled {
			scaled[i].X = slices.Clone(list[i].X)
			for j := range scaled[i].X {
				scaled[i].X[j] *= float32(unit)
			}
		}
		return slices.Concat(ids(Choose(Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 6, Duplicates: true}, []Group{{Size: 60, Pool: scaled}}))...)
	}
	want := pick(1)
	for _, unit := range []float64{0x1p-80, 0x1p80} {
		if diff := cmp.Diff(want, pick(unit)); diff != "" {
			t.Errorf("unit %g (-want +got):\n%s", unit, diff)
		}
	}
}

// TestBalancedColumns: one that is not known of all, or constant, has no say; without any the
// vectors decide.
func TestBalancedColumns(t *testing.T) {
	list := sampled(10, 60, 3)
	list[7].Quality = slices.Clone(list[7].Quality)
	list[7].Quality[0] = float32(math.NaN())
	c := Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 6}
	r := Choose(c, []Group{{Size: 60, Pool: list}})
	if diff := cmp.Diff([]string{schemas.ColSharpness, schemas.ColMean}, r.Objective.Columns); diff != "" {
		t.Error(diff)
	}
	for i := range list {
		list[i].Quality[4] = float32(i % 7)
	}
	for want, of := range map[string][]string{schemas.ColObject: nil, schemas.ColForeground: EarlierColumns} {
		c.Columns = of
		r := Choose(c, []Group{{Size: 60, Pool: list}})
		if columns := r.Objective.Columns; len(columns) != 3 || columns[2] != want {
			t.Errorf("size is %v of %v, want %s", columns, of, want)
		}
	}
	c.Columns = nil
	list[9].Quality = QualityOf(schemas.Quality{Sharpness: 1, Mean: 2, Foreground: 3}, false, 0, false) // of an earlier version
	if r := Choose(c, []Group{{Size: 60, Pool: list}}); slices.Contains(r.Objective.Columns, schemas.ColObject) {
		t.Errorf("an image has no object_fraction: %v", r.Objective.Columns)
	}
	for i := range list {
		list[i].Quality = QualityOf(schemas.Quality{}, false, 0, false) // a vector of another program
	}
	if r := Choose(c, []Group{{Size: 60, Pool: list}}); r.Objective.Columns != nil || r.Objective.Quality != 0 {
		t.Errorf("without quality: %+v", *r.Objective)
	}
}

func BenchmarkRepresentative(b *testing.B) {
	list := sampled(1, leastSample, 64)
	for b.Loop() {
		Choose(Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 100}, []Group{{Size: leastSample, Pool: list}})
	}
}
