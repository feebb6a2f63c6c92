package verifying

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// trialBytes is how much of a folder is read to tell how long reading takes.
const trialBytes = 256 << 20

// Plan says what Run would read, from a hundredth of it. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	if err := c.there(ctx); err != nil {
		return nil, err
	}
	folders := []string{c.Input}
	found := ""
	for _, kind := range kinds {
		has, err := exists(ctx, store.Join(c.Input, kind.manifest))
		if err != nil {
			return nil, err
		}
		if has {
			found = kind.manifest
		}
	}
	if found == "" {
		return nil, unfinished(c.Input)
	}
	for _, beside := range []struct{ manifest, given, name, holds string }{
		{schemas.LatentsFile, c.Shards, "shards", schemas.ShardsFile},
		{schemas.SelectionFile, c.Latents, "latents", schemas.LatentsFile},
	} {
		if found != beside.manifest {
			continue
		}
		dir, err := neighbour(ctx, beside.given, c.Input, beside.name, beside.holds)
		if err != nil {
			return nil, err
		}
		if dir != "" {
			folders = append(folders, dir)
		}
	}
	return describe(ctx, folders, found == schemas.SelectionFile)
}

// unfinished is the error of a folder without a manifest.
func unfinished(dir string) error {
	return fmt.Errorf("%s holds no %s, %s, %s or %s: it is no finished output folder (a run that was interrupted writes its manifest last)",
		dir, schemas.ShardsFile, schemas.ModelFile, schemas.LatentsFile, schemas.SelectionFile)
}

// describe adds up the files, and reads some of them.
func describe(ctx context.Context, folders []string, selection bool) (*preflight.Plan, error) {
	p := &preflight.Plan{}
	var all int64
	var t preflight.Timing
	for _, dir := range folders {
		var files, size int64
		for obj, err := range store.List(ctx, dir, true) {
			if err != nil {
				return nil, err
			}
			files++
			size += obj.Size
			if t.Items() < trialBytes/100 || t.Items() < trialBytes && 100*t.Items() < all+size {
				if err := tryFile(ctx, obj.Name, &t); err != nil {
					return nil, err
				}
			}
		}
		all += size
		p.Reading("%s files, %s, in %s", progress.Count(files), progress.Bytes(size), dir)
	}
	p.Writing("nothing")
	p.Tried("%s read and hashed in %s", progress.Bytes(t.Items()), preflight.Duration(t.Elapsed()))
	each := t.For(all)
	cores := time.Duration(runtime.GOMAXPROCS(0))
	// Files are read side by side, and what they hold is decoded and compared, too.
	p.Time = preflight.Startup().Plus(preflight.Range{Likely: each.Likely, Low: each.Low / cores, High: 4 * each.High})
	p.Memory = runlog.PeakMemory() + checkBytes*int64(cores)
	if selection {
		p.Time = p.Time.Widen(3)
		p.Note("a selection is also recomputed, which takes about as long as select took to pick and grade")
	}
	return p, nil
}

// checkBytes is about what the check of one file holds.
const checkBytes = 20 << 20

// tryFile reads a file, of a large one a part.
func tryFile(ctx context.Context, name string, t *preflight.Timing) error {
	began := time.Now()
	in, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	n, err := io.CopyN(sha256.New(), in, trialBytes/8)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	t.Add(n, time.Since(began))
	return nil
}
