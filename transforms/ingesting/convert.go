package ingesting

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
)

// Step names this step and its progress counter.
const Step = "vectors"

// partStep is the prefix of the names of its part files.
const partStep = "latents"

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*convertFn]())
	beamrun.RegisterElement(reflect.TypeFor[Part]())
	beamrun.RegisterElement(reflect.TypeFor[Stat]())
}

// Part is some consecutive rows of a source: the element of the pipeline. Its number is
// that of the latents file, too.
type Part = vectors.Part

// Stat is what finished parts contribute to the counts.
type Stat struct{ Rows, Rejected int64 }

// Options are the choices that every part of a run shares.
type Options struct {
	Folder outdir.Folder
	Config Config // which columns
	Spec   schemas.LatentsSpec
}

// Convert writes the rows of each part into one latents file and one part file,
// both atomic. It takes PCollection<Part> and returns PCollection<Stat>.
func Convert(s beam.Scope, o Options, parts beam.PCollection) beam.PCollection {
	s = s.Scope("vectors.Convert")
	return beam.ParDo(s, &convertFn{Options: o}, beam.Reshuffle(s, parts))
}

type convertFn struct {
	Options Options
	bundle  beamrun.Fold[Stat]
}

// ProcessElement starts the work on one part.
func (f *convertFn) ProcessElement(ctx context.Context, p Part, _ func(Stat)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*Stat, error) { return f.work(ctx, p) },
		func(into, from *Stat) { into.Rows, into.Rejected = into.Rows+from.Rows, into.Rejected+from.Rejected })
	return nil
}

// FinishBundle emits the counts of the bundle.
func (f *convertFn) FinishBundle(_ context.Context, emit func(Stat)) error {
	return beamrun.EmitOne(&f.bundle, emit, func(s *Stat) (Stat, error) { return *s, nil })
}

// work converts one part. What is wrong with the source is recorded in the part
// file for the driver to report; only a failure to write is an error.
func (f *convertFn) work(ctx context.Context, p Part) (*Stat, error) {
	o := f.Options
	result := schemas.LatentsPart{Fingerprint: p.Fingerprint, Shard: p.Number, Info: schemas.LatentsInfo{
		File: schemas.LatentsName(p.Number, o.Folder.Parts), Shard: p.File}}
	out, err := outdir.Create(ctx, o.Folder.File(result.Info.File))
	if err != nil {
		return nil, err
	}
	defer out.Abort()
	w, err := latents.NewWriter(out, o.Spec)
	if err != nil {
		return nil, err
	}
	fault, err := f.copy(ctx, p, w, &result)
	if err == nil && fault == nil {
		if err = w.Close(); err == nil {
			result.Info.Rows = w.Rows()
			result.Info.Bytes, result.Info.SHA256, err = out.Commit()
		}
	}
	if fault != nil {
		result = schemas.LatentsPart{Fingerprint: p.Fingerprint, Shard: p.Number, Info: schemas.LatentsInfo{
			File: result.Info.File, Shard: p.File}, Failure: fault.Error()}
	}
	if err == nil {
		err = outdir.WriteJSON(ctx, o.Folder.Part(p.Number), result)
	}
	return &Stat{result.Info.Rows, result.Info.Rejected}, err
}

// copy writes the rows of a part. fault is what is wrong with the source.
func (f *convertFn) copy(ctx context.Context, p Part, w *latents.Writer, result *schemas.LatentsPart) (fault, err error) {
	c := f.Options.Config.columns()
	record := p.First
	out := schemas.Latent{Shard: int32(p.Source)}
	for r, err := range p.Read(ctx, c) {
		if err != nil {
			return err, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		result.Records++
		if int64(len(result.Errors)) > outdir.MostErrors(p.Bytes) {
			return vectors.TooMany(p.File, result.Errors[0], p.Bytes), nil
		}
		if reason, detail := r.Reject(f.Options.Spec.Dimension); reason != "" {
			result.Info.Rejected++
			result.Errors = append(result.Errors, schemas.ErrorRow{Name: r.NameOr(p, record), Stage: schemas.StageVector, Reason: reason,
				Detail: fmt.Sprintf("row %d of %s: %s", record, p.File, detail)})
		} else {
			out.ImageID, out.Embedding, out.Record = r.ID, r.Vector, record
			out.Label, out.HasLabel, out.Metadata = r.Label, r.HasLabel, r.Metadata
			if err := w.Write(&out); err != nil {
				return nil, err
			}
		}
		record++
		progress.Add(Step, 1)
	}
	return nil, nil
}
