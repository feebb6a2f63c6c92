package ingesting

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/unique"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.LatentsManifest
	Made     int // parts that this run converted; 0 says that nothing was to do
	Constant []Constant
}

// plan is a run, decided before any work.
type plan struct {
	input       string // as given
	options     Options
	parts       []Part
	fingerprint string
	columns     []string     // of plain numbers
	rounded     bool         // numbers of these may be none of float32
	kept        bool         // something finished was made of the vectors that are there
	disputed    map[int]bool // files of which _latents.json and their part say different things
}

// work is the plan as package step carries it out.
type work = step.Work[Part, schemas.LatentsPart, schemas.LatentsManifest]

// Run converts a source into a folder of latents. On success the folder holds
// every file that _latents.json lists, and _latents.json, written last.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	_, m, made, err := step.Run(ctx, output(c.Output).Reading(c.Input), Step, func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c.withDefaults(), run)
	})
	if err != nil {
		return nil, err
	}
	constant, err := constants(ctx, c.Output, m)
	return &Result{m, made, constant}, err
}

// account tells of a run in its journal.
func account(j *runlog.Step, m *schemas.LatentsManifest, made int) {
	j.Count("records", m.Records)
	j.Count("written", m.Rows)
	j.Count("rejected", m.Rejected)
	j.Count("files_made", int64(made))
	j.Count("files_resumed", int64(len(m.Files)-made))
}

func output(dir string) outdir.Output {
	return outdir.Output{Dir: dir, Manifest: schemas.LatentsFile, Owns: outdir.OwnsLatents}
}

// makePlan looks at the source and cuts it into parts.
func makePlan(ctx context.Context, c Config, run beamrun.Runner) (*plan, *work, error) {
	s, err := vectors.Open(ctx, c.columns())
	if err != nil {
		return nil, nil, err
	}
	p := &plan{input: c.Input, parts: s.Parts(), columns: s.Columns, rounded: s.Rounded, kept: c.Kept}
	if len(p.parts) > schemas.MaxShards {
		return nil, nil, fmt.Errorf("%s: %d files or row groups are more than %d: make larger ones", c.Input, len(p.parts), schemas.MaxShards)
	}
	spec, err := s.Spec()
	if err != nil {
		return nil, nil, err
	}
	if c.Accepts != nil {
		if err := c.Accepts(&spec); err != nil {
			return nil, nil, err
		}
	}
	c.Accepts = nil // the options go to other machines
	p.options = Options{Folder: outdir.Folder{Dir: c.Output, Kind: partStep, Parts: len(p.parts)}, Config: c, Spec: spec}
	var all []string
	for i := range p.parts {
		part := &p.parts[i]
		part.Fingerprint, err = outdir.Fingerprint(schemas.LatentsFormat, schemas.FingerprintVersion, part.Number, len(p.parts),
			s.FileSHA256(*part), part.First, part.Rows, spec)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, part.Fingerprint)
	}
	if p.fingerprint, err = outdir.Fingerprint(spec.ModelSHA256, all); err != nil {
		return nil, nil, err
	}
	out := output(c.Output)
	out.Parameters = c.choices()
	return p, &work{
		Output: out, Folder: p.options.Folder, Resume: c.Resume, Overwrite: c.Overwrite,
		Parts: p.parts, Fingerprint: func(part Part) string { return part.Fingerprint },
		Finished: p.finished, Ready: p.ready, Replaces: p.replaces, Precheck: p.checkRounding,
		Need: p.need, Merge: p.merge, Account: account,
		Execute: func(ctx context.Context, todo []Part) error { return p.execute(ctx, todo, run) },
		Absent: func(part Part) error {
			return fmt.Errorf("%s was not read to its end: run the same command again to continue", part.File)
		},
	}, nil
}

// finished reports whether a manifest stands for this plan, with all of its files.
func (p *plan) finished(ctx context.Context, m *schemas.LatentsManifest) (ok bool, err error) {
	if m.Fingerprint != p.fingerprint {
		return false, nil
	}
	ok, p.disputed, err = outdir.LatentsStand(ctx, p.options.Folder, m)
	return ok, err
}

// ready reports whether a file of latents is made from this plan.
func (p *plan) ready(part Part, result schemas.LatentsPart) (bool, error) {
	return result.Fingerprint == part.Fingerprint && result.Failure == "" && !p.disputed[part.Number], nil
}

// replaces refuses to replace vectors that something finished was made of by others.
func (p *plan) replaces(_ context.Context, m *schemas.LatentsManifest, _ []Part) error {
	if !p.kept || m.Fingerprint == p.fingerprint {
		return nil
	}
	difference := "Config.Input has other vectors here than it had there, or an earlier version read them otherwise"
	if m.Spec.Source != p.options.Spec.Source {
		difference = fmt.Sprintf("the vectors are in %s here and were in %s there", p.options.Spec.Source, m.Spec.Source)
	}
	return output(p.options.Folder.Dir).Refuse([]string{difference})
}

// execute runs the pipeline over the missing parts.
func (p *plan) execute(ctx context.Context, todo []Part, run beamrun.Runner) error {
	total := int64(0)
	for _, part := range todo {
		total += part.Rows
	}
	meter := progress.Start(Step, total, "rows")
	defer meter.Stop()
	pipeline, scope := beam.NewPipelineWithRoot()
	beamrun.Sink(scope, Convert(scope, p.options, beam.CreateList(scope, todo)))
	return beamrun.Run(ctx, run, pipeline, p.options.Folder.Dir)
}

// merge puts the results of all parts together, checks the ids and writes
// _errors.jsonl.
func (p *plan) merge(ctx context.Context, parts iter.Seq2[schemas.LatentsPart, error]) (*schemas.LatentsManifest, error) {
	m := &schemas.LatentsManifest{Format: schemas.LatentsFormat, CodeVersion: schemas.CodeVersion,
		Fingerprint: p.fingerprint, Spec: p.options.Spec, Columns: p.columns}
	var rejected []schemas.ErrorRow
	for part, err := range parts {
		switch {
		case err != nil:
			return nil, err
		case part.Failure != "":
			return nil, errors.New(part.Failure)
		}
		m.Records += part.Records
		m.Rows += part.Info.Rows
		m.Rejected += part.Info.Rejected
		m.Bytes += part.Info.Bytes
		m.Files = append(m.Files, part.Info)
		source := p.parts[len(m.Files)-1].Bytes
		if rejected = append(rejected, part.Errors...); int64(len(rejected)) > outdir.MostErrors(source) {
			return nil, vectors.TooMany(p.input, rejected[0], source)
		}
	}
	if m.Rows == 0 {
		return nil, fmt.Errorf("none of %s in %s is a vector; the first: %s", words.Plural(m.Records, "row", "rows"), p.input, rejected[0].Detail)
	}
	if m.Rejected > m.Rows {
		return nil, fmt.Errorf("%d of %d rows in %s are no vectors, more than are; the first: %s: name other columns, or leave these rows out", m.Rejected, m.Records, p.input, rejected[0].Detail)
	}
	folder := p.options.Folder
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("the counts of %s do not add up (%w): please report this", folder.Dir, err)
	}
	if err := unique.Check(ctx, folder.Dir, m, "row", vectors.OwnIDs); err != nil {
		return nil, err
	}
	var err error
	m.ErrorsSHA256, err = outdir.WriteErrors(ctx, folder.File(schemas.LatentsErrorsFile), rejected)
	return m, err
}
