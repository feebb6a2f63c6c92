package clustering

import (
	"context"
	"io"

	"exemplar/transforms/run/spill"
)

// putCenters turns centers into a value, whose file is in the folder dir.
func putCenters(ctx context.Context, dir string, rows []float64) (spill.Value, error) {
	return spill.Put(ctx, dir, "centers", func(w io.Writer) error { return spill.Write(w, rows) })
}

// ReadCenters returns the coordinates of a Solution's centers.
func ReadCenters(ctx context.Context, v spill.Value) (rows []float64, err error) {
	err = v.Read(ctx, func(r io.Reader) error {
		rows, err = spill.Read[float64](r)
		return err
	})
	return rows, err
}
