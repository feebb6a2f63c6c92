package grading

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// column0 is the first column of the quality of images.
var column0 = measured{name: schemas.ColMSE, of: func(im *Image) (float64, bool) { return float64(im.Quality[0]), true }}

// strataOf makes a stratum of each list of numbers, of which the first picks are picked.
func strataOf(picks int, lists ...[]float32) (strata []stratum) {
	for _, list := range lists {
		s := stratum{}
		for i, v := range list {
			s.images = append(s.images, &Image{Quality: []float32{v}})
			if i < picks {
				s.picked = append(s.picked, i)
			}
		}
		strata = append(strata, s)
	}
	return strata
}

// subsets calls f with the sum of every k of the numbers.
func subsets(numbers []float64, k int, sum float64, f func(float64)) {
	if k == 0 {
		f(sum)
		return
	}
	for i := range numbers {
		subsets(numbers[i+1:], k-1, sum+numbers[i], f)
	}
}

// TestBiasOfAllPicks compares mean, variance, third moment and p with those of all the
// picks that there are, of groups with ties.
func TestBiasOfAllPicks(t *testing.T) {
	lists := [][]float32{{9, 1, 2, 3, 3, 3, 4}, {0, 0, 0, 0, 7}, {5, 2, 6, 8}, {1, 1, 1}}
	const k = 2
	sums := []float64{0}
	observed := 0.0
	for _, list := range lists {
		values := make([]float64, len(list))
		for i, v := range list {
			values[i] = float64(v)
		}
		ranks := midranks(values)
		observed += ranks[0] + ranks[1]
		var next []float64
		subsets(ranks, k, 0, func(sum float64) {
			for _, before := range sums {
				next = append(next, before+sum)
			}
		})
		sums = next
	}
	strata := strataOf(k, lists...)
	var s percentileSum
	for _, stratum := range strata {
		s.add(stratum, column0)
	}
	expected := float64(k*len(lists)) / 2
	moments, as := [4]float64{}, 0
	for _, sum := range sums {
		for power := range moments {
			moments[power] += math.Pow(sum-expected, float64(power)) / float64(len(sums))
		}
		if math.Abs(sum-expected) >= math.Abs(observed-expected)-1e-9 {
			as++
		}
	}
	if math.Abs(moments[1]) > 1e-12 || math.Abs(moments[2]-s.variance) > 1e-12 || math.Abs(moments[3]-s.third) > 1e-12 || s.sum != observed {
		t.Errorf("sum %v, variance %v and third moment %v; all picks give %v and moments %v", s.sum, s.variance, s.third, observed, moments)
	}
	b := biasOf(strata, column0, rand.New(rand.NewPCG(1, 2)))
	p := float64(as) / float64(len(sums))
	// 9,999 draws: 4 standard errors.
	if b.Method != schemas.BiasMonteCarlo || b.Picks != 8 || !(math.Abs(b.P-p) <= 4*math.Sqrt(p*(1-p)/9999)) {
		t.Errorf("%+v; all picks give p %v", b, p)
	}
	if want := 100 * observed / 8; math.Abs(b.Percentile.Value-want) > 1e-9 {
		t.Errorf("percentile %v, want %v", b.Percentile.Value, want)
	}
}

// biasWorld is a collection of groups of unlike sizes: its images have numbers of quality that
// differ from group to group, of which the fourth has few values and the last is almost always 0.
func biasWorld(n, groups int, seed uint64) *grader {
	rng := rand.New(rand.NewPCG(seed, 7))
	in := Input{Seed: 5, Images: int64(n), Sample: Rows{D: 1, X: make([]float32, n)}, Metadata: []string{"Metadata_dose", "Metadata_well"}}
	for c := range groups {
		in.Clusters = append(in.Clusters, fmt.Sprintf("%02d", c))
	}
	for i := range n {
		c := min(rng.IntN(groups), rng.IntN(groups))
		q := make([]float32, len(qualities))
		for j := range q {
			q[j] = float32(math.Exp(rng.NormFloat64()) + 3*float64(c))
		}
		q[3], q[len(q)-1] = float32(rng.IntN(3)), 0
		if rng.IntN(40) == 0 {
			q[len(q)-1] = rng.Float32()
		}
		in.Sample.Images = append(in.Sample.Images, Image{ID: fmt.Sprintf("image-%05d.tif", i), Cluster: int32(c), Quality: q,
			Metadata: []string{fmt.Sprint(rng.IntN(100)), fmt.Sprintf("A%d", rng.IntN(9))}})
	}
	in.defaults()
	return &grader{Input: in, byScope: map[string]*scope{}}
}

