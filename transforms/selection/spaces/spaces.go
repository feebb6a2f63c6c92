// Package spaces changes the space in which vectors are compared: to z-scores,
// or to whitened principal components, so that no dimension counts for more than
// the others because of its unit or its spread.
//
// What lives here: finding a space from a sample of vectors, its map, its form as a
// file, and the share that each dimension has in the squared norm. What never enters:
// Beam, Parquet, files, printing; reading vectors, and what is done in the space.
package spaces

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exemplar/model/affine"
	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
)

// Kinds of spaces, the values of schemas.SelectionParameters.Space.
const (
	Raw    = "raw"
	ZScore = "zscore"
	Whiten = "whiten" // whiten:K for K components
)

// DefaultComponents is the number of components of a whitened space without one.
const DefaultComponents = 64

// Parse reads the name of a space for vectors of d numbers. K is the dimension
// of the space.
func Parse(s string, d int) (kind string, k int, err error) {
	kind, number, given := strings.Cut(s, ":")
	switch {
	case (kind == Raw || kind == ZScore) && !given:
		return kind, d, nil
	case kind == Whiten && !given:
		return kind, min(d, DefaultComponents), nil
	case kind == Whiten:
		if k, err = strconv.Atoi(number); err == nil && k > 0 && k <= d {
			return kind, k, nil
		}
		if k > d {
			return "", 0, fmt.Errorf("Config.Space=%s: the vectors have only %d dimensions", s, d)
		}
	}
	return "", 0, fmt.Errorf("Config.Space=%s: must be %s, %s, or %s:K with a positive number K of components", s, Raw, ZScore, Whiten)
}

// Space is a map of vectors of In numbers to vectors of Out.
type Space struct {
	Kind    string
	In, Out int

	// A vector x becomes (x - Mean)·Weights: one weight a dimension for z-scores,
	// else In x Out, row by row.
	Mean, Weights []float32

	Rows     int     // of the sample that it was found from
	Variance float64 // share of the sample's variance that it keeps
}

// Fit finds the space of a kind, of k dimensions, from sample vectors of d
// numbers. It fails where they do not differ enough. deviation is schemas.SelectionParameters.Deviation.
func Fit(kind, deviation string, k int, x []float32, d int) (*Space, error) {
	switch kind {
	case Raw:
		return &Space{Kind: Raw, In: d, Out: d, Rows: len(x) / d, Variance: 1}, nil
	case ZScore:
		return fitZScore(x, d, deviation)
	case Whiten:
		s, err := FitWhitened(x, d, Limits{Dimension: k, Exact: true})
		if err == nil && s.Out < k {
			return nil, fmt.Errorf("Config.Space=%s:%d: the %d vectors of the sample vary in %s only: use Config.Space=%s:%d", Whiten, k, s.Rows, words.Plural(s.Out, "direction", "directions"), Whiten, s.Out)
		}
		return s, err
	}
	return nil, fmt.Errorf("there is no space %q", kind)
}

// fitZScore centers each dimension and divides it by its standard deviation. A
// dimension that does not vary becomes 0.
func fitZScore(x []float32, d int, deviation string) (*Space, error) {
	n := len(x) / d
	of := max(n-1, 1)
	if deviation == schemas.DeviationPopulation {
		of = n
	}
	mean := means(x, d)
	squares := make([]float64, d)
	for i := range n {
		for j, v := range x[i*d : (i+1)*d] {
			t := float64(v) - mean[j]
			squares[j] += float64(t * t)
		}
	}
	s := &Space{Kind: ZScore, In: d, Out: d, Mean: nearest.Narrow(mean), Weights: make([]float32, d), Rows: n, Variance: 1}
	varies := false
	for j, sum := range squares {
		// Less than the rounding of the mean to float32 is no variation.
		if sigma := math.Sqrt(sum / float64(of)); sigma > 1e-6*math.Abs(mean[j]) {
			if s.Weights[j] = float32(1 / sigma); math.IsInf(float64(s.Weights[j]), 0) {
				return nil, fmt.Errorf("Config.Space=%s: dimension %d of the vectors has a standard deviation of %.3g, too little to divide by in float32: multiply its numbers, leave it out, or use Config.Space=%s", ZScore, j, sigma, Raw)
			}
			varies = true
		}
	}
	if !varies {
		return nil, errEqual
	}
	return s, nil
}

