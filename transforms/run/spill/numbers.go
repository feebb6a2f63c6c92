package spill

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Number is what slices of numbers are made of.
type Number interface {
	int32 | int64 | uint32 | uint64 | float32 | float64
}

// block is the number of numbers that are converted at a time.
const block = 8192

// Write writes numbers in little-endian order, and how many there are in front.
func Write[T Number](w io.Writer, v []T) error {
	buffer := binary.LittleEndian.AppendUint64(nil, uint64(len(v)))
	if _, err := w.Write(buffer); err != nil {
		return err
	}
	for part := range slices.Chunk(v, block) {
		var err error
		if buffer, err = binary.Append(buffer[:0], binary.LittleEndian, part); err != nil {
			return err
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// readLen reads how many numbers follow.
func readLen(r io.Reader) (int, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, fmt.Errorf("it is cut off: %w", err)
	}
	return int(binary.LittleEndian.Uint64(head[:])), nil
}

// Read reads what Write wrote.
func Read[T Number](r io.Reader) ([]T, error) {
	n, err := readLen(r)
	if err != nil {
		return nil, err
	}
	v := make([]T, n)
	return v, parts(r, n, func(at int, part []T) { copy(v[at:], part) })
}

// Add reads what Write wrote and adds it to v, number by number: there must be as many.
func Add[T Number](r io.Reader, v []T) error {
	n, err := readLen(r)
	if err != nil {
		return err
	}
	if n != len(v) {
		return fmt.Errorf("it holds %d numbers, not %d", n, len(v))
	}
	return parts(r, n, func(at int, part []T) {
		into := v[at : at+len(part)]
		for i, from := range part {
			into[i] += from
		}
	})
}

// parts reads n numbers, some at a time.
func parts[T Number](r io.Reader, n int, f func(at int, part []T)) error {
	var zero T
	part := make([]T, min(n, block))
	buffer := make([]byte, len(part)*binary.Size(zero))
	for at := 0; at < n; at += len(part) {
		part = part[:min(len(part), n-at)]
		buffer = buffer[:len(part)*binary.Size(zero)]
		if _, err := io.ReadFull(r, buffer); err != nil {
			return fmt.Errorf("it is cut off: %w", err)
		}
		if _, err := binary.Decode(buffer, binary.LittleEndian, part); err != nil {
			return err
		}
		f(at, part)
	}
	return nil
}
