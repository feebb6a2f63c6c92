package clustering

import (
	"context"
	"encoding/binary"
	"io"
	"slices"

	"exemplar/transforms/run/spill"
)

// sortRows orders rows of d coordinates lexicographically and removes
// duplicates, so that a set of centres has one form.
func sortRows(rows []float64, d int) []float64 {
	list := make([][]float64, 0, len(rows)/d)
	for ; len(rows) > 0; rows = rows[d:] {
		list = append(list, rows[:d])
	}
	slices.SortFunc(list, slices.Compare)
	list = slices.CompactFunc(list, slices.Equal)
	return slices.Concat(list...)
}

// widen converts coordinates to float64.
func widen(x []float32) []float64 {
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide
}

// putCenters turns centres into a value, whose file is in the folder dir.
func putCenters(ctx context.Context, dir string, rows []float64) (spill.Value, error) {
	return spill.Put(ctx, dir, "centers", func(w io.Writer) error { return spill.Write(w, rows) })
}

// ReadCenters returns the coordinates of a Solution's centres.
func ReadCenters(ctx context.Context, v spill.Value) (rows []float64, err error) {
	err = v.Read(ctx, func(r io.Reader) error {
		rows, err = spill.Read[float64](r)
		return err
	})
	return rows, err
}

// pack turns bulk numbers into the little-endian bytes that cross stages.
func pack[T float32 | float64 | int64](v []T) []byte {
	b, err := binary.Append(make([]byte, 0, binary.Size(v)), binary.LittleEndian, v)
	if err != nil {
		panic(err) // a slice of fixed-size numbers
	}
	return b
}

// unpack reverses pack.
func unpack[T float32 | float64 | int64](b []byte) []T {
	var zero T
	v := make([]T, len(b)/binary.Size(zero))
	if _, err := binary.Decode(b, binary.LittleEndian, v); err != nil {
		panic(err) // the length was taken from b
	}
	return v
}
