// Package verifying checks a finished output folder against every claim that it
// makes: hashes, checksums, counts, order, fingerprints, and for a selection
// every center, distance and rank, recomputed from the latents.
//
// It finds the kind of a folder by its manifest. It shares the readers of the
// formats with the steps that write them, but recomputes what they decided on
// its own, so a manifest whose hashes were adapted to changed files is found out
// as well.
//
// Means are added up, medians counted, medoids found by adding up the distances of
// every candidate; a geometric median is held against the condition that it alone
// fulfills. The centers of hierarchical k-means, which fulfill none, are made again.
//
// What it cannot recompute, and only holds against hashes and fingerprints: the
// source images and their labels, which are not at hand; the embeddings and mse of
// images that it does not encode again, and the pixels of decoded images that it does not
// decode again, as the errors of a comparison: it takes about 128, or all that there are with
// Config.Embeddings; codecs, correlations and angles of a comparison; a metadata table; the course of k-means (passes,
// sample) and of the search for centers, of which the results are checked; what people
// named in earlier selections; the training of a model; inputs, root and the other free
// text of collection.json; run.json and reports. Report.Unchecked names each of these
// where it is. The state folder may be removed; what is left of it is checked.
//
// What never enters: Beam, printing, selecting, sharding, encoding; writing and
// repairing.
package verifying

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Config says what to check.
type Config struct {
	Input string // folder with shards.json, model.json, _latents.json, selection.json, decode.json, query.json or compare.json

	// Shards holds the images of a latents folder, Model the model that made it;
	// Latents the vectors of a selection or query folder, or those that a model made. Empty:
	// the folder "shards", "model" or "latents" beside Input where there is one. Decoded
	// images are compared with both model and latents. The models of a comparison are looked
	// for where they were, and beside it.
	Shards, Model, Latents string

	// Embeddings says which images of a latents folder are encoded again, which of decoded
	// images are decoded again, and which of a comparison are reconstructed again, one of Embeddings; "" is EmbeddingsSample, the default.
	Embeddings string
}

// DefaultConfig returns the configuration of a check that encodes a sample of the images
// again. Input has no default.
func DefaultConfig() Config { return Config{Embeddings: EmbeddingsSample} }

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	if c.Input == "" {
		return fmt.Errorf("Config.Input is missing: name the folder to check")
	}
	if c.Embeddings != "" && !slices.Contains(Embeddings, c.Embeddings) {
		return fmt.Errorf("Config.Embeddings=%s: choose from %s", c.Embeddings, strings.Join(Embeddings, ", "))
	}
	return nil
}

// perFile bounds the problems that a report keeps of one file: one cause tends
// to show in every row.
const perFile = 3

// Report is what a check found.
type Report struct {
	Checked   []string // what was checked and holds, unless Problems say otherwise
	Unchecked []string // what could not be checked, and why
	Problems  []string // what does not hold, each starting with its file
	Left      string   // why only a part of the folder was checked, and what to do; "" where all was
	Total     int      // of problems, of which Problems names the first ones of each file

	mu    sync.Mutex
	files []string            // in the order of their first problem
	found map[string][]string // problems by file, the first ones
	more  map[string]int      // problems of a file beyond those
}

// problemf adds a claim about a file that does not hold. It may be called by
// several goroutines.
func (r *Report) problemf(file, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Total++
	if r.found == nil {
		r.found, r.more = map[string][]string{}, map[string]int{}
	}
	if r.found[file] == nil {
		r.files = append(r.files, file)
	}
	if len(r.found[file]) == perFile {
		r.more[file]++
		return
	}
	r.found[file] = append(r.found[file], file+": "+fmt.Sprintf(format, args...))
}

// count adds to the number of problems of a file, of which the first ones are named.
func (r *Report) count(file string, more int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if more > 0 {
		r.Total += more
		r.more[file] += more
	}
}

// names reports whether there are problems of any of some files.
func (r *Report) names(files ...string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(files, func(file string) bool { return r.found[file] != nil })
}

func (r *Report) checkedf(format string, args ...any) {
	r.Checked = append(r.Checked, fmt.Sprintf(format, args...))
}

func (r *Report) uncheckedf(format string, args ...any) {
	r.Unchecked = append(r.Unchecked, fmt.Sprintf(format, args...))
}

// finish puts the problems together: those of the manifests and tables first,
// then those of the numbered files in order.
func (r *Report) finish() {
	numbered := func(file string) int {
		if _, _, _, _, ok := schemas.ParseName(store.Base(file)); ok || strings.HasPrefix(file, schemas.ImagesDir+"/") {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(r.files, func(a, b string) int {
		if numbered(a) != numbered(b) {
			return numbered(a) - numbered(b)
		}
		return strings.Compare(a, b) * numbered(a)
	})
	for _, file := range r.files {
		r.Problems = append(r.Problems, r.found[file]...)
		if n := r.more[file]; n > 0 {
			r.Problems = append(r.Problems, fmt.Sprintf("%s: and %d more", file, n))
		}
	}
}

// kind is a manifest that a folder can have, with its check.
type kind struct {
	manifest string
	check    func(ctx context.Context, c Config, r *Report) error
}

var kinds = []kind{
	{schemas.ShardsFile, checkShards},
	{schemas.ModelFile, checkModel},
	{schemas.LatentsFile, checkLatents},
	{schemas.SelectionFile, checkSelection},
	{schemas.QueryFile, checkQuery},
	{schemas.DecodedFile, checkDecoded},
	{schemas.CompareFile, checkComparison},
}

// there makes sure that the folders that were given are finished ones, also where the
// one to check has no use for them.
func (c Config) there(ctx context.Context) error {
	for _, dir := range []string{c.Input, c.Shards, c.Model, c.Latents} {
		if err := outdir.AnyFolder.Is(ctx, dir); err != nil {
			return err
		}
	}
	for _, given := range []struct{ dir, name, manifest string }{
		{c.Shards, "shards", schemas.ShardsFile}, {c.Model, "model", schemas.ModelFile}, {c.Latents, "latents", schemas.LatentsFile},
	} {
		if given.dir == "" {
			continue
		}
		if _, err := neighbor(ctx, given.dir, "", given.name, given.manifest); err != nil {
			return err
		}
	}
	return nil
}

// kinds returns the kinds of folder that the input is, at least one.
func (c Config) kinds(ctx context.Context) (found []kind, err error) {
	for _, kind := range kinds {
		has, err := store.Exists(ctx, store.Join(c.Input, kind.manifest))
		if err != nil {
			return nil, err
		}
		if has {
			found = append(found, kind)
		}
	}
	if found == nil {
		return nil, unfinished(c.Input)
	}
	return found, nil
}

// Run checks a folder. An error means that the check itself could not be done;
// what does not hold is in the report.
func Run(ctx context.Context, c Config) (*Report, error) {
	if err := c.there(ctx); err != nil {
		return nil, err
	}
	r := &Report{}
	found, err := c.kinds(ctx)
	if err != nil {
		return nil, err
	}
	for _, kind := range found {
		if err := kind.check(ctx, c, r); err != nil {
			return nil, err
		}
	}
	r.finish()
	return r, nil
}
