package tabular

import (
	"context"
	"fmt"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/step"
)

// Step names this step and its progress counter.
const Step = "encode"

// partRows is the number of rows of a part, which has a file of its own.
const partRows = 1 << 16

// part is some consecutive rows of the table.
type part struct {
	number      int // also of the latents file
	first, end  int // rows
	fingerprint string
}

// plan is everything a run decides before it writes.
type plan struct {
	Config
	table       *vectors.Table
	scale       *model.Table
	compiled    *model.Plan
	runners     *model.Runners
	sha         string // of the model
	learned     *schemas.Learned
	spec        schemas.LatentsSpec
	parts       []part
	folder      outdir.Folder
	fingerprint string
	disputed    map[int]bool // files of which _latents.json and their part say different things
}

// work is the plan as package step carries it out.
type work = step.Work[part, schemas.LatentsPart, schemas.LatentsManifest]

func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.LatentsFile, Owns: outdir.OwnsLatents}.Reading(append(c.Inputs(), c.Model)...)
}

// makePlan reads the model and the table, and cuts the table into parts.
func makePlan(ctx context.Context, c Config) (*plan, *work, error) {
	p := &plan{Config: c}
	if err := p.load(ctx); err != nil {
		return nil, nil, err
	}
	if err := p.read(ctx); err != nil {
		return nil, nil, err
	}
	p.spec = schemas.LatentsSpec{
		Dimension: p.compiled.Latent(), Layout: c.Layout, Metadata: p.table.Metadata, Reconstruct: c.Reconstruct,
		ModelSHA256: p.sha, Preprocessing: p.compiled.Input().Preprocessing(), Kernel: p.compiled.Kernel(), Source: schemas.SourceRows,
	}
	if err := p.spec.Validate(); err != nil {
		return nil, nil, err
	}
	if err := p.settle(ctx); err != nil {
		return nil, nil, err
	}
	return p, p.work(), nil
}

func (p *plan) work() *work {
	out := p.output()
	out.Parameters = p.choices(p.spec)
	return &work{
		Output: out, Folder: p.folder, Resume: p.Resume, Overwrite: p.Overwrite,
		Parts: p.parts, Fingerprint: func(s part) string { return s.fingerprint },
		Finished: p.finished, Ready: p.ready, Replaces: p.replaces, Need: p.need,
		Execute: p.execute, Merge: p.merge, Account: account,
		Absent: func(s part) error {
			return fmt.Errorf("rows %d to %d were not encoded: run the same command again to continue", s.first, s.end-1)
		},
	}
}

// load reads and compiles the model, which is one of rows.
func (p *plan) load(ctx context.Context) error {
	m, sha, err := modeldir.Read(ctx, p.Model, p.Reconstruct)
	switch {
	case err != nil:
		return err
	case !m.Arch.Input.Rows():
		return fmt.Errorf("the model %s is one of images, and %s is a table: encode a folder of shards by it, or train a model on the table", p.Model, p.Input)
	case m.Table == nil:
		return fmt.Errorf("the model %s does not say how the columns of a table are scaled: train it again", p.Model)
	case p.Reconstruct && len(m.Decoder) == 0:
		return fmt.Errorf("model %s has no decoder: encode without Config.Reconstruct", p.Model)
	}
	if p.compiled, err = model.Compile(m); err != nil {
		return fmt.Errorf("model %s: %w", p.Model, err)
	}
	p.scale, p.sha, p.runners = m.Table, sha, p.compiled.NewRunners(p.Batch)
	if m.Training != nil {
		p.learned = schemas.LearnedOf(m.Training.Metrics)
	}
	return nil
}

// read reads the table, by the columns of the model.
func (p *plan) read(ctx context.Context) (err error) {
	c := p.Read
	if c.IDColumn == "" {
		c.IDColumn = p.scale.IDColumn
	}
	if one := p.Inputs(); c.VectorColumn == "" && c.VectorColumns == "" && !(len(one) == 1 && vectors.Config{Input: one[0]}.Matrix()) { // a matrix has no names of columns
		if c.VectorColumn = p.scale.VectorColumn; c.VectorColumn == "" {
			c.Names = p.scale.Names()
		}
	}
	if p.table, err = vectors.ReadTable(ctx, p.Inputs(), c); err != nil {
		return err
	}
	return p.table.Arrange(p.scale.Names())
}

