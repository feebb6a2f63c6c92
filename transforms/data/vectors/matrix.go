package vectors

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"exemplar/model/npy"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// matrix is an open .npy file: count rows of d numbers.
type matrix struct {
	name  string
	in    store.RandomReader
	start int64 // of the numbers in the file
	count int64
	d     int
	width int // bytes of a number: 4 or 8
}

// openMatrix opens a matrix and checks that its header and size agree.
func openMatrix(ctx context.Context, name string) (m *matrix, err error) {
	in, err := store.OpenAt(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			in.Close()
		}
	}()
	defer protect(name, &err)
	h, err := npy.Read(io.NewSectionReader(in, 0, in.Size()))
	if err != nil {
		return nil, fmt.Errorf("%s: not a NumPy array (.npy), or damaged: %w", name, err)
	}
	m = &matrix{name: name, in: in, start: h.Size}
	shape := h.Shape
	numbers, fits := h.Count()
	switch {
	case len(shape) != 2 || shape[1] < 1:
		return nil, fmt.Errorf("%s: its shape is %v: want two dimensions, one row per image", name, shape)
	case h.Fortran:
		return nil, fmt.Errorf("%s: stored column by column: save it with numpy.ascontiguousarray", name)
	case h.Type == "<f4":
		m.width = 4
	case h.Type == "<f8":
		m.width = 8
	case h.Type == "<f2":
		return nil, fmt.Errorf("%s: holds float16 numbers, which are not read: save it with numpy.save(name, x.astype(numpy.float32))", name)
	default:
		return nil, fmt.Errorf("%s: holds %s: want little-endian float32 (<f4) or float64 (<f8)", name, h.Type)
	}
	m.count, m.d = int64(shape[0]), shape[1]
	if held := in.Size() - m.start; !fits || numbers != held/int64(m.width) || held%int64(m.width) != 0 {
		return nil, fmt.Errorf("%s: has %d bytes behind its header, which promises %d x %d numbers of %d: it was cut or replaced", name, held, shape[0], shape[1], m.width)
	}
	if m.d > latents.MaxDimension {
		return nil, fmt.Errorf("%s: its rows have %d numbers, at most %d are read", name, m.d, latents.MaxDimension)
	}
	return m, nil
}

// read calls f with the rows from first on. lost says that a number that is not 0 is 0 in
// float32.
func (m *matrix) read(first, n int64, f func(x []float32, exact []float64, lost bool) bool) error {
	size := m.d * m.width
	in := bufio.NewReaderSize(io.NewSectionReader(m.in, m.start+first*int64(size), n*int64(size)), 1<<20)
	raw, x, exact := make([]byte, size), make([]float32, m.d), make([]float64, m.d)
	for range n {
		if _, err := io.ReadFull(in, raw); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		lost := false
		for j := range x {
			if m.width == 4 {
				x[j] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*j:]))
				exact[j] = float64(x[j])
			} else {
				v := math.Float64frombits(binary.LittleEndian.Uint64(raw[8*j:]))
				x[j], exact[j] = float32(v), v
				lost = lost || x[j] == 0 && v != 0
			}
		}
		if !f(x, exact, lost) {
			return nil
		}
	}
	return nil
}

func (m *matrix) close() { m.in.Close() }

// matrixRows reads some rows of a matrix with their ids.
func matrixRows(ctx context.Context, c Config, first, n int64) Rows {
	return Rows(seq.From(func(yield func(*Row, error) bool) error {
		m, err := openMatrix(ctx, c.Input)
		if err != nil {
			return err
		}
		defer m.close()
		t, err := openIDs(ctx, c)
		if err != nil {
			return err
		}
		defer t.close()
		if err := t.skip(first); err != nil {
			return err
		}
		r := &Row{Metadata: make([]string, len(t.metadata))}
		var bad error // of the table
		stopped := false
		err = m.read(first, n, func(x []float32, exact []float64, lost bool) bool {
			r.Vector, r.Exact, r.Lost = x, exact, lost
			bad = t.next(r)
			stopped = bad != nil || !yield(r, nil)
			return !stopped
		})
		switch {
		case stopped:
			return bad
		case err == nil && first+n == m.count:
			return t.end()
		}
		return err
	}))
}
