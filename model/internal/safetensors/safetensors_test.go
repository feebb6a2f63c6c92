package safetensors

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() []Tensor {
	return []Tensor{
		{Name: "dense.kernel", DType: "F32", Shape: []int{2, 3}, Data: EncodeF32([]float32{1, 2, 3, -4, 5, 6e-39})},
		{Name: `a "quoted" name`, DType: "F32", Shape: []int{}, Data: EncodeF32([]float32{float32(math.Inf(1))})},
		{Name: "empty", DType: "F32", Shape: []int{0, 4}, Data: []byte{}},
		{Name: "bias", DType: "F32", Shape: []int{1}, Data: EncodeF32([]float32{7})},
	}
}

func TestRoundTrip(t *testing.T) {
	data := Marshal(sample())
	if n := binary.LittleEndian.Uint64(data); n%8 != 0 {
		t.Errorf("header of %d bytes: the data are not aligned to 8", n)
	}
	got, err := Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), got); d != "" {
		t.Errorf("arrays differ (-want +got):\n%s", d)
	}
	if d := cmp.Diff(data, Marshal(got)); d != "" {
		t.Errorf("bytes differ after a round trip:\n%s", d)
	}
	if x := DecodeF32(got[0].Data); x[3] != -4 || x[5] != 6e-39 {
		t.Errorf("numbers are %v", x)
	}
}

// file builds a file from a header and a number of data bytes.
func file(header string, data int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), make([]byte, data)...)
}

func TestMetadataAndOrder(t *testing.T) {
	got, err := Unmarshal(file(`{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 12))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" || got[1].DType != "F16" {
		t.Errorf("arrays by offset: %+v", got)
	}
}

func TestCorrupt(t *testing.T) {
	huge := binary.LittleEndian.AppendUint64(nil, 1<<62)
	for _, c := range []struct {
		what string
		data []byte
		want string
	}{
		{"nothing", nil, "too few"},
		{"header past the end", append(huge, "{}"...), "header of"},
		{"no JSON", file(`[]`, 0), "no JSON object"},
		{"cut JSON", file(`{"a":`, 0), "array \"a\""},
		{"trailing JSON", file(`{} {}`, 0), "after the JSON"},
		{"twice", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "twice"},
		{"dtype", file(`{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, 4), "F31"},
		{"size", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), "take 8"},
		{"negative dimension", file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4), "shape"},
		{"overflow", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "too large"},
		{"past the end", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 4), "offsets"},
		{"backwards", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4), "offsets"},
		{"gap", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "begins at 4"},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "begins at 4"},
		{"left over", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 5), "5 bytes of data"},
	} {
		_, err := Unmarshal(c.data)
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want ErrCorrupt with %q", c.what, err, c.want)
		}
	}
}

// FuzzUnmarshal: any bytes give ErrCorrupt or arrays that tile the data.
func FuzzUnmarshal(f *testing.F) {
	f.Add(Marshal(sample()))
	f.Add(Marshal(nil))
	f.Add(file(`{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, err := Unmarshal(data)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("error is no ErrCorrupt: %v", err)
			}
			return
		}
		total := 0
		for _, x := range tensors {
			n := sizes[x.DType]
			for _, d := range x.Shape {
				n *= d
			}
			if n != len(x.Data) {
				t.Fatalf("%+v: %d bytes, want %d", x, len(x.Data), n)
			}
			total += n
		}
		if head := 8 + int(binary.LittleEndian.Uint64(data)); total != len(data)-head {
			t.Fatalf("arrays take %d bytes of %d", total, len(data)-head)
		}
	})
}
