package main

import (
	"encoding/binary"
	"fmt"
	"os"

	"exemplar/model/nearest"
)

// assignment finds the nearest of many centers for each row.
type assignment struct {
	index  *nearest.Index
	d      int
	rows   []float32
	labels []int32
	d2     []float64 // squared distances
}

// loadAssignment returns the work and the number of rows.
func loadAssignment(r request) (*assignment, int, error) {
	centers, err := readFloats(r.Model)
	if err != nil {
		return nil, 0, err
	}
	if r.Clusters < 1 || len(centers) == 0 || len(centers)%r.Clusters != 0 {
		return nil, 0, fmt.Errorf("%s: %d numbers are no %d centers", r.Model, len(centers), r.Clusters)
	}
	d := len(centers) / r.Clusters
	rows, err := readFloats(r.Images)
	if err != nil {
		return nil, 0, err
	}
	n := len(rows) / d
	if len(rows) != n*d {
		return nil, 0, fmt.Errorf("%s: %d numbers are no whole rows of %d", r.Images, len(rows), d)
	}
	w := &assignment{nearest.New(nearest.Widen(centers), d), d, rows, make([]int32, n), make([]float64, n)}
	return w, n, nil
}

func (w *assignment) compute(_, from, to int) {
	w.index.Find(w.labels[from:to], w.d2[from:to], w.rows[from*w.d:to*w.d])
}

func (w *assignment) results() []float32 { return float32s(w.labels) }

// readFloats reads a file of little-endian float32 numbers.
func readFloats(path string) ([]float32, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data)%4 != 0 {
		return nil, fmt.Errorf("%s: %d bytes are no whole float32 numbers", path, len(data))
	}
	x := make([]float32, len(data)/4)
	_, err = binary.Decode(data, binary.LittleEndian, x)
	return x, err
}
