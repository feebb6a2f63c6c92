package grading

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/kmeans"
)

// world is a collection of clusters of unlike sizes.
type world struct {
	d, k    int
	rows    Rows
	centers []float64
}

func newWorld(n, d, k int, spread float64, seed uint64) *world {
	rng := rand.New(rand.NewPCG(seed, 0))
	w := &world{d: d, k: k}
	at := make([]float64, k*d)
	for i := range at {
		at[i] = spread * rng.NormFloat64()
	}
	w.rows = Rows{D: d, X: normal(rng, n, d)}
	for i := range n {
		c := min(rng.IntN(k), rng.IntN(k)) // the first clusters are the largest
		for j := range d {
			w.rows.X[i*d+j] += float32(at[c*d+j])
		}
		w.rows.Images = append(w.rows.Images, Image{ID: fmt.Sprintf("image-%05d.tif", i), Cluster: int32(c),
			Label: fmt.Sprint("label", c%3), HasLabel: true, Metadata: []string{fmt.Sprint("run", i%4), "the only well"}})
	}
	w.centers = w.means()
	return w
}

func (w *world) means() []float64 {
	sums, counts := make([]float64, w.k*w.d), make([]float64, w.k)
	for i, im := range w.rows.Images {
		c := im.Cluster
		counts[c]++
		for j, v := range w.rows.row(i) {
			sums[int(c)*w.d+j] += float64(v)
		}
	}
	for i := range sums {
		sums[i] /= counts[i/w.d]
	}
	return sums
}

// names returns the names of the clusters.
func (w *world) names() (list []string) {
	for c := range w.k {
		list = append(list, fmt.Sprintf("%02d", c))
	}
	return list
}

// pick takes n images of each of the clusters: those that come first by order of
// their squared distance to the center.
func (w *world) pick(n int, clusters []int, order func(a, b float64) int) Set {
	var chosen []int32
	for _, c := range clusters {
		var list []int32
		for i, im := range w.rows.Images {
			if int(im.Cluster) == c {
				list = append(list, int32(i))
			}
		}
		far := func(i int32) float64 {
			return nearest.SquaredDistance(w.rows.row(int(i)), w.centers[c*w.d:(c+1)*w.d])
		}
		slices.SortFunc(list, func(a, b int32) int { return order(far(a), far(b)) })
		chosen = append(chosen, list[:min(n, len(list))]...)
	}
	return w.set(chosen)
}

// set returns the set of scope cluster with those rows.
func (w *world) set(rows []int32) Set {
	s := Set{Scope: "cluster", Center: "mean", Metric: "euclidean", Picks: w.rows.some(rows)}
	for _, im := range s.Picks.Images {
		s.Groups = append(s.Groups, w.names()[im.Cluster])
	}
	return s
}

func (w *world) all() (rows []int32) {
	for i := range w.rows.Images {
		rows = append(rows, int32(i))
	}
	return rows
}

// input returns what the sets are graded with, in the order of rows.
func (w *world) input(rows []int32, sets ...Set) Input {
	in := Input{Seed: 5, Images: int64(w.rows.Len()), Sample: w.rows.some(rows), Metadata: []string{"Metadata_run", "Metadata_well"},
		Clusters: w.names(), Sets: sets, Reference: 400}
	counts := make([]int64, w.k)
	for _, im := range w.rows.Images {
		counts[im.Cluster]++
	}
	for c, name := range w.names() {
		in.Centers = append(in.Centers, schemas.Center{Scope: "cluster", GroupID: name, Center: "mean",
			GroupSize: counts[c], Embedding: w.centers[c*w.d : (c+1)*w.d]})
	}
	return in
}

