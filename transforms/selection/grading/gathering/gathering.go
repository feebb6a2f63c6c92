// Package gathering is the pass over all latents that follows when the picks are chosen:
// it brings together what a grade needs, a sample and the picks, and counts the images
// that each pick stands for.
//
// What lives here: the PTransform. What never enters: flags, printing, selecting; how
// picks are made; which rows a grade needs, and what it makes of them, which are package
// grading's; which pick an image counts for, which is package weighing's.
package gathering

import (
	"context"
	"encoding/gob"
	"io"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/grading"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/weighing"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*gatherFn]())
	beamrun.RegisterElement(reflect.TypeFor[Request]())
	beamrun.RegisterElement(reflect.TypeFor[grading.Block]())
	beamrun.RegisterElement(reflect.TypeFor[Counts]())
}

// Request is what the pass looks for.
type Request struct {
	Grade    grading.Request
	Picks    spill.Value // []weighing.Set, gob
	Metadata []string    // Metadata_* columns
	Dir      string      // where large counts lie
}

// Counts are those of some files.
type Counts struct{ Images spill.Value } // weighing.Counts, gob

// Join puts the counts of all files together.
func Join(ctx context.Context, parts []Counts) (total weighing.Counts, err error) {
	for _, part := range parts {
		var counts weighing.Counts
		if err := part.Images.Read(ctx, func(r io.Reader) error { return gob.NewDecoder(r).Decode(&counts) }); err != nil {
			return nil, err
		}
		if total == nil {
			total = counts
		} else {
			total.Add(counts)
		}
	}
	return total, nil
}

// Gather brings the sample and the picks together, and counts: one pass over all files.
// It takes PCollection<rows.File> and a Request, one element, and returns
// PCollection<grading.Block>, which grading.Join turns into rows, and PCollection<Counts>.
// Which images are brought along depends on their ids alone; about Grade.Sample plus the
// picks cross the stage, with their vectors as they were encoded.
func Gather(s beam.Scope, request, files beam.PCollection) (blocks, counts beam.PCollection) {
	return beam.ParDo2(s.Scope("grading.Gather"), &gatherFn{}, files, beam.SideInput{Input: request})
}

type gatherFn struct {
	bundle beamrun.Fold[gathered]

	request *Request
	wanted  gatherer // empty, for the request
}

// gatherer takes what a request looks for.
type gatherer struct {
	rows  *grading.Collector
	picks *weighing.Weigher
	sums  bool // of the images are asked for
}

// gathered is what was found in some files.
type gathered struct {
	blocks []grading.Block
	counts weighing.Counts
}

func (g *gathered) fold(from *gathered) {
	g.blocks = append(g.blocks, from.blocks...)
	g.counts.Add(from.counts)
}

// ProcessElement starts reading one file.
func (f *gatherFn) ProcessElement(ctx context.Context, file rows.File, request Request, _ func(grading.Block), _ func(Counts)) error {
	if f.request == nil || !reflect.DeepEqual(*f.request, request) {
		var sets []weighing.Set
		if err := request.Picks.Read(ctx, func(r io.Reader) error { return gob.NewDecoder(r).Decode(&sets) }); err != nil {
			return beamrun.Fail(err)
		}
		f.request, f.wanted = &request, gatherer{grading.NewCollector(request.Grade), weighing.New(sets, request.Metadata), request.Grade.Sums}
	}
	wanted := f.wanted
	f.bundle.Go(ctx, func(ctx context.Context) (*gathered, error) {
		return gather(ctx, file, gatherer{wanted.rows.Like(), wanted.picks.Like(), wanted.sums})
	}, (*gathered).fold)
	return nil
}

// FinishBundle emits what was found in the bundle's files.
func (f *gatherFn) FinishBundle(ctx context.Context, request Request, emit func(grading.Block), counted func(Counts)) error {
	found, err := f.bundle.Wait()
	if found == nil || err != nil {
		return err
	}
	images, err := spill.Put(ctx, request.Dir, "counts", func(w io.Writer) error { return gob.NewEncoder(w).Encode(found.counts) })
	if err != nil {
		return beamrun.Fail(err)
	}
	for _, b := range found.blocks {
		emit(b)
	}
	counted(Counts{images})
	return nil
}

// gatherColumns are the columns of the latents that a gatherer needs, beside vectors and
// quality.
const gatherColumns = latents.IDs | latents.Location | latents.MSE | latents.Labels | latents.Metadata

func (g *gatherer) columns() latents.Columns {
	if g.sums {
		return gatherColumns | latents.SHA
	}
	return gatherColumns
}

func gather(ctx context.Context, file rows.File, g gatherer) (*gathered, error) {
	err := rows.EachBatch(ctx, file, g.columns(), func(batch *rows.Batch) error {
		g.picks.Batch(batch)
		encoded := *batch.Batch
		encoded.Embedding = batch.Encoded
		eligible := batch.Eligible
		for row := range batch.N {
			may := len(eligible) > 0 && eligible[0] == row
			if may {
				eligible = eligible[1:]
			}
			if err := g.rows.Offer(&encoded, row, may); err != nil {
				return err
			}
		}
		progress.Add(rows.Counter, int64(batch.N))
		return nil
	})
	if err != nil {
		return nil, err
	}
	blocks, err := g.rows.Blocks()
	return &gathered{blocks, g.picks.Counts}, err
}
