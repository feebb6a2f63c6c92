package verifying

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// checkModel checks a model: the sha256 of its weights, every name, shape and
// number, that its files are as this program writes them, and, where latents lie
// beside it, that it is the model which made them.
func checkModel(ctx context.Context, c Config, r *Report) error {
	m, ok, err := readModel(ctx, c.Input, "", r)
	if err != nil || !ok {
		return err
	}
	err = checkStrays(ctx, c.Input, schemas.ModelFile, func(name string) bool {
		return name == schemas.EncoderFile || name == schemas.DecoderFile && len(m.Decoder) > 0 || name == schemas.HeadFile && m.Head != nil
	}, r, ".safetensors", schemas.HeadFile)
	if err != nil {
		return err
	}
	if m.Head != nil {
		r.checkedf("head of %s: sha256, names, shapes and numbers of its weights", words.Plural(len(m.Head.Classes), "class", "classes"))
		if err := checkHead(ctx, c.Input, m, r); err != nil {
			return err
		}
	}
	r.checkedf("%s model of %s: sha256, names, shapes and numbers of its weights", m.Arch.Family, words.Plural(m.Arch.Latent, "dimension", "dimensions"))
	if err := checkCurve(ctx, c.Input, m, r); err != nil {
		return err
	}
	if m.Training != nil {
		r.uncheckedf("the training that %s tells of (images, losses, and what the errors are compared with): it is not done again", schemas.ModelFile)
	}
	dir, err := neighbor(ctx, c.Latents, c.Input, "latents", schemas.LatentsFile)
	if err != nil {
		return err
	}
	if dir == "" {
		r.uncheckedf("the provenance and training in %s, which the hash in latents covers: no folder latents/ beside %s; name it with Config.Latents",
			schemas.ModelFile, c.Input)
		return nil
	}
	manifest, _, err := outdir.ReadJSON[schemas.LatentsManifest](ctx, store.Join(dir, schemas.LatentsFile))
	if err != nil {
		return err
	}
	if c.Latents == "" {
		dir += ", which lie beside it (where its own have another name, Config.Latents names them),"
	}
	compareModel(m, manifest.Spec.ModelSHA256, schemas.ModelFile, dir, r)
	return nil
}

// checkSource checks the model of a latents folder, where it is at hand: that it
// is the one which made them, and whole. It returns the model if it is.
func (l *latentsCheck) checkSource(ctx context.Context, c Config) (*model.Model, error) {
	if l.m.Spec.Foreign() {
		return nil, nil
	}
	dir, err := neighbor(ctx, c.Model, c.Input, "model", schemas.ModelFile)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		l.report.uncheckedf("the model: no folder model/ beside %s; name it with Config.Model", l.dir)
		return nil, nil
	}
	m, ok, err := readModel(ctx, dir, dir, l.report)
	if err != nil || !ok {
		return nil, err
	}
	compareModel(m, l.m.Spec.ModelSHA256, store.Join(dir, schemas.ModelFile), l.dir, l.report)
	l.report.checkedf("the model in %s: it is the one that made the latents, and whole", dir)
	if m.SHA256() != l.m.Spec.ModelSHA256 {
		return nil, nil
	}
	return m, nil
}

// checkTrained compares what is said of the errors in training with what the model says
// of them.
func (l *latentsCheck) checkTrained(m *model.Model) {
	switch {
	case m == nil && l.m.Trained != nil:
		text := l.m.Trained.String()
		if l.m.Spec.Rows() {
			text = l.m.Trained.OfRows()
		}
		l.report.uncheckedf("what the training of the model recorded of its errors (%s): the model is not at hand", text)
	case m != nil:
		var is *schemas.Learned
		if m.Training != nil {
			is = schemas.LearnedOf(m.Training.Metrics)
		}
		switch {
		case l.m.Trained == nil && is != nil: // as earlier versions left it
			l.report.uncheckedf("what the training of the model recorded of its errors: %s does not say, the model says %s", schemas.LatentsFile, is)
		case shown(l.m.Trained) != shown(is):
			l.report.problemf(schemas.LatentsFile, "the errors in training are said to be %s, the model says %s", shown(l.m.Trained), shown(is))
		}
	}
}

// compareModel compares a model with the one that latents say made them.
func compareModel(m *model.Model, sum, file, latents string, r *Report) {
	if got := m.SHA256(); got != sum {
		r.problemf(file, "sha256 is %s, the latents in %s were made by model %s: one of them was made again since, or changed", got, latents, sum)
	}
}

// readModel reads a model and checks that its files are as this program writes
// them. Problems name the files below the folder at. ok is false where it is damaged.
func readModel(ctx context.Context, dir, at string, r *Report) (m *model.Model, ok bool, err error) {
	files, err := modeldir.ReadFiles(ctx, modeldir.In(dir))
	if err != nil {
		return nil, false, err
	}
	m, err = model.Unmarshal(files)
	if err != nil {
		name, what, _ := strings.Cut(err.Error(), ": ")
		r.problemf(placed(at, name), "%s", what)
		return nil, false, nil
	}
	again, err := m.Marshal()
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", dir, err)
	}
	ok = true
	for _, name := range model.AllFileNames() {
		if !bytes.Equal(files[name], again[name]) {
			r.problemf(placed(at, name), "changed after it was written: byte %d is not as this program writes it", firstDifference(files[name], again[name]))
			ok = false // its hash tells nothing more
		}
	}
	return m, ok, nil
}

func placed(at, name string) string {
	if at == "" {
		return name
	}
	return store.Join(at, name)
}

// firstDifference returns the position of the first byte that differs.
func firstDifference(a, b []byte) (at int) {
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	return at
}
