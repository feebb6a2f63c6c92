// Package modeldir reads and writes the directory of a model, local or in a store:
//
//	model.json           architecture, provenance, training, and the sha256 of the weights
//	encoder.safetensors
//	decoder.safetensors  where there is one
//	head.npz             where there is one
//
// What lives here: which files are read and written, in what order, and what is said
// where there is no model. What never enters: Beam, Parquet, flags, printing; what the
// files hold and whether they fit together (package model, which reads no store), and
// when a model may be replaced (the steps that make one).
package modeldir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Read reads a model directory, the decoder only when decodes, and returns the model's
// sha256 too.
func Read(ctx context.Context, dir string, decodes bool) (*model.Model, string, error) {
	if err := outdir.ModelFolder.Is(ctx, dir); err != nil {
		return nil, "", err
	}
	names, unmarshal := model.AllFileNames(), model.Unmarshal
	if !decodes { // saves time and memory: it has more weights than the encoder
		names = slices.DeleteFunc(names, func(name string) bool { return name == schemas.DecoderFile })
		unmarshal = model.UnmarshalEncoder
	}
	files, err := read(ctx, In(dir), names)
	if err != nil {
		return nil, "", err
	}
	if _, ok := files[schemas.ModelFile]; !ok {
		return nil, "", fmt.Errorf("%s holds no %s: it is not a model directory; make one with exemplar import or exemplar train", dir, schemas.ModelFile)
	}
	m, err := unmarshal(files)
	if err != nil {
		return nil, "", fmt.Errorf("model %s: %w", dir, err)
	}
	return m, files.SHA256(), nil
}

// Place returns the full name of a file of a model.
type Place func(file string) string

// In places the files of a model in their directory.
func In(dir string) Place {
	return func(file string) string { return store.Join(dir, file) }
}

// ReadFiles reads the files of a model, unchecked; those that are missing are not in
// the map. Without a model.json no other is read.
func ReadFiles(ctx context.Context, at Place) (model.Files, error) {
	return read(ctx, at, model.AllFileNames())
}

func read(ctx context.Context, at Place, names []string) (model.Files, error) {
	files := model.Files{}
	for _, name := range names {
		if name == schemas.HeadFile && !namesFile(files[schemas.ModelFile], name) {
			continue
		}
		data, err := store.ReadFile(ctx, at(name))
		switch {
		case err == nil:
			files[name] = data
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		case name == schemas.ModelFile: // the first
			return files, nil
		}
	}
	return files, nil
}

// namesFile reports whether a model.json names a file.
func namesFile(modelFile []byte, name string) bool {
	head, _ := HeadOf(modelFile)
	return head.Files[name] != ""
}

// WriteWeights writes the files of a model but model.json, which is published after them:
// a directory with one is complete. A decoder goes where the model has none.
func WriteWeights(ctx context.Context, at Place, files model.Files) error {
	for _, name := range slices.Backward(model.AllFileNames()) {
		data, ok := files[name]
		var err error
		switch {
		case name == schemas.ModelFile:
		case ok:
			err = store.WriteFile(ctx, at(name), data)
		default:
			err = store.Remove(ctx, at(name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Head is what model.json says of a model.
type Head struct {
	Architecture model.Arch        `json:"architecture"`
	Channels     []schemas.Channel `json:"channels"`
	Files        map[string]string `json:"files"` // sha256 of the weights
	Provenance   model.Provenance  `json:"provenance"`
	Training     *model.Training   `json:"training"`
	Table        *model.Table      `json:"table"` // nil of a model of images
}

// MadeBy returns the program that made a model, by its model.json; "" where that does not
// tell.
func MadeBy(modelFile []byte) string {
	head, _ := HeadOf(modelFile)
	return head.Provenance.Tool
}

// HeadOf returns the head of a model; ok is false where its model.json is damaged.
func HeadOf(modelFile []byte) (h Head, ok bool) {
	ok = json.Unmarshal(modelFile, &h) == nil
	return h, ok
}

// ReadHead reads the head of the model in a directory; ok is false where there is none,
// or its model.json is damaged.
func ReadHead(ctx context.Context, dir string) (h Head, ok bool, err error) {
	return outdir.ReadManifest[Head](ctx, In(dir)(schemas.ModelFile))
}
