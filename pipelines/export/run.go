package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"exemplar/model"
	"exemplar/model/keras"
	"exemplar/model/onnx"
	"exemplar/schemas"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// format is a value of --format.
type format struct {
	name    string
	title   string
	marshal func(*model.Model) (map[string][]byte, error)
}

var formats = []format{
	{"onnx", "ONNX", onnx.Marshal},
	{"keras", "Keras 3", keras.Marshal},
	{"npz", "NumPy archives", keras.MarshalNPZ},
}

// contents says what each file is for.
var contents = map[string]string{
	schemas.EncoderONNX:      "raw pixels to latents",
	schemas.DecoderONNX:      "latents to pixels in [0,1]",
	schemas.AutoencoderONNX:  "raw pixels to latents and pixels in [0,1]",
	schemas.EncoderKeras:     "raw pixels to latents, for keras.saving.load_model",
	schemas.DecoderKeras:     "latents to pixels in [0,1], for keras.saving.load_model",
	schemas.EncoderKerasHDF5: "the encoder's weights alone, for load_weights",
	schemas.DecoderKerasHDF5: "the decoder's weights alone, for load_weights",
	schemas.EncoderNPZ:       "the encoder's arrays, in Keras' order",
	schemas.DecoderNPZ:       "the decoder's arrays, in Keras' order",
}

func formatNames() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// formatOf returns the format of a name, or nil.
func formatOf(name string) *format {
	for i := range formats {
		if formats[i].name == name {
			return &formats[i]
		}
	}
	return nil
}

// result is what a run made.
type result struct {
	manifest schemas.ExportManifest
	decodes  bool
	made     bool // false: the output held this export already
}

func (c config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.ExportFile, Owns: func(name string) bool { return contents[name] != "" }}
}

// prepare makes the files and checks the output: it does everything but write.
func prepare(ctx context.Context, c config) (r *result, files map[string][]byte, out outdir.Output, err error) {
	m, sha, err := encoding.ReadModel(ctx, c.Model, true)
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
	r = &result{manifest: describe(m, sha, c.Format, files), decodes: len(m.Decoder) > 0}
	if ok && old.ModelSHA256 == sha && slices.Equal(old.Files, r.manifest.Files) {
		if same, err := holds(ctx, c.Output, r.manifest.Files); same || err != nil {
			return r, files, out, err
		}
	}
	r.made = true
	for _, f := range r.manifest.Files {
		out.Need += f.Bytes
	}
	return r, files, out, out.Check(ctx, stays(files))
}

// stays tells which files of an earlier export are made again under their names.
func stays(files map[string][]byte) func(name string) bool {
	return func(name string) bool { return files[name] != nil }
}

// plan says what run would do.
func plan(ctx context.Context, c config) (*preflight.Plan, error) {
	r, _, out, err := prepare(ctx, c)
	if err != nil {
		return nil, err
	}
	if !r.made {
		return &preflight.Plan{Nothing: c.Output + " already holds this export."}, nil
	}
	p := &preflight.Plan{Memory: runlog.PeakMemory(), Time: preflight.Startup()}
	p.Reading("the model %s (%.12s), whole", c.Model, r.manifest.ModelSHA256)
	for _, f := range r.manifest.Files {
		p.Writing("%s, %s", f.File, progress.Bytes(f.Bytes))
	}
	p.Writing("together %s, in %s%s", progress.Bytes(out.Need), c.Output, preflight.Free(c.Output))
	return p, nil
}

// run writes the files, export.json last.
func run(ctx context.Context, c config) (*result, error) {
	return outdir.Held(ctx, c.output(), "export", c.run)
}

func (c config) run(ctx context.Context) (*result, error) {
	r, files, out, err := prepare(ctx, c)
	if err != nil || !r.made {
		return r, err
	}
	if err := out.Clean(ctx, stays(files)); err != nil {
		return nil, err
	}
	for _, f := range r.manifest.Files {
		if err := store.WriteFile(ctx, store.Join(c.Output, f.File), files[f.File]); err != nil {
			return nil, err
		}
	}
	runlog.From(ctx).Count("files", int64(len(r.manifest.Files)))
	return r, out.Publish(ctx, r.manifest)
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
