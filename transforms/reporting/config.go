package reporting

import (
	"context"
	"errors"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Values of Config.Embedding.
const (
	EmbeddingNone = "none" // principal components only
	EmbeddingUMAP = "umap"
	EmbeddingTSNE = "tsne"
)

// Config says what a report is made from.
type Config struct {
	Selection string // folder that select finished

	// Latents, Shards and Model are the folders that the selection was made from; ""
	// looks for latents/, shards/ and model/ beside it. Without shards a report has no
	// pictures of images, without a model no decoded ones.
	Latents, Shards, Model string

	// Link is the folder for the pictures at full size, and its address relative to
	// the page its base name; "" embeds them, reduced so that the page stays small.
	Link string

	// Composite names the channels that pictures show together, separated by commas; "" takes
	// the first, at most composite.MostTogether. Only images with channels have such.
	Composite string `json:",omitempty"`

	Title     string // "" takes one from the numbers
	Embedding string // EmbeddingNone, the default, EmbeddingUMAP or EmbeddingTSNE
	Seed      uint64 // of the embedding; default 1

	// Wrote is told of every file that is written beside the page, from any goroutine;
	// or nil. It decides nothing, and so is no part of a fingerprint.
	Wrote func(name string, data []byte) `json:"-"`
}

// DefaultConfig returns the configuration of a report without an embedding. Selection has
// no default.
func DefaultConfig() Config { return Config{Embedding: EmbeddingNone, Seed: 1} }

// Validate reports the first wrong field.
func (c Config) Validate() error {
	switch {
	case c.Selection == "":
		return fmt.Errorf("Config.Selection is missing: name the folder that select wrote")
	case c.Embedding != "" && c.Embedding != EmbeddingNone && c.Embedding != EmbeddingUMAP && c.Embedding != EmbeddingTSNE:
		return fmt.Errorf("Config.Embedding=%s: must be %s, %s or %s", c.Embedding, EmbeddingNone, EmbeddingUMAP, EmbeddingTSNE)
	}
	return nil
}

// Names under which progress is counted.
const (
	Step         = "report"
	picturesStep = "pictures"
	tsneStep     = "t-SNE"
)

// Beside returns the place of a folder of one kind, "latents", beside the selection.
func (c Config) Beside(kind string) string {
	return store.Join(store.Dir(store.Join(c.Selection)), kind)
}

// find returns the folder of one kind: the one given, or the one of that name
// beside the selection, or "" where there is none.
func (c Config) find(ctx context.Context, given, kind, file string) (string, error) {
	if given != "" {
		return given, nil
	}
	dir := c.Beside(kind)
	ok, err := store.Exists(ctx, store.Join(dir, file))
	switch {
	case ok:
		return dir, nil
	case errors.Is(err, store.ErrIsFolder):
		return "", nil
	}
	return "", err
}

// findLatents returns the folder of the latents: those below the selection, of
// another program's vectors, or those beside it.
func (c Config) findLatents(ctx context.Context) (string, error) {
	own := store.Join(c.Selection, schemas.VectorsDir)
	if c.Latents == "" {
		if there, err := store.Exists(ctx, store.Join(own, schemas.LatentsFile)); there || err != nil {
			return own, err
		}
	}
	dir, err := c.find(ctx, c.Latents, "latents", schemas.LatentsFile)
	if err == nil && dir == "" {
		err = fmt.Errorf("there is no folder latents/ beside %s: name the folder of the latents with Config.Latents", c.Selection)
	}
	return dir, err
}
