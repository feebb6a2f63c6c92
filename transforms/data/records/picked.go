package records

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"exemplar/tfrecord"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/seq"
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
	return seq.From(func(yield func(Image, error) bool) error {
		if len(entries) == 0 {
			return nil
		}
		in, err := store.OpenAt(ctx, name)
		if err != nil {
			return err
		}
		defer in.Close()
		packed, err := isGzip(in)
		if err != nil {
			return err
		}
		if packed {
			return passing(ctx, name, f, entries, yield)
		}
		gap, ahead := int64(gapNear), 1
		if store.IsRemote(name) {
			gap, ahead = gapFar, readsFar
		}
		fetch := func(_ context.Context, r *run) (*run, error) {
			r.data = make([]byte, r.end()-r.entries[0].Offset)
			n, err := in.ReadAt(r.data, r.entries[0].Offset)
			if r.data = r.data[:n]; err == io.EOF {
				err = nil
			}
			return r, err
		}
		for r, err := range parallel.Map(ctx, runs(entries, gap), ahead, fetch) {
			if err != nil {
				return err
			}
			if more, err := r.images(name, f, yield); !more {
				return err
			}
		}
		return nil
	})
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

// images yields the images of a read; more is false where they are to end.
func (r *run) images(name string, f Fields, yield func(Image, error) bool) (more bool, err error) {
	for _, e := range r.entries {
		at := min(e.Offset-r.entries[0].Offset, int64(len(r.data)))
		end := min(at+e.Bytes+tfrecord.FrameLen, int64(len(r.data)))
		data, err := tfrecord.Frame(r.data[at:end], e.Offset, tfrecord.ReaderOptions{File: name})
		if err != nil {
			return false, numbered(err, e.Number)
		}
		im, err := Parse(data, f)
		if b := (*BadRecord)(nil); errors.As(err, &b) {
			b.File, b.Record, b.Offset = name, e.Number, e.Offset
		}
		if err := e.check(name, im, err); err != nil {
			return false, err
		}
		if !yield(im, err) {
			return false, nil
		}
	}
	return true, nil
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
func passing(ctx context.Context, name string, f Fields, entries []Entry, yield func(Image, error) bool) error {
	for rec, err := range read(ctx, name, f) {
		if Fatal(err) {
			return err
		}
		if rec.Number != entries[0].Number {
			continue
		}
		if err := entries[0].check(name, rec.Image, err); err != nil {
			return err
		}
		entries = entries[1:]
		if !yield(rec.Image, err) || len(entries) == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s: ends before record %d", name, entries[0].Number)
}
