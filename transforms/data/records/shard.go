package records

import (
	"context"
	"errors"
	"io"
	"iter"

	"exemplar/tfrecord"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// ShardReader reads the images of one shard in order. It is not safe for
// concurrent use.
type ShardReader struct {
	name   string
	fields Fields
	file   io.Closer
	sum    *store.Summed // nil where the file is not hashed
	in     *tfrecord.Reader
}

// Open opens a shard, gzip or not, in any store.
func Open(ctx context.Context, name string, f Fields) (*ShardReader, error) {
	file, err := store.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return newShardReader(name, f, file)
}

// OpenSummed is Open for a shard that is hashed while it is read; see Sum.
func OpenSummed(ctx context.Context, name string, f Fields) (*ShardReader, error) {
	file, err := store.OpenSummed(ctx, name)
	if err != nil {
		return nil, err
	}
	r, err := newShardReader(name, f, file)
	if err != nil {
		return nil, err
	}
	r.sum = file
	return r, nil
}

func newShardReader(name string, f Fields, file io.ReadCloser) (*ShardReader, error) {
	in, err := tfrecord.NewReader(file, tfrecord.ReaderOptions{File: name})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &ShardReader{name: name, fields: f, file: file, in: in}, nil
}

// Sum reads what is left of a shard that OpenSummed opened and returns the sha256
// of its file, in hexadecimal.
func (r *ShardReader) Sum() (string, error) { return r.sum.Sum() }

// Next returns the next image, the number of its record from 0, and the offset
// of the record in the uncompressed shard. Raw pixels are valid until the next
// call. At the end the error is io.EOF. A *BadRecord is a record that is not a
// usable image: record and offset are set and reading may go on. Any other error
// is final; damage of the file is tfrecord.ErrCorrupt.
func (r *ShardReader) Next() (im Image, record, offset int64, err error) {
	data, err := r.in.Next()
	if err != nil {
		return Image{}, r.in.Record() + 1, 0, err
	}
	record, offset = r.in.Record(), r.in.Offset()
	im, err = Parse(data, r.fields)
	var b *BadRecord
	if errors.As(err, &b) {
		b.File, b.Record, b.Offset = r.name, record, offset
	}
	return im, record, offset, err
}

// Record is an image with its place in the shard.
type Record struct {
	Image
	Number, Offset, Bytes int64 // as in an Entry
}

// All yields what is left of the shard, as Next returns it: a *BadRecord is beside the
// place of a record that is not a usable image, any other error ends the sequence.
func (r *ShardReader) All(ctx context.Context) iter.Seq2[Record, error] {
	return seq.From(func(yield func(Record, error) bool) error {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			im, number, offset, err := r.Next()
			switch {
			case err == io.EOF:
				return nil
			case Fatal(err):
				return err
			case !yield(Record{im, number, offset, r.Length()}, err):
				return nil
			}
		}
	})
}

// read yields the records of a shard as All does; it is open as long as the sequence is
// ranged over.
func read(ctx context.Context, name string, f Fields) iter.Seq2[Record, error] {
	return seq.From(func(yield func(Record, error) bool) error {
		r, err := Open(ctx, name, f)
		if err != nil {
			return err
		}
		defer r.Close() // only read
		r.All(ctx)(yield)
		return nil
	})
}

// Gzip reports whether the shard is compressed: then its records cannot be read
// by offset.
func (r *ShardReader) Gzip() bool { return r.in.Gzip() }

// Close closes the file.
func (r *ShardReader) Close() error { return r.file.Close() }
