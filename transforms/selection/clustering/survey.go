package clustering

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/gating"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/where"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*surveyFn]())
	beam.RegisterDoFn(reflect.TypeFor[*thresholdsFn]())
	beam.RegisterDoFn(reflect.TypeFor[*gateFn]())
	beamrun.RegisterElement(reflect.TypeFor[gating.Survey]())
	beamrun.RegisterElement(reflect.TypeFor[schemas.Gate]())
}

// Gated gives all files the quality gate of the collection, of which the rows that
// satisfy the condition of the files decide; channels are the names of the images' channels
// (LatentsSpec.Channels). It takes and returns PCollection<File>. One pass over the quality
// columns, without the embeddings, comes before all others.
func Gated(s beam.Scope, p schemas.GateParameters, channels []string, files beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Gated")
	// First the quantiles of every figure are gathered, then thresholds follow.
	surveys := beam.ParDo(s, &surveyFn{}, files)
	thresholds := beam.ParDo(s, &thresholdsFn{Parameters: p, Channels: schemas.ChannelLabels(channels)}, beam.Impulse(s), beam.SideInput{Input: surveys})
	return beam.ParDo(s, &gateFn{}, files, beam.SideInput{Input: thresholds})
}

type surveyFn struct{ bundle beamrun.Fold[gating.Survey] }

// ProcessElement starts the survey of one file.
func (f *surveyFn) ProcessElement(ctx context.Context, file rows.File, _ func(gating.Survey)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*gating.Survey, error) { return survey(ctx, file) }, (*gating.Survey).Merge)
	return nil
}

// FinishBundle emits the quantiles of the bundle's files.
func (f *surveyFn) FinishBundle(_ context.Context, emit func(gating.Survey)) error {
	return beamrun.EmitOne(&f.bundle, emit, func(s *gating.Survey) (gating.Survey, error) { return *s, nil })
}

func survey(ctx context.Context, file rows.File) (*gating.Survey, error) {
	lf, closer, err := rows.OpenFile(ctx, file)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	inside, err := file.Test(lf)
	if err != nil {
		return nil, err
	}
	s := &gating.Survey{}
	for b, err := range lf.Batches(latents.Quality | latents.MSE | where.Columns(file.Where)) {
		if err != nil {
			return nil, err
		}
		for i := range b.N {
			if inside.Inside(b, i) {
				s.Add(b.QCFlags[i], b.Quality[i], b.MSE[i], b.HasMSE[i], b.ChannelsOf(i)...)
			}
		}
		progress.Add(rows.Counter, int64(b.N))
	}
	return s, nil
}

type thresholdsFn struct {
	Parameters schemas.GateParameters
	Channels   []string // what they are called
}

// ProcessElement derives the gate from all quantiles.
func (f *thresholdsFn) ProcessElement(_ []byte, surveys []gating.Survey) schemas.Gate {
	total := &gating.Survey{}
	for i := range surveys {
		total.Merge(&surveys[i])
	}
	return gating.Derive(f.Parameters, total, f.Channels...)
}

type gateFn struct{}

// ProcessElement gives one file the gate.
func (f *gateFn) ProcessElement(file rows.File, gate schemas.Gate) rows.File {
	file.Gate = gate
	return file
}
