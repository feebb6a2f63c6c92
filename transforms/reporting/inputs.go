package reporting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/labels"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/where"
	"exemplar/transforms/store"
)

// inputs is what a report is made from, each checked to be the one that the
// selection speaks of.
type inputs struct {
	Config
	selection    schemas.SelectionManifest
	selectionSum string // sha256 of selection.json
	picks        []schemas.Pick
	centers      []schemas.Center

	latentsDir string
	latents    schemas.LatentsManifest
	labels     *labels.Table // instead of those of the latents; nil where there is none
	inside     where.Test    // of the rows of latents, those that the selection is of

	shardsDir  string // "" without shards
	shards     schemas.ShardsManifest
	collection *schemas.Collection // nil where it is not beside the shards

	modelDir string       // "" without a model
	model    *model.Model // nil without
	log      []byte       // training_log.csv, nil where there is none
	curve    []byte       // curve.csv, likewise; nil where the model names none

	view composite.View // how images are shown, before their range is known

	notes []string // for the console: which folders were found, or are not there
}

// Sources are the folders that a report is made from, opened and checked.
type Sources struct{ in *inputs }

// Open reads the manifests and tables, and checks that they belong together.
func Open(ctx context.Context, c Config) (*Sources, error) {
	in, err := open(ctx, c)
	return &Sources{in}, err
}

// Fingerprint stands for everything that decides the report, and for what is added.
func (s *Sources) Fingerprint(more ...any) (string, error) {
	in := s.in
	model := ""
	if in.model != nil {
		model = in.selection.ModelSHA256
	}
	values := []any{schemas.ReportFormat, schemas.FingerprintVersion, in.Config, in.selectionSum, in.latentsDir, in.shardsDir, in.modelDir, model, outdir.SHA256(in.log)}
	return outdir.Fingerprint(append(values, more...)...)
}

// open reads the manifests and tables, and checks that they belong together.
func open(ctx context.Context, c Config) (*inputs, error) {
	in := &inputs{Config: c}
	for _, read := range []func(context.Context) error{in.readSelection, in.readLatents, in.readShards, in.readModel, func(context.Context) error { return in.findView() }} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return in, in.fewEnough()
}

// readSelection reads the manifest and the tables.
func (in *inputs) readSelection(ctx context.Context) error {
	name := store.Join(in.Selection, schemas.SelectionFile)
	m, data, err := outdir.ReadFinished[schemas.SelectionManifest](ctx, in.Selection, schemas.SelectionFile, "name a folder that select has finished")
	if err != nil {
		return err
	}
	if err := outdir.CheckSeal(name, m); err != nil {
		return err
	}
	if err := m.Validate(); err != nil {
		return fmt.Errorf("%s: %w: make the selection again", name, err)
	}
	in.selection, in.selectionSum = m, outdir.SHA256(data)
	contents := map[string][]byte{schemas.SelectionParquet: nil, schemas.CentersParquet: nil}
	for _, f := range m.Files {
		if _, wanted := contents[f.File]; !wanted {
			continue
		}
		data, err := store.ReadFile(ctx, store.Join(in.Selection, f.File))
		if err != nil {
			return err
		}
		if outdir.SHA256(data) != f.SHA256 {
			return fmt.Errorf("%s is not the file that %s lists: it was changed; make the selection again", store.Join(in.Selection, f.File), schemas.SelectionFile)
		}
		contents[f.File] = data
	}
	if m.Parameters.Labels != "" {
		name := store.Join(in.Selection, schemas.LabelsCSV)
		if in.labels, err = labels.Read(ctx, name); err == nil && in.labels.SHA256 != m.Parameters.Labels {
			err = fmt.Errorf("%s is not the file that %s was made with: it was changed; make the selection again", name, schemas.SelectionFile)
		}
		if err != nil {
			return err
		}
	}
	if in.picks, err = tables.Picks(contents[schemas.SelectionParquet], &m); err != nil {
		return fmt.Errorf("%s: %w: make the selection again", store.Join(in.Selection, schemas.SelectionParquet), err)
	}
	if in.centers, err = tables.Centers(contents[schemas.CentersParquet], &m, m.Space.Dimension); err != nil {
		return fmt.Errorf("%s: %w: make the selection again", store.Join(in.Selection, schemas.CentersParquet), err)
	}
	return nil
}

