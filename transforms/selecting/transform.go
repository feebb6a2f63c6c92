package selecting

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/clustering"
	"exemplar/transforms/engine"
	"exemplar/transforms/latents"
	"exemplar/transforms/progress"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*pickFn]())
	beam.RegisterDoFn(reflect.TypeFor[*writeFn]())
	beam.RegisterType(reflect.TypeFor[Candidates]())
	beam.RegisterType(reflect.TypeFor[Written]())
}

// Options are what every stage of a run shares.
type Options struct {
	Output      string
	Shards      string // folder of the image shards, or ""
	Scratch     string // folder, "" for the system's, or scratchOff
	Fingerprint string
	Latents     string // sha256 of _latents.json
	ModelSHA256 string
	Dimension   int
	Metadata    []string // Metadata_* columns
	Parameters  schemas.SelectionParameters
}

// Candidates are the nearest images of each group over some files, encoded.
type Candidates struct{ JSON []byte }

// Written says what the last stage wrote.
type Written struct{ Picks, Files int64 }

// Select groups the images of PCollection<clustering.File>, picks the nearest
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
	// Then every row is checked and counted, and the gate applied.
	scans := clustering.Scan(s, files)
	stats := clustering.Summarise(s, clustering.Requirements{
		Clusters: p.Clusters, Labels: p.Scope == scopeLabel, Dimension: o.Dimension}, scans)
	// Then come the centres: means, or from the mean on to clusters.
	solution := clustering.Means(s, o.Dimension, p.Scope == scopeLabel, stats, files)
	if p.Scope == scopeCluster {
		solution = clustering.Seed(s, clustering.Config{Clusters: p.Clusters, Seed: p.Seed,
			Restarts: p.Restarts, SampleSize: p.SampleSize}, solution, files)
		solution = clustering.Refine(s, p.MaxPasses, solution, files)
	}
	// Then each file offers its nearest images, and one element writes the result.
	near := beam.ParDo(s, &pickFn{Options: o}, files, beam.SideInput{Input: solution})
	return beam.ParDo(s, &writeFn{Options: o}, solution,
		beam.SideInput{Input: scans}, beam.SideInput{Input: near})
}

type pickFn struct {
	Options Options
	bundle  clustering.Bundle[candidates]
}

// ProcessElement starts the search through one file.
func (f *pickFn) ProcessElement(ctx context.Context, file clustering.File, s clustering.Solution, _ func(Candidates)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*candidates, error) { return f.pick(ctx, file, s) }, (*candidates).fold)
	return nil
}

// FinishBundle emits the candidates of the bundle's files.
func (f *pickFn) FinishBundle(_ context.Context, _ clustering.Solution, emit func(Candidates)) error {
	c, err := f.bundle.Wait()
	if c == nil || err != nil {
		return err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return engine.Fail(err)
	}
	emit(Candidates{data})
	return nil
}

func (f *pickFn) pick(ctx context.Context, file clustering.File, s clustering.Solution) (*candidates, error) {
	p := f.Options.Parameters
	grouping := s.Grouping()
	c := newCandidates(grouping.Len(), p.PerGroup+1) // one more for the margin of the last
	distance := clustering.Euclidean
	if p.Metric == metricCosine {
		distance = clustering.Cosine
	}
	var groups []int32
	var d2 []float64
	cols := latents.IDs | latents.Location | latents.SHA | latents.Labels | latents.Metadata
	err := clustering.EachBatch(ctx, file, cols, func(b *clustering.Batch) error {
		groups, d2 = grouping.Assign(b, b.X(), groups, d2)
		for i, row := range b.Eligible {
			g := groups[i]
			if g < 0 {
				continue
			}
			c.Counts[g]++
			c.Squares.Add(d2[i], s.Scale())
			d := distance(b.Latent(row), grouping.Center(int(g)))
			if c.wants(g, d, b.ImageID[row]) {
				pick := rowOf(b, row)
				pick.Distance = d
				c.offer(g, pick)
			}
		}
		progress.Add(clustering.Step, int64(b.N))
		return nil
	})
	return c, err
}

// rowOf copies what a selection says about one image.
func rowOf(b *clustering.Batch, row int) schemas.Pick {
	p := schemas.Pick{ImageID: b.ImageID[row], Shard: b.Shard[row], Record: b.Record[row], Offset: b.Offset[row],
		SHA256: b.SHA256[row], Label: b.Label[row], HasLabel: b.HasLabel[row]}
	for _, column := range b.Metadata {
		p.Metadata = append(p.Metadata, column[row])
	}
	return p
}
