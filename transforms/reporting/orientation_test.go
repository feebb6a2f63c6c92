package reporting

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// turnedSample makes latents of n images, of which the first dimension follows cos 2θ as much as strength says,
// and all have noise of a variance of 1.
func turnedSample(n, d int, strength float64) *oriented {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	o := &oriented{d: d}
	for i := range n {
		a := rng.Int64N(180_000)
		o.ids, o.angles, o.weights = append(o.ids, fmt.Sprintf("%05d", i)), append(o.angles, a), append(o.weights, 0.2+0.8*rng.Float64())
		for j := range d {
			v := rng.NormFloat64()
			if j == 0 {
				v += strength * math.Cos(2*float64(a)/180_000*math.Pi)
			}
			o.x = append(o.x, float32(v))
		}
	}
	return o
}

// solve is Gaussian elimination of a small system with many right sides.
func solve(a [][]float64, b [][]float64) {
	for i := range a {
		p := i
		for k := i; k < len(a); k++ {
			if math.Abs(a[k][i]) > math.Abs(a[p][i]) {
				p = k
			}
		}
		a[i], a[p], b[i], b[p] = a[p], a[i], b[p], b[i]
		for k := range a {
			if k == i {
				continue
			}
			f := a[k][i] / a[i][i]
			for j := range a {
				a[k][j] -= f * a[i][j]
			}
			for j := range b[k] {
				b[k][j] -= f * b[i][j]
			}
		}
	}
	for i := range a {
		for j := range b[i] {
			b[i][j] /= a[i][i]
		}
	}
}

// byNormalEquations is the adjusted R² as textbooks have it.
func byNormalEquations(o *oriented) float64 {
	const p = 9
	a, b := make([][]float64, p), make([][]float64, p)
	for i := range p {
		a[i], b[i] = make([]float64, p), make([]float64, o.d)
	}
	regressors := func(i int) [p]float64 {
		r := [p]float64{1}
		for k := 1; k <= 4; k++ {
			r[2*k-1], r[2*k] = math.Cos(2*float64(k)*float64(o.angles[i])/180_000*math.Pi), math.Sin(2*float64(k)*float64(o.angles[i])/180_000*math.Pi)
		}
		return r
	}
	// Axes have twice the angle: 2kθ with θ in degrees of 180.
	var sum, squares float64
	mean := make([]float64, o.d)
	for i, w := range o.weights {
		sum, squares = sum+w, squares+w*w
		r := regressors(i)
		for u := range p {
			for v := range p {
				a[u][v] += w * r[u] * r[v]
			}
			for j := range o.d {
				b[u][j] += w * r[u] * float64(o.x[i*o.d+j])
			}
		}
		for j := range o.d {
			mean[j] += w * float64(o.x[i*o.d+j])
		}
	}
	solve(a, b)
	var left, total float64
	for i, w := range o.weights {
		r := regressors(i)
		for j := range o.d {
			v := float64(o.x[i*o.d+j])
			fit := 0.0
			for u := range p {
				fit += r[u] * b[u][j]
			}
			left, total = left+w*(v-fit)*(v-fit), total+w*(v-mean[j]/sum)*(v-mean[j]/sum)
		}
	}
	n := sum * sum / squares
	return 1 - left/total*(n-1)/(n-p)
}

// TestShareOfOrientation: against normal equations, and against what is put into the latents.
func TestShareOfOrientation(t *testing.T) {
	for _, strength := range []float64{0, 1, 3} {
		o := turnedSample(900, 5, strength)
		got, want := o.share(o.angles, allHarmonics, nil), byNormalEquations(o)
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("strength %v: %v, by the normal equations %v", strength, got, want)
		}
		// Of five dimensions of variance 1 one has strength²/2 more.
		if put := strength * strength / 2 / (5 + strength*strength/2); math.Abs(got-put) > 0.02 {
			t.Errorf("strength %v: %v, %v was put in", strength, got, put)
		}
	}
}

// TestOrientationInWords: latents that follow the angle are told, with advice; those that do not, and too few
// images, are not. The order in which images come makes no difference but by rounding.
func TestOrientationInWords(t *testing.T) {
	strong := turnedSample(800, 4, 3).report(false, nil)
	if strong.Share < 0.4 || strong.Null > 0.05 || !strings.Contains(strong.Advice, "--align=moments") || strong.Each[0].Share < 0.4 || math.Abs(strong.Each[1].Share) > 0.02 {
		t.Errorf("%+v", strong)
	}
	var counted int64
	for _, n := range strong.Angles.Counts {
		counted += n
	}
	if counted != 800 {
		t.Errorf("%d of 800 angles are counted", counted)
	}
	weak := turnedSample(800, 4, 0)
	if r := weak.report(false, nil); r.Advice != "" || r.Share > 0.02 {
		t.Errorf("%+v", r)
	}
	if r := weak.report(true, slices.Clone(weak.angles)); r.Remaining == nil || *r.Remaining != r.Share || !strings.Contains(r.Sentence, "before") {
		t.Errorf("%+v", r)
	}
	zero := weak.report(true, make([]int64, 800)) // all lie alike since: nothing is left to explain by
	if *zero.Remaining != 0 {
		t.Errorf("equal angles explain %v", *zero.Remaining)
	}
	if r := turnedSample(49, 4, 3).report(false, nil); r.Angles != nil || r.Advice != "" || !strings.Contains(r.Sentence, "only 49 images") {
		t.Errorf("%+v", r)
	}
}

// TestMethodsSayAlign: the paragraph to quote says that objects were turned, and the commands how.
func TestMethodsSayAlign(t *testing.T) {
	g := &gatherer{inputs: &inputs{collection: &schemas.Collection{Inputs: []string{"crops"}, Root: "crops"}}}
	p := &paragraph{cited: map[string]string{}}
	g.sayAlign(p)
	if text := p.text.String(); text != "" || strings.Contains(g.shardCommand("shards"), "--align") {
		t.Errorf("not aligned: %s, %s", text, g.shardCommand("shards"))
	}
	g.latents.Align, g.shards.Parameters.Align = schemas.AlignMoments, schemas.AlignMoments
	g.sayAlign(p)
	if text := p.text.String(); !strings.Contains(text, "principal axis of its object") || p.cited["otsu1979"] == "" {
		t.Error(text)
	}
	if command := g.shardCommand("shards"); !strings.Contains(command, "--align=moments") {
		t.Error(command)
	}
}
