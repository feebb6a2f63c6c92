package clustering

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/gating"
	"exemplar/transforms/selection/rows"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*surveyFn]())
	beam.RegisterDoFn(reflect.TypeFor[*thresholdsFn]())
	beam.RegisterDoFn(reflect.TypeFor[*gateFn]())
	beamrun.RegisterElement(reflect.TypeFor[Surveyed]())
	beamrun.RegisterElement(reflect.TypeFor[Thresholds]())
}

// Surveyed holds the quantiles of the figures of some files, encoded.
type Surveyed struct{ JSON []byte }

// Thresholds is the gate of a collection, a schemas.Gate, encoded.
type Thresholds struct{ JSON []byte }

// Gated gives all files the quality gate of the collection. It takes and returns
// PCollection<File>. One pass over the quality columns, without the embeddings,
// comes before all others.
func Gated(s beam.Scope, p schemas.GateParameters, files beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Gated")
	// First the quantiles of every figure are gathered, then thresholds follow.
	surveys := beam.ParDo(s, &surveyFn{}, files)
	thresholds := beam.ParDo(s, &thresholdsFn{Parameters: p}, beam.Impulse(s), beam.SideInput{Input: surveys})
	return beam.ParDo(s, &gateFn{}, files, beam.SideInput{Input: thresholds})
}

type surveyFn struct{ bundle beamrun.Fold[gating.Survey] }

// ProcessElement starts the survey of one file.
func (f *surveyFn) ProcessElement(ctx context.Context, file rows.File, _ func(Surveyed)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*gating.Survey, error) { return survey(ctx, file) }, (*gating.Survey).Merge)
	return nil
}

// FinishBundle emits the quantiles of the bundle's files.
func (f *surveyFn) FinishBundle(_ context.Context, emit func(Surveyed)) error {
	total, err := f.bundle.Wait()
	if total == nil || err != nil {
		return err
	}
	data, err := json.Marshal(total)
	if err != nil {
		return beamrun.Fail(err)
	}
	emit(Surveyed{data})
	return nil
}

func survey(ctx context.Context, file rows.File) (*gating.Survey, error) {
	lf, closer, err := rows.OpenFile(ctx, file)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	s := &gating.Survey{}
	for b, err := range lf.Batches(latents.Quality | latents.MSE) {
		if err != nil {
			return nil, err
		}
		for i := range b.N {
			s.Add(b.QCFlags[i], b.Quality[i], b.MSE[i], b.HasMSE[i])
		}
		progress.Add(rows.Counter, int64(b.N))
	}
	return s, nil
}

type thresholdsFn struct{ Parameters schemas.GateParameters }

// ProcessElement derives the gate from all quantiles.
func (f *thresholdsFn) ProcessElement(_ []byte, surveys []Surveyed) (Thresholds, error) {
	total := &gating.Survey{}
	for _, part := range surveys {
		var s gating.Survey
		if err := json.Unmarshal(part.JSON, &s); err != nil {
			return Thresholds{}, beamrun.Fail(err)
		}
		total.Merge(&s)
	}
	data, err := json.Marshal(gating.Derive(f.Parameters, total))
	if err != nil {
		return Thresholds{}, beamrun.Fail(err)
	}
	return Thresholds{data}, nil
}

type gateFn struct{}

// ProcessElement gives one file the gate.
func (f *gateFn) ProcessElement(file rows.File, t Thresholds) (rows.File, error) {
	if err := json.Unmarshal(t.JSON, &file.Gate); err != nil {
		return file, beamrun.Fail(err)
	}
	return file, nil
}
