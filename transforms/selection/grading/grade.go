package grading

import (
	"cmp"
	"fmt"

	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
	"exemplar/transforms/selection/spaces"
)

// Result is a grade, and the rank intervals of the picks.
type Result struct {
	Grade schemas.Grade
	Ranks [][]RankInterval // of each set, of each of its picks; nil where there are none
}

// fewest is the number of images below which nothing is measured.
const fewest = 20

// grader is a run of Grade. Rows of the sample are in the order of their hash:
// first those that are evaluated, then the pool.
type grader struct {
	Input
	evaluated, pool int
	draws           [][]int32 // rows of the pool, counted from its first
	picks           []Rows    // of each set, in the order of the sample's hash
	groups          [][]string
	weights         [][]float64 // nil where they are not known
	drawn           map[*scope]map[int][][]float64
	byScope         map[string]*scope
	coresets        []*coreset // of the sets whose picks can be made again
	extra           bool       // not the first spaces: what cannot be graded there is left out
}

// Grade scores the sets of picks. It reorders in.Sample.
func Grade(in Input) (*Result, error) {
	in.defaults()
	if err := in.check(); err != nil {
		return nil, err
	}
	g := &grader{Input: in, byScope: map[string]*scope{}, coresets: make([]*coreset, len(in.Sets))}
	g.arrange()
	r := &Result{Grade: schemas.Grade{Images: in.Images, Evaluated: g.evaluated, Pool: g.pool,
		Reference: min(g.evaluated, in.Reference), Draws: in.Draws, Seed: in.Seed,
		Sets: make([]schemas.SetGrade, len(in.Sets)), Findings: []schemas.Finding{}}}
	for i, s := range in.Sets {
		r.Grade.Sets[i] = schemas.SetGrade{Scope: s.Scope, Center: s.Center, Metric: s.Metric, Picks: s.Picks.Len(), Blank: blanks(&s.Picks)}
	}
	for i := range in.Sets {
		r.Ranks = append(r.Ranks, g.rankIntervals(i))
	}
	r.Grade.Mixtures = g.mixtures()
	if g.evaluated < fewest || g.pool < fewest {
		r.Grade.Reason = fmt.Sprintf("%s too few to set some of them aside", words.Plural(in.Sample.Len(), "image is", "images are"))
		g.find(&r.Grade)
		return r, nil
	}
	g.gradeSpaces(&r.Grade)
	unseen := g.gradeUnseen(&r.Grade)
	for i := range in.Sets {
		set := &r.Grade.Sets[i]
		set.Balance, set.Batches = g.balances(i), g.batches(i)
		set.Bias = g.biases(i)
		if unseen != nil {
			set.Blur = unseen.blur(i, set.Bias)
		}
		set.Repicked, g.coresets[i] = g.repicked(i)
		set.Sentence = verdict.Sentence(set, &r.Grade)
	}
	r.Grade.Stability = g.stability()
	g.find(&r.Grade)
	g.hints(&r.Grade)
	return r, nil
}

func blanks(picks *Rows) (n int) {
	for _, im := range picks.Images {
		if im.Blank {
			n++
		}
	}
	return n
}

// arrange splits the sample, draws from the pool and orders the picks.
func (g *grader) arrange() {
	order := shuffled(g.Seed^sampleSalt, g.Sample.Images)
	g.evaluated = min(len(order)/2, g.Evaluated)
	g.pool = len(order) - g.evaluated
	g.Sample.arrange(order)
	for r := range g.Draws {
		g.draws = append(g.draws, shuffled(g.Seed^(drawSalt+uint64(r)), g.Sample.Images[g.evaluated:]))
	}
	for _, s := range g.Sets {
		order := shuffled(g.Seed^sampleSalt, s.Picks.Images)
		g.picks = append(g.picks, s.Picks.some(order))
		g.groups = append(g.groups, permuted(s.Groups, order))
		var weights []float64
		if s.Weights != nil {
			weights = permuted(s.Weights, order)
		}
		g.weights = append(g.weights, weights)
	}
}

// Limits of the whitened space.
const (
	whitenRows      = 8192 // images that it is estimated from
	whitenDimension = 64
)

// gradeSpaces fills in the figures of every set, one space after the other: that
// of the selection, that of the encoder, and the whitened one.
func (g *grader) gradeSpaces(grade *schemas.Grade) {
	sample := &g.Sample
	own := cmp.Or(g.Space, schemas.SpaceRaw)
	g.gradeSpace(grade, own, sample.D, sample.X, func(r *Rows) []float32 { return r.X })
	encoded, e := func(r *Rows) []float32 { return r.X }, sample.D
	if sample.Encoded != nil {
		encoded, e = func(r *Rows) []float32 { return r.Encoded }, sample.E
		g.gradeSpace(grade, schemas.SpaceRaw, e, sample.Encoded, encoded)
	}
	if own == spaces.Whiten {
		return
	}
	x := encoded(sample)
	whitened, err := spaces.FitWhitened(x[:e*min(sample.Len(), whitenRows)], e, spaces.Limits{Dimension: whitenDimension})
	if err != nil || e < 2 {
		return // the vectors are equal, or numbers: there is nothing to whiten
	}
	m := whitened.Map()
	grade.Whitening = &schemas.Whitening{Dimension: whitened.Out, Variance: whitened.Variance, Rows: whitened.Rows}
	g.gradeSpace(grade, schemas.SpaceWhitened, whitened.Out, mapped(m, x), func(r *Rows) []float32 { return mapped(m, encoded(r)) })
}

func (g *grader) gradeSpace(grade *schemas.Grade, name string, d int, x []float32, vectors func(*Rows) []float32) {
	panels := map[*scope]*panel{}
	random := map[*scope]map[int][]measures{}
	for i := range g.Sets {
		set, sc := &grade.Sets[i], g.scopeOf(g.Sets[i].Scope)
		n := g.picks[i].Len()
		if reason := sc.refuses(n); reason != "" {
			if !g.extra {
				set.Reason = reason
			}
			continue
		}
		p := panels[sc]
		if p == nil {
			p = newPanel(d, sc.evaluatedRows(x, d), sc.poolRows(x, d), sc.draws, g.Reference)
			panels[sc], random[sc] = p, map[int][]measures{}
		}
		picks := vectors(&g.picks[i])
		k := coverageK(p.rows(), n)
		if random[sc][n] == nil {
			var weights [][]float64
			if g.weighted() {
				weights = g.drawWeights(sc, n)
			}
			random[sc][n] = p.measureDraws(n, weights, p.neighbors(k))
		}
		self := sc.self(&g.Sample, &g.picks[i])
		if !g.extra && len(set.Spaces) == 0 { // the space of the selection
			set.Criticisms = g.criticisms(p, sc, picks, self)
		}
		m := p.measure(picks, self, g.weights[i], p.neighbors(k))
		s := p.grade(m, random[sc][n], g.weights[i] != nil)
		s.Space, s.Dimension, s.CoverageK = name, d, k
		s.MMD2Own = p.ownTerm(float64(g.Images) * float64(sc.rows+sc.size) / float64(g.evaluated+g.pool))
		s.Groups = g.gradeGroups(i, x, picks, d)
		set.Spaces = append(set.Spaces, s)
	}
}
