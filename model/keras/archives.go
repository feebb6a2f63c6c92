package keras

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sbinet/npyio"

	"exemplar/model/internal/safetensors"
)

func isZip(data []byte) bool { return bytes.HasPrefix(data, []byte("PK\x03\x04")) }

// Members of a .keras file.
const (
	kerasConfig  = "config.json"
	kerasWeights = "model.weights.h5"
)

// maxMember is the largest file inside an archive that is read, in bytes.
const maxMember = 4 << 30

// readZip reads a .keras or an .npz file.
func readZip(data []byte) (*contents, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("is a damaged zip archive: %w", err)
	}
	members := map[string]*zip.File{}
	for _, f := range z.File {
		members[f.Name] = f
	}
	if members[kerasConfig] == nil {
		return readNPZ(z)
	}
	if members[kerasWeights] == nil {
		return nil, fmt.Errorf("has %s, but no %s", kerasConfig, kerasWeights)
	}
	text, err := member(members[kerasConfig])
	if err != nil {
		return nil, err
	}
	weights, err := member(members[kerasWeights])
	if err != nil {
		return nil, err
	}
	if !isHDF5(weights) {
		return nil, fmt.Errorf("%s is no HDF5 file", kerasWeights)
	}
	c, err := readHDF5(weights)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kerasWeights, err)
	}
	if c.config, err = parseConfig(text); err != nil {
		return nil, fmt.Errorf("%s: %w", kerasConfig, err)
	}
	return c, nil
}

// member returns the bytes of a file in an archive; its checksum is checked.
func member(f *zip.File) ([]byte, error) {
	if f.UncompressedSize64 > maxMember {
		return nil, fmt.Errorf("%s takes %d bytes: too large", f.Name, f.UncompressedSize64)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxMember))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return data, nil
}

// readNPZ reads the arrays of an .npz file in the order of the archive, which
// is the order in which numpy.savez was given them.
func readNPZ(z *zip.Reader) (*contents, error) {
	c := &contents{}
	var arrays []array
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("%s is no NumPy array: is the archive an .npz or .keras file?", f.Name)
		}
		data, err := member(f)
		if err != nil {
			return nil, err
		}
		a, rounded, err := readNPY(name, data)
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		c.rounded = c.rounded || rounded
		arrays = append(arrays, a)
	}
	var err error
	c.layers, err = grouped(arrays)
	return c, err
}

func readNPY(name string, data []byte) (a array, rounded bool, err error) {
	r, err := npyio.NewReader(bytes.NewReader(data))
	if err != nil {
		return a, false, fmt.Errorf("not readable as NumPy array: %w", err)
	}
	a = array{name: name, shape: slices.Clone(r.Header.Descr.Shape)}
	if r.Header.Descr.Fortran {
		return a, false, errors.New("is in Fortran order: save it with numpy.ascontiguousarray")
	}
	n := 1
	for _, d := range a.shape {
		if d < 1 || n > len(data)/d {
			return a, false, fmt.Errorf("shape %v does not fit in %d bytes", a.shape, len(data))
		}
		n *= d
	}
	switch r.Header.Descr.Type {
	case "<f4":
		if err = r.Read(&a.data); err == nil {
			err = finite(name, a.data)
		}
	case "<f8":
		var wide []float64
		if err = r.Read(&wide); err == nil {
			a.data, err = narrow(name, wide)
		}
		rounded = true
	default:
		return a, false, fmt.Errorf("is of type %q: only little-endian float32 and float64 are read", r.Header.Descr.Type)
	}
	if err == nil && len(a.data) != n {
		err = fmt.Errorf("%d numbers for shape %v", len(a.data), a.shape)
	}
	return a, rounded, err
}

// readSafetensors reads a safetensors file. Writers sort arrays as they like,
// so layers are taken in the natural order of their names.
func readSafetensors(data []byte) (*contents, error) {
	tensors, err := safetensors.Unmarshal(data)
	if err != nil {
		return nil, err
	}
	c := &contents{}
	var arrays []array
	for _, t := range tensors {
		a := array{name: t.Name, shape: t.Shape}
		switch t.DType {
		case "F32":
			a.data = safetensors.DecodeF32(t.Data)
			err = finite(t.Name, a.data)
		case "F64":
			wide := make([]float64, len(t.Data)/8)
			for i := range wide {
				wide[i] = math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:]))
			}
			a.data, err = narrow(t.Name, wide)
			c.rounded = true
		default:
			err = fmt.Errorf("array %s is of type %s: only F32 and F64 are read", t.Name, t.DType)
		}
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, a)
	}
	slices.SortFunc(arrays, func(a, b array) int { return naturally(a.name, b.name) })
	c.layers, err = grouped(arrays)
	return c, err
}
