package tfrecord

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
)

// bufferSize is that of the buffers between records and files. Records that fit
// into it are read without being copied.
const bufferSize = 256 << 10

var errClosed = errors.New("tfrecord: write after Close")

// WriterOptions configure a Writer.
type WriterOptions struct {
	// Gzip compresses the file. The gzip header holds no name and no time, so
	// that equal records make equal files.
	Gzip bool
}

// Writer writes records to a file. It is not safe for concurrent use.
type Writer struct {
	buf  *bufio.Writer
	gz   *gzip.Writer // nil when not compressed
	out  io.Writer    // gz or buf
	off  int64        // offset of the next record
	err  error        // the first error, returned from then on
	head [headerLen]byte
	foot [footerLen]byte
}

// NewWriter returns a Writer that writes to w, in pieces of about 256 KiB.
func NewWriter(w io.Writer, o WriterOptions) *Writer {
	tw := &Writer{buf: bufio.NewWriterSize(w, bufferSize)}
	tw.out = tw.buf
	if o.Gzip {
		tw.gz = gzip.NewWriter(tw.buf)
		tw.out = tw.gz
	}
	return tw
}

// Write appends a record of any length, zero included, and returns the offset
// of its frame in the uncompressed stream. It does not keep record. After an
// error every further call returns that error.
func (w *Writer) Write(record []byte) (offset int64, err error) {
	if w.err != nil {
		return 0, w.err
	}
	putHeader(&w.head, len(record))
	binary.LittleEndian.PutUint32(w.foot[:], maskedCRC(record))
	for _, part := range [...][]byte{w.head[:], record, w.foot[:]} {
		if _, w.err = w.out.Write(part); w.err != nil {
			return 0, w.err
		}
	}
	offset = w.off
	w.off += int64(len(record)) + FrameLen
	return offset, nil
}

// Close writes what is buffered and ends the gzip stream. It does not close the
// underlying writer. A second Close does nothing and returns nil if the first
// did.
func (w *Writer) Close() error {
	if w.err != nil {
		if w.err == errClosed {
			return nil
		}
		return w.err
	}
	if w.gz != nil {
		w.err = w.gz.Close()
	}
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}
