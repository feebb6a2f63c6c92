package store

import (
	"errors"
	"io"
	"sync"
)

// Small reads fetch more than they ask for, and it is kept: a request costs tens
// of milliseconds, and readers of Parquet ask for some bytes at a time.
const (
	spanFirst = 256 << 10 // bytes fetched for a small read
	spanMost  = 1 << 20   // and for one that goes on where another ended, doubling
	spansKept = 4
)

// remoteRandom reads ranges of one version of an object.
type remoteRandom struct {
	size  int64
	fresh func() *resumer
	mu    sync.Mutex
	spans []span // the one used last at the end
}

// span is a part of the content, from off on.
type span struct {
	off  int64
	data []byte
}

func (s span) end() int64 { return s.off + int64(len(s.data)) }

func (r *remoteRandom) Size() int64  { return r.size }
func (r *remoteRandom) Close() error { return nil }

func (r *remoteRandom) ReadAt(p []byte, off int64) (int, error) {
	want, err := clipRange(len(p), off, r.size)
	if want == 0 || off < 0 {
		return 0, err
	}
	n, rerr := r.read(p[:want], off)
	if rerr != nil {
		return n, rerr
	}
	return n, err
}

func (r *remoteRandom) read(p []byte, off int64) (int, error) {
	if len(p) >= spanFirst {
		return r.fetch(p, off)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := 0; ; {
		s, err := r.span(off+int64(n), len(p)-n)
		if err != nil {
			return n, err
		}
		if n += copy(p[n:], s.data[off+int64(n)-s.off:]); n == len(p) {
			return n, nil
		}
	}
}

// span returns a part of the content that holds off, fetched if it has to be:
// enough for a read of want bytes, and at the end of the content, where Parquet
// has its footer, what lies before it.
func (r *remoteRandom) span(off int64, want int) (span, error) {
	length := spanFirst
	for i, s := range r.spans {
		if s.off <= off && off < s.end() {
			r.spans = append(append(r.spans[:i:i], r.spans[i+1:]...), s)
			return s, nil
		}
		if s.end() == off {
			length = min(max(2*len(s.data), spanFirst), spanMost)
		}
	}
	s := span{off: off}
	if off+int64(want) == r.size {
		s.off = max(0, r.size-spanFirst)
	}
	s.data = make([]byte, min(int64(length), r.size-s.off))
	if _, err := r.fetch(s.data, s.off); err != nil {
		return span{}, err
	}
	if len(r.spans) == spansKept {
		r.spans = r.spans[1:]
	}
	r.spans = append(r.spans, s)
	return s, nil
}

// fetch asks the store for a part.
func (r *remoteRandom) fetch(p []byte, off int64) (int, error) {
	part := r.fresh()
	part.off, part.end = off, off+int64(len(p))
	defer part.Close() // only read
	return io.ReadFull(part, p)
}

// clipRange returns how many of n bytes from off lie in a file of a size, with
// the error that io.ReaderAt wants beside them.
func clipRange(n int, off, size int64) (int, error) {
	switch {
	case off < 0:
		return 0, errors.New("negative offset")
	case n == 0:
		return 0, nil
	case off >= size:
		return 0, io.EOF
	case int64(n) > size-off:
		return int(size - off), io.EOF
	}
	return n, nil
}
