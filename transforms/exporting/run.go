package exporting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Result is what a run made.
type Result struct {
	Manifest schemas.ExportManifest
	Decodes  bool // the model has a decoder
	Made     bool // false: the output held this export already
}

func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.ExportFile, Owns: func(name string) bool { return contents[name] != "" }}
}

// prepare makes the files and checks the output: it does everything but write.
func prepare(ctx context.Context, c Config) (r *Result, files map[string][]byte, out outdir.Output, err error) {
	m, sha, err := modeldir.Read(ctx, c.Model, true)
	if err != nil {
		return nil, nil, out, err
	}
	out = c.output()
	if err := out.Claim(ctx); err != nil {
		return nil, nil, out, err
	}
	old, ok, err := outdir.ReadManifest[schemas.ExportManifest](ctx, store.Join(c.Output, schemas.ExportFile))
	if err != nil {
		return nil, nil, out, err
	}
	if ok && !c.Overwrite {
		var differences []string
		if old.Kind != c.Format {
			differences = append(differences, fmt.Sprintf("--format is %s here and was %s there", c.Format, old.Kind))
		}
		if old.ModelSHA256 != sha {
			differences = append(differences, fmt.Sprintf("it is of the model %.12s, and --model is %.12s", old.ModelSHA256, sha))
		}
		if err := out.Refuse(differences); err != nil {
			return nil, nil, out, err
		}
	}
	if files, err = formatOf(c.Format).marshal(m); err != nil {
		return nil, nil, out, fmt.Errorf("model %s: %w", c.Model, err)
	}
	r = &Result{Manifest: describe(m, sha, c.Format, files), Decodes: len(m.Decoder) > 0}
	if ok && old.ModelSHA256 == sha && slices.Equal(old.Files, r.Manifest.Files) {
		if same, err := holds(ctx, c.Output, r.Manifest.Files); same || err != nil {
			return r, files, out, err
		}
	}
	r.Made = true
	for _, f := range r.Manifest.Files {
		out.Need += f.Bytes
	}
	return r, files, out, out.Check(ctx, stays(files))
}

// stays tells which files of an earlier export are made again under their names.
func stays(files map[string][]byte) func(name string) bool {
	return func(name string) bool { return files[name] != nil }
}

// Plan says what Run would do.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	r, _, out, err := prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	if !r.Made {
		return &preflight.Plan{Nothing: c.Output + " already holds this export."}, nil
	}
	p := &preflight.Plan{Memory: runlog.PeakMemory(), Time: preflight.Startup()}
	p.Reading("the model %s (%.12s), whole", c.Model, r.Manifest.ModelSHA256)
	for _, f := range r.Manifest.Files {
		p.Writing("%s, %s", f.File, progress.Bytes(f.Bytes))
	}
	p.Writing("together %s, in %s%s", progress.Bytes(out.Need), c.Output, preflight.Free(c.Output))
	return p, nil
}

// Run writes the files, export.json last.
func Run(ctx context.Context, c Config) (*Result, error) {
	return outdir.Held(ctx, c.output(), "export", c.run)
}

func (c Config) run(ctx context.Context) (*Result, error) {
	r, files, out, err := prepare(ctx, c)
	if err != nil || !r.Made {
		return r, err
	}
	if err := out.Clean(ctx, stays(files)); err != nil {
		return nil, err
	}
	for _, f := range r.Manifest.Files {
		if err := store.WriteFile(ctx, store.Join(c.Output, f.File), files[f.File]); err != nil {
			return nil, err
		}
	}
	runlog.From(ctx).Count("files", int64(len(r.Manifest.Files)))
	return r, out.Publish(ctx, r.Manifest)
}

// describe returns the manifest of an export, its files sorted by name.
func describe(m *model.Model, sha, kind string, files map[string][]byte) schemas.ExportManifest {
	in := m.Arch.Input
	manifest := schemas.ExportManifest{
		Format: schemas.ExportFormat, CodeVersion: schemas.CodeVersion, Kind: kind, ModelSHA256: sha,
		Image:         schemas.ImageShape{Height: in.Height, Width: in.Width, Channels: in.Channels, Bits: in.Bits},
		Preprocessing: in.Preprocessing(), Dimension: m.Arch.Latent,
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		info := schemas.FileInfo{File: name, Bytes: int64(len(files[name])), SHA256: outdir.SHA256(files[name])}
		manifest.Files = append(manifest.Files, info)
	}
	return manifest
}

// holds says whether the folder has all the files.
func holds(ctx context.Context, dir string, files []schemas.FileInfo) (bool, error) {
	for _, f := range files {
		sha, err := outdir.FileSHA256(ctx, store.Join(dir, f.File))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil || sha != f.SHA256 {
			return false, err
		}
	}
	return true, nil
}
