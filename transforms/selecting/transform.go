package selecting

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/selection/grading/gathering"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/store"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*nearFn]())
	beam.RegisterDoFn(reflect.TypeFor[*requestFn]())
	beam.RegisterDoFn(reflect.TypeFor[*writeFn]())
	beamrun.RegisterElement(reflect.TypeFor[Candidates]())
	beamrun.RegisterElement(reflect.TypeFor[Written]())
}

// Options are what every stage of a run shares.
type Options struct {
	Output      string
	Shards      string // folder of the image shards, or ""
	Scratch     string // folder, "" for the system's, or scratchOff
	Fingerprint string
	Latents     string // sha256 of _latents.json
	ModelSHA256 string
	Space       string   // kind of the space, see package spaces
	Dimension   int      // of the space
	Encoded     int      // dimensions of the latents
	Rows        int64    // of the latents
	Metadata    []string // Metadata_* columns
	Parameters  schemas.SelectionParameters
	Hands       *schemas.EarlierHands // of the selection that is extended
	Learnt      *schemas.Learnt       // of the latents; nil where that is not known
}

// state is the folder of what lies between stages.
func (o *Options) state() string { return store.Join(o.Output, schemas.StateDir) }

// Written says what the last stage wrote.
type Written struct{ Picks, Files int64 }

// Select groups the images of PCollection<rows.File>, picks the nearest
// to each centre and writes every file of the selection but selection.json,
// whose content it leaves in the state folder. It returns PCollection<Written>,
// one element.
func Select(s beam.Scope, o Options, files beam.PCollection) beam.PCollection {
	s = s.Scope("selecting.Select")
	p := o.Parameters
	// First the thresholds of the quality gate are taken from the data.
	if p.Gate.Mode == schemas.GateAuto {
		files = clustering.Gated(s, p.Gate, files)
	}
	// Then the space is found in which rows are compared.
	dir := o.state()
	files, space := clustering.Spaced(s, o.Space, o.Dimension, o.Encoded, o.Rows, dir, files)
	// Then every row is checked and counted, and the gate applied.
	columns := centering.Grouped(p.Scopes)
	scans := clustering.Scan(s, columns, o.Metadata, files)
	stats := clustering.Summarise(s, clustering.Requirements{
		Clusters: p.Clusters, Columns: columns, Dimension: o.Dimension}, scans)
	// Then come the clusters, and the centres of the groups of all scopes.
	clusters := beam.Create(s, clustering.Solution{})
	if p.Clustered() {
		clusters = clustering.Mean(s, o.Dimension, dir, stats, files)
		clusters = clustering.Seed(s, clustering.Config{Clusters: p.Clusters, Seed: p.Seed,
			Restarts: p.Restarts, SampleSize: p.SampleSize, Hierarchy: kmeans.HierarchyOf(p)}, dir, clusters, files)
		if !p.Hierarchical() {
			clusters = clustering.Refine(s, p.MaxPasses, dir, clusters, files)
		}
	}
	centers := centering.Find(s, centering.Config{Scopes: p.Scopes, Centers: p.Centers,
		Metadata: o.Metadata, Dimension: o.Dimension, Dir: dir}, stats, clusters, files)
	// Then each file offers its nearest images, which gives the picks; these and a
	// sample are brought together for the grade, and one element writes the result.
	candidates := beam.ParDo(s, &nearFn{Options: o}, files, beam.SideInput{Input: centers})
	request := beam.ParDo(s, &requestFn{Options: o}, centers, beam.SideInput{Input: candidates})
	blocks := gathering.Gather(s, request, files)
	return beam.ParDo(s, &writeFn{Options: o}, clusters, beam.SideInput{Input: space}, beam.SideInput{Input: scans},
		beam.SideInput{Input: centers}, beam.SideInput{Input: candidates}, beam.SideInput{Input: blocks})
}
