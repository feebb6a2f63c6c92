package training

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// collectionFile is the name in StateDir of what a finished model remembers of the
// collection that it was made of. Without it, as earlier versions left it, the number of
// images alone tells.
const collectionFile = "trained-on.json"

// Of so many images the ids and the pixels are remembered, drawn by the hash of their ids
// and a seed of its own: of 32, a collection that lost a twentieth would now and then seem
// to have lost more than a tenth.
const (
	knownImages = 256
	knownSeed   = 0x6b6e6f776e
)

// collection is the content of collectionFile.
type collection struct {
	ModelSHA256 string       `json:"model_sha256"` // of the model that it stands beside
	Images      []knownImage `json:"images"`       // by id
}

// knownImage is one of them.
type knownImage struct {
	ID     string `json:"id"`
	SHA256 string `json:"sha256"` // of the pixels
}

// readCollection reads what a later run knows a collection by.
func readCollection(ctx context.Context, f *dataset.Folder) (*collection, error) {
	drawn, err := f.Draw(ctx, knownImages, knownSeed)
	if err != nil {
		return nil, err
	}
	images, err := known(ctx, f, drawn)
	return &collection{Images: images}, err
}

// known returns the ids and the hashes of the usable images of a sample, by id.
func known(ctx context.Context, f *dataset.Folder, sample *dataset.Sample) (list []knownImage, err error) {
	for shard := range f.Shards {
		for im, err := range f.Usable(ctx, shard, sample, nil) {
			if err != nil {
				return nil, err
			}
			list = append(list, knownImage{strings.Clone(im.Filename), outdir.SHA256(im.Pixels)})
		}
	}
	slices.SortFunc(list, func(a, b knownImage) int { return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.SHA256, b.SHA256)) })
	return list, nil
}

// save writes it, beside a model that is about to be published.
func (k *collection) save(ctx context.Context, dir string, files model.Files) error {
	k.ModelSHA256 = files.SHA256()
	return outdir.WriteJSON(ctx, store.Join(dir, schemas.StateDir, collectionFile), k)
}

// another refuses to replace a model that was made of another collection: one that has
// grown goes on, but no table.
func (c Config) another(ctx context.Context, out outdir.Output, f *dataset.Folder) error {
	if c.Overwrite {
		return nil
	}
	m, ok, err := modeldir.ReadHead(ctx, c.Output)
	if err != nil || !ok || m.Training == nil || m.Training.Data == f.SHA256 {
		return err
	}
	if c.Table != nil { // other rows are scaled otherwise, so that no row is what it was
		return out.Refuse([]string{"Config.Shards has other rows, numbers, columns or labels here than it had there"})
	}
	there, ok, err := outdir.ReadManifest[collection](ctx, store.Join(c.Output, schemas.StateDir, collectionFile))
	if err != nil || !ok || len(there.Images) == 0 {
		return err
	}
	sum, err := store.FileSHA256(ctx, store.Join(c.Output, schemas.ModelFile))
	if err != nil || sum != there.ModelSHA256 {
		return err // it stands for another model
	}
	// Where the shape of the images follows from the collection, a larger one may have
	// the same images in another shape.
	in, shape := m.Architecture.Input, c.inputOf(f.Shape, f.FullScale)
	shape.Scale = in.Scale
	difference, err := there.differs(ctx, f, c.Choices == nil || in == shape)
	if err != nil || difference == "" {
		return err
	}
	return out.Refuse([]string{difference})
}

// differs says why the images in a folder are another collection: more of those that are
// known are gone than a collection loses that grows, or, where pixels count, all others
// have the same names and other pixels.
func (k *collection) differs(ctx context.Context, f *dataset.Folder, pixels bool) (string, error) {
	ids := map[string]bool{}
	for _, im := range k.Images {
		ids[im.ID] = true
	}
	sample, found, err := f.Find(ctx, ids)
	if err != nil {
		return "", err
	}
	lost := slices.DeleteFunc(slices.Sorted(maps.Keys(ids)), func(id string) bool { return found[id] })
	if gone := (outdir.Gone{Images: int64(len(ids)), Lost: int64(len(lost))}); !gone.Grown() {
		return fmt.Sprintf("%s of %s drawn by hash from the images that the model there was made of %s not in Config.Shards, the first %q",
			words.Count(gone.Lost), words.Count(gone.Images), words.Noun(gone.Lost, "is", "are"), lost[0]), nil
	}
	if !pixels || len(found) == 0 {
		return "", nil
	}
	here, err := known(ctx, f, sample)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(k.Images, func(im knownImage) bool { return slices.Contains(here, im) }) {
		return "", nil
	}
	return outdir.OtherPixels(len(found), slices.Min(slices.Collect(maps.Keys(found)))), nil
}
