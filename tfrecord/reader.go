package tfrecord

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// DefaultMaxRecord is the largest length that is believed unless ReaderOptions
// say otherwise: 1 GiB.
const DefaultMaxRecord = 1 << 30

// A record of a gzip file may be large where its bytes are there: one of more than
// freeInflated bytes is at most maxInflated times what it takes in the file. A
// megabyte of gzip can stand for a gigabyte of zeros.
const (
	freeInflated = 64 << 20
	maxInflated  = 32
)

// firstGrow is how much a reader allocates on the word of a length alone; from
// there a buffer doubles as data arrives.
const firstGrow = 1 << 20

// ReaderOptions configure a Reader and ReadAt.
type ReaderOptions struct {
	File      string // name of the file, for messages
	MaxRecord int64  // a larger length is corrupt, in bytes; 0: DefaultMaxRecord
}

// limit returns the largest length to accept; a frame of it fits an int.
func (o ReaderOptions) limit() int64 {
	if o.MaxRecord <= 0 {
		return DefaultMaxRecord
	}
	return min(o.MaxRecord, math.MaxInt-FrameLen)
}

// ioError wraps an error of the layer below, which is not corruption.
func (o ReaderOptions) ioError(record, offset int64, err error) error {
	where := fmt.Sprintf("reading the record at byte %d", offset)
	if record >= 0 {
		where = fmt.Sprintf("reading record %d at byte %d", record, offset)
	}
	if o.File != "" {
		where = o.File + ": " + where
	}
	return fmt.Errorf("%s: %w", where, err)
}

// corrupt is the error of a record that begins at an offset.
func (o ReaderOptions) corrupt(offset int64, reason string) error {
	return &CorruptError{File: o.File, Record: -1, Offset: offset, Reason: reason}
}

// Reader reads the records of a file in order. It is not safe for concurrent
// use.
type Reader struct {
	o    ReaderOptions
	src  *source
	gzip bool
	in   *bufio.Reader // uncompressed stream
	big  []byte        // holds a record that does not fit the buffer of in

	record, offset int64 // of the record returned last
	next           int64 // offset of the record after it
	err            error // the first error, returned from then on
	damaged        int64 // length of the frame whose data failed its checksum, if err is that
}

// NewReader returns a Reader of the TFRecord file r, gzip or not. It reads the
// beginning of r. An empty r holds zero records, but where its name ends in .gz: there
// a header is missing, since gzip of no records is not empty. The error is a
// *CorruptError for a damaged gzip header.
func NewReader(r io.Reader, o ReaderOptions) (*Reader, error) {
	tr := &Reader{o: o, src: &source{r: r}, record: -1}
	tr.in = bufio.NewReaderSize(tr.src, bufferSize)
	head, err := tr.in.Peek(headerLen)
	if err != nil && err != io.EOF {
		return nil, o.ioError(0, 0, err)
	}
	if len(head) == 0 && strings.HasSuffix(o.File, ".gz") {
		return nil, tr.corrupt("the file is empty, without a gzip header: it was cut off", nil)
	}
	if !IsGzip(head) {
		return tr, nil
	}
	tr.gzip = true
	gz, err := gzip.NewReader(tr.in)
	if err != nil {
		return nil, tr.readError(err, "the gzip header is damaged")
	}
	tr.in = bufio.NewReaderSize(gz, bufferSize)
	return tr, nil
}

// IsGzip reports whether a file that begins with head, 12 bytes where it has as many,
// is gzip.
func IsGzip(head []byte) bool {
	if len(head) == headerLen && headerOK(head) {
		return false
	}
	return bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8})
}

// Next returns the data of the next record: a slice that is valid until the
// next call. At a clean end of the file it returns io.EOF. A damaged file gives
// a *CorruptError, a failing disk or network that error, wrapped. Next does not
// go past an error: every further call returns it again.
func (r *Reader) Next() ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	data, err := r.read()
	if err != nil {
		r.err = err
		return nil, err
	}
	r.record++
	r.offset = r.next
	r.next += int64(len(data)) + FrameLen
	return data, nil
}

// Recover lets Next go on behind a record whose data has a wrong checksum, if
// that is the error that Next returned: the checksum of the length was right, so
// it is known where the next record begins. Record and Offset are then those of
// the damaged record. It returns false for all other errors, which stay.
func (r *Reader) Recover() bool {
	if r.damaged == 0 {
		return false
	}
	r.record++
	r.offset = r.next
	r.next += r.damaged
	r.err, r.damaged = nil, 0
	return true
}

// Record returns the number, from 0, of the record that Next returned last; -1
// before the first.
func (r *Reader) Record() int64 { return r.record }

