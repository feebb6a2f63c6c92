package selecting

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/data/labels"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/selection/grading/gathering"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/store"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*nearFn]())
	beam.RegisterDoFn(reflect.TypeFor[*qualityFn]())
	beam.RegisterDoFn(reflect.TypeFor[*middleFn]())
	beam.RegisterDoFn(reflect.TypeFor[*spreadStartFn]())
	beam.RegisterDoFn(reflect.TypeFor[*spreadPassFn]())
	beam.RegisterDoFn(reflect.TypeFor[*spreadStepFn]())
	beam.RegisterDoFn(reflect.TypeFor[*spreadEndFn]())
	beam.RegisterDoFn(reflect.TypeFor[*chooseFn]())
	beam.RegisterDoFn(reflect.TypeFor[*requestFn]())
	beam.RegisterDoFn(reflect.TypeFor[*ranksFn]())
	beam.RegisterDoFn(reflect.TypeFor[*tiesFn]())
	beam.RegisterDoFn(reflect.TypeFor[*assignFn]())
	beam.RegisterDoFn(reflect.TypeFor[*writeFn]())
	beam.RegisterDoFn(reflect.TypeFor[*saveFn]())
	beamrun.RegisterElement(reflect.TypeFor[Candidates]())
	beamrun.RegisterElement(reflect.TypeFor[Qualities]())
	beamrun.RegisterElement(reflect.TypeFor[Middles]())
	beamrun.RegisterElement(reflect.TypeFor[Spreads]())
	beamrun.RegisterElement(reflect.TypeFor[SpreadPass]())
	beamrun.RegisterElement(reflect.TypeFor[Chosen]())
	beamrun.RegisterElement(reflect.TypeFor[Ranks]())
	beamrun.RegisterElement(reflect.TypeFor[Ties]())
	beamrun.RegisterElement(reflect.TypeFor[Assigned]())
	beamrun.RegisterElement(reflect.TypeFor[Written]())
}

// Options are what every stage of a run shares.
type Options struct {
	Input       string // what errors call the latents
	Output      string
	Shards      string              // folder of the image shards, or ""
	Pixels      bool                // the grade looks at images there
	Described   imagefile.Described // what the shards say of the images
	Scratch     string              // folder, "" for the system's, or scratchOff
	Fingerprint string
	Before      string // fingerprint that earlier versions gave the same selection; "" where it is the same
	Latents     string // sha256 of _latents.json
	ModelSHA256 string
	Space       string   // kind of the space, see package spaces
	Dimension   int      // of the space
	Encoded     int      // dimensions of the latents
	Rows        int64    // of the latents
	Inside      int64    // of these, the rows that satisfy Parameters.Where: all without one
	Metadata    []string // Metadata_* columns
	Channels    []string // of the images, see LatentsSpec.Channels
	Parameters  schemas.SelectionParameters
	Labels      labels.File           // instead of those of the latents
	Labeled     *schemas.GivenLabels  // what it names; nil without
	Hands       *schemas.EarlierHands // of the selection that is extended
	Foreign     bool                  // the latents are vectors of another program
	Columns     []string              // whose numbers these are, where that is known
	limits      error                 // why limits of the gate judge nothing
	Learned     *schemas.Learned      // of the latents; nil where that is not known
}

// state is the folder of what lies between stages.
func (o *Options) state() string { return store.Join(o.Output, schemas.StateDir) }

// Written says what the last stage wrote.
type Written struct{ Picks, Files int64 }

// stages are the collections that the parts of a selection hand on: the files, with the
// gate and the space that their rows are read by, and of one element each what is known
// of all rows.
type stages struct {
	files, space, scans, stats beam.PCollection
	clusters                   beam.PCollection // clustering.Solution, an empty one without clusters
	centers                    beam.PCollection // centering.Encoded
}

