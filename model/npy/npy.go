// Package npy reads and writes the header of a NumPy array file (.npy).
//
//	+----------------+---------+------------------+------------------+---------+
//	| 93 "NUMPY"     | version | u16 or u32 LE: N | N bytes: a dict  | numbers |
//	+----------------+---------+------------------+------------------+---------+
//
// The length N has two bytes in version 1, four in 2 and 3. The dict is a literal of
// Python: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
//
// What lives here: the header, of which nothing is believed before it was compared with
// what is there. What never enters: files, flags, other modules; what the numbers mean.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"
)

// MaxHeader is the largest header that is read, in bytes; those of plain arrays have
// about a hundred.
const MaxHeader = 64 << 10

// maxDims is the largest number of dimensions of an array, as in NumPy.
const maxDims = 32

// Header says what an array file holds.
type Header struct {
	Type    string // as NumPy writes it: "<f4"
	Fortran bool   // numbers are stored column by column
	Shape   []int
	Size    int64 // bytes before the numbers
}

// Read reads a header, and nothing behind it.
func Read(r io.Reader) (h Header, err error) {
	const fixed = len("\x93NUMPY") + 2
	var start [fixed + 4]byte
	if _, err := io.ReadFull(r, start[:fixed]); err != nil {
		return h, cut(err)
	}
	if string(start[:6]) != "\x93NUMPY" {
		return h, errors.New("it does not begin as a NumPy array does")
	}
	width := 4
	switch start[6] {
	case 1:
		width = 2
	case 2, 3:
	default:
		return h, fmt.Errorf("version %d of the format is not known", start[6])
	}
	if _, err := io.ReadFull(r, start[fixed:fixed+width]); err != nil {
		return h, cut(err)
	}
	n := binary.LittleEndian.Uint32(start[fixed:]) // of two bytes, the others are zero
	if n > MaxHeader {
		return h, fmt.Errorf("its header would have %d bytes, at most %d are read", n, MaxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, cut(err)
	}
	h.Size = int64(fixed + width + len(text))
	p := parser{strings.TrimRight(string(text), " \n")}
	if err := p.header(&h); err != nil {
		return h, fmt.Errorf("its header is damaged: %w", err)
	}
	return h, nil
}

func cut(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it is cut off in its header")
	}
	return err
}

// Count returns the number of numbers; false if it is more than an int64 holds.
func (h Header) Count() (int64, bool) {
	n := uint64(1)
	for _, d := range h.Shape {
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > 1<<62 {
			return 0, false
		}
		n = lo
	}
	return int64(n), true
}

// parser reads the literal from left to right.
type parser struct{ left string }

func (p *parser) space() { p.left = strings.TrimLeft(p.left, " \t\n") }

// take passes over a text, if it comes next.
func (p *parser) take(s string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.left, s)
	if ok {
		p.left = rest
	}
	return ok
}

// header reads the dict, in which each key is once.
func (p *parser) header(h *Header) error {
	if !p.take("{") {
		return errors.New("it is no dict")
	}
	seen := map[string]bool{}
	for !p.take("}") {
		key, err := p.text()
		if err != nil {
			return err
		}
		if seen[key] || !p.take(":") {
			return fmt.Errorf("key %.20q", key)
		}
		seen[key] = true
		switch key {
		case "descr":
			h.Type, err = p.text()
		case "fortran_order":
			h.Fortran, err = p.boolean()
		case "shape":
			h.Shape, err = p.tuple()
		default:
			err = fmt.Errorf("key %.20q is not known", key)
		}
		if err != nil {
			return err
		}
		if !p.take(",") && !strings.HasPrefix(strings.TrimLeft(p.left, " "), "}") {
			return fmt.Errorf("%.20q where a comma is missing", p.left)
		}
	}
	if len(seen) != 3 || strings.TrimSpace(p.left) != "" {
		return errors.New("it does not have just the keys descr, fortran_order and shape")
	}
	return nil
}

// text reads a quoted text without escapes.
func (p *parser) text() (string, error) {
	for _, quote := range []string{"'", `"`} {
		if p.take(quote) {
			s, rest, ok := strings.Cut(p.left, quote)
			if !ok || strings.ContainsAny(s, "\\\n") {
				return "", errors.New("a text does not end")
			}
			p.left = rest
			return s, nil
		}
	}
	return "", fmt.Errorf("%.20q where a text is missing: only arrays of plain numbers are read", p.left)
}

func (p *parser) boolean() (bool, error) {
	switch {
	case p.take("True"):
		return true, nil
	case p.take("False"):
		return false, nil
	}
	return false, fmt.Errorf("%.20q where True or False is missing", p.left)
}

// tuple reads dimensions, at most maxDims.
func (p *parser) tuple() (shape []int, err error) {
	if !p.take("(") {
		return nil, fmt.Errorf("%.20q where a shape is missing", p.left)
	}
	for !p.take(")") {
		p.space()
		digits := 0
		for digits < len(p.left) && p.left[digits] >= '0' && p.left[digits] <= '9' {
			digits++
		}
		n, err := strconv.Atoi(p.left[:digits])
		if err != nil {
			return nil, fmt.Errorf("dimension %.20q of the shape", p.left[:max(digits, min(len(p.left), 1))])
		}
		p.left = p.left[digits:]
		p.take("L") // as Python 2 writes it
		if shape = append(shape, n); len(shape) > maxDims {
			return nil, fmt.Errorf("more than %d dimensions", maxDims)
		}
		if !p.take(",") && !strings.HasPrefix(strings.TrimLeft(p.left, " "), ")") {
			return nil, fmt.Errorf("%.20q where a comma is missing", p.left)
		}
	}
	return shape, nil
}