// settle cuts the table into parts, whose format is that of an earlier version where files of it stay.
func (p *plan) settle(ctx context.Context) error {
	if err := p.cut(); err != nil {
		return err
	}
	if !p.Overwrite {
		before := outdir.Made{Fingerprint: p.fingerprint}
		for _, s := range p.parts {
			before.Parts = append(before.Parts, s.fingerprint)
		}
		if way, err := outdir.MadeBefore(ctx, p.folder, []outdir.Made{before}, p.Resume); way >= 0 || err != nil {
			return err
		}
	}
	p.spec.Format = schemas.LatentsFormat3
	return p.cut()
}

// cut cuts the table into parts and hashes, for each, everything that decides its bytes.
func (p *plan) cut() (err error) {
	p.parts = nil
	n := p.table.Len()
	for first := 0; first < max(n, 1); first += partRows {
		p.parts = append(p.parts, part{number: len(p.parts), first: first, end: min(n, first+partRows)})
	}
	p.folder = outdir.Folder{Dir: p.Output, Kind: "latents", Parts: len(p.parts)}
	var all []string
	for i := range p.parts {
		s := &p.parts[i]
		s.fingerprint, err = outdir.Fingerprint(p.spec.FileFormat(), schemas.FingerprintVersion, s.number, len(p.parts), p.table.SHA256, s.first, s.end, p.spec)
		if err != nil {
			return err
		}
		all = append(all, s.fingerprint)
	}
	p.fingerprint, err = outdir.Fingerprint(p.table.SHA256, all)
	return err
}

// choices returns what the user chose, of latents of a specification.
func (p *plan) choices(s schemas.LatentsSpec) []outdir.Parameter {
	return []outdir.Parameter{
		outdir.Chosen("model", fmt.Sprintf("%.12s", s.ModelSHA256)), outdir.Chosen("layout", s.Layout), outdir.Chosen("reconstruct", s.Reconstruct),
	}
}

// finished reports whether a manifest stands for this plan, with all of its files.
func (p *plan) finished(ctx context.Context, m *schemas.LatentsManifest) (ok bool, err error) {
	if m.Fingerprint != p.fingerprint {
		return false, nil
	}
	ok, p.disputed, err = outdir.LatentsStand(ctx, p.folder, m)
	return ok, err
}

// ready reports whether a file of latents is made from this plan.
func (p *plan) ready(s part, result schemas.LatentsPart) (bool, error) {
	return result.Fingerprint == s.fingerprint && !p.disputed[s.number], nil
}

// replaces refuses to replace finished latents of another model, other parameters or
// another table.
func (p *plan) replaces(_ context.Context, m *schemas.LatentsManifest, _ []part) error {
	out := p.output()
	if m.Fingerprint == p.fingerprint {
		return nil
	}
	if !m.Spec.Rows() {
		return out.Refuse([]string{"it holds latents of images, or vectors of another program"})
	}
	out.Parameters = p.choices(p.spec)
	differences := out.Differs(p.choices(m.Spec))
	if len(differences) == 0 {
		differences = []string{"Config.Input has other rows, numbers, labels or metadata here than it had there"}
	}
	return out.Refuse(differences)
}

// need returns about how many bytes the latents of the given parts will have.
func (p *plan) need(todo []part) (bytes int64) {
	for _, s := range todo {
		bytes += int64(s.end-s.first) * int64(4*p.spec.Dimension+16)
	}
	return bytes
}

// Plan says what Run would do and refuses what it would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, todo, done, err := step.Check(ctx, c.output(), func(ctx context.Context) (*plan, *work, error) { return makePlan(ctx, c) })
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: c.Output + " already holds these latents."}, nil
	}
	text := &preflight.Plan{}
	text.Reading("%s of %s, in %s", words.Plural(p.table.Len(), "row", "rows"), words.Plural(len(p.table.Columns), "number", "numbers"), c.Input)
	text.Writing("latents of %d dimensions, about %s, in %s%s", p.spec.Dimension, progress.Bytes(p.need(todo)), c.Output, preflight.Free(c.Output))
	return text, nil
}