// begin reads PCollection<rows.File> up to the first centers of the clusters.
func (o Options) begin(s beam.Scope, files beam.PCollection) (n stages) {
	s = s.Scope("selecting.Begin")
	p, dir := o.Parameters, o.state()
	// First the thresholds of the quality gate are taken from the data.
	if p.Gate.Mode == schemas.GateAuto {
		files = clustering.Gated(s, p.Gate, o.Channels, files)
	}
	// Then the space is found in which rows are compared.
	n.files, n.space = clustering.Spaced(s, o.Space, o.Parameters.Deviation, o.Dimension, o.Encoded, o.Inside, o.Input, dir, files)
	// Then every row is checked and counted, and the gate applied.
	n.scans = clustering.Scan(s, schemas.ColumnsOf(p.Scopes), o.Metadata, n.files)
	n.stats = clustering.Summarize(s, clustering.Requirements{
		Clusters: p.Clusters, Scopes: p.Scopes, Dimension: o.Dimension, Input: o.Input, Foreign: o.Foreign}, n.scans)
	// Then come the first centers of the clusters.
	if !p.Clustered() {
		n.clusters = beam.Create(s, clustering.Solution{})
		return n
	}
	mean := clustering.Mean(s, o.Dimension, dir, n.stats, n.files)
	n.clusters = clustering.Seed(s, clustering.Config{Clusters: p.Clusters, Seed: p.Seed,
		Restarts: p.Restarts, SampleSize: p.SampleSize, Hierarchy: kmeans.HierarchyOf(p)}, dir, mean, n.files)
	return n
}

// centering returns which centers are wanted.
func (o Options) centering() centering.Config {
	return centering.Config{Scopes: o.Parameters.Scopes, Centers: o.Parameters.Centers,
		Metadata: o.Metadata, Dimension: o.Dimension, Dir: o.state()}
}

// finish picks the nearest images to each center and writes every file of the selection
// but selection.json, whose content it leaves in the state folder. It returns
// PCollection<Written>, one element.
func (o Options) finish(s beam.Scope, n stages) beam.PCollection {
	s = s.Scope("selecting.Finish")
	// First each file offers its nearest images, which gives the picks; these and a
	// sample are brought together for the grade, each file counting the images that the
	// picks stand for, and one element writes the result. Where they are asked for, each
	// file has written the assignments of its images before.
	middles := o.middles(s, n)
	candidates := beam.ParDo(s, &nearFn{Options: o}, n.files, beam.SideInput{Input: n.centers}, beam.SideInput{Input: middles})
	chosen := beam.ParDo(s, &chooseFn{Options: o}, n.centers, beam.SideInput{Input: middles}, beam.SideInput{Input: candidates})
	request := beam.ParDo(s, &requestFn{Options: o}, n.centers, beam.SideInput{Input: chosen})
	blocks, counts := gathering.Gather(s, request, n.files)
	assigned := o.assign(s, n, chosen, candidates)
	return beam.ParDo(s, &writeFn{Options: o}, n.clusters, beam.SideInput{Input: n.space}, beam.SideInput{Input: n.scans},
		beam.SideInput{Input: n.centers}, beam.SideInput{Input: chosen}, beam.SideInput{Input: blocks}, beam.SideInput{Input: counts}, beam.SideInput{Input: assigned})
}

// assign writes the assignments files, where they are asked for: the distances of all
// images are sorted, images at equal ones are found, if there are any, and a pass over the
// files writes. It returns PCollection<Assigned>.
func (o Options) assign(s beam.Scope, n stages, chosen, candidates beam.PCollection) beam.PCollection {
	s = s.Scope("selecting.Assign")
	if !o.Parameters.Assignments {
		return beam.Create(s, Assigned{})
	}
	ranks := beam.ParDo(s, &ranksFn{Options: o}, n.centers, beam.SideInput{Input: chosen}, beam.SideInput{Input: candidates})
	ties := beam.ParDo(s, &tiesFn{Options: o}, n.files, beam.SideInput{Input: n.centers}, beam.SideInput{Input: ranks})
	return beam.ParDo(s, &assignFn{Options: o}, n.files, beam.SideInput{Input: n.centers}, beam.SideInput{Input: ranks}, beam.SideInput{Input: ties})
}
