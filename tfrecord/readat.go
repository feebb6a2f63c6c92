package tfrecord

import (
	"errors"
	"io"
)

// probeLen is how much ReadAt fetches at once: more than the record of a
// 256x256 image, so that one request to an object store is enough for it.
const probeLen = 80 << 10

// ReadAt returns the record whose frame begins at offset in r, in memory of its
// own. It is for files that are not gzip. A *CorruptError (with Record -1) says
// that no sound record begins there, as after the end of the file.
func ReadAt(r io.ReaderAt, offset int64, o ReaderOptions) ([]byte, error) {
	if offset < 0 {
		return nil, o.corrupt(offset, "the offset is negative")
	}
	b := make([]byte, probeLen)
	got, err := r.ReadAt(b, offset)
	b = b[:got]
	if err != nil && !errors.Is(err, io.EOF) && got < headerLen {
		return nil, o.ioError(-1, offset, err)
	}
	if got < headerLen {
		return Frame(b, offset, o)
	}
	n, reason := parseHeader(b, o.limit())
	if reason != "" {
		return nil, o.corrupt(offset, reason)
	}
	want := n + FrameLen
	if got < want {
		rest := io.NewSectionReader(r, offset+int64(got), int64(want-got))
		b, err = readGrowing(rest, b, want)
		if err != nil && err != io.EOF {
			return nil, o.ioError(-1, offset, err)
		}
	}
	return Frame(b, offset, o)
}
