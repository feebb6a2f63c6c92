package grading

import (
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/selection/kmeans"
)

// Set is the picks of one scope, center and metric.
type Set struct {
	Scope, Center, Metric string
	Picks                 Rows
	Groups                []string  // group of each pick
	Weights               []float64 // share of the images that each pick stands for; nil where that is not known
}

// Input is what a grade is computed from.
type Input struct {
	Seed   uint64
	Images int64  // that may be picked, in the whole collection
	Space  string // kind of the selection's space; "": schemas.SpaceRaw

	// Sample is uniform: those images of the collection with the smallest
	// SampleHash, or all. Grade brings it into another order.
	Sample Rows
	// Metadata names the columns of Image.Metadata.
	Metadata []string
	// Channels is what the images' channels are called, of which Image.Quality has numbers, too.
	Channels []string
	// Clusters names the clusters: Image.Cluster counts into it.
	Clusters []string
	// Hierarchy made them, where it has fine clusters.
	Hierarchy kmeans.Hierarchy
	Sets      []Set
	Centers   []schemas.Center
	// Parameters are those of the selection, by which picks are made again; nil to leave that.
	Parameters *schemas.SelectionParameters
	// EarlierSearch says that hints try the search of earlier versions.
	EarlierSearch bool
	NaN           bool // it has groups of this name, as in selections of earlier versions
	// Unseen are the pixels of some of the images; nil where they are not at hand.
	Unseen *Unseen

	// Evaluated bounds the evaluation sample, Reference its part for what compares
	// all with all; the rest of the sample is the pool. Half of the sample is
	// evaluated at most. 0: the default.
	Evaluated, Reference int
	Draws                int // random selections; 0: the default
}

// Defaults of Input.
const (
	DefaultEvaluated = 20000
	DefaultReference = 1000
	DefaultDraws     = 20
)

// maxSampleBytes bounds the vectors of the sample.
const maxSampleBytes = 64 << 20

// DefaultSample returns the number of images of the sample for vectors of d
// dimensions: DefaultEvaluated images to evaluate and as many for the pool, but
// at most 64 MiB.
func DefaultSample(d int) int {
	return max(2, min(2*DefaultEvaluated, maxSampleBytes/(4*d)))
}

func (in *Input) defaults() {
	if in.Evaluated == 0 {
		in.Evaluated = DefaultEvaluated
	}
	if in.Reference == 0 {
		in.Reference = DefaultReference
	}
	if in.Draws == 0 {
		in.Draws = DefaultDraws
	}
}

// check finds what a caller did wrong.
func (in *Input) check() error {
	rows := func(what string, r *Rows) error {
		n := r.Len()
		short := func(im Image) bool { return len(im.Metadata) != len(in.Metadata) }
		if r.D < 1 || len(r.X) != n*r.D || len(r.Encoded) != n*r.E || slices.ContainsFunc(r.Images, short) {
			return fmt.Errorf("grading: %s: the columns of %d rows do not fit each other", what, n)
		}
		return nil
	}
	if err := rows("sample", &in.Sample); err != nil {
		return err
	}
	for i := range in.Sets {
		s := &in.Sets[i]
		if err := rows("picks", &s.Picks); err != nil {
			return err
		}
		if len(s.Groups) != s.Picks.Len() || s.Weights != nil && len(s.Weights) != s.Picks.Len() || s.Picks.D != in.Sample.D {
			return fmt.Errorf("grading: %d groups of %d picks of %d dimensions, the sample has %d", len(s.Groups), s.Picks.Len(), s.Picks.D, in.Sample.D)
		}
	}
	return nil
}

// group returns the group of an image in a scope; false where it has none.
func (in *Input) group(scope string, im *Image) (string, bool) {
	switch {
	case scope == schemas.ScopeGlobal:
		return schemas.GroupAll, true
	case scope == schemas.ScopeCluster && len(in.Clusters) > 0:
		return in.Clusters[im.Cluster], true
	case schemas.CrossesClusters(scope) && len(in.Clusters) > 0:
		value, ok := in.value(schemas.ColumnOf(scope), im)
		if !ok || in.isNone(scope, value) {
			return "", false
		}
		return schemas.CrossedGroup(scope, in.Clusters[im.Cluster], value), true
	}
	value, ok := in.value(scope, im)
	return value, ok && !in.isNone(scope, value)
}

// isNone reports whether a value of the column of a scope names no group: NaN does not, but in
// selections of earlier versions.
func (in *Input) isNone(scope, value string) bool {
	return !in.NaN && schemas.OfNaN(schemas.ColumnOf(scope), value)
}

// value returns the value of an image in a column; false where it has none.
func (in *Input) value(column string, im *Image) (string, bool) {
	if column == schemas.ScopeLabel {
		return im.Label, im.HasLabel
	}
	if c := slices.Index(in.Metadata, column); c >= 0 {
		return im.Metadata[c], im.Metadata[c] != ""
	}
	return "", false
}