// add adds a set of picks by their rows, and returns its number.
func (g *grader) add(rows []int32) int {
	s := Set{Scope: schemas.ScopeCluster, Center: "mean", Metric: "euclidean", Picks: g.Sample.some(rows)}
	for _, im := range s.Picks.Images {
		s.Groups = append(s.Groups, g.Clusters[im.Cluster])
	}
	g.Sets, g.picks, g.groups = append(g.Sets, s), append(g.picks, s.Picks), append(g.groups, s.Groups)
	return len(g.Sets) - 1
}

// byGroup returns the rows of each group, shuffled.
func (g *grader) byGroup(rng *rand.Rand) [][]int32 {
	all := make([][]int32, len(g.Clusters))
	for i, im := range g.Sample.Images {
		all[im.Cluster] = append(all[im.Cluster], int32(i))
	}
	for _, rows := range all {
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	return all
}

// alarm returns what is found of a set of scope cluster.
func alarm(list []schemas.Bias) string {
	s := &schemas.SetGrade{Scope: schemas.ScopeCluster, Bias: list}
	text := ""
	findBias(s, func(kind string) schemas.Finding { return schemas.Finding{Kind: kind} },
		func(_ schemas.Finding, format string, args ...any) { text = fmt.Sprintf(format, args...) })
	return text
}

// TestRandomPicksAreNotBiased: of random picks, as many of each group or in proportion, not more than one
// set in a hundred is called biased; and p is below a twentieth in one of twenty columns.
func TestRandomPicksAreNotBiased(t *testing.T) {
	for name, share := range map[string]func(int) int{
		"equal":      func(int) int { return 4 },
		"few":        func(int) int { return 1 },
		"proportion": func(n int) int { return (n + 4) / 5 },
	} {
		t.Run(name, func(t *testing.T) {
			const sets = 400
			alarms, tests, small := 0, 0.0, 0.0
			g := biasWorld(300, 12, 3)
			all := g.Sample
			for set := range sets {
				rng := rand.New(rand.NewPCG(uint64(set), 11))
				g.Sample = all
				var rows []int32
				for _, group := range g.byGroup(rng) {
					rows = append(rows, group[:min(share(len(group)), len(group))]...)
				}
				at := g.add(rows)
				if set%2 == 0 { // picks that the sample has only some of
					g.Sample = all.some(rng32(rng, all.Len(), 200))
				}
				list := g.biases(at)
				for _, b := range list {
					if b.Reason == "" {
						tests++
						if b.P < 0.05 {
							small++
						}
					}
				}
				if alarm(list) != "" {
					alarms++
				}
			}
			// 4 in 400 are allowed for, and 3 standard deviations of that. Columns of few values have fewer small p.
			if alarms > 10 {
				t.Errorf("%d of %d sets of random picks are called biased", alarms, sets)
			}
			// Columns are independent here: 4 standard errors.
			if rate, most := small/tests, 0.05+4*math.Sqrt(0.05*0.95/tests); rate > most || rate < 0.035 {
				t.Errorf("p is below 0.05 in %.3f of %g columns", rate, tests)
			}
			t.Logf("%d of %d sets are called biased; p is below 0.05 in %.3f of %g columns", alarms, sets, small/tests, tests)
		})
	}
}

// rng32 draws k of n numbers.
func rng32(rng *rand.Rand, n, k int) (rows []int32) {
	for _, i := range rng.Perm(n)[:k] {
		rows = append(rows, int32(i))
	}
	return rows
}

// TestPlantedBias: picks of smaller numbers than their groups are found, and in which column.
func TestPlantedBias(t *testing.T) {
	for column, words := range map[int]string{0: "easier to reconstruct (mse, ", 1: "more blurred (sharpness, ", 2: "dimmer (mean, ", 3: "smaller (foreground_fraction, "} {
		g := biasWorld(600, 12, 9)
		var rows []int32
		for _, group := range g.byGroup(rand.New(rand.NewPCG(1, 1))) {
			half := group[:(len(group)+1)/2]
			slices.SortFunc(half, func(i, j int32) int {
				return cmp.Compare(g.Sample.Images[i].Quality[column], g.Sample.Images[j].Quality[column])
			})
			rows = append(rows, half[:(len(half)+1)/2]...)
		}
		got := alarm(g.biases(g.add(rows)))
		if !strings.Contains(got, "the picks are "+words+"percentile ") || strings.Count(got, "percentile") != 2 {
			t.Errorf("column %d: %q", column, got)
		}
	}
}

// TestPlantedBiasOfAChannel: picks that are dimmer in one channel are found, and of the channels that
// are dimmer the one by which they are farthest from their groups is named.
func TestPlantedBiasOfAChannel(t *testing.T) {
	g := biasWorld(600, 12, 9)
	g.Channels = []string{"DNA", "ER"}
	mean := slices.IndexFunc(ofChannels, func(q quality) bool { return q.column == schemas.ColMean })
	at := func(channel int) int { return len(qualities) + channel*len(ofChannels) + mean }
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range g.Sample.Images {
		im := &g.Sample.Images[i]
		for range 2 * len(ofChannels) {
			im.Quality = append(im.Quality, rng.Float32())
		}
		im.Quality[at(0)] = 0.9*im.Quality[at(1)] + 0.3*rng.Float32() // it is dimmer as well
	}
	var rows []int32
	for _, group := range g.byGroup(rand.New(rand.NewPCG(1, 1))) {
		slices.SortFunc(group, func(i, j int32) int {
			return cmp.Compare(g.Sample.Images[i].Quality[at(1)], g.Sample.Images[j].Quality[at(1)])
		})
		rows = append(rows, group[:(len(group)+1)/4]...)
	}
	list := g.biases(g.add(rows))
	found := map[string]string{}
	for _, b := range list {
		if b.Found() {
			found[b.Column] = b.Channel
		}
	}
	if want := map[string]string{"mean_c0": "DNA", "mean_c1": "ER"}; !maps.Equal(found, want) || len(list) != len(qualities)+2*len(ofChannels)+1 {
		t.Errorf("found %v among %d, want %v", found, len(list), want)
	}
	if got := alarm(list); !strings.Contains(got, "the picks are dimmer in channel ER (mean_c1, percentile ") || strings.Contains(got, "DNA") || !strings.HasSuffix(got, "p is corrected for 20 columns") {
		t.Error(got)
	}
}

// TestBiasIsNotMeasured: of columns that cannot be, there is a reason, and none where there is nothing.
func TestBiasIsNotMeasured(t *testing.T) {
	g := biasWorld(200, 4, 1)
	for i := range g.Sample.Images {
		im := &g.Sample.Images[i]
		im.Quality[1], im.Quality[2] = 0.5, float32(im.Cluster)
		if i == 1 { // a pick
			im.Quality[0] = float32(math.NaN())
		}
		im.Metadata[0] = fmt.Sprint(i)
	}
	g.Sample.Images[20].Metadata[0] = ""
	set := g.add([]int32{1, 2, 3, 4, 5, 6, 7, 8})
	var got []string
	for _, b := range g.biases(set) {
		got = append(got, b.Column+": "+b.Reason)
	}
	want := []string{"mse: it is not known of all images", "sharpness: all images have the same value", "mean: the images of each group have the same value",
		"foreground_fraction: ", "object_fraction: ", "saturated_fraction: ", "border_fraction: "}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for i := range g.Sample.Images {
		g.Sample.Images[i].Quality = nil
	}
	for i := range g.picks[set].Images {
		g.picks[set].Images[i].Quality = nil
	}
	if got := g.biases(set); len(got) > 0 {
		t.Errorf("of vectors without pixels: %+v", got)
	}
	var every []int32
	for i := range g.Sample.Images {
		every = append(every, int32(i))
	}
	if got := g.biases(g.add(every)); len(got) > 0 {
		t.Errorf("all images are picked: %+v", got)
	}
}
