package training

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// maker makes a model of one kind: a linearPlan or a plan.
type maker interface {
	// compute does what may fail before anything in the output goes.
	compute(ctx context.Context) error
	make(ctx context.Context) (*Result, *model.Model, error)
	describe(ctx context.Context) (*preflight.Plan, error)
}

// draft is a model from its plan to its files.
type draft struct {
	Config
	sources
	maker
	arch         model.Arch
	need         int64    // bytes
	fingerprints []string // the second, where there is one, is that of version 0.1.0, which drew otherwise

	of     *collection
	files  model.Files
	result *Result
}

// work is the draft as package step carries it out; the manifest is model.json, in the
// bytes that package model gives it.
type work = step.Work[struct{}, step.Whole, json.RawMessage]

// draft plans the model. Shards of another program are hashed, unless the output holds
// the model that version 0.1.0 trained on them, which knew them by their modification
// times.
func (c Config) draft(ctx context.Context) (*draft, *work, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.start, err = c.readStart(ctx); err != nil {
		return nil, nil, err
	}
	if s.foreign() && !c.Overwrite {
		if err := s.each((*dataset.Folder).IdentifyEarlier); err != nil {
			return nil, nil, err
		}
		d, w, err := c.draftOf(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		if ok, err := d.finished(ctx, nil); ok || err != nil {
			return d, w, err
		}
	}
	if s.foreign() {
		if s.inputs, err = outdir.ReadInputs(ctx, c.Output, c.Overwrite); err != nil {
			return nil, nil, err
		}
		if err := s.each(func(f *dataset.Folder) error { return f.Identify(ctx, Step, s.inputs) }); err != nil {
			return nil, nil, err
		}
	}
	return c.draftOf(ctx, s)
}

// draftOf plans the model of images that are identified.
func (c Config) draftOf(ctx context.Context, s sources) (*draft, *work, error) {
	d := &draft{Config: c, sources: s}
	out := c.output()
	w := &work{
		Resume: true, Overwrite: c.Overwrite, Need: func([]struct{}) int64 { return d.need },
		Finished: d.finished, Refusal: c.trainedHere, Precheck: d.precheck,
		Replaces: func(ctx context.Context, _ *json.RawMessage, _ []struct{}) error {
			return c.replaces(ctx, out, d.arch, s.folder.Records(nil))
		},
		Compute: d.prepare, Execute: d.execute, Merge: d.merge, Account: d.account,
	}
	if c.Arch == ArchLinear {
		cfg, fingerprints, err := c.linearRun(s.folder, s.hashed()...)
		if err != nil {
			return nil, nil, err
		}
		d.maker, d.arch, d.need, d.fingerprints = &linearPlan{Config: c, sources: s, cfg: cfg}, archOf(cfg), linearNeed(cfg), fingerprints
	} else {
		p, err := c.plan(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		d.maker, d.arch, d.need, d.fingerprints = p, p.learner.Arch, p.need(), []string{p.fingerprint, p.earlier}
		w.Left, w.Keep = p.left, p.keeps
	}
	out.Inputs, out.Parameters = s.inputs, c.choices(d.arch.Latent)
	w.Output = out
	return d, w, nil
}

// finished reports whether the model of an earlier run is in the output, whole and with
// the fingerprint.
func (d *draft) finished(ctx context.Context, _ *json.RawMessage) (bool, error) {
	files, err := modeldir.ReadFiles(ctx, modeldir.In(d.Output))
	if err != nil || len(files) == 0 {
		return false, err
	}
	m, err := model.Unmarshal(files)
	if err != nil || m.Training == nil {
		return false, nil // damaged, or not trained here: see trainedHere
	}
	if ok, err := d.beside(ctx, m); !ok || err != nil {
		return false, err
	}
	epochs := 0
	if is, _ := m.Training.Parameters[parameterFingerprint].(string); is == "" || !slices.Contains(d.fingerprints, is) {
		if p, ok := d.maker.(*plan); ok {
			epochs, err = p.longer(m.Training)
		}
		if err != nil || epochs == 0 {
			return false, err // of other parameters: trained again
		}
	}
	if why := Diverged(m.Training); why != "" {
		return false, d.diverged(why, true)
	}
	d.result = &Result{SHA256: files.SHA256(), Arch: m.Arch, Training: m.Training, Epochs: epochs}
	return true, nil
}

// precheck refuses shards that are missing, and what is not the collection of the model
// that is there; each image must have a name of its own.
func (d *draft) precheck(ctx context.Context, _ []struct{}) error {
	for _, dir := range []string{d.Shards, d.HeldShards} {
		if d.Table != nil {
			break // they were read
		}
		if err := outdir.ShardsThere(ctx, dir); err != nil {
			return err
		}
	}
	if err := d.another(ctx, d.output(), d.folder); err != nil {
		return err
	}
	if err := d.each(func(f *dataset.Folder) error { return f.Twice(ctx) }); err != nil {
		return err
	}
	if err := d.restrict(ctx, d.Config); err != nil {
		return err
	}
	for _, line := range d.found() {
		d.say("%s", line)
	}
	return nil
}

// prepare computes what is made in memory.
func (d *draft) prepare(ctx context.Context) (err error) {
	if d.Summary {
		d.say("%s", strings.TrimSuffix(d.summary(d.arch, d.limits), "\n"))
	}
	if err = d.compute(ctx); err == nil {
		d.of, err = readCollection(ctx, d.folder)
	}
	return err
}

// execute makes the model, and writes all of it but model.json with what is remembered of
// its collection.
func (d *draft) execute(ctx context.Context, _ []struct{}) error {
	r, m, err := d.make(ctx)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // what is left takes a moment
	m.Training.Parameters[parameterFingerprint] = d.fingerprints[0]
	m.Channels = d.folder.Channels
	if m.Table = d.table; d.table != nil {
		r.Constant = constants(d.table)
	}
	if d.files, err = m.Marshal(); err != nil {
		return err
	}
	if err := d.of.save(ctx, d.Output, d.files); err != nil {
		return err
	}
	r.Made, r.Arch, r.Training, r.SHA256 = true, m.Arch, m.Training, d.files.SHA256()
	d.result = r
	return modeldir.WriteWeights(ctx, modeldir.In(d.Output), d.files)
}

func (d *draft) merge(context.Context, iter.Seq2[step.Whole, error]) (*json.RawMessage, error) {
	data := json.RawMessage(d.files[schemas.ModelFile])
	return &data, nil
}

// announce says that a model of other inputs or parameters goes, where there is one.
func (c Config) announce(ctx context.Context) error {
	for _, name := range []string{schemas.ModelFile, schemas.TrainingLogFile} {
		_, err := store.Stat(ctx, store.Join(c.Output, name))
		if err == nil && !c.Overwrite {
			c.say("%s held a training on other %s, or of an earlier version: it is replaced", c.Output, c.things())
			break
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// sources are the images of a training.
type sources struct {
	folder, held *dataset.Folder // held is nil where a share is held out
	table        *model.Table    // what the columns of tables are scaled by; nil of images
	inputs       *outdir.Inputs  // what is remembered of shards of another program; nil without any

	*limits
}

// limits are what the folders were restricted to by Config.Where and Config.Head; none before the inputs are
// checked.
type limits struct {
	restricted []restricted
	classes    *classes // of Config.Head; nil without
}

// found says which images there are, where not all are taken, and what a head tells apart.
func (s sources) found() (lines []string) {
	for _, r := range s.restricted {
		if line := r.String(); line != "" {
			lines = append(lines, line)
		}
	}
	if s.classes != nil {
		lines = append(lines, s.classes.String())
	}
	return lines
}

func (c Config) open(ctx context.Context) (s sources, err error) {
	s.limits = &limits{}
	if c.Table != nil {
		return c.openTables(ctx)
	}
	if s.folder, err = dataset.Open(ctx, c.Shards); err != nil || c.HeldShards == "" || c.Arch == ArchLinear {
		return s, err
	}
	s.held, err = dataset.Open(ctx, c.HeldShards)
	return s, err
}

func (s sources) foreign() bool { return s.folder.Foreign() || s.held != nil && s.held.Foreign() }

// each calls f for every folder.
func (s sources) each(f func(*dataset.Folder) error) error {
	err := f(s.folder)
	if err == nil && s.held != nil {
		err = f(s.held)
	}
	return err
}
