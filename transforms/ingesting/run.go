package ingesting

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/unique"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.LatentsManifest
	Made     int // parts that this run converted; 0 says that nothing was to do
}

// plan is a run, decided before any work.
type plan struct {
	options     Options
	parts       []Part
	fingerprint string
	disputed    map[int]bool // files of which _latents.json and their part say different things
}

// Run converts a source into a folder of latents. On success the folder holds
// every file that _latents.json lists, and _latents.json, written last.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	c = c.withDefaults()
	return outdir.Held(ctx, c.output(), "vectors", func(ctx context.Context) (*Result, error) { return c.run(ctx, run) })
}

// run converts a source into a folder that nobody else writes.
func (c Config) run(ctx context.Context, run beamrun.Runner) (*Result, error) {
	p, err := makePlan(ctx, c)
	if err != nil {
		return nil, err
	}
	if !c.Overwrite {
		if m, err := finished(ctx, p); m != nil || err != nil {
			return &Result{Manifest: m}, err
		}
	}
	out := c.output()
	out.Parameters = c.choices()
	if err := out.Agrees(ctx, !c.Resume || c.Overwrite); err != nil {
		return nil, err
	}
	if err := p.replaces(ctx, out); err != nil {
		return nil, err
	}
	todo, err := prepare(ctx, out, p)
	if err != nil {
		return nil, err
	}
	if len(todo) > 0 {
		if err := convert(ctx, p, todo, run); err != nil {
			return nil, err
		}
	}
	m, err := merge(ctx, p)
	if err != nil {
		return nil, err
	}
	account(ctx, m, len(todo))
	return &Result{m, len(todo)}, nil
}

// account tells of a run in its journal.
func account(ctx context.Context, m *schemas.LatentsManifest, made int) {
	j := runlog.From(ctx)
	j.Count("records", m.Records)
	j.Count("written", m.Rows)
	j.Count("rejected", m.Rejected)
	j.Count("files_made", int64(made))
	j.Count("files_resumed", int64(len(m.Files)-made))
}

// Owns tells which files, named relative to the output, are of this step.
func Owns(name string) bool {
	prefix, _, _, ext, ok := schemas.ParseName(name)
	return name == schemas.LatentsErrorsFile || ok && prefix == "latents" && ext == "parquet"
}

