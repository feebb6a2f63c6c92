package tfrecord

import (
	"errors"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// skimLen is how much Skim reads at once: more than the frame's header and the
// features before the pixels, where names have the usual length.
const skimLen = 256

// Skim finds out how long the record is whose frame begins at offset in r, and what
// a bytes feature of it is, without reading the rest: large values are jumped over
// and no checksum of data is looked at. It is for files that are not gzip.
//
// At the end of the file the error is io.EOF. Value is nil where the feature is not
// found in this way: it may be there nevertheless, see ReadAt and Example.
func Skim(r io.ReaderAt, offset int64, feature string, o ReaderOptions) (length int64, value []byte, err error) {
	w := &window{r: r}
	head, err := w.at(offset, headerLen)
	if err != nil {
		if errors.Is(err, io.EOF) && len(head) == 0 {
			return 0, nil, io.EOF
		}
		if errors.Is(err, io.EOF) {
			return 0, nil, o.corrupt(offset, truncated(len(head), headerLen, "header"))
		}
		return 0, nil, o.ioError(-1, offset, err)
	}
	n, reason := parseHeader(head, o.limit())
	if reason != "" {
		return 0, nil, o.corrupt(offset, reason)
	}
	value, err = w.feature(offset+headerLen, offset+headerLen+int64(n), feature)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, nil, o.ioError(-1, offset, err)
	}
	return int64(n), value, nil
}

// window is a part of a file that was read.
type window struct {
	r    io.ReaderAt
	from int64
	b    []byte
}

// at returns n bytes from off on; fewer come with io.EOF.
func (w *window) at(off int64, n int) ([]byte, error) {
	if off < w.from || off+int64(n) > w.from+int64(len(w.b)) {
		b := make([]byte, max(n, skimLen))
		got, err := w.r.ReadAt(b, off)
		w.from, w.b = off, b[:got]
		if got < n {
			if err == nil {
				err = io.EOF
			}
			return w.b, err
		}
	}
	return w.b[off-w.from:][:n], nil
}

// field reads a field of a message that ends at end: its number, where its value
// begins and, of a field of bytes, where that ends. Other kinds have no number.
func (w *window) field(off, end int64) (num protowire.Number, from, to int64, err error) {
	b, err := w.at(off, int(min(20, end-off))) // a tag and a length at most
	if err != nil {
		return 0, 0, 0, err
	}
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, 0, 0, io.EOF
	}
	if typ != protowire.BytesType {
		m := protowire.ConsumeFieldValue(num, typ, b[n:])
		if m < 0 {
			return 0, 0, 0, io.EOF
		}
		return 0, off + int64(n), off + int64(n+m), nil
	}
	length, m := protowire.ConsumeVarint(b[n:])
	from = off + int64(n+m)
	if m < 0 || from > end || length > uint64(end-from) {
		return 0, 0, 0, io.EOF
	}
	return num, from, from + int64(length), nil
}

// inner returns the first field of bytes of a number within a message.
func (w *window) inner(off, end int64, number protowire.Number) (from, to int64, err error) {
	for off < end {
		num, from, to, err := w.field(off, end)
		if err != nil || num == number {
			return from, to, err
		}
		off = to
	}
	return 0, 0, io.EOF
}

// maxName bounds the length of a feature's name and value that Skim reads.
const maxName = 64 << 10

// feature looks for the first value of a bytes feature of an Example.
func (w *window) feature(off, end int64, name string) ([]byte, error) {
	off, end, err := w.inner(off, end, 1) // Features
	for err == nil && off < end {
		from, to, err := w.inner(off, end, 1) // an entry of the map
		if err != nil {
			return nil, err
		}
		key, keyEnd, err := w.inner(from, to, 1)
		if err != nil {
			return nil, err
		}
		if keyEnd-key == int64(len(name)) {
			if b, err := w.at(key, len(name)); err != nil {
				return nil, err
			} else if string(b) == name {
				return w.value(from, to)
			}
		}
		off = to
	}
	return nil, err
}

// value returns the bytes of a map's entry: Feature, BytesList, value.
func (w *window) value(from, to int64) (b []byte, err error) {
	for _, number := range []protowire.Number{2, 1, 1} {
		if from, to, err = w.inner(from, to, number); err != nil {
			return nil, err
		}
	}
	if to-from > maxName {
		return nil, io.EOF
	}
	if b, err = w.at(from, int(to-from)); err != nil {
		return nil, err
	}
	return append([]byte{}, b...), nil
}

// Frame returns the data of the record whose frame is b, with checksums compared. A
// *CorruptError names the offset that is given.
func Frame(b []byte, offset int64, o ReaderOptions) ([]byte, error) {
	if len(b) < headerLen {
		return nil, o.corrupt(offset, truncated(len(b), headerLen, "header"))
	}
	n, reason := parseHeader(b, o.limit())
	switch {
	case reason != "":
		return nil, o.corrupt(offset, reason)
	case len(b) < n+FrameLen:
		return nil, o.corrupt(offset, truncated(len(b)-headerLen, n+footerLen, "data and checksum"))
	case !dataOK(b[headerLen : n+FrameLen]):
		return nil, o.corrupt(offset, "the checksum of its data is wrong")
	}
	return b[headerLen : headerLen+n : headerLen+n], nil
}
