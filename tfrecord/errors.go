package tfrecord

import (
	"errors"
	"fmt"
	"strings"
)

// ErrCorrupt is what errors.Is finds in every error that comes of damaged
// bytes: a bad checksum, a truncated file, broken gzip, a malformed Example.
var ErrCorrupt = errors.New("corrupt TFRecord data")

// CorruptError says where a file is damaged.
type CorruptError struct {
	File   string // as given in ReaderOptions, possibly empty
	Record int64  // number of the damaged record, from 0; -1 where it is not known
	Offset int64  // byte offset of that record in the uncompressed stream
	Reason string // what was wrong with it
	Err    error  // the cause, where another package found it (gzip); may be nil
}

// Error returns one line: file, record, offset, reason and cause.
func (e *CorruptError) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ": ")
	}
	if e.Record >= 0 {
		fmt.Fprintf(&b, "record %d at byte %d is corrupt: %s", e.Record, e.Offset, e.Reason)
	} else {
		fmt.Fprintf(&b, "the record at byte %d is corrupt: %s", e.Offset, e.Reason)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, " (%v)", e.Err)
	}
	return b.String()
}

// Is reports whether target is ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// Unwrap returns the cause, or nil.
func (e *CorruptError) Unwrap() error { return e.Err }
