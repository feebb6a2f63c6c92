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

// marked is an error in its own words, in which errors.Is finds another one.
type marked struct {
	text string
	is   error
}

func (e *marked) Error() string { return e.text }
func (e *marked) Unwrap() error { return e.is }

// startShown is how much of a line that is too long an error shows, in bytes.
const startShown = 40

// newTooLong makes the error of a line or row, which begins with text.
func newTooLong(what string, max int, text []byte, question string) error {
	return &marked{fmt.Sprintf("%s has more than %d bytes, the most that are read (it starts %q …): %s", what, max, text[:min(len(text), startShown)], question), ErrTooLong}
}

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
			return nil, newTooLong(fmt.Sprintf("line %d", r.line), Max, r.long, "is this no list of lines?")
		}
		r.long = append(r.long, text...)
	}
	return r.long, err
}