// makePlan looks at the source and cuts it into parts.
func makePlan(ctx context.Context, c Config) (*plan, error) {
	s, err := openSource(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &plan{parts: s.parts(c)}
	if len(p.parts) > schemas.MaxShards {
		return nil, fmt.Errorf("%s: %d files or row groups are more than %d: make larger ones", c.Input, len(p.parts), schemas.MaxShards)
	}
	spec, err := s.spec(c)
	if err != nil {
		return nil, err
	}
	p.options = Options{Config: c, Parts: len(p.parts), Spec: spec}
	var all []string
	for i := range p.parts {
		part := &p.parts[i]
		part.Fingerprint, err = outdir.Fingerprint(schemas.LatentsFormat, schemas.FingerprintVersion, part.Number, len(p.parts),
			s.files[part.Source].sha256, part.First, part.Rows, spec)
		if err != nil {
			return nil, err
		}
		all = append(all, part.Fingerprint)
	}
	p.fingerprint, err = outdir.Fingerprint(spec.ModelSHA256, all)
	return p, err
}

// finished returns the manifest of an output that is complete.
func finished(ctx context.Context, p *plan) (*schemas.LatentsManifest, error) {
	dir := p.options.Config.Output
	m, ok, err := outdir.ReadManifest[schemas.LatentsManifest](ctx, store.Join(dir, schemas.LatentsFile))
	if err != nil || !ok || m.Validate() != nil || m.Fingerprint != p.fingerprint {
		return nil, err
	}
	ok, p.disputed, err = outdir.LatentsStand(ctx, outdir.Folder{Dir: dir, Kind: partStep, Parts: len(m.Files)}, &m)
	if !ok || err != nil {
		return nil, err
	}
	return &m, nil
}

// replaces refuses to replace vectors that something finished was made of by others.
func (p *plan) replaces(ctx context.Context, out outdir.Output) error {
	c := p.options.Config
	if !c.Kept || c.Overwrite {
		return nil
	}
	m, ok, err := outdir.ReadManifest[schemas.LatentsManifest](ctx, store.Join(c.Output, schemas.LatentsFile))
	if err != nil || !ok || m.Validate() != nil || m.Fingerprint == p.fingerprint {
		return err
	}
	if m.Spec.Source != p.options.Spec.Source {
		return out.Refuse([]string{fmt.Sprintf("the vectors are in %s here and were in %s there", p.options.Spec.Source, m.Spec.Source)})
	}
	return out.Refuse([]string{"--input has other vectors here than it had there, or an earlier version read them otherwise"})
}

// missing returns the parts that are to convert, and tells which files of the others
// stay.
func missing(ctx context.Context, p *plan) (todo []Part, stays func(name string) bool, err error) {
	c := p.options.Config
	keep := map[string]bool{}
	for _, part := range p.parts {
		result, ok, err := readPart(ctx, p, part)
		if err != nil {
			return nil, nil, err
		}
		if ok && result.Failure == "" && !p.disputed[part.Number] && c.Resume && !c.Overwrite {
			if ok, err = outdir.HasSize(ctx, store.Join(c.Output, result.Info.File), result.Info.Bytes); err != nil {
				return nil, nil, err
			}
			if ok {
				keep[result.Info.File] = true
				keep[schemas.StateDir+"/"+schemas.PartName(partStep, part.Number, len(p.parts))] = true
				continue
			}
		}
		todo = append(todo, part)
	}
	return todo, func(name string) bool { return keep[name] }, nil
}

// prepare decides which parts are to convert and removes what is stale.
func prepare(ctx context.Context, out outdir.Output, p *plan) ([]Part, error) {
	todo, stays, err := missing(ctx, p)
	if err != nil {
		return nil, err
	}
	out.Need, out.Missing, out.Overwrite = p.need(todo), len(todo), p.options.Config.Overwrite
	return todo, out.Clean(ctx, stays)
}

func readPart(ctx context.Context, p *plan, part Part) (schemas.LatentsPart, bool, error) {
	name := store.Join(p.options.Config.Output, schemas.StateDir, schemas.PartName(partStep, part.Number, len(p.parts)))
	return outdir.ReadPart(ctx, name, part.Fingerprint, func(p schemas.LatentsPart) string { return p.Fingerprint })
}

func convert(ctx context.Context, p *plan, todo []Part, run beamrun.Runner) error {
	total := int64(0)
	for _, part := range todo {
		total += part.Rows
	}
	meter := progress.Start(Step, total, "rows")
	defer meter.Stop()
	pipeline, scope := beam.NewPipelineWithRoot()
	beamrun.Sink(scope, Convert(scope, p.options, beam.CreateList(scope, todo)))
	return beamrun.Run(ctx, run, pipeline, p.options.Config.Output)
}

// merge puts the results of all parts together, checks the ids and writes
// _errors.jsonl and the manifest.
func merge(ctx context.Context, p *plan) (*schemas.LatentsManifest, error) {
	c := p.options.Config
	m := &schemas.LatentsManifest{Format: schemas.LatentsFormat, CodeVersion: schemas.CodeVersion,
		Fingerprint: p.fingerprint, Spec: p.options.Spec}
	var rejected []schemas.ErrorRow
	for _, part := range p.parts {
		result, ok, err := readPart(ctx, p, part)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, fmt.Errorf("%s was not read to its end: run the same command again to continue", part.File)
		case result.Failure != "":
			return nil, fmt.Errorf("%s", result.Failure)
		}
		m.Records += result.Records
		m.Rows += result.Info.Rows
		m.Rejected += result.Info.Rejected
		m.Bytes += result.Info.Bytes
		m.Files = append(m.Files, result.Info)
		if rejected = append(rejected, result.Errors...); int64(len(rejected)) > outdir.MostErrors(part.Bytes) {
			return nil, tooMany(c.Input, rejected[0], part.Bytes)
		}
	}
	if m.Rows == 0 {
		return nil, fmt.Errorf("none of %s in %s is a vector; the first: %s", words.Plural(m.Records, "row", "rows"), c.Input, rejected[0].Detail)
	}
	if m.Rejected > m.Rows {
		return nil, fmt.Errorf("%d of %d rows in %s are no vectors, more than are; the first: %s: name other columns, or leave these rows out", m.Rejected, m.Records, c.Input, rejected[0].Detail)
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("the counts of %s do not add up (%w): please report this", c.Output, err)
	}
	if err := unique.Check(ctx, c.Output, m, "row", "every row needs an id of its own (--id_column)"); err != nil {
		return nil, err
	}
	errorsFile := store.Join(c.Output, schemas.LatentsErrorsFile)
	var err error
	if m.ErrorsSHA256, err = outdir.WriteErrors(ctx, errorsFile, rejected); err != nil {
		return nil, err
	}
	return m, c.output().Publish(ctx, m)
}
