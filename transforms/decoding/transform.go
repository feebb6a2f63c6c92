package decoding

import (
	"context"
	"reflect"
	"runtime"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/spill"
)

// Step names this step and its progress counter.
const Step = "decode"

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*decodeFn]())
	beamrun.RegisterElement(reflect.TypeFor[Part]())
	beamrun.RegisterElement(reflect.TypeFor[PartStat]())
}

// Part is some vectors to decode: those of a file of latents, steps from one vector to
// another, or draws.
type Part struct {
	Number int
	Images int64 // that are decoded

	Name   string // of the file, to be opened; "" of vectors that are made
	SHA256 string // of it

	From, To []float32 // ends of the steps
	First    int64     // number of the first draw

	Fingerprint string
}

// PartStat is what a finished part contributes to the counts.
type PartStat struct {
	Part, Images, Rejected, Bytes int64
}

// Options are the choices that every part of a run shares.
type Options struct {
	Folder      outdir.Folder
	Model       string // model directory
	ModelSHA256 string
	Dimension   int                // of a vector
	Image       schemas.ImageShape // of every image, what the model takes
	MSE         bool               // the latents have column mse
	Parameters  schemas.DecodeParameters
	IDs         string      // file of the ids that are decoded; "" for all
	Shared      spill.Value // names that several images would have: []uint64
}

// DecodeLatents decodes the given parts, each into files of images and one part file. It
// takes PCollection<Part> and returns PCollection<PartStat>, one element a part.
func DecodeLatents(s beam.Scope, o Options, parts beam.PCollection) beam.PCollection {
	s = s.Scope("decoding.DecodeLatents")
	// First the parts are spread over the workers: one bundle may hold them all.
	parts = beam.Reshuffle(s, parts)
	// Then the vectors of each are read, decoded and written inside one DoFn.
	return beam.ParDo(s, &decodeFn{Options: o}, parts)
}

type decodeFn struct {
	Options Options
	bundle  beamrun.Bundle[PartStat]
}

// partSlots bounds the parts that the process works on at once, over all bundles.
var partSlots = beamrun.NewSlots(max(2, runtime.GOMAXPROCS(0)/2))

// ProcessElement starts the work on one part, and emits what earlier ones of the bundle
// gave.
func (f *decodeFn) ProcessElement(ctx context.Context, part Part, emit func(PartStat)) error {
	return f.bundle.Start(ctx, partSlots, emit, func(ctx context.Context) (PartStat, error) { return f.work(ctx, part) })
}

// FinishBundle waits for the parts of the bundle and emits the rest.
func (f *decodeFn) FinishBundle(_ context.Context, emit func(PartStat)) error {
	return f.bundle.Finish(emit)
}

// work decodes one part, and writes its result.
func (f *decodeFn) work(ctx context.Context, part Part) (PartStat, error) {
	result, err := f.decodePart(ctx, part)
	if err == nil {
		err = outdir.WriteJSON(ctx, f.Options.Folder.Part(part.Number), result)
	}
	if err == nil {
		runlog.Log(ctx, "vectors decoded", "part", part.Number, "images", result.Images, "rejected", len(result.Errors), "bytes", result.Bytes)
	}
	return PartStat{int64(part.Number), result.Images, int64(len(result.Errors)), result.Bytes}, err
}
