package store

import (
	"io"
	"sync/atomic"
)

// Bytes are the bytes of all files that a process read and wrote.
type Bytes struct{ Read, Written int64 }

var traffic struct{ read, written atomic.Int64 }

// Traffic returns what this process has read and written so far, also of files
// that were then dropped.
func Traffic() Bytes { return Bytes{traffic.read.Load(), traffic.written.Load()} }

type countedReader struct{ io.ReadCloser }

func (r countedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	traffic.read.Add(int64(n))
	return n, err
}

type countedAt struct{ RandomReader }

func (r countedAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.RandomReader.ReadAt(p, off)
	traffic.read.Add(int64(n))
	return n, err
}

type countedWriter struct{ Writer }

func (w countedWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	traffic.written.Add(int64(n))
	return n, err
}
