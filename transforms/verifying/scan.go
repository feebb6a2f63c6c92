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
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (*tally, error) {
		manifest := store.Join(s.latents.dir, schemas.LatentsFile)
		if ok, err := checkFile(ctx, s.latents.dir, info.File, info.Bytes, info.SHA256, manifest, r); err != nil {
			return nil, err
		} else if !ok {
			return nil, &damage{}
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
func eachFile[T any](ctx context.Context, s *selection, r *Report, work func(context.Context, schemas.LatentsInfo) (T, error), fold func(T)) (ok bool, err error) {
	files := s.latents.manifest.Files
	meter := progress.Start(Step, s.latents.manifest.Rows, "rows")
	defer meter.Stop()
	ok = true
	for t, err := range parallel.EachComputed(ctx, len(files), 2, func(ctx context.Context, i int) (T, error) {
		return work(ctx, files[i])
	}) {
		if bad, damaged := errors.AsType[*damage](err); damaged {
			bad.tell(r)
			ok = false
			continue
		}
		if err != nil {
			return false, err
		}
		fold(t)
	}
	return ok, nil
}

// damage is an error of a file's content, or nil where the report tells of it already.
type damage struct {
	file string
	err  error
}

func (d *damage) Error() string { return fmt.Sprint(d.err) }

func (d *damage) tell(r *Report) {
	if d.err != nil {
		r.problemf(d.file, "%s", withoutName(d.err, d.file))
	}
}

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
		return &damage{info.File, err}
	}
	if s.labels != nil {
		f.Relabel(s.labels.Of)
	}
	f.Cross(s.m.Parameters.Scopes)
	for b, err := range f.Batches(cols) {
		if err != nil {
			return &damage{info.File, err}
		}
		visit(b)
		progress.Add(Step, int64(b.N))
	}
	return nil
}
