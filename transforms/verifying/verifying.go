// Package verifying checks a finished output folder against every claim that it
// makes: hashes, checksums, counts, order, and for a selection every centre,
// distance and rank, recomputed from the latents.
//
// It finds the kind of a folder by its manifest. It shares the readers of the
// formats with the steps that write them, but recomputes what they decided on
// its own.
//
// What never enters: writing, repairing, Beam.
package verifying

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Config says what to check.
type Config struct {
	Input string // folder with shards.json, _latents.json or selection.json

	// Shards holds the images of a latents folder, Latents the vectors of a
	// selection folder; empty: the folder "shards" or "latents" beside Input where
	// there is one.
	Shards, Latents string
}

// Validate reports the first wrong flag, before any work.
func (c Config) Validate() error {
	if c.Input == "" {
		return fmt.Errorf("--input is missing: name the folder to check")
	}
	return nil
}

// maxProblems bounds the problems that a report keeps; all are counted.
const maxProblems = 1000

// Report is what a check found.
type Report struct {
	Checked  []string // what was checked and holds, unless Problems say otherwise
	Problems []string // what does not hold, each naming its file
	Total    int      // of problems, kept or not

	mu sync.Mutex
}

// problemf adds one claim that does not hold. It may be called by several
// goroutines.
func (r *Report) problemf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Total++
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

func (r *Report) checkedf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Checked = append(r.Checked, fmt.Sprintf(format, args...))
}

// kinds lists the manifests that a folder can have, with their checks.
var kinds = []struct {
	manifest string
	check    func(ctx context.Context, c Config, r *Report) error
}{
	{schemas.ShardsFile, checkShards},
	{schemas.LatentsFile, checkLatents},
	{schemas.SelectionFile, checkSelection},
}

// Run checks a folder. An error means that the check itself could not be done;
// what does not hold is in the report.
func Run(ctx context.Context, c Config) (*Report, error) {
	r := &Report{}
	found := false
	for _, kind := range kinds {
		has, err := exists(ctx, store.Join(c.Input, kind.manifest))
		if err != nil {
			return nil, err
		}
		if !has {
			continue
		}
		found = true
		if err := kind.check(ctx, c, r); err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, fmt.Errorf("%s holds no %s, %s or %s: it is no finished output folder (a run that was interrupted writes its manifest last)",
			c.Input, schemas.ShardsFile, schemas.LatentsFile, schemas.SelectionFile)
	}
	return r, nil
}

func exists(ctx context.Context, name string) (bool, error) {
	_, err := store.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// neighbour returns the folder that the user named, or the one called name
// beside dir if it holds the given manifest, or "".
func neighbour(ctx context.Context, given, dir, name, manifest string) (string, error) {
	if given != "" {
		return given, nil
	}
	beside := store.Join(store.Dir(dir), name)
	has, err := exists(ctx, store.Join(beside, manifest))
	if err != nil || !has {
		return "", err
	}
	return beside, nil
}
