package dataset

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// Sample is some images of a folder: those of the smallest hashes of id and seed. A
// nil Sample is all of them.
type Sample struct {
	from   int64
	shards [][]records.Entry // of each shard, in its order
}

// From returns the number of records that the sample was drawn from; 0 of a nil one.
func (s *Sample) From() int64 {
	if s == nil {
		return 0
	}
	return s.from
}

// candidate is a record that may be drawn.
type candidate struct {
	records.Entry
	hash  uint64
	shard int
}

// compare orders records by their hash; those of equal hashes, which have the same
// id, by their place.
func compare(a, b candidate) int {
	return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.Name, b.Name), cmp.Compare(a.shard, b.shard), cmp.Compare(a.Number, b.Number))
}

// remoteIndexes is the number of indexes that are fetched from a store at once.
const remoteIndexes = 32

// Draw draws limit records of the folder by the hash of their ids and the seed; nil
// where the limit is 0 or there are no more. Only what says where records are is read.
func (f *Folder) Draw(ctx context.Context, limit int64, seed uint64) (*Sample, error) {
	if limit <= 0 || f.Records(nil) > 0 && f.Records(nil) <= limit {
		return nil, nil
	}
	type found struct {
		of  []candidate
		all int64
	}
	var drawn []candidate
	s := &Sample{shards: make([][]records.Entry, len(f.Shards))}
	for p, err := range parallel.Each(ctx, len(f.Shards), f.indexesAhead(), func(ctx context.Context, i int) (p found, err error) {
		p.of, p.all, err = f.candidates(ctx, i, limit, seed)
		return p, err
	}) {
		if err != nil {
			return nil, err
		}
		s.from += p.all
		drawn = smallestOf(append(drawn, p.of...), limit)
	}
	if s.from <= limit {
		return nil, nil
	}
	for _, c := range drawn {
		s.shards[c.shard] = append(s.shards[c.shard], c.Entry)
	}
	for _, entries := range s.shards {
		slices.SortFunc(entries, func(a, b records.Entry) int { return cmp.Compare(a.Number, b.Number) })
	}
	return s, nil
}

// Find returns the records of the folder that have one of these ids, and which ids these
// are. Only what says where records are is read.
func (f *Folder) Find(ctx context.Context, ids map[string]bool) (*Sample, map[string]bool, error) {
	s, found := &Sample{}, map[string]bool{}
	for entries, err := range parallel.Each(ctx, len(f.Shards), f.indexesAhead(), func(ctx context.Context, i int) (of []records.Entry, err error) {
		for e, err := range f.entries(ctx, i) {
			if err != nil {
				return nil, err
			}
			if ids[e.Name] {
				of = append(of, e)
			}
		}
		return of, nil
	}) {
		if err != nil {
			return nil, nil, err
		}
		s.shards = append(s.shards, entries)
		for _, e := range entries {
			found[e.Name] = true
		}
	}
	return s, found, nil
}

// indexesAhead is the number of indexes that are read at once.
func (f *Folder) indexesAhead() int {
	if store.IsRemote(f.Dir) {
		return remoteIndexes
	}
	return runtime.GOMAXPROCS(0)
}

// candidates returns the records of a shard that can be among limit drawn ones, and
// the number of all.
func (f *Folder) candidates(ctx context.Context, shard int, limit int64, seed uint64) (of []candidate, all int64, err error) {
	for e, err := range f.entries(ctx, shard) {
		if err != nil {
			return nil, 0, err
		}
		all++
		of = append(of, candidate{e, draw.Hash(seed^sampleSalt, e.Name), shard})
		of = thin(of, limit)
	}
	return smallestOf(of, limit), all, nil
}

// thin leaves out what cannot be among limit drawn ones, as soon as that is half of
// what there is.
func thin(of []candidate, limit int64) []candidate {
	if int64(len(of)-1<<10)/2 < limit {
		return of
	}
	return smallestOf(of, limit)
}

// smallestOf returns the limit candidates with the smallest hashes, sorted.
func smallestOf(of []candidate, limit int64) []candidate {
	return draw.Smallest(of, int(min(limit, int64(len(of)))), compare)
}

// entries yields where the images of a shard are: from its index or, where there is
// none that stands for it, from the shard.
func (f *Folder) entries(ctx context.Context, shard int) iter.Seq2[records.Entry, error] {
	if f.rows != nil {
		return f.rows.entries(shard)
	}
	s := f.Shards[shard]
	if f.within != nil {
		return seq.Of(f.within.shards[shard])
	}
	return seq.From(func(yield func(records.Entry, error) bool) error {
		all := records.Entries(ctx, s.Name, records.Fields{})
		if !f.Foreign() {
			all = records.Indexed(ctx, f.Dir, shard, len(f.Shards), s.info, records.Fields{})
		}
		n := int64(0)
		for e, err := range all {
			if err != nil {
				return fmt.Errorf("shard %s: %w", s.Name, err)
			}
			if n++; !yield(e, nil) {
				return nil
			}
		}
		if s.Records >= 0 && n != s.Records {
			return fmt.Errorf("%s: ends after %d records, %s says it has %d: run exemplar verify on the shards, or make them again", s.Name, n, schemas.ShardsFile, s.Records)
		}
		return nil
	})
}

// Records returns the number of records of the sample, or with nil of the folder; 0
// where that is not known.
func (f *Folder) Records(sample *Sample) (n int64) {
	if sample = f.all(sample); sample != nil {
		for _, entries := range sample.shards {
			n += int64(len(entries))
		}
		return n
	}
	for _, s := range f.Shards {
		if s.Records < 0 {
			return 0
		}
		n += s.Records
	}
	return n
}