// Errors of vectors that have no space but the raw one.
var (
	errEqual = errors.New("all vectors of the sample are equal, or differ by no more than the rounding of float32: there is no space to choose; use Config.Space=" + Raw + ", or subtract from each column its mean before")
	errTiny  = errors.New("the vectors of the sample differ by too little to divide by in float32: multiply their numbers")
)

// means returns the mean vector.
func means(x []float32, d int) []float64 {
	mean := make([]float64, d)
	n := len(x) / d
	for i := range n {
		for j, v := range x[i*d : (i+1)*d] {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(max(n, 1))
	}
	return mean
}

// Map returns the space's map; nil for raw.
func (s *Space) Map() *affine.Map {
	switch s.Kind {
	case Raw:
		return nil
	case ZScore:
		return affine.Scale(s.Mean, s.Weights)
	}
	return affine.New(s.Mean, s.Weights, s.Out)
}

// Apply returns the mapped vectors of x.
func (s *Space) Apply(x []float32) []float32 {
	if s.Kind == Raw {
		return x
	}
	out := make([]float32, len(x)/s.In*s.Out)
	s.Map().Apply(out, x)
	return out
}

// Marshal returns the space as a file's content; Unmarshal reads it.
func (s *Space) Marshal() ([]byte, error) { return json.Marshal(s) }

// Unmarshal reads what Marshal wrote.
func Unmarshal(data []byte) (*Space, error) {
	s := &Space{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, schemas.JSONError(err)
	}
	want := s.In * s.Out
	if s.Kind == ZScore {
		want = s.In
	}
	if s.In < 1 || s.Out < 1 || len(s.Mean) != s.In || len(s.Weights) != want {
		return nil, fmt.Errorf("its numbers are not those of a space of %d to %d dimensions", s.In, s.Out)
	}
	return s, nil
}

// sharesKept is the number of dimensions whose shares are told.
const sharesKept = 5

// Shares maps the sample and returns the largest shares that dimensions have in
// the squared norm over all its vectors, largest first; nil where all are zero.
func (s *Space) Shares(x []float32) []schemas.DimensionShare {
	squares, total := make([]float64, s.Out), 0.0
	y := s.Apply(x)
	for i := 0; i < len(y); i += s.Out {
		for j, v := range y[i : i+s.Out] {
			squares[j] += float64(float64(v) * float64(v))
		}
	}
	for _, v := range squares {
		total += v
	}
	if !(total > 0) {
		return nil
	}
	shares := make([]schemas.DimensionShare, s.Out)
	for j, v := range squares {
		shares[j] = schemas.DimensionShare{Dimension: j, Share: v / total}
	}
	slices.SortStableFunc(shares, func(a, b schemas.DimensionShare) int { return cmp.Compare(b.Share, a.Share) })
	return shares[:min(sharesKept, len(shares))]
}

// Limits of the sample that a space is found from.
const (
	sampleRows  = 1 << 15
	sampleBytes = 64 << 20 // of its vectors
	sampleSeed  = 0x5bace
)

// Limit returns the share of n images, of vectors of d numbers, that are drawn
// for the sample: 32,768 of them, or 64 MiB.
func Limit(n int64, d int) float64 {
	return float64(min(sampleRows, sampleBytes/(4*d))) / float64(max(n, 1))
}

// Drawn reports whether an image is in the sample: its id alone decides.
func Drawn(id string, limit float64) bool {
	return draw.Uniform(sampleSeed, id) < limit
}

// Invert returns the vector of In numbers that the map takes to y: of those that it
// takes there the one nearest to the mean of the sample.
func (s *Space) Invert(y []float64) []float32 {
	x := make([]float32, s.In)
	switch s.Kind {
	case Raw:
		for j, v := range y {
			x[j] = float32(v)
		}
	case ZScore:
		for j, v := range y {
			x[j] = s.Mean[j]
			if s.Weights[j] != 0 {
				x[j] = float32(float64(s.Mean[j]) + float64(v/float64(s.Weights[j])))
			}
		}
	default:
		// Columns are orthogonal: one of length 1/σ stands for a unit vector times σ².
		sum := make([]float64, s.In)
		for c, v := range y {
			square := 0.0
			for j := range s.In {
				w := float64(s.Weights[j*s.Out+c])
				square += float64(w * w)
			}
			for j := range s.In {
				sum[j] += float64(float64(s.Weights[j*s.Out+c]) * v / square)
			}
		}
		for j, v := range sum {
			x[j] = float32(float64(s.Mean[j]) + v)
		}
	}
	return x
}