func (in *inputs) readLatents(ctx context.Context) (err error) {
	if in.latentsDir, err = in.findLatents(ctx); in.Latents == "" && (err != nil || !in.holdsLatents(ctx, in.latentsDir)) {
		for _, p := range outdir.Recorded(ctx, in.Selection, schemas.RunFile, stepSelect, "input") {
			if in.holdsLatents(ctx, p.Dir) {
				in.latentsDir, err = p.Dir, nil
				in.notes = append(in.notes, fmt.Sprintf("latents: %s, named in %s", p.Dir, p.By))
				break
			}
		}
	}
	if err != nil {
		return err
	}
	name := store.Join(in.latentsDir, schemas.LatentsFile)
	m, data, err := outdir.ReadFinished[schemas.LatentsManifest](ctx, in.latentsDir, schemas.LatentsFile, "name the folder of the latents that the selection was made from")
	if err != nil {
		return err
	}
	if outdir.SHA256(data) != in.selection.Latents {
		return fmt.Errorf("%s was made from other latents than those in %s: make the selection again, or name its latents with Config.Latents", in.Selection, in.latentsDir)
	}
	if err := m.Validate(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if in.inside, err = where.New(in.selection.Parameters.Where, m.Spec.Metadata); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	// Columns that are read as if the latents had them.
	m.Spec.Metadata = append(m.Spec.Metadata, schemas.CrossedColumns(in.selection.Parameters.Scopes)...)
	in.latents = m
	return nil
}

// whereColumns are the columns that in.inside looks at.
func (in *inputs) whereColumns() latents.Columns {
	return where.Columns(in.selection.Parameters.Where)
}

// holdsLatents reports whether a folder holds the latents that the selection was made from.
func (in *inputs) holdsLatents(ctx context.Context, dir string) bool {
	data, err := store.ReadFile(ctx, store.Join(dir, schemas.LatentsFile))
	return err == nil && outdir.SHA256(data) == in.selection.Latents
}

// The programs that made what a report is made from.
const (
	stepSelect = "select"
	stepEncode = "encode"
)

// readShards reads the manifests of the shards, where there are any. Those found
// beside the selection, or by the records of runs, count only if they are the ones that
// were encoded.
func (in *inputs) readShards(ctx context.Context) error {
	if in.latents.Spec.Source != "" {
		if in.Shards != "" {
			return fmt.Errorf("Config.Shards: %s was made from %s, which have no image shards; leave it out", in.Selection, in.latents.Spec.Vectors())
		}
		return nil
	}
	var m schemas.ShardsManifest
	list := in.candidates(in.Shards, "shards", append(
		outdir.Recorded(ctx, in.Selection, schemas.RunFile, stepSelect, "shards"), outdir.Recorded(ctx, in.latentsDir, schemas.LatentsRunFile, stepEncode, "input")...)...)
	dir, err := in.take("shards", "Config.Shards", list, in.Shards != "", func(dir string) error {
		found, data, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
		switch {
		case errors.Is(err, fs.ErrNotExist) && in.Shards != "":
			return fmt.Errorf("%s holds no %s: name the folder of the shards that were encoded", dir, schemas.ShardsFile)
		case err != nil:
			return err
		case outdir.SHA256(data) == in.latents.Shards:
			m = found
			return nil
		case in.Shards != "":
			return fmt.Errorf("%s holds other shards than those that %s was encoded from: name the folder of those shards, or encode again", dir, in.latentsDir)
		}
		return errOther
	})
	if dir == "" || err != nil {
		return err
	}
	if err := m.Validate(); err != nil {
		return fmt.Errorf("%s: %w", store.Join(dir, schemas.ShardsFile), err)
	}
	in.shardsDir, in.shards = dir, m
	collection, data, err := outdir.ReadJSON[schemas.Collection](ctx, store.Join(dir, schemas.CollectionFile))
	switch {
	case err == nil:
		holds, err := outdir.HoldsCollection(&m, collection, data)
		if holds {
			in.collection = &collection
		}
		return err
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// readModel reads the model, where there is one. One found beside the selection
// counts only if the latents are its.
func (in *inputs) readModel(ctx context.Context) error {
	if in.latents.Spec.Source != "" {
		if in.Model != "" {
			return fmt.Errorf("Config.Model: %s was made from %s; leave it out", in.Selection, in.latents.Spec.Vectors())
		}
		return nil
	}
	var m *model.Model
	list := in.candidates(in.Model, "model", outdir.Recorded(ctx, in.latentsDir, schemas.LatentsRunFile, stepEncode, "model")...)
	dir, err := in.take("model", "Config.Model", list, in.Model != "", func(dir string) error {
		if in.Model == "" {
			if _, err := store.Stat(ctx, store.Join(dir, schemas.ModelFile)); err != nil {
				return err
			}
		}
		found, sum, err := modeldir.Read(ctx, dir, true)
		switch {
		case err != nil:
			return err
		case sum == in.selection.ModelSHA256:
			m = found
			return nil
		case in.Model != "":
			return fmt.Errorf("model %s (%.12s) is not the one that %s was encoded with (%.12s): name that model with Config.Model, or encode again", dir, sum, in.latentsDir, in.selection.ModelSHA256)
		}
		return errOther
	})
	if dir == "" || err != nil {
		return err
	}
	in.modelDir, in.model = dir, m
	read := func(name string) (data []byte, err error) {
		if data, err = store.ReadFile(ctx, store.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return data, err
	}
	if in.log, err = read(schemas.TrainingLogFile); err == nil && measured(m) {
		in.curve, err = read(schemas.CurveFile)
	}
	return err
}

// openFile opens one file of the latents and checks that it is the one the
// manifest speaks of.
func (in *inputs) openFile(ctx context.Context, info schemas.LatentsInfo) (*latents.File, func() error, error) {
	name := store.Join(in.latentsDir, info.File)
	r, err := store.OpenAt(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	f, err := latents.Open(r, r.Size(), name)
	if err == nil && (f.Rows() != info.Rows || f.Spec().Dimension != in.latents.Spec.Dimension || f.Spec().ModelSHA256 != in.latents.Spec.ModelSHA256) {
		err = fmt.Errorf("%s is not the file that %s lists: encode again", name, schemas.LatentsFile)
	}
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	if in.labels != nil {
		f.Relabel(in.labels.Of)
	}
	f.Cross(in.selection.Parameters.Scopes)
	return f, r.Close, nil
}
