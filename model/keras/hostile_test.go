package keras

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"exemplar/model"
)

// zeros is an array of n zeros as NumPy stores it.
func zeros(n int) []byte {
	return marshalNPY(model.Tensor{Name: "dense", Shape: []int{n}, Data: make([]float32, n)})
}

func zipped(t *testing.T, members map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range members {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// patched returns data with one text in it replaced, wherever it is.
func patched(t *testing.T, data []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("there is no %q", old)
	}
	return bytes.ReplaceAll(data, []byte(old), []byte(new))
}

// TestPackedFilesTakeNoMemory: a file that unpacks to far more than it is, or states
// a length that it does not have, is refused before memory is taken for it.
func TestPackedFilesTakeNoMemory(t *testing.T) {
	const many = 5 << 20
	config := readTestdata(t, "dense_encoder.keras", kerasConfig)
	long := zeros(3)
	long[6] = 2
	binary.LittleEndian.PutUint32(long[8:], 0xFFFFFFFF)
	odd := bytes.Replace(zeros(3), []byte("'shape'"), []byte("'shape "), 1)
	overflow := bytes.Replace(zeros(3), []byte("(3,), }                  "), []byte("(4611686018427387955, 4)}"), 1)
	understated := bytes.Clone(zipped(t, map[string][]byte{"a.npy": zeros(many)}))
	directory := bytes.LastIndex(understated, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(understated[directory+24:], 4096) // the size before packing
	packed := source(t, "testdata/packed.h5").Data                  // 50 numbers in pieces of 16
	const pieces, length = "\x10\x00\x00\x00\x04\x00\x00\x00", "\x32\x00\x00\x00\x00\x00\x00\x00"
	arch := archs["dense"]
	for what, c := range map[string]struct {
		data []byte
		want string
	}{
		"npz":              {zipped(t, map[string][]byte{"a.npy": zeros(many)}), "a.npy takes 20971648 bytes: a file of"},
		"npz, understated": {understated, "a.npy: "},
		"keras":            {zipped(t, map[string][]byte{kerasConfig: config, kerasWeights: make([]byte, 4*many)}), "model.weights.h5 takes"},
		"keras config":     {zipped(t, map[string][]byte{kerasConfig: make([]byte, 4*many), kerasWeights: nil}), "config.json takes"},
		"HDF5":             {patched(t, packed, length, "\x00\x00\x00\x10\x00\x00\x00\x00"), "array /layers/dense/vars/0 takes 1073741824 bytes"},
		"HDF5 piece":       {patched(t, packed, pieces, "\x02\x00\x00\x00\x04\x00\x00\x00"), "unpacks to more than the 8 bytes that a piece has"},
		"HDF5 large piece": {patched(t, packed, pieces, "\x00\x00\x00\x10\x04\x00\x00\x00"), "is stored in pieces of 268435456x4"},
		"header":           {zipped(t, map[string][]byte{"a.npy": long}), "its header would have 4294967295 bytes"},
		"odd header":       {zipped(t, map[string][]byte{"a.npy": odd}), "its header is damaged"},
		"overflow":         {zipped(t, map[string][]byte{"a.npy": overflow}), "does not fit in"},
		"safetensors":      {append(binary.LittleEndian.AppendUint64(nil, 1<<40), "{}"...), "at most"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Import(Options{Encoder: Source{"file", c.data}, Arch: &arch})
		runtime.ReadMemStats(&after)
		if err == nil || !strings.HasPrefix(err.Error(), "file: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", what, err, c.want)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 24<<20 {
			t.Errorf("%s: %d MiB allocated for %d bytes", what, n>>20, len(c.data))
		}
	}
}

func readTestdata(t *testing.T, archive, member string) []byte {
	t.Helper()
	data := source(t, "testdata/"+archive).Data
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(member)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPackedFilesAreRead: an array in packed pieces, as h5py stores it with
// compression="gzip", shuffle=True, is read.
func TestPackedFilesAreRead(t *testing.T) {
	c, err := read(source(t, "testdata/packed.h5"))
	if err != nil || len(c.layers) != 1 || len(c.layers[0].bias.data) != 50 || c.layers[0].bias.data[49] != 7 {
		t.Errorf("%+v, %v", c, err)
	}
}
