package clustering

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/spaces"
	"exemplar/transforms/store"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*drawFn]())
	beam.RegisterDoFn(reflect.TypeFor[*fitFn]())
	beam.RegisterDoFn(reflect.TypeFor[*spacedFn]())
	beamrun.RegisterElement(reflect.TypeFor[FoundSpace]())
}

// FoundSpace is a space and what the manifest says of it: one element.
type FoundSpace struct {
	Space    rows.Space
	Rows     int     // of the sample
	Variance float64 // share of the sample's that the space keeps
	Shares   []schemas.DimensionShare
}

// Spaced finds the space of a kind, by that deviation, with k dimensions, from a uniform sample of
// the eligible rows of files of d dimensions and n rows, which errors call in, writes it to a
// file below dir, and sends the files through with it. It returns the files and
// PCollection<FoundSpace> of one element.
func Spaced(s beam.Scope, kind, deviation string, k, d int, n int64, in, dir string, files beam.PCollection) (mapped, found beam.PCollection) {
	s = s.Scope("clustering.Spaced")
	blocks := beam.ParDo(s, &drawFn{Limit: spaces.Limit(n, d)}, files)
	found = beam.ParDo(s, &fitFn{Kind: kind, Deviation: deviation, K: k, D: d, Input: in, Dir: dir}, beam.Impulse(s), beam.SideInput{Input: blocks})
	if kind == spaces.Raw {
		return files, found
	}
	return beam.ParDo(s, &spacedFn{}, files, beam.SideInput{Input: found}), found
}

type drawFn struct {
	Limit  float64
	bundle beamrun.Fold[[]SampleBlock]
}

// ProcessElement starts drawing from one file.
func (f *drawFn) ProcessElement(ctx context.Context, file rows.File, _ func(SampleBlock)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*[]SampleBlock, error) { return f.draw(ctx, file) },
		beamrun.Extend)
	return nil
}

// FinishBundle emits what was drawn.
func (f *drawFn) FinishBundle(_ context.Context, emit func(SampleBlock)) error {
	return beamrun.EmitAll(&f.bundle, emit)
}

func (f *drawFn) draw(ctx context.Context, file rows.File) (*[]SampleBlock, error) {
	return drawRows(ctx, file, func(id string, _ []float32) (weight float64, drawn bool) {
		return 1, spaces.Drawn(id, f.Limit)
	})
}

type fitFn struct {
	Kind, Deviation string
	K, D            int
	Input, Dir      string
}

// ProcessElement finds the space and writes it under a name that its content
// decides.
func (f *fitFn) ProcessElement(ctx context.Context, _ []byte, blocks []SampleBlock) (FoundSpace, error) {
	found, err := f.fit(ctx, joinSample(blocks, f.D).X)
	return found, beamrun.Fail(err)
}

func (f *fitFn) fit(ctx context.Context, x []float32) (FoundSpace, error) {
	space, err := spaces.Fit(f.Kind, f.Deviation, f.K, x, f.D)
	if err != nil {
		return FoundSpace{}, fmt.Errorf("%s: %w", f.Input, err)
	}
	found := FoundSpace{Space: rows.Space{Dimension: space.Out}, Rows: space.Rows, Variance: space.Variance, Shares: space.Shares(x)}
	if f.Kind == spaces.Raw {
		return found, nil
	}
	data, err := space.Marshal()
	if err != nil {
		return found, err
	}
	found.Space.Name = SpaceName(f.Dir, data)
	return found, store.WriteFile(ctx, found.Space.Name, data)
}

// SpaceName returns the name of a space's file, in the folder dir, which its content
// decides.
func SpaceName(dir string, data []byte) string {
	return store.Join(dir, fmt.Sprintf("space-%.16s.json", outdir.SHA256(data)))
}

type spacedFn struct{}

// ProcessElement sends a file on with the space.
func (f *spacedFn) ProcessElement(file rows.File, found FoundSpace) rows.File {
	file.Space = found.Space
	return file
}
