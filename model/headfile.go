package model

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"exemplar/model/internal/safetensors"
	"exemplar/model/npy"
)

// marshalHead returns the arrays of a head as a NumPy archive, without times: the same
// numbers give the same bytes.
func marshalHead(h *Head) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, t := range h.Weights {
		var shape strings.Builder
		for _, d := range t.Shape {
			fmt.Fprintf(&shape, "%d,", d)
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: t.Name + ".npy", Method: zip.Store})
		if err == nil {
			_, err = w.Write(append(npy.AppendHeader(nil, "<f4", "("+shape.String()+")"), safetensors.EncodeF32(t.Data)...))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unmarshalHead is the reverse, for arrays that are wanted; nothing larger is read.
func unmarshalHead(data []byte, want []TensorSpec) (Weights, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("no NumPy archive: %w", err)
	}
	var w Weights
	for _, f := range z.File {
		i := slices.IndexFunc(want, func(s TensorSpec) bool { return s.Name+".npy" == f.Name })
		if i < 0 {
			return nil, fmt.Errorf("array %q is left over: a head has none of that name", f.Name)
		}
		if w.Get(want[i].Name) != nil {
			return nil, fmt.Errorf("array %s is there twice", want[i].Name)
		}
		if 4*int64(sizeOf(want[i].Shape)) > int64(len(data)) {
			return nil, fmt.Errorf("array %s: it is cut off", want[i].Name)
		}
		t, err := readHeadArray(f, want[i])
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", want[i].Name, err)
		}
		w = append(w, t)
	}
	return w, nil
}

// readHeadArray reads one array of a head.
func readHeadArray(f *zip.File, want TensorSpec) (t Tensor, err error) {
	r, err := f.Open()
	if err != nil {
		return t, err
	}
	defer r.Close() // only read
	h, err := npy.Read(r)
	if err != nil {
		return t, err
	}
	if h.Type != "<f4" || h.Fortran || !slices.Equal(h.Shape, want.Shape) {
		return t, fmt.Errorf("type %s and shape %v, want <f4 and %v in C order", h.Type, h.Shape, want.Shape)
	}
	numbers := make([]byte, 4*sizeOf(want.Shape))
	if _, err := io.ReadFull(r, numbers); err != nil {
		return t, errors.New("it is cut off")
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(r, 1)); n > 0 || err != nil {
		return t, errors.New("more follows its numbers, or its checksum is wrong")
	}
	return Tensor{Name: want.Name, Shape: slices.Clone(want.Shape), Data: safetensors.DecodeF32(numbers)}, nil
}
