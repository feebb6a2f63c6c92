package centering

import (
	"context"
	"encoding/gob"
	"io"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/selection/kmeans"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*startFn]())
	beam.RegisterDoFn(reflect.TypeFor[*passFn]())
	beam.RegisterDoFn(reflect.TypeFor[*stepFn]())
	beamrun.RegisterElement(reflect.TypeFor[Encoded]())
	beamrun.RegisterElement(reflect.TypeFor[pass]())
}

// Config says which centers are wanted.
type Config struct {
	Scopes    []string // of schemas.SelectionParameters
	Centers   []string // of schemas.SelectionParameters
	Metadata  []string // the Metadata_ columns of the files, in their order
	Dimension int
	Dir       string // folder for the files that large values go through
}

func (c Config) wants(centers ...string) bool {
	return slices.ContainsFunc(centers, func(name string) bool { return slices.Contains(c.Centers, name) })
}

// State is what is known of the centers between two passes. Groups are numbered
// scope by scope; a group may be empty, and then has no center.
type State struct {
	D        int
	Scale    kmeans.Scale // of the rows
	Eligible int64
	Scopes   []Scope
	Clusters spill.Value // centers that the clusters are those nearest to, clusters x D, sorted
	kmeans   []float64   // the same, read

	Sizes     []int64   // of the groups; nil before the first pass
	Clustered []int64   // eligible images of the clusters, where these are crossed in a scope
	Means     []float64 // groups x D
	Median    *Median   // nil where not wanted
	Geometric *Geometric
	Medoid    *Medoid

	Passes int // that read the rows
}

// Encoded is a State on its way between stages.
type Encoded struct {
	Value  spill.Value // encoding/gob
	Done   bool        // nothing is left to find
	Passes int         // that read the rows
	Stale  []string    // files of the pass before the last one
	Saved  spill.Value // stays whatever the passes lead to: a run that is killed begins with it again
}

// encode encodes a State or a tally; a large one goes to a file in the folder dir.
func encode(ctx context.Context, dir string, v any) (spill.Value, error) {
	return spill.Put(ctx, dir, "centering", func(w io.Writer) error { return gob.NewEncoder(w).Encode(v) })
}

func decode(ctx context.Context, from spill.Value, v any) error {
	return from.Read(ctx, func(r io.Reader) error { return gob.NewDecoder(r).Decode(v) })
}

// State returns the state that e holds.
func (e Encoded) State(ctx context.Context) (*State, error) {
	s := &State{}
	err := decode(ctx, e.Value, s)
	if err == nil && slices.ContainsFunc(s.Scopes, Scope.clusters) {
		s.kmeans, err = clustering.ReadCenters(ctx, s.Clusters)
	}
	return s, err
}

// Reader decodes the state that the elements of a bundle have in common once. The
// runner keeps every DoFn, so at the end of a bundle it is to be dropped.
type Reader struct {
	state  *State
	groups *Groups
	from   spill.Value
}

// Read returns the state that e holds, and its groups.
func (r *Reader) Read(ctx context.Context, e Encoded) (*State, *Groups, error) {
	if r.state == nil || !r.from.Equal(e.Value) {
		s, err := e.State(ctx)
		if err != nil {
			return nil, nil, err
		}
		r.state, r.groups, r.from = s, s.Groups(), e.Value
	}
	return r.state, r.groups, nil
}

// Drop forgets the state.
func (r *Reader) Drop() { *r = Reader{} }

// crossed returns the number of clusters that are crossed in a scope, 0 where none are.
func (s *State) crossed() (clusters int) {
	for _, scope := range s.Scopes {
		clusters = max(clusters, scope.Clusters)
	}
	return clusters
}

// Len returns the number of groups of all scopes.
func (s *State) Len() int {
	last := s.Scopes[len(s.Scopes)-1]
	return last.First + last.Len
}

// Done reports whether every center is found.
func (s *State) Done() bool {
	return s.Sizes != nil && (s.Median == nil || s.Median.done()) &&
		(s.Geometric == nil || s.Geometric.done()) && (s.Medoid == nil || s.Medoid.done())
}

// Center returns a center of a group that is not empty.
func (s *State) Center(name string, group int) []float64 {
	at := func(rows []float64) []float64 { return rows[group*s.D : (group+1)*s.D] }
	switch name {
	case schemas.CenterMean:
		return at(s.Means)
	case schemas.CenterMedian:
		return at(s.Median.Values)
	case schemas.CenterGeometricMedian:
		return s.Geometric.Paths[group].Y
	case schemas.CenterMedoid:
		return nearest.Widen(s.Medoid.winner(group).X)
	case schemas.CenterKMeans:
		for _, scope := range s.Scopes {
			if scope.Name == schemas.ScopeCluster {
				group -= scope.First
			}
		}
		return s.KMeans(group)
	}
	panic("no center is named " + name)
}

// KMeans returns the center that a cluster is those nearest to.
func (s *State) KMeans(cluster int) []float64 { return s.kmeans[cluster*s.D : (cluster+1)*s.D] }

// Summary says how the centers were found.
func (s *State) Summary() schemas.Centering {
	c := schemas.Centering{Passes: s.Passes}
	if s.Geometric != nil {
		g := &schemas.GeometricMedian{Tolerance: Tolerance, SameDistance: s.least()}
		for _, p := range s.Geometric.Paths {
			g.LargestResidual = max(g.LargestResidual, p.Residual)
			if p.Residual > Tolerance {
				g.Unfinished++
			}
		}
		c.GeometricMedian = g
	}
	if s.Medoid != nil {
		c.MedoidCandidates = s.Medoid.K
	}
	return c
}

type startFn struct{ Config Config }

// ProcessElement prepares the first pass: what the groups are.
func (f *startFn) ProcessElement(ctx context.Context, stats clustering.Stats, clusters clustering.Solution) (Encoded, error) {
	s, err := start(f.Config, stats, clusters)
	if err != nil {
		return Encoded{}, beamrun.Fail(err)
	}
	v, err := encode(ctx, f.Config.Dir, s)
	return Encoded{Value: v}, beamrun.Fail(err)
}

func start(c Config, stats clustering.Stats, clusters clustering.Solution) (*State, error) {
	s := &State{D: c.Dimension, Scale: stats.Scale(), Eligible: stats.Eligible}
	var groups int
	s.Scopes, groups = layOut(c.Scopes, c.Metadata, stats, clusters.Groups)
	if slices.ContainsFunc(s.Scopes, Scope.clusters) {
		s.Clusters = clusters.Centers
	}
	for _, scope := range s.Scopes { // of Config.Clusters=auto their number is not known before
		if err := clustering.CheckCrossed(scope.Name, scope.Clusters, len(scope.Values)); err != nil {
			return nil, err
		}
	}
	if c.wants(schemas.CenterMedian) {
		s.Median = newMedian(groups, s.D)
	}
	if c.wants(schemas.CenterGeometricMedian, schemas.CenterMedoid) {
		s.Geometric = &Geometric{}
	}
	if c.wants(schemas.CenterMedoid) {
		s.Medoid = &Medoid{K: schemas.MedoidCandidates(groups, s.D)}
	}
	return s, nil
}
