package exporting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// Result is what a run made.
type Result struct {
	Manifest schemas.ExportManifest
	Arch     model.Arch
	Decodes  bool // the model has a decoder
	Made     bool // false: the output held this export already
}

func output(dir string) outdir.Output {
	return outdir.Output{Dir: dir, Manifest: schemas.ExportFile, Owns: func(name string) bool { return contents[name] != "" }}
}

// plan is an export before anything is written.
type plan struct {
	model, dir string
	files      map[string][]byte
	manifest   schemas.ExportManifest
	decodes    bool
	arch       model.Arch
}

// work is the plan as package step carries it out.
type work = step.Work[struct{}, step.Whole, schemas.ExportManifest]

// makePlan reads the model and makes the files.
func (c Config) makePlan(ctx context.Context) (*plan, *work, error) {
	m, sha, err := modeldir.Read(ctx, c.Model, true)
	if err != nil {
		return nil, nil, err
	}
	if m.Arch.Input.Rows() {
		return nil, nil, fmt.Errorf("the model %s is one of the rows of a table, which is not exported: its weights are in %s and %s, and how columns are scaled in %s", c.Model, schemas.EncoderFile, schemas.DecoderFile, schemas.ModelFile)
	}
	files, err := formatOf(c.Format).marshal(m)
	if err != nil {
		return nil, nil, fmt.Errorf("model %s: %w", c.Model, err)
	}
	p := &plan{model: c.Model, dir: c.Output, files: files, manifest: describe(m, sha, c.Format, files), decodes: len(m.Decoder) > 0, arch: m.Arch}
	// The same export stands also where it may be replaced.
	w := &work{Output: output(c.Output), Finished: p.finished, Need: func([]struct{}) int64 { return p.bytes() }, Execute: p.execute, Merge: p.merge, Account: account}
	if !c.Overwrite {
		w.Replaces = func(_ context.Context, there *schemas.ExportManifest, _ []struct{}) error {
			return w.Output.Refuse(p.differences(there))
		}
	}
	return p, w, nil
}

// bytes returns the size of all files.
func (p *plan) bytes() (bytes int64) {
	for _, f := range p.manifest.Files {
		bytes += f.Bytes
	}
	return bytes
}

// finished reports whether the export that is there is this one, and whole.
func (p *plan) finished(ctx context.Context, there *schemas.ExportManifest) (bool, error) {
	if there.ModelSHA256 != p.manifest.ModelSHA256 || !slices.Equal(there.Files, p.manifest.Files) {
		return false, nil
	}
	return holds(ctx, p.dir, p.manifest.Files)
}

// differences says how the export that is there is another one.
func (p *plan) differences(there *schemas.ExportManifest) (differences []string) {
	m := p.manifest
	if there.Kind != m.Kind {
		differences = append(differences, fmt.Sprintf("Config.Format is %s here and was %s there", m.Kind, there.Kind))
	}
	if there.ModelSHA256 != m.ModelSHA256 {
		differences = append(differences, fmt.Sprintf("it is of the model %.12s, and Config.Model is %.12s", there.ModelSHA256, m.ModelSHA256))
	}
	return differences
}

// execute writes the files.
func (p *plan) execute(ctx context.Context, _ []struct{}) error {
	for _, f := range p.manifest.Files {
		if err := store.WriteFile(ctx, store.Join(p.dir, f.File), p.files[f.File]); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) merge(context.Context, iter.Seq2[step.Whole, error]) (*schemas.ExportManifest, error) {
	return &p.manifest, nil
}

// account tells of an export in its journal.
func account(j *runlog.Step, m *schemas.ExportManifest, _ int) { j.Count("files", int64(len(m.Files))) }

// Plan says what Run would do, and refuses what it would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, _, done, err := step.Check(ctx, output(c.Output).Reading(c.Model), c.makePlan)
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: p.dir + " already holds this export."}, nil
	}
	text := &preflight.Plan{Memory: runlog.PeakMemory(), Time: preflight.Startup()}
	text.Reading("the model %s (%.12s), whole", p.model, p.manifest.ModelSHA256)
	if c.Summary {
		for line := range strings.Lines(p.arch.Summary(p.decodes)) {
			text.Reading("%s", strings.TrimSuffix(line, "\n"))
		}
	}
	for _, f := range p.manifest.Files {
		text.Writing("%s, %s", f.File, progress.Bytes(f.Bytes))
	}
	text.Writing("together %s, in %s%s", progress.Bytes(p.bytes()), p.dir, preflight.Free(p.dir))
	return text, nil
}

// Run writes the files, export.json last.
func Run(ctx context.Context, c Config) (*Result, error) {
	p, _, made, err := step.Run(ctx, output(c.Output).Reading(c.Model), "export", c.makePlan)
	if err != nil {
		return nil, err
	}
	return &Result{Manifest: p.manifest, Arch: p.arch, Decodes: p.decodes, Made: made > 0}, nil
}

// describe returns the manifest of an export, its files sorted by name.
func describe(m *model.Model, sha, kind string, files map[string][]byte) schemas.ExportManifest {
	in := m.Arch.Input
	manifest := schemas.ExportManifest{
		Format: schemas.ExportFormat, CodeVersion: schemas.CodeVersion, Kind: kind, ModelSHA256: sha,
		Image:         in.Shape(),
		Preprocessing: in.Preprocessing(), Dimension: m.Arch.Latent,
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		info := schemas.FileInfo{File: name, Bytes: int64(len(files[name])), SHA256: outdir.SHA256(files[name])}
		manifest.Files = append(manifest.Files, info)
	}
	return manifest
}

// holds reports whether the folder has all the files.
func holds(ctx context.Context, dir string, files []schemas.FileInfo) (bool, error) {
	for _, f := range files {
		sha, err := store.FileSHA256(ctx, store.Join(dir, f.File))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil || sha != f.SHA256 {
			return false, err
		}
	}
	return true, nil
}
