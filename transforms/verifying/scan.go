package verifying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// scan reads all latents and tallies them. ok is false where they are not as
// their own manifest says.
func (s *selection) scan(ctx context.Context, r *Report) (ok bool, err error) {
	s.tally = *s.newTally()
	ok, err = s.eachFile(ctx, r, func(ctx context.Context, info schemas.LatentsInfo) (*tally, error) {
		manifest := store.Join(s.latents.dir, schemas.LatentsFile)
		if ok, err := checkFile(ctx, s.latents.dir, info.File, info.Bytes, info.SHA256, manifest, r); err != nil || !ok {
			return nil, err
		}
		t := s.newTally()
		return t, s.eachBatch(ctx, info, latents.All, func(b *latents.Batch) {
			for k := range b.N {
				s.tallyRow(t, b, k)
			}
		})
	}, s.fold)
	slices.SortFunc(s.exclusions, func(a, b schemas.Exclusion) int { return cmp.Compare(a.ImageID, b.ImageID) })
	return ok, err
}

// eachFile works on the latents files side by side, on every core, and folds the
// results in the order of the files. ok is false where one of them is missing or
// damaged, which is a problem of that file.
func (s *selection) eachFile(ctx context.Context, r *Report, work func(context.Context, schemas.LatentsInfo) (*tally, error), fold func(*tally)) (ok bool, err error) {
	meter := progress.Start(Step, s.latents.manifest.Rows, "rows")
	defer meter.Stop()
	files := func(yield func(schemas.LatentsInfo, error) bool) {
		for _, f := range s.latents.manifest.Files {
			if !yield(f, nil) {
				return
			}
		}
	}
	type result struct {
		t   *tally
		err error
	}
	run := func(ctx context.Context, f schemas.LatentsInfo) (out result) {
		parallel.Compute(func() { out.t, out.err = work(ctx, f) })
		if bad, ok := errors.AsType[*damage](out.err); ok {
			r.problemf(f.File, "%s", withoutName(bad.err, f.File))
			return result{}
		}
		return out
	}
	ok = true
	for out, err := range parallel.Map(ctx, files, 2, run) {
		if err := errors.Join(err, out.err); err != nil {
			return false, err
		}
		if out.t == nil {
			ok = false
			continue
		}
		fold(out.t)
	}
	return ok, nil
}

// damage is an error of a file's content.
type damage struct{ err error }

func (d *damage) Error() string { return d.err.Error() }

// eachBatch reads columns of one latents file, vectors in the selection's space
// once that is found.
func (s *selection) eachBatch(ctx context.Context, info schemas.LatentsInfo, cols latents.Columns, visit func(*latents.Batch)) error {
	return s.eachEncoded(ctx, info, cols, func(b *latents.Batch) { visit(mapped(s.mapper, b)) })
}

// eachEncoded reads columns of one latents file.
func (s *selection) eachEncoded(ctx context.Context, info schemas.LatentsInfo, cols latents.Columns, visit func(*latents.Batch)) error {
	in, err := store.OpenAt(ctx, store.Join(s.latents.dir, info.File))
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := latents.Open(in, in.Size(), info.File)
	if err == nil && (f.Spec().Dimension != s.latents.manifest.Spec.Dimension || f.Spec().ModelSHA256 != s.m.ModelSHA256) {
		err = fmt.Errorf("%s: %d dimensions by model %s, the selection is of %d by %s", info.File,
			f.Spec().Dimension, f.Spec().ModelSHA256, s.latents.manifest.Spec.Dimension, s.m.ModelSHA256)
	}
	if err != nil {
		return &damage{err}
	}
	for b, err := range f.Batches(cols) {
		if err != nil {
			return &damage{err}
		}
		visit(b)
		progress.Add(Step, int64(b.N))
	}
	return nil
}
