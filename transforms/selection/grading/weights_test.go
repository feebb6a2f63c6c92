package grading

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/model/nearest"
)

// TestWeightedKernel: the figure is that of the definition, over all pairs but those of an
// image with itself, and with equal weights that of picks without weights.
func TestWeightedKernel(t *testing.T) {
	const d, n = 4, 40
	x := normal(rand.New(rand.NewPCG(8, 8)), n, d)
	p := newPanel(d, x, x[:d], nil, 30)
	self := []int32{35, 7, -1, 12, -1} // the first is evaluated, and no reference image
	picks := normal(rand.New(rand.NewPCG(9, 9)), len(self), d)
	for i, at := range self {
		if at >= 0 {
			copy(picks[i*d:(i+1)*d], x[at*d:(at+1)*d])
		}
	}
	weights := []float64{0.5, 0.25, 0, 0.125, 0.125}
	m := p.measure(picks, self, weights, p.neighbors(2))
	kernel := func(a, b []float32) float64 { return math.Exp(-p.gamma * nearest.SquaredDistance(a, nearest.Widen(b))) }
	own, across, pairs := 0.0, 0.0, 0.0
	for i, v := range weights {
		pick := picks[i*d : (i+1)*d]
		for j, w := range weights {
			own += v * w * kernel(pick, picks[j*d:(j+1)*d])
		}
		for j := range 30 {
			if int(self[i]) != j {
				across += v * kernel(pick, x[j*d:(j+1)*d])
				pairs += v
			}
		}
	}
	closeTo(t, "weighted MMD²", m.weighted, p.within+own-2*across/pairs, 1e-11)
	if plain := p.measure(picks, self, nil, p.neighbors(2)); plain.mmd2 != m.mmd2 {
		t.Errorf("weights change MMD² from %v to %v", plain.mmd2, m.mmd2)
	}
	for _, equal := range [][]float64{{.2, .2, .2, .2, .2}, {0, 0, 0, 0, 0}} {
		m = p.measure(picks, self, equal, p.neighbors(2))
		closeTo(t, "MMD² of equal weights", m.weighted, m.mmd2, 1e-11)
	}
}

// TestWeightedGrade: of a cluster each the picks are of equal shares of the clusters, which
// are not equal; with weights they are near to the images. The random selections have
// weights, too: the shares of the images that each of their own is nearest to.
func TestWeightedGrade(t *testing.T) {
	w := newWorld(3000, 6, 5, 1, 3)
	set := w.pick(4, clusters(5), cmp.Compare[float64])
	sample := w.all()
	in := w.input(sample, set)
	counts := make([]float64, set.Picks.Len())
	index := nearest.New(nearest.Widen(set.Picks.X), 6)
	for _, pick := range assign(index, w.rows.X) {
		counts[pick]++
	}
	plain := grade(t, in).Grade.Sets[0]
	in = w.input(sample, set)
	for _, n := range counts {
		in.Sets[0].Weights = append(in.Sets[0].Weights, n/3000)
	}
	g := grade(t, in)
	got := g.Grade.Sets[0]
	for i := range got.Spaces {
		s := &got.Spaces[i]
		if s.WeightedMMD2 == nil || !(s.WeightedMMD2.Picks < s.MMD2.Picks) || !(s.WeightedMMD2.Random < s.MMD2.Random) || len(s.WeightedMMD2.Draws) != DefaultDraws {
			t.Errorf("%s: MMD² %v, with weights %+v", s.Space, s.MMD2, s.WeightedMMD2)
		}
		s.WeightedMMD2 = nil
		if plain.Spaces[i].MMD2.Picks != s.MMD2.Picks || plain.Spaces[i].Quantization.Picks != s.Quantization.Picks {
			t.Errorf("%s: weights change a plain figure", s.Space)
		}
	}
	cluster := got.Balance[0]
	if want := w.variation(set, in.Sets[0].Weights); cluster.Weighted == nil || !(math.Abs(cluster.Weighted.Picks-want) < 1e-12) || cluster.Weighted.Picks >= cluster.Variation.Picks {
		t.Errorf("balance of clusters %+v, with weights %+v, want %v", cluster.Variation, cluster.Weighted, want)
	}
	if plain.Balance[0].Weighted != nil || plain.Spaces[0].WeightedMMD2 != nil {
		t.Error("picks without weights have weighted figures")
	}
	g0 := &grader{Input: in, byScope: map[string]*scope{}}
	g0.defaults()
	g0.arrange()
	sc := g0.scopeOf("cluster")
	for r, weights := range g0.drawWeights(sc, 20) {
		var rows []int32
		for _, j := range sc.draws[r][:20] {
			rows = append(rows, int32(sc.row(j)))
		}
		picks := g0.Sample.some(rows)
		want := make([]float64, 20)
		for i := range g0.Sample.Len() {
			best := 0
			for j := range 20 {
				if nearest.SquaredDistance(g0.Sample.row(i), nearest.Widen(picks.row(j))) < nearest.SquaredDistance(g0.Sample.row(i), nearest.Widen(picks.row(best))) {
					best = j
				}
			}
			want[best]++
		}
		for i := range want {
			want[i] /= 3000
		}
		if !slices.Equal(weights, want) {
			t.Fatalf("draw %d has weights %v, want %v", r, weights, want)
		}
	}
}

// variation is the total variation between the weights of picks by cluster and the shares
// of all images.
func (w *world) variation(set Set, weights []float64) float64 {
	difference := make([]float64, w.k)
	for i, im := range set.Picks.Images {
		difference[im.Cluster] += weights[i]
	}
	for _, im := range w.rows.Images {
		difference[im.Cluster] -= 1 / float64(w.rows.Len())
	}
	sum := 0.0
	for _, v := range difference {
		sum += math.Abs(v) / 2
	}
	return sum
}
