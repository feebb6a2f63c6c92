// Package lines reads lists and tables of text whose lines may have no end.
//
// A file that is no list, or a damaged one, may hold a single line of gigabytes, a
// table one quote that is never closed. So a line, and a row of a table, has a
// largest length; a longer one is an error that says which it is and how it starts.
// No more of it is held in memory. What is not UTF-8 is an error, too: it would end in
// files that other programs cannot open.
//
// What never enters: Beam, files, flags, printing, other modules; what lines and columns
// mean.
package lines

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Max is the largest length of a line, in bytes: many times that of a path.
const Max = 1 << 20

// ErrTooLong is what errors.Is finds in the error of a line or row that is too long.
var ErrTooLong = errors.New("is too long")

// tooLong is a line or row of more bytes than are read.
type tooLong struct {
	what  string // "line" or "row"
	line  int64  // where it starts, from 1
	max   int
	start string
}

// startShown is how much of a line that is too long an error shows, in bytes.
const startShown = 40

func newTooLong(what string, line int64, max int, text []byte) error {
	return &tooLong{what, line, max, string(text[:min(len(text), startShown)])}
}

func (e *tooLong) Error() string {
	if e.what == "row" {
		return fmt.Sprintf("the row that begins in line %d has more than %d bytes, the most that are read (it starts %q …): is a quote not closed, or is this no table of text?", e.line, e.max, e.start)
	}
	return fmt.Sprintf("line %d has more than %d bytes, the most that are read (it starts %q …): is this no list of lines?", e.line, e.max, e.start)
}

// Is reports whether target is ErrTooLong.
func (e *tooLong) Is(target error) bool { return target == ErrTooLong }

// Reader reads lines.
type Reader struct {
	in   *bufio.Reader
	long []byte // a line that does not fit the buffer of in
	line int64
	bad  error // of the file
}

// NewReader returns a reader of the lines of r.
func NewReader(r io.Reader) *Reader {
	in := bufio.NewReaderSize(r, headed)
	return &Reader{in: in, bad: look(in)}
}

// Next returns the next line with its end, valid until the next call. The last one
// may have no end: then the error is io.EOF, as it is where none is left. A line that
// is not UTF-8 is an error that names it.
func (r *Reader) Next() ([]byte, error) {
	if r.bad != nil {
		return nil, r.bad
	}
	text, err := r.next()
	if !utf8.Valid(text) {
		return nil, notTextf("line %d is not UTF-8 (it has the byte 0x%02X): save the list as UTF-8", r.line, badByte(string(text)))
	}
	return text, err
}

// next is Next for any bytes.
func (r *Reader) next() ([]byte, error) {
	r.line++
	text, err := r.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return text, err
	}
	r.long = append(r.long[:0], text...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if text, err = r.in.ReadSlice('\n'); len(r.long)+len(text) > Max {
			return nil, newTooLong("line", r.line, Max, r.long)
		}
		r.long = append(r.long, text...)
	}
	return r.long, err
}
