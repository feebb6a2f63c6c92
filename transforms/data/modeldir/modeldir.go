// Package modeldir reads model directories, wherever they are.
//
// What lives here: which files make a model, and what is said where there is none. What
// never enters: what a model computes, and what is done with it.
package modeldir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Read reads a model directory, the decoder only when decodes, and returns
// the model's sha256 too.
func Read(ctx context.Context, dir string, decodes bool) (*model.Model, string, error) {
	if err := outdir.ModelFolder.Is(ctx, dir); err != nil {
		return nil, "", err
	}
	names, unmarshal := model.FileNames(), model.Unmarshal
	if !decodes { // saves time and memory: it has more weights than the encoder
		names = slices.DeleteFunc(names, func(name string) bool { return name == schemas.DecoderFile })
		unmarshal = model.UnmarshalEncoder
	}
	files := model.Files{}
	for _, name := range names {
		data, err := store.ReadFile(ctx, store.Join(dir, name))
		switch {
		case err == nil:
			files[name] = data
		case !errors.Is(err, fs.ErrNotExist):
			return nil, "", err
		case name == schemas.ModelFile:
			return nil, "", fmt.Errorf("%s holds no %s: it is not a model directory; make one with pipelines/import or pipelines/train", dir, schemas.ModelFile)
		}
	}
	m, err := unmarshal(files)
	if err != nil {
		return nil, "", fmt.Errorf("model %s: %w", dir, err)
	}
	return m, files.SHA256(), nil
}
