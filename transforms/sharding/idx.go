package sharding

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"sync"

	"github.com/klauspost/compress/gzip"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/store"
)

// sources attaches the pixels of images that lie inside IDX files; an image in a
// file of its own is read later, by the goroutine that decodes it. Entries come
// sorted by name, so that one pass over an IDX file serves a whole shard.
func (c *converter) sources(ctx context.Context, entries iter.Seq2[schemas.ListEntry, error]) iter.Seq2[source, error] {
	return func(yield func(source, error) bool) {
		var open idxStream
		defer open.close()
		for e, err := range entries {
			s := source{entry: e}
			if err == nil && images.IsIDX(e.Source) {
				s.pixels, s.fault = open.image(ctx, listing.Source(c.root, e), e.Index)
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// idxStream reads one IDX file forward.
type idxStream struct {
	name  string
	file  io.Closer
	idx   *images.IDX
	next  int
	fault error // ends the use of this file: what lies behind it is lost
}

// image returns the image at index, which lies behind the one returned last
// where it is in the same file.
func (s *idxStream) image(ctx context.Context, name string, index int) (*images.Image, error) {
	if s.name != name || index < s.next {
		s.close()
		*s = idxStream{name: name}
		s.fault = idxFault(s.open(ctx))
	}
	if s.fault == nil {
		s.fault = idxFault(s.idx.Skip(index - s.next))
	}
	if s.fault != nil {
		return nil, s.fault
	}
	pixels, err := s.idx.Next()
	if err != nil {
		s.fault = idxFault(err)
		return nil, s.fault
	}
	s.next = index + 1
	return &images.Image{Height: s.idx.Height, Width: s.idx.Width, Channels: 1, Bits: 8, Pixels: bytes.Clone(pixels)}, nil
}

func (s *idxStream) open(ctx context.Context) error {
	r, err := openIDXFile(ctx, s.name)
	if err != nil {
		return err
	}
	s.file = r
	s.idx, err = images.OpenIDX(r)
	return err
}

// idxFault tells a damaged IDX file from one that could not be read.
func idxFault(err error) error {
	var reading *store.Error
	if err == nil || errors.As(err, &reading) {
		return err
	}
	return &images.RejectError{Stage: schemas.StageDecode, Reason: schemas.ReasonCorrupt, Detail: err.Error()}
}

func (s *idxStream) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// cachedIDX bounds the size of an IDX file that is kept in memory because every shard
// reads it: as it is, and unpacked once where it is a gzip file.
const cachedIDX = 128 << 20

var idxFiles struct {
	sync.Mutex
	name string
	size int64 // of the file
	data []byte
}

// openIDXFile opens an IDX file from its first byte, out of memory where it was
// small enough to stay there.
func openIDXFile(ctx context.Context, name string) (io.ReadCloser, error) {
	obj, err := store.Stat(ctx, name)
	if err != nil {
		return nil, err
	}
	if obj.Size > cachedIDX {
		return store.Open(ctx, name)
	}
	idxFiles.Lock()
	defer idxFiles.Unlock()
	if idxFiles.name != name || idxFiles.size != obj.Size {
		data, err := store.ReadFileLimit(ctx, name, cachedIDX)
		if err != nil {
			return nil, err
		}
		idxFiles.name, idxFiles.size, idxFiles.data = name, obj.Size, unpackIDX(data)
	}
	return io.NopCloser(bytes.NewReader(idxFiles.data)), nil
}

// unpackIDX returns what a gzip file holds: data itself where it is none, where it is
// damaged, which its reader says at the place of the damage, and where it holds more
// than may stay in memory.
func unpackIDX(data []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return data
	}
	unpacked, err := io.ReadAll(io.LimitReader(z, cachedIDX+1))
	if err != nil || len(unpacked) > cachedIDX {
		return data
	}
	return unpacked
}
