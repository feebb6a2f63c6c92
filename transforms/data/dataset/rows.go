package dataset

import (
	"context"
	"iter"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/seq"
)

// shardRows is the number of rows that stand for a shard.
const shardRows = 4096

// Rows are the rows of a table in the place of images, in memory: float32 as package model
// takes them are the pixels, ids the names.
type Rows struct {
	Images   []records.Image
	Rejected []schemas.ErrorRow // rows that are no vectors
}

// OfRows returns a folder of rows of so many numbers: what reads images reads them. Dir is
// the name that messages have for it, and sha identifies the content.
func OfRows(dir, sha string, numbers int, rows *Rows) *Folder {
	f := &Folder{Dir: dir, SHA256: sha, Shape: schemas.ImageShape{Height: 1, Width: numbers, Channels: 1, Bits: 32}, rows: rows}
	for at := 0; at < len(rows.Images); at += shardRows {
		f.Shards = append(f.Shards, Shard{Name: dir, Records: int64(min(shardRows, len(rows.Images)-at))})
	}
	return f
}

// Table reports whether the folder is rows of a table.
func (f *Folder) Table() bool { return f.rows != nil }

// thing is what the folder has of, and things several of it.
func (f *Folder) thing() string {
	if f.Table() {
		return "row"
	}
	return "image"
}

func (f *Folder) things() string { return f.thing() + "s" }

// of returns the rows of a shard.
func (r *Rows) of(shard int) []records.Image {
	at := shard * shardRows
	return r.Images[at:min(at+shardRows, len(r.Images))]
}

// entries is Folder.entries.
func (r *Rows) entries(shard int) iter.Seq2[records.Entry, error] {
	return func(yield func(records.Entry, error) bool) {
		for i, im := range r.of(shard) {
			if !yield(records.Entry{Name: im.Filename, Number: int64(i)}, nil) {
				return
			}
		}
	}
}

// usable is Folder.Usable.
func (r *Rows) usable(ctx context.Context, shard int, sample *Sample, reject func(schemas.ErrorRow)) iter.Seq2[records.Image, error] {
	return seq.From(func(yield func(records.Image, error) bool) error {
		if shard == 0 && reject != nil {
			for _, row := range r.Rejected {
				reject(row)
			}
		}
		all := r.of(shard)
		if sample == nil {
			for _, im := range all {
				if !yield(im, nil) {
					return nil
				}
			}
			return ctx.Err()
		}
		for _, e := range sample.shards[shard] {
			if !yield(all[e.Number], nil) {
				return nil
			}
		}
		return ctx.Err()
	})
}

// sum adds the rows of both parts to their sums, in their order: those of float64 depend on it.
func (s *Set) sum(ctx context.Context) error {
	for i := range s.cfg.Train.Shards {
		for im, err := range s.cfg.Train.Usable(ctx, i, s.drawn, nil) {
			if err != nil {
				return err
			}
			if s.cfg.held(im.Filename) {
				s.HeldSums.Add(im.Pixels)
			} else {
				s.TrainingSums.Add(im.Pixels)
			}
		}
	}
	if v := s.cfg.Validation; v != nil {
		for i := range v.Shards {
			for im, err := range v.Usable(ctx, i, nil, nil) {
				if err != nil {
					return err
				}
				s.HeldSums.Add(im.Pixels)
			}
		}
	}
	return nil
}
