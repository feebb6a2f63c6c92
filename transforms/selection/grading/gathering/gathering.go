// Package gathering is the pass over all latents that brings together what a grade
// needs: a sample, and the picks.
//
// What lives here: the PTransform. What never enters: flags, printing, selecting,
// picking; which rows a grade needs, and what it makes of them, which are package
// grading's.
package gathering

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/grading"
	"exemplar/transforms/selection/rows"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*gatherFn]())
	beamrun.RegisterElement(reflect.TypeFor[grading.Request]())
	beamrun.RegisterElement(reflect.TypeFor[grading.Block]())
}

// Gather brings the sample and the picks together: one pass over all files. It
// takes PCollection<rows.File> and a Request, one element, and returns
// PCollection<grading.Block>, which grading.Join turns into rows. Which images are brought along
// depends on their ids alone; about Sample plus the picks cross the stage, with
// their vectors as they were encoded.
func Gather(s beam.Scope, request, files beam.PCollection) beam.PCollection {
	return beam.ParDo(s.Scope("grading.Gather"), &gatherFn{}, files, beam.SideInput{Input: request})
}

type gatherFn struct {
	bundle beamrun.Fold[[]grading.Block]

	request *grading.Request
	wanted  *grading.Collector // empty, for the request
}

// ProcessElement starts reading one file.
func (f *gatherFn) ProcessElement(ctx context.Context, file rows.File, request grading.Request, _ func(grading.Block)) error {
	if f.request == nil || !reflect.DeepEqual(*f.request, request) {
		f.request, f.wanted = &request, grading.NewCollector(request)
	}
	wanted := f.wanted
	f.bundle.Go(ctx, func(ctx context.Context) (*[]grading.Block, error) { return gather(ctx, file, wanted.Like()) },
		beamrun.Extend)
	return nil
}

// FinishBundle emits what was found in the bundle's files.
func (f *gatherFn) FinishBundle(_ context.Context, _ grading.Request, emit func(grading.Block)) error {
	return beamrun.EmitAll(&f.bundle, emit)
}

// gatherColumns are the columns of the latents that a grading.Collector needs, beside
// vectors and quality.
const gatherColumns = latents.IDs | latents.Labels | latents.Metadata

func gather(ctx context.Context, file rows.File, c *grading.Collector) (*[]grading.Block, error) {
	file.Space = rows.Space{} // rows as they were encoded
	err := rows.EachBatch(ctx, file, gatherColumns, func(batch *rows.Batch) error {
		eligible := batch.Eligible
		for row := range batch.N {
			may := len(eligible) > 0 && eligible[0] == row
			if may {
				eligible = eligible[1:]
			}
			if err := c.Offer(batch.Batch, row, may); err != nil {
				return err
			}
		}
		progress.Add(rows.Counter, int64(batch.N))
		return nil
	})
	if err != nil {
		return nil, err
	}
	blocks, err := c.Blocks()
	return &blocks, err
}