// Offset returns the offset in the uncompressed stream of the record that Next
// returned last, 0 before the first. ReadAt takes it if the file is not gzip.
func (r *Reader) Offset() int64 { return r.offset }

// Length returns the number of bytes of the data that Next returned last.
func (r *Reader) Length() int64 {
	if r.record < 0 {
		return 0
	}
	return r.next - r.offset - FrameLen
}

// Gzip reports whether the file is compressed.
func (r *Reader) Gzip() bool { return r.gzip }

// read returns the data of the record at r.next, checked.
func (r *Reader) read() ([]byte, error) {
	head, err := r.in.Peek(headerLen)
	if err != nil {
		if err == io.EOF && len(head) == 0 {
			return nil, io.EOF
		}
		return nil, r.shortError(err, len(head), headerLen, "header")
	}
	n, reason := parseHeader(head, r.o.limit())
	if reason != "" {
		return nil, r.corrupt(reason, nil)
	}
	r.in.Discard(headerLen) // cannot fail: the bytes are buffered
	frame, err := r.take(n + footerLen)
	if err != nil {
		return nil, r.shortError(err, len(frame), n+footerLen, "data and checksum")
	}
	if !dataOK(frame) {
		r.damaged = int64(len(frame)) + headerLen
		return nil, r.corrupt("the checksum of its data is wrong", nil)
	}
	return frame[:n:n], nil
}

// take returns the next n bytes, from the buffer where they fit into it. With
// an error it returns those that there are.
func (r *Reader) take(n int) ([]byte, error) {
	if n <= r.in.Size() {
		b, err := r.in.Peek(n)
		r.in.Discard(len(b)) // cannot fail: the bytes are buffered
		return b, err
	}
	var err error
	if !r.gzip || n <= freeInflated {
		r.big, err = readGrowing(r.in, r.big[:0], n)
	} else {
		r.big, err = r.inflate(n)
	}
	return r.big, err
}

// errInflated is the error of a record that is packed too well to be an image.
var errInflated = errors.New("it is packed too well")

// inflate is take for a large record of a gzip file: after each doubling what was
// read is compared with what the file gave for it.
func (r *Reader) inflate(n int) (b []byte, err error) {
	start := r.src.read
	for upto := freeInflated; ; upto = min(n, 2*upto) {
		if b, err = readGrowing(r.in, b, upto); err != nil || upto == n {
			return b, err
		}
		if int64(upto) > maxInflated*(r.src.read-start+2*bufferSize) {
			return b, errInflated
		}
	}
}

// readGrowing appends to b from r until it holds n bytes. Its memory stays
// within twice what has been read, or firstGrow. An end of r before that is
// io.EOF.
func readGrowing(r io.Reader, b []byte, n int) ([]byte, error) {
	for len(b) < n {
		if len(b) == cap(b) {
			grown := make([]byte, len(b), min(n, max(2*len(b), firstGrow)))
			copy(grown, b)
			b = grown
		}
		got, err := io.ReadFull(r, b[len(b):min(n, cap(b))])
		b = b[:len(b)+got]
		if err != nil {
			if err == io.ErrUnexpectedEOF {
				err = io.EOF
			}
			return b, err
		}
	}
	return b, nil
}

// shortError explains why only got of want bytes of a part could be read.
func (r *Reader) shortError(err error, got, want int, part string) error {
	switch err {
	case io.EOF:
		return r.corrupt(truncated(got, want, part), nil)
	case errInflated:
		return r.corrupt(fmt.Sprintf("it would have %d bytes, and the first %d are packed to less than one in %d: above %d bytes that is no image", want, got, maxInflated, freeInflated), nil)
	}
	return r.readError(err, fmt.Sprintf("the gzip stream is damaged after %d of %d bytes of %s", got, want, part))
}

// truncated is the reason given for a record that the file ends inside.
func truncated(got, want int, part string) string {
	return fmt.Sprintf("the file is truncated: it ends after %d of %d bytes of %s", got, want, part)
}

// readError tells an error of the source from damaged gzip.
func (r *Reader) readError(err error, reason string) error {
	switch {
	case r.src.err != nil:
		return r.o.ioError(r.record+1, r.next, r.src.err)
	case !r.gzip:
		return r.o.ioError(r.record+1, r.next, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.corrupt("the gzip stream is truncated", nil)
	}
	return r.corrupt(reason, err)
}

// corrupt returns the error for the record after the one returned last.
func (r *Reader) corrupt(reason string, err error) error {
	return &CorruptError{File: r.o.File, Record: r.record + 1, Offset: r.next, Reason: reason, Err: err}
}

// source remembers the error of the layer below, if it is not the end: gzip and
// this package reporting a truncated stream by errors that it may also return.
type source struct {
	r    io.Reader
	read int64 // bytes so far
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
