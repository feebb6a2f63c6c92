// Package safetensors reads and writes the safetensors format.
//
//	+----------------+---------------------+---------------------------+
//	| u64 LE: header | header: JSON object | data: the arrays, without |
//	| length N       | of N bytes          | gaps, little-endian       |
//	+----------------+---------------------+---------------------------+
//
// The header maps an array's name to {"dtype", "shape", "data_offsets": [begin,
// end]} with offsets into the data; the key "__metadata__" maps to an object of
// strings. The reader is strict: arrays must tile the data exactly, no name may
// occur twice, and sizes are checked before anything is allocated.
//
// What lives here: bytes in, arrays out, and back. What never enters: files, flags,
// other modules; what the arrays mean.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"exemplar/schemas"
)

// maxHeader is the largest header that is read, in bytes: that of a model of layers
// has a few thousand. In memory its entries take twenty times as much.
const maxHeader = 1 << 20

// maxDims is the largest number of dimensions of an array.
const maxDims = 16

// ErrCorrupt marks every error of Unmarshal.
var ErrCorrupt = errors.New("not a valid safetensors file")

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}

// Tensor is one array. Data holds its little-endian numbers in C order.
type Tensor struct {
	Name  string
	DType string // "F32", …; Marshal writes only F32 and ignores it
	Shape []int
	Data  []byte
}

// sizes are the bytes of one number, by dtype.
var sizes = map[string]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
	"I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}

// entry is one array of the header.
type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets []int  `json:"data_offsets"`
}

// Marshal returns the file that Write writes.
func Marshal(tensors []Tensor) []byte {
	header := marshalHeader(tensors)
	size := len(header)
	for _, t := range tensors {
		size += len(t.Data)
	}
	out := append(make([]byte, 0, size), header...)
	for _, t := range tensors {
		out = append(out, t.Data...)
	}
	return out
}

// Write writes the file of F32 arrays, laid out in the given order. The same
// arrays give the same bytes: the header has its keys in that order too and is
// padded with spaces to a multiple of 8.
func Write(w io.Writer, tensors []Tensor) error {
	if _, err := w.Write(marshalHeader(tensors)); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// marshalHeader returns what comes before the arrays.
func marshalHeader(tensors []Tensor) []byte {
	header := []byte{'{'}
	size := 0
	for i, t := range tensors {
		if i > 0 {
			header = append(header, ',')
		}
		e := entry{DType: "F32", Shape: append([]int{}, t.Shape...), Offsets: []int{size, size + len(t.Data)}}
		header = append(append(append(header, quote(t.Name)...), ':'), quote(e)...)
		size += len(t.Data)
	}
	header = append(header, '}')
	for len(header)%8 != 0 {
		header = append(header, ' ')
	}
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(out, header...)
}

// quote returns v as JSON. Strings, ints and structs of them always marshal.
func quote(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// Unmarshal returns the arrays of a file, by offset. Their Data alias data. All
// errors are ErrCorrupt.
func Unmarshal(data []byte) ([]Tensor, error) {
	if len(data) < 8 {
		return nil, corrupt("%d bytes are too few", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader || n > uint64(len(data)-8) {
		return nil, corrupt("header of %d bytes in a file of %d (at most %d are read)", n, len(data), maxHeader)
	}
	names, entries, err := parseHeader(data[8 : 8+n])
	if err != nil {
		return nil, err
	}
	body := data[8+n:]
	tensors := make([]Tensor, len(names))
	order := make([]int, len(names))
	for i, e := range entries {
		if err := e.check(len(body)); err != nil {
			return nil, corrupt("array %q: %v", names[i], err)
		}
		tensors[i] = Tensor{names[i], e.DType, e.Shape, body[e.Offsets[0]:e.Offsets[1]]}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := entries[a].Offsets, entries[b].Offsets
		return slices.Compare(x, y)
	})
	sorted, end := make([]Tensor, len(order)), 0
	for i, j := range order {
		if begin := entries[j].Offsets[0]; begin != end {
			return nil, corrupt("array %q begins at %d, the one before it ends at %d", names[j], begin, end)
		}
		sorted[i], end = tensors[j], entries[j].Offsets[1]
	}
	if end != len(body) {
		return nil, corrupt("%d bytes of data, the arrays take %d", len(body), end)
	}
	return sorted, nil
}

// check verifies that the entry's type, shape and offsets agree and lie within
// a body of the given size.
func (e entry) check(body int) error {
	size, ok := sizes[e.DType]
	if !ok {
		return fmt.Errorf("type %q is unknown", e.DType)
	}
	if len(e.Shape) > maxDims {
		return fmt.Errorf("%d dimensions", len(e.Shape))
	}
	want := uint64(size)
	for _, d := range e.Shape {
		if d < 0 {
			return fmt.Errorf("shape %v", e.Shape)
		}
		hi, lo := bits.Mul64(want, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return fmt.Errorf("shape %v is too large", e.Shape)
		}
		want = lo
	}
	if len(e.Offsets) != 2 || e.Offsets[0] < 0 || e.Offsets[1] < e.Offsets[0] || e.Offsets[1] > body {
		return fmt.Errorf("offsets %v in %d bytes of data", e.Offsets, body)
	}
	if got := uint64(e.Offsets[1] - e.Offsets[0]); got != want {
		return fmt.Errorf("%d bytes, but type %s and shape %v take %d", got, e.DType, e.Shape, want)
	}
	return nil
}

// parseHeader reads the JSON object token by token, because a map would hide
// names that occur twice.
func parseHeader(data []byte) (names []string, entries []entry, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, nil, corrupt("header is no JSON object")
	}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, nil, corrupt("header: %v", err)
		}
		name := tok.(string) // the decoder lets nothing else be a key
		if seen[name] {
			return nil, nil, corrupt("name %q occurs twice", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			var m map[string]string
			if err := dec.Decode(&m); err != nil {
				return nil, nil, corrupt("header, __metadata__: %v", schemas.JSONError(err))
			}
			continue
		}
		var e entry
		if err := dec.Decode(&e); err != nil {
			return nil, nil, corrupt("header, array %q: %v", name, schemas.JSONError(err))
		}
		names, entries = append(names, name), append(entries, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, corrupt("header: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, corrupt("header: data after the JSON object")
	}
	return names, entries, nil
}

// EncodeF32 returns the little-endian bytes of float32 numbers.
func EncodeF32(x []float32) []byte {
	out := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v))
	}
	return out
}

// DecodeF32 returns the float32 numbers of little-endian bytes.
func DecodeF32(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}
