package parquetguard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// tail is a file whose end is in memory.
type tail struct {
	io.ReaderAt
	end []byte
	at  int64 // of end in the file
}

// ReadAt reads from memory what is there.
func (t *tail) ReadAt(p []byte, off int64) (int, error) {
	if off < t.at || off > t.at+int64(len(t.end)) {
		return t.ReaderAt.ReadAt(p, off)
	}
	n := copy(p, t.end[off-t.at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readFooter reads the end of a Parquet file: the footer, its length and a magic
// number. What the footer says of its lists and texts fits in its bytes.
//
// It also returns what the library does not tell of the column chunks of each row
// group, and tells the library that none of them is packed.
func readFooter(r io.ReaderAt, size int64) (t *tail, chunks [][]*chunk, err error) {
	const fixed = 8
	t = &tail{ReaderAt: r, at: size}
	if size < fixed {
		return t, nil, nil // the library says what is wrong
	}
	var last [fixed]byte
	if n, err := r.ReadAt(last[:], size-fixed); n < fixed {
		return nil, nil, fmt.Errorf("reading the end of the file: %w", err)
	}
	n := int64(binary.LittleEndian.Uint32(last[:]))
	if n > size-fixed {
		return nil, nil, fmt.Errorf("its footer would have %d bytes, the file has %d", n, size)
	}
	t.at, t.end = size-fixed-n, make([]byte, n+fixed)
	if got, err := r.ReadAt(t.end, t.at); got < len(t.end) {
		return nil, nil, fmt.Errorf("reading the footer: %w", err)
	}
	if chunks, err = readChunks(t.end[:n]); err != nil {
		return nil, nil, fmt.Errorf("footer: %w", err)
	}
	return t, chunks, nil
}

// walker passes over a value of Thrift's compact protocol, without taking memory
// for it.
type walker struct{ left []byte }

// Types of a value.
const (
	typeTrue   = 1
	typeFalse  = 2
	typeI8     = 3
	typeI32    = 5
	typeI64    = 6
	typeDouble = 7
	typeBinary = 8
	typeList   = 9
	typeSet    = 10
	typeMap    = 11
	typeStruct = 12
)

// maxDepth bounds how deep structures lie in one another; those of a footer, six.
const maxDepth = 32

var errCut = errors.New("is cut off, or states a length beyond its end")

func (w *walker) skip(n uint64) error {
	if n > uint64(len(w.left)) {
		return errCut
	}
	w.left = w.left[n:]
	return nil
}

func (w *walker) byte() (b byte, err error) {
	if len(w.left) == 0 {
		return 0, errCut
	}
	b, w.left = w.left[0], w.left[1:]
	return b, nil
}

func (w *walker) varint() (uint64, error) {
	v, n := binary.Uvarint(w.left)
	if n <= 0 {
		return 0, errCut
	}
	w.left = w.left[n:]
	return v, nil
}

// structure passes over fields up to the end of their structure.
func (w *walker) structure(depth int) error {
	return w.fields(depth, func(int, byte) (bool, error) { return false, nil })
}

// fields calls f with the number and type of every field of a structure, in front
// of its value, which f passes over, or says that it did not.
func (w *walker) fields(depth int, f func(id int, kind byte) (done bool, err error)) error {
	if depth > maxDepth {
		return errors.New("is nested too deep")
	}
	id := 0
	for {
		field, err := w.byte()
		if err != nil || field == 0 {
			return err
		}
		if step := field >> 4; step > 0 { // a small step from the last one
			id += int(step)
		} else {
			v, err := w.varint()
			if err != nil {
				return err
			}
			id = int(int16(v>>1)) ^ -int(v&1)
		}
		kind := field & 15
		done, err := f(id, kind)
		if err == nil && !done && kind != typeTrue && kind != typeFalse { // which hold their value
			err = w.value(kind, depth)
		}
		if err != nil {
			return err
		}
	}
}

// value passes over a value outside of a field header.
func (w *walker) value(kind byte, depth int) error {
	switch kind {
	case typeTrue, typeFalse, typeI8:
		return w.skip(1)
	case typeDouble:
		return w.skip(8)
	case typeBinary:
		n, err := w.varint()
		if err != nil {
			return err
		}
		return w.skip(n)
	case typeList, typeSet:
		return w.list(depth)
	case typeMap:
		return errors.New("holds a map, which no Parquet file has")
	case typeStruct:
		return w.structure(depth + 1)
	}
	_, err := w.varint()
	return err
}

// list passes over a list, whose elements take a byte each at least.
func (w *walker) list(depth int) error {
	return w.elements(func(kind byte) error { return w.value(kind, depth+1) })
}

// elements calls f with the type of every element of a list, in front of it.
func (w *walker) elements(f func(kind byte) error) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	if n > uint64(len(w.left)) {
		return errCut
	}
	for range n {
		if err := f(head & 15); err != nil {
			return err
		}
	}
	return nil
}
