package keras

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"

	"exemplar/model/internal/safetensors"
	"exemplar/model/npy"
	"exemplar/schemas/words"
)

func isZip(data []byte) bool { return bytes.HasPrefix(data, []byte("PK\x03\x04")) }

// Members of a .keras file.
const (
	kerasConfig  = "config.json"
	kerasWeights = "model.weights.h5"
)

// encrypted is the flag of a zip archive's member whose bytes are encrypted.
const encrypted = 1

// readZip reads a .keras or an .npz file.
func readZip(data []byte) (*contents, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("is a damaged zip archive: %w", err)
	}
	members := map[string]*zip.File{}
	torch := false
	for _, f := range z.File {
		if members[f.Name] != nil {
			return nil, fmt.Errorf("holds %s twice", f.Name)
		}
		if f.Flags&encrypted != 0 {
			return nil, fmt.Errorf("%s is marked as encrypted: save the file without a password", f.Name)
		}
		members[f.Name] = f
		torch = torch || path.Base(f.Name) == "data.pkl"
	}
	if torch {
		return nil, errTorch
	}
	if members[kerasConfig] == nil {
		return readNPZ(z, newRoom(len(data)))
	}
	if members[kerasWeights] == nil {
		return nil, fmt.Errorf("has %s, but no %s", kerasConfig, kerasWeights)
	}
	room := newRoom(len(data))
	text, err := member(members[kerasConfig], room)
	if err != nil {
		return nil, err
	}
	config, err := parseConfig(text) // before the weights: it names a layer that is not read
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kerasConfig, err)
	}
	arrays := *room // which the file of weights may be, and may hold
	weights, err := member(members[kerasWeights], room)
	if err != nil {
		return nil, err
	}
	if !isHDF5(weights) {
		return nil, fmt.Errorf("%s is no HDF5 file", kerasWeights)
	}
	c, err := readHDF5(weights, &arrays)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kerasWeights, err)
	}
	c.config = config
	return c, nil
}

// member returns the bytes of a file in an archive; its checksum is checked.
func member(f *zip.File, room *room) ([]byte, error) {
	size := f.UncompressedSize64
	if err := room.take(f.Name, size); err != nil {
		return nil, err
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	data := make([]byte, size)
	if _, err = io.ReadFull(r, data); err == nil {
		var more [1]byte
		if _, err = io.ReadFull(r, more[:]); err == nil {
			err = fmt.Errorf("is larger than the %d bytes that are stated", size)
		} else if err == io.EOF { // after which the checksum was right
			err = nil
		}
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return data, nil
}

// readNPZ reads the arrays of an .npz file in the order of the archive, which
// is the order in which numpy.savez was given them.
func readNPZ(z *zip.Reader, room *room) (*contents, error) {
	c := &contents{}
	var arrays []array
	for _, f := range z.File {
		if name, ok := strings.CutSuffix(f.Name, ".npy"); ok {
			if err := checkName(name); err != nil {
				return nil, err
			}
		}
	}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("%s is no NumPy array: is the archive an .npz or .keras file?", f.Name)
		}
		data, err := member(f, room)
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
	err := checkOrder(arrays)
	if err == nil {
		c.layers, err = grouped(arrays)
	}
	return c, err
}

func readNPY(name string, data []byte) (a array, rounded bool, err error) {
	h, err := npy.Read(bytes.NewReader(data))
	if err != nil {
		return a, false, fmt.Errorf("not readable as NumPy array: %w", err)
	}
	a = array{name: name, shape: h.Shape}
	if h.Fortran {
		return a, false, errors.New("is in Fortran order: save it with numpy.ascontiguousarray")
	}
	width, known := map[string]int{"<f4": 4, "<f8": 8}[h.Type]
	if !known {
		return a, false, fmt.Errorf("is of type %q: only little-endian float32 and float64 are read", h.Type)
	}
	data = data[h.Size:]
	n, fits := h.Count()
	if !fits || n < 1 || len(data)%width != 0 || n != int64(len(data)/width) {
		return a, false, fmt.Errorf("shape %v does not fit in %d bytes", a.shape, len(data))
	}
	if width == 4 {
		a.data = safetensors.DecodeF32(data)
		return a, false, finite(name, a.data)
	}
	a.data, err = narrow(name, decodeF64(data))
	return a, true, err
}

// decodeF64 returns the float64 numbers of little-endian bytes.
func decodeF64(b []byte) []float64 {
	out := make([]float64, len(b)/8)
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return out
}

// readSafetensors reads a safetensors file. Writers sort arrays as they like,
// so layers are taken in the natural order of their names.
func readSafetensors(data []byte) (*contents, error) {
	tensors, err := safetensors.Unmarshal(data)
	if err != nil {
		return nil, err
	}
	c := &contents{sorted: true}
	var arrays []array
	for _, t := range tensors {
		if err := checkName(t.Name); err != nil {
			return nil, err
		}
	}
	for _, t := range tensors {
		a := array{name: t.Name, shape: t.Shape}
		switch t.DType {
		case "F32":
			a.data = safetensors.DecodeF32(t.Data)
			err = finite(t.Name, a.data)
		case "F64":
			a.data, err = narrow(t.Name, decodeF64(t.Data))
			c.rounded = true
		case "F16", "BF16":
			err = fmt.Errorf("array %s is of type %s: only F32 and F64 are read: save it as float32, which loses nothing", t.Name, t.DType)
		default:
			err = fmt.Errorf("array %s is of type %s: only F32 and F64 are read", t.Name, t.DType)
		}
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, a)
	}
	slices.SortFunc(arrays, func(a, b array) int { return words.Naturally(a.name, b.name) })
	if err = checkOrder(arrays); err == nil {
		c.layers, err = grouped(arrays)
	}
	return c, err
}
