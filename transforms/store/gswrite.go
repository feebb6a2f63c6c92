package store

import (
	"context"
	"hash/crc32"
	"io/fs"
	"sync/atomic"
	"time"

	"cloud.google.com/go/storage"
)

// contentType is what every object is written as.
const contentType = "application/octet-stream"

// gsChunk is how many bytes of an upload are kept for a retry; a multiple of 256 KiB.
const gsChunk = 8 << 20

func (gs) create(ctx context.Context, name string, size int64) (Writer, error) {
	h, err := gsObject(ctx, "create", name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	tries := &budget{}
	w := h.Retryer(storage.WithErrorFunc(tries.retry)).NewWriter(ctx)
	w.ContentType = contentType
	w.ChunkSize = gsChunk
	w.ChunkRetryDeadline = 10 * time.Minute // the budget ends it before
	w.ProgressFunc = func(int64) { tries.reset() }
	if size >= 0 && size < gsChunk {
		w.ChunkSize = int(size) + 1 // the client rounds up; one request, and no more memory than that
	}
	return &gsWriter{ctx: ctx, cancel: cancel, name: name, object: h, w: w}, nil
}

// budget ends the retries of an upload, which the client itself does not count.
type budget struct{ failed atomic.Int32 }

func (b *budget) reset() { b.failed.Store(0) }

func (b *budget) retry(err error) bool { return transient(err) && b.failed.Add(1) < attempts }

// gsWriter writes an object under its final name, which appears when Close
// succeeds. Aborting cancels the upload: closing would publish what is there.
type gsWriter struct {
	ctx    context.Context
	cancel context.CancelFunc
	name   string
	object *storage.ObjectHandle
	w      *storage.Writer
	size   int64
	crc    uint32
	done   bool
}

func (w *gsWriter) Write(p []byte) (int, error) {
	if w.done {
		return 0, newError("write", w.name, fs.ErrClosed, "")
	}
	n, err := w.w.Write(p)
	if err != nil {
		return n, gsError("write", w.name, err)
	}
	w.size += int64(n)
	w.crc = crc32.Update(w.crc, castagnoli, p[:n])
	return n, nil
}

func (w *gsWriter) Commit() error {
	if w.done {
		return newError("write", w.name, fs.ErrClosed, "")
	}
	w.done = true
	defer w.cancel()
	err := w.w.Close() // a failed Write's error comes back here
	if err != nil && !(transient(err) && w.published()) {
		return gsError("write", w.name, err)
	}
	return nil
}

// published reports whether the object is there with the content that was sent,
// although its upload failed: the client does not ask again where the answer to
// an upload that ended well is cut off.
func (w *gsWriter) published() bool {
	attrs, err := w.object.Attrs(w.ctx)
	return err == nil && attrs.Size == w.size && attrs.CRC32C == w.crc
}

func (w *gsWriter) Abort() {
	w.done = true
	w.cancel()
}
