package store

import (
	"errors"
	"io"
)

// remoteRandom reads ranges of one version of an object, each by requests of its
// own.
type remoteRandom struct {
	size  int64
	fresh func() *resumer
}

func (r *remoteRandom) Size() int64  { return r.size }
func (r *remoteRandom) Close() error { return nil }

func (r *remoteRandom) ReadAt(p []byte, off int64) (int, error) {
	want, err := clipRange(len(p), off, r.size)
	if want == 0 || off < 0 {
		return 0, err
	}
	part := r.fresh()
	part.off, part.end = off, off+int64(want)
	defer part.Close() // only read
	n, rerr := io.ReadFull(part, p[:want])
	if rerr != nil {
		return n, rerr
	}
	return n, err
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
