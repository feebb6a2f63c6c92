package records

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"exemplar/tfrecord"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// Of several records that are near each other, one read fetches all: near are those
// with at most so many bytes between them, and a read is at most so large, beside
// its first record. From a store, where a request takes as long as some hundred
// kilobytes, several are under way at once.
const (
	gapNear, gapFar = 4 << 10, 256 << 10
	readMost        = 4 << 20
	readsFar        = 16
)

// run is some records that are read at once.
type run struct {
	entries []Entry
	data    []byte
	err     error
}

func (r *run) end() int64 {
	last := r.entries[len(r.entries)-1]
	return last.Offset + last.Bytes + tfrecord.FrameLen
}

// Picked yields the images of some records of a shard, in their order, which must be
// that of the shard; unusable ones as *BadRecord, what follows them can be read.
// Only these records are read, unless the shard is compressed. Number and Offset of
// an entry say where it is; pixels are valid until the next image.
func Picked(ctx context.Context, name string, f Fields, entries []Entry) iter.Seq2[Image, error] {
	return func(yield func(Image, error) bool) {
		if len(entries) == 0 {
			return
		}
		in, err := store.OpenAt(ctx, name)
		if err != nil {
			yield(Image{}, err)
			return
		}
		defer in.Close()
		head := make([]byte, 12)
		if n, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
			yield(Image{}, err)
			return
		} else if tfrecord.IsGzip(head[:n]) {
			passing(ctx, name, f, entries)(yield)
			return
		}
		gap, ahead := int64(gapNear), 1
		if store.IsRemote(name) {
			gap, ahead = gapFar, readsFar
		}
		fetch := func(_ context.Context, r *run) *run {
			r.data = make([]byte, r.end()-r.entries[0].Offset)
			n, err := in.ReadAt(r.data, r.entries[0].Offset)
			if r.data = r.data[:n]; err != io.EOF {
				r.err = err
			}
			return r
		}
		for r, err := range parallel.Map(ctx, runs(entries, gap), ahead, fetch) {
			if err == nil {
				err = r.err
			}
			if err != nil {
				yield(Image{}, err)
				return
			}
			if !r.images(name, f, yield) {
				return
			}
		}
	}
}

// runs joins entries to reads.
func runs(entries []Entry, gap int64) iter.Seq2[*run, error] {
	return func(yield func(*run, error) bool) {
		r := &run{}
		for _, e := range entries {
			if len(r.entries) > 0 && (e.Offset-r.end() > gap || e.Offset+e.Bytes-r.entries[0].Offset > readMost) {
				if !yield(r, nil) {
					return
				}
				r = &run{}
			}
			r.entries = append(r.entries, e)
		}
		yield(r, nil)
	}
}

// images yields the images of a read; false where they are to end.
func (r *run) images(name string, f Fields, yield func(Image, error) bool) bool {
	for _, e := range r.entries {
		at := min(e.Offset-r.entries[0].Offset, int64(len(r.data)))
		end := min(at+e.Bytes+tfrecord.FrameLen, int64(len(r.data)))
		data, err := tfrecord.Frame(r.data[at:end], e.Offset, tfrecord.ReaderOptions{File: name})
		if err != nil {
			if c := (*tfrecord.CorruptError)(nil); errors.As(err, &c) {
				c.Record = e.Number
			}
			yield(Image{}, err)
			return false
		}
		im, err := Parse(data, f)
		if b := (*BadRecord)(nil); errors.As(err, &b) {
			b.File, b.Record, b.Offset = name, e.Number, e.Offset
		}
		if err := e.check(name, im, err); err != nil {
			yield(Image{}, err)
			return false
		}
		if !yield(im, err) {
			return false
		}
	}
	return true
}

// check compares an entry with what its record was read as.
func (e *Entry) check(file string, im Image, err error) error {
	if got := nameOf(im, err); got != e.Name {
		return fmt.Errorf("%s: record %d at byte %d is %q, its index says %q: remove the folder _state beside the shard, or make the shards again", file, e.Number, e.Offset, got, e.Name)
	}
	return nil
}

// passing yields the images of some records of a shard that has to be read from its
// beginning.
func passing(ctx context.Context, name string, f Fields, entries []Entry) iter.Seq2[Image, error] {
	return func(yield func(Image, error) bool) {
		r, err := Open(ctx, name, f)
		if err != nil {
			yield(Image{}, err)
			return
		}
		defer r.Close()
		for len(entries) > 0 {
			if err := ctx.Err(); err != nil {
				yield(Image{}, err)
				return
			}
			im, number, _, err := r.Next()
			if err == io.EOF {
				yield(Image{}, fmt.Errorf("%s: ends before record %d", name, entries[0].Number))
				return
			}
			if b := (*BadRecord)(nil); err != nil && !errors.As(err, &b) {
				yield(Image{}, err)
				return
			}
			if number != entries[0].Number {
				continue
			}
			if err := entries[0].check(name, im, err); err != nil {
				yield(Image{}, err)
				return
			}
			entries = entries[1:]
			if !yield(im, err) {
				return
			}
		}
	}
}