func grade(t *testing.T, in Input) *Result {
	t.Helper()
	r, err := Grade(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func kinds(g *schemas.Grade) (list []string) {
	for _, f := range g.Findings {
		list = append(list, f.Kind)
	}
	return list
}

func clusters(n int) (list []int) {
	for c := range n {
		list = append(list, c)
	}
	return list
}

func TestGoodSelection(t *testing.T) {
	w := newWorld(3000, 8, 12, 3, 1)
	g := grade(t, w.input(w.all(), w.pick(2, clusters(12), cmp.Compare[float64]))).Grade
	s := g.Sets[0]
	if len(s.Spaces) != 2 || s.Spaces[0].Space != "raw" || s.Spaces[1].Space != "whitened" {
		t.Fatalf("graded in %+v", s.Spaces)
	}
	for _, sp := range s.Spaces {
		if !(sp.Skill.Low > 0 && sp.Skill.Value > 0.2) {
			t.Errorf("%s: skill %+v of the nearest images", sp.Space, sp.Skill)
		}
		if e := sp.Equivalent; e.Random <= 24 || e.Low > e.Random || e.High < e.Random {
			t.Errorf("%s: 24 picks are as good as %+v random images", sp.Space, e)
		}
		if !(sp.Coverage.Picks > sp.Coverage.High && sp.MMD2.Picks < sp.MMD2.High) {
			t.Errorf("%s: coverage %+v, MMD² %+v", sp.Space, sp.Coverage, sp.MMD2)
		}
		for name, score := range map[string]schemas.Score{"quantisation": sp.Quantization, "MMD²": sp.MMD2, "balance": s.Balance[0].Variation} {
			d := score.Draws
			if len(d) != g.Draws || !slices.IsSorted(d) || d[0] != score.Low || d[len(d)-1] != score.High {
				t.Errorf("%s: %s has draws %v of %v to %v", sp.Space, name, d, score.Low, score.High)
			}
		}
		if len(sp.Groups) != 12 || sp.Groups[0].Group != "00" || sp.Groups[0].Picks != 2 || sp.Groups[0].Reason != "" {
			t.Errorf("%s: groups %+v", sp.Space, sp.Groups)
		}
	}
	if len(g.Findings) > 0 {
		t.Errorf("findings of a good selection: %+v", g.Findings)
	}
	if st := g.Stability; st == nil || st.Reason != "" || !(st.Reseeded.Low > 0.6) || len(st.PicksKept) != 1 {
		t.Errorf("stability %+v", st)
	}
	if b := s.Batches; len(b) != 2 || b[0].Reason != "" || b[1].Reason == "" {
		t.Errorf("batches %+v", b)
	}
	if !strings.HasPrefix(s.Sentence, "These 24 picks cover the collection as well as ") {
		t.Error(s.Sentence)
	}
	t.Log(s.Sentence)
}

// TestBadSelections injects what a broken selection would pick.
func TestBadSelections(t *testing.T) {
	w := newWorld(3000, 8, 12, 3, 1)
	farthest := w.pick(2, clusters(12), func(a, b float64) int { return cmp.Compare(b, a) })
	crowded := w.pick(24, []int{3}, cmp.Compare[float64])
	twins := w.pick(2, clusters(12), cmp.Compare[float64])
	for i := 1; i < 24; i += 2 { // each first pick a second time, a hair aside
		copy(twins.Picks.row(i), twins.Picks.row(i-1))
		twins.Picks.row(i)[0] += 1e-3
	}
	blank := w.pick(2, clusters(12), cmp.Compare[float64])
	blank.Picks.Images[7].Blank = true
	oneRun := w.pick(20, clusters(12), func(a, b float64) int { return 0 })
	var rows []int32
	for i, im := range oneRun.Picks.Images {
		if im.Metadata[0] == "run2" {
			rows = append(rows, int32(i))
		}
	}
	run := (&world{d: w.d, k: w.k, rows: oneRun.Picks}).set(rows)

	for name, c := range map[string]struct {
		set  Set
		kind string
	}{"farthest": {farthest, schemas.FindingGroups}, "crowded": {crowded, schemas.FindingBalance}, "crowded is worse": {crowded, schemas.FindingSkill},
		"blank": {blank, schemas.FindingBlank}, "farthest are outliers": {farthest, schemas.FindingOutlier}, "one run": {run, schemas.FindingBatch}} {
		g := grade(t, w.input(w.all(), c.set)).Grade
		if !slices.Contains(kinds(&g), c.kind) {
			t.Errorf("%s: no finding %q: %+v, skill %+v", name, c.kind, g.Findings, g.Sets[0].Spaces[0].Skill)
		}
		if (c.kind == schemas.FindingSkill) && !(g.Sets[0].Spaces[0].Skill.Value < 0) {
			t.Errorf("%s: skill %+v, want below 0", name, g.Sets[0].Spaces[0].Skill)
		}
	}
	in := w.input(w.all(), crowded)
	in.Hierarchy = kmeans.Hierarchy{Fine: 40, Steps: 2}
	g := grade(t, in).Grade
	if found := kinds(&g); slices.Contains(found, schemas.FindingBalance) || !slices.Contains(found, schemas.FindingSkill) {
		t.Errorf("clusters of hierarchical k-means: %q", found)
	}
	g = grade(t, w.input(w.all(), twins)).Grade
	if r := g.Sets[0].Spaces[0].Redundant; !(r.Picks == 1 && r.High < 1) {
		t.Errorf("twins: redundant %+v", r)
	}
}

// TestRandomSelections grades random picks: nothing may be found, and the skill
// is about 0.
func TestRandomSelections(t *testing.T) {
	w := newWorld(1500, 8, 12, 1, 2)
	rng := rand.New(rand.NewPCG(9, 9))
	sum := 0.0
	const trials = 8
	for range trials {
		var rows []int32
		for _, i := range rng.Perm(1500)[:60] {
			rows = append(rows, int32(i))
		}
		g := grade(t, w.input(w.all(), w.set(rows))).Grade
		s := g.Sets[0].Spaces[0]
		sum += s.Skill.Value
		if s.Equivalent.Low > 110 || s.Equivalent.High < 33 {
			t.Errorf("60 random images are as good as %+v", s.Equivalent)
		}
		if p := g.Sets[0].Batches[0].P; p < 1e-4 {
			t.Errorf("p = %g of random picks", p)
		}
	}
	// The skill of one trial deviates by about 0.06.
	if m := sum / trials; !(m > -0.08 && m < 0.08) {
		t.Errorf("random picks have a mean skill of %g", m)
	}
}

// TestSameBytes: any number of processors and any order of rows and picks.
func TestSameBytes(t *testing.T) {
	w := newWorld(1500, 6, 8, 3, 3)
	var want []byte
	for i, procs := range []int{runtime.GOMAXPROCS(0), 1, 7} {
		runtime.GOMAXPROCS(procs)
		rows := w.all()
		rng := rand.New(rand.NewPCG(uint64(i), 1))
		rng.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
		set := w.pick(3, clusters(8), cmp.Compare[float64])
		in := w.input(rows, set, set)
		in.Sets[1].Scope, in.Sets[1].Groups = "label", nil
		for _, im := range set.Picks.Images {
			in.Sets[1].Groups = append(in.Sets[1].Groups, im.Label)
		}
		in.Sets[1].Metric = "cosine"
		got, err := json.Marshal(grade(t, in))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = got
			defer runtime.GOMAXPROCS(procs)
		} else if string(got) != string(want) {
			t.Errorf("%d processors, other order: another grade", procs)
		}
	}
}

func TestTooFew(t *testing.T) {
	w := newWorld(300, 4, 3, 3, 4)
	in := w.input(w.all()[:30], w.pick(1, clusters(3), cmp.Compare[float64]))
	g := grade(t, in).Grade
	if g.Reason == "" || g.Sets[0].Picks != 3 {
		t.Errorf("graded 30 images: %+v", g)
	}
	g = grade(t, w.input(w.all(), w.set(w.all()[:156]))).Grade
	if s := g.Sets[0]; !strings.Contains(s.Reason, "156 picks are more than the 150 images") || len(s.Spaces) > 0 || !strings.Contains(s.Sentence, s.Reason) {
		t.Errorf("graded more picks than the pool has images: %+v", s)
	}
	in = w.input(w.all())
	in.Sample.Images[7].Metadata = nil
	if _, err := Grade(in); err == nil {
		t.Error("graded an image without its metadata")
	}
	in = w.input(w.all())
	in.Sample.X = in.Sample.X[1:]
	if _, err := Grade(in); err == nil {
		t.Error("graded vectors that are too short")
	}
}
