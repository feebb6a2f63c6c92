package importing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"slices"

	"exemplar/model"
	"exemplar/model/keras"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Largest files that are read, in bytes.
const (
	maxWeights = 8 << 30
	maxArch    = 1 << 20
	maxUnknown = 16 << 20 // without a look at the beginning
)

// Result is what a run found and made.
type Result struct {
	Model  *model.Model
	SHA256 string // of the model
	Made   bool   // false: the output held this model already
}

func (c Config) output() outdir.Output {
	return outdir.Output{
		Dir: c.Output, Manifest: schemas.ModelFile,
		Owns: func(name string) bool { return slices.Contains(model.FileNames(), name) },
	}
}

// prepare imports the weights and checks the output: it does everything but write.
func prepare(ctx context.Context, c Config) (r *Result, files model.Files, out outdir.Output, err error) {
	m, err := read(ctx, c)
	if err != nil {
		return nil, nil, out, err
	}
	if files, err = m.Marshal(); err != nil {
		return nil, nil, out, err
	}
	out = c.output()
	if err := out.Claim(ctx); err != nil {
		return nil, nil, out, err
	}
	r = &Result{Model: m, SHA256: files.SHA256()}
	there, err := modeldir.ReadFiles(ctx, modeldir.In(c.Output))
	if err != nil {
		return nil, nil, out, err
	}
	if data, ok := there[schemas.ModelFile]; ok && modeldir.MadeBy(data) != "import" {
		return nil, nil, out, fmt.Errorf("%s is of a model that was not imported: choose another --output, or move it away", store.Join(c.Output, schemas.ModelFile))
	}
	if maps.EqualFunc(there, files, bytes.Equal) {
		return r, files, out, nil
	}
	if err := c.replaces(ctx, out, files); err != nil {
		return nil, nil, out, err
	}
	r.Made = true
	return r, files, out, preflight.Room(c.Output, size(files))
}

// replaces refuses to replace a model of other weights or another architecture.
func (c Config) replaces(ctx context.Context, out outdir.Output, files model.Files) error {
	if c.Overwrite {
		return nil
	}
	there, ok, err := modeldir.ReadHead(ctx, c.Output)
	if err != nil || !ok {
		return err
	}
	var here modeldir.Head
	if err := json.Unmarshal(files[schemas.ModelFile], &here); err != nil {
		return err
	}
	if maps.Equal(here.Files, there.Files) && reflect.DeepEqual(here.Architecture, there.Architecture) {
		return nil
	}
	return out.Refuse([]string{fmt.Sprintf("a model of %s that %s made, with other weights", words.Plural(there.Architecture.Latent, "dimension", "dimensions"), cmp.Or(there.Provenance.Tool, "another program"))})
}

// size returns the bytes of all files.
func size(files model.Files) (bytes int64) {
	for _, data := range files {
		bytes += int64(len(data))
	}
	return bytes
}

// Plan says what Run would do.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	r, files, _, err := prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	if !r.Made {
		return &preflight.Plan{Nothing: c.Output + " already holds this model."}, nil
	}
	p := &preflight.Plan{Memory: runlog.PeakMemory()}
	p.Reading("the weights, whole: they are those of a model of %s", words.Plural(r.Model.Arch.Latent, "dimension", "dimensions"))
	p.Writing("%s, %s, in %s%s", words.Plural(len(files), "file", "files"), progress.Bytes(size(files)), c.Output, preflight.Free(c.Output))
	p.Time = preflight.Startup()
	return p, nil
}

// Run imports the weights and writes the model directory, model.json last.
func Run(ctx context.Context, c Config) (*Result, error) {
	return outdir.Held(ctx, c.output(), "import", c.run)
}

func (c Config) run(ctx context.Context) (*Result, error) {
	r, files, out, err := prepare(ctx, c)
	if err != nil || !r.Made {
		return r, err
	}
	if err := out.Begin(ctx); err != nil {
		return nil, err
	}
	return r, write(ctx, out, files)
}

// read reads the files and builds the model.
func read(ctx context.Context, c Config) (*model.Model, error) {
	o := keras.Options{Latent: c.Latent, Input: c.Input, Scale: c.Scale}
	if c.Arch != "" {
		a, err := architecture(ctx, c.Arch)
		if err != nil {
			return nil, err
		}
		o.Arch = &a
	}
	var err error
	if o.Encoder, err = weights(ctx, c.Encoder); err != nil {
		return nil, err
	}
	if c.Decoder != "" {
		decoder, err := weights(ctx, c.Decoder)
		if err != nil {
			return nil, err
		}
		o.Decoder = &decoder
	}
	return keras.Import(o)
}

// weights reads a file of weights, whole, if it begins like one.
func weights(ctx context.Context, name string) (src keras.Source, err error) {
	src.Name = name
	if o, serr := store.Stat(ctx, name); serr == nil && o.Size > maxUnknown { // a pipe has none
		if err := known(ctx, name); err != nil {
			return src, err
		}
	}
	src.Data, err = store.ReadFileLimit(ctx, name, maxWeights)
	return src, err
}

// known says what is wrong with a file that does not begin like one of weights.
func known(ctx context.Context, name string) error {
	f, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	head := make([]byte, 16)
	if _, err := io.ReadFull(f, head); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := keras.Known(head); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// architecture returns a preset, or reads a JSON file.
func architecture(ctx context.Context, name string) (model.Arch, error) {
	a, unknown := model.Preset(name)
	if unknown == nil {
		return a, nil
	}
	data, err := store.ReadFileLimit(ctx, name, maxArch)
	if errors.Is(err, fs.ErrNotExist) {
		return a, fmt.Errorf("--arch: %w", unknown)
	}
	if err != nil {
		return a, err
	}
	if a, err = model.ParseArch(data); err != nil {
		return a, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// write writes the files. An old model.json goes first and the new one comes
// last: a folder with one is complete.
func write(ctx context.Context, out outdir.Output, files model.Files) error {
	if err := store.Remove(ctx, store.Join(out.Dir, schemas.ModelFile)); err != nil {
		return err
	}
	return modeldir.Write(ctx, modeldir.In(out.Dir), files, out.PublishBytes)
}
