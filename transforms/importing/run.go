package importing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
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
	"exemplar/transforms/run/step"
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
	Stale  bool   // the log of the weights that were there is gone: none was given for these
}

func output(dir string) outdir.Output {
	return outdir.Output{
		Dir: dir, Manifest: schemas.ModelFile,
		Owns: func(name string) bool {
			return slices.Contains(model.AllFileNames(), name) || name == schemas.TrainingLogFile
		},
	}
}

// output is the folder of the model, which lies in none of those of the weights that a step wrote.
func (c Config) output() outdir.Output {
	o := output(c.Output).Reading(store.Dir(c.Encoder))
	for _, name := range []string{c.Decoder, c.TrainingLog} {
		if name != "" {
			o = o.Reading(store.Dir(name))
		}
	}
	return o
}

// plan is an import before anything is written.
type plan struct {
	dir       string
	model     *model.Model
	files     model.Files
	log       []byte // of its training; nil: none was given
	stale     bool   // the output holds the log of other weights, and none is given
	overwrite bool
}

// work is the plan as package step carries it out; the manifest is model.json, in the
// bytes that package model gives it.
type work = step.Work[struct{}, step.Whole, json.RawMessage]

// makePlan reads the weights and makes the files.
func (c Config) makePlan(ctx context.Context) (*plan, *work, error) {
	m, err := read(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	p := &plan{dir: c.Output, model: m, overwrite: c.Overwrite}
	if p.log, err = readLog(ctx, c.TrainingLog); err != nil {
		return nil, nil, err
	}
	if p.files, err = m.Marshal(); err != nil {
		return nil, nil, err
	}
	// The same model stands also where another may be replaced.
	return p, &work{
		Output: output(c.Output), Need: func([]struct{}) int64 { return p.bytes() },
		Finished: p.finished, Refusal: p.refusal, Execute: p.execute, Merge: p.merge,
	}, nil
}

// finished reports whether the output holds exactly this model, and the log that was given.
func (p *plan) finished(ctx context.Context, _ *json.RawMessage) (bool, error) {
	there, err := modeldir.ReadFiles(ctx, modeldir.In(p.dir))
	if same := maps.EqualFunc(there, p.files, bytes.Equal); err != nil || !same || p.log == nil {
		return err == nil && same, err
	}
	log, err := store.ReadFile(ctx, store.Join(p.dir, schemas.TrainingLogFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(log, p.log), err
}

// refusal refuses to replace a model that was not imported, and without leave one of
// other weights or another architecture.
func (p *plan) refusal(ctx context.Context) error {
	name := store.Join(p.dir, schemas.ModelFile)
	data, err := store.ReadFile(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if modeldir.MadeBy(data) != "import" {
		return fmt.Errorf("%s is of a model that was not imported: choose another Config.Output, or move it away", name)
	}
	there, ok := modeldir.HeadOf(data)
	here, _ := modeldir.HeadOf(p.files[schemas.ModelFile])
	same := ok && maps.Equal(here.Files, there.Files) && reflect.DeepEqual(here.Architecture, there.Architecture) && slices.Equal(here.Channels, there.Channels)
	log, err := store.ReadFile(ctx, store.Join(p.dir, schemas.TrainingLogFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	logged := err == nil
	// Losses of another training would be drawn as those of this one; a decoder may be added or left out.
	p.stale = logged && p.log == nil && !(ok && here.Files[schemas.EncoderFile] == there.Files[schemas.EncoderFile])
	switch {
	case p.overwrite || !ok:
		return nil
	case same && logged && p.log != nil && !bytes.Equal(log, p.log):
		return output(p.dir).Refuse([]string{"Config.TrainingLog has other lines than the " + schemas.TrainingLogFile + " there"})
	case same:
		return nil
	}
	other := "with other weights"
	if maps.Equal(here.Files, there.Files) {
		other = "of another architecture, full scale or other channels"
	}
	return output(p.dir).Refuse([]string{fmt.Sprintf("a model of %s that import made, %s", words.Plural(there.Architecture.Latent, "dimension", "dimensions"), other)})
}

// bytes returns the size of all files.
func (p *plan) bytes() (bytes int64) {
	bytes = int64(len(p.log))
	for _, data := range p.files {
		bytes += int64(len(data))
	}
	return bytes
}

// execute writes the weights, and the log beside them.
func (p *plan) execute(ctx context.Context, _ []struct{}) error {
	if p.stale {
		if err := store.Remove(ctx, store.Join(p.dir, schemas.TrainingLogFile)); err != nil {
			return err
		}
	}
	if p.log != nil {
		if err := store.WriteFile(ctx, store.Join(p.dir, schemas.TrainingLogFile), p.log); err != nil {
			return err
		}
	}
	return modeldir.WriteWeights(ctx, modeldir.In(p.dir), p.files)
}

func (p *plan) merge(context.Context, iter.Seq2[step.Whole, error]) (*json.RawMessage, error) {
	data := json.RawMessage(p.files[schemas.ModelFile])
	return &data, nil
}

// Plan says what Run would do, and refuses what it would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, _, done, err := step.Check(ctx, c.output(), c.makePlan)
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: p.dir + " already holds this model."}, nil
	}
	text := &preflight.Plan{Memory: runlog.PeakMemory(), Time: preflight.Startup()}
	text.Reading("the weights, whole: they are those of a model of %s", words.Plural(p.model.Arch.Latent, "dimension", "dimensions"))
	written := len(p.files)
	if p.log != nil {
		written++
	}
	if p.stale {
		text.Writing("no %s: the one there is of other weights, and goes", schemas.TrainingLogFile)
	}
	text.Writing("%s, %s, in %s%s", words.Plural(written, "file", "files"), progress.Bytes(p.bytes()), p.dir, preflight.Free(p.dir))
	return text, nil
}

// Run imports the weights and writes the model directory, model.json last.
func Run(ctx context.Context, c Config) (*Result, error) {
	p, _, made, err := step.Run(ctx, c.output(), "import", c.makePlan)
	if err != nil {
		return nil, err
	}
	return &Result{Model: p.model, SHA256: p.files.SHA256(), Made: made > 0, Stale: made > 0 && p.stale}, nil
}

// read reads the files and builds the model.
func read(ctx context.Context, c Config) (*model.Model, error) {
	o := keras.Options{Latent: c.Latent, Input: c.Input, Scale: c.Scale, FullScale: c.FullScale}
	names, err := schemas.ChannelNames(c.Channels)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		o.Channels = append(o.Channels, schemas.Channel{Name: name})
	}
	if c.Arch != "" {
		a, err := architecture(ctx, c.Arch)
		if err != nil {
			return nil, err
		}
		o.Arch = &a
	}
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
		return a, fmt.Errorf("Config.Arch: %w", unknown)
	}
	if err != nil {
		return a, err
	}
	if a, err = model.ParseArch(data); err != nil {
		return a, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}
