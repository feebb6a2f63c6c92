package model

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// headed is a small model without a decoder and with a head.
func headed(t *testing.T) *Model {
	t.Helper()
	a, err := Preset("dense-784-128-64")
	if err != nil {
		t.Fatal(err)
	}
	a.Name, a.Widths, a.Latent = "", []int{6}, 3
	m := &Model{Arch: a, Head: &Head{Classes: []string{"0", "odd, \"one\"", "größer"}}}
	v := float32(0)
	fill := func(specs []TensorSpec) (w Weights) {
		for _, s := range specs {
			data := make([]float32, sizeOf(s.Shape))
			for i := range data {
				v += 0.37
				data[i] = v - float32(int(v)) - 0.5
			}
			w = append(w, Tensor{Name: s.Name, Shape: s.Shape, Data: data})
		}
		return w
	}
	m.Encoder, m.Head.Weights = fill(a.EncoderWeights()), fill(HeadWeights(3, 3))
	return m
}

func TestHeadFiles(t *testing.T) {
	m := headed(t)
	files, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 || !strings.Contains(string(files[schemas.ModelFile]), `"head": {`) {
		t.Fatalf("%d files, %s", len(files), files[schemas.ModelFile])
	}
	for what, read := range map[string]func(Files) (*Model, error){"whole": Unmarshal, "encoder": UnmarshalEncoder} {
		again, err := read(files)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, again); diff != "" || again.SHA256() != files.SHA256() {
			t.Errorf("%s: %s", what, diff)
		}
	}
	damaged := func(change func(f Files)) error {
		f := Files{}
		for name, data := range files {
			f[name] = slices.Clone(data)
		}
		change(f)
		_, err := Unmarshal(f)
		return err
	}
	for i := range files[schemas.HeadFile] {
		if err := damaged(func(f Files) { f[schemas.HeadFile][i] ^= 4 }); err == nil || !strings.HasPrefix(err.Error(), "head.npz: sha256 is") {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	swap := func(old, new string) func(f Files) {
		return func(f Files) {
			f[schemas.ModelFile] = bytes.Replace(f[schemas.ModelFile], []byte(old), []byte(new), 1)
		}
	}
	for want, change := range map[string]func(f Files){
		"head.npz: missing":          func(f Files) { delete(f, schemas.HeadFile) },
		"class \"0\" is there twice": swap(`"größer"`, `"0"`),
		"a class has no name":        swap(`"größer"`, `""`),
		"head.npz: array kernel":     swap(`,`+"\n"+`      "größer"`, ``),
		"names a file \"head.npz\" t": func(f Files) {
			before, _, _ := bytes.Cut(f[schemas.ModelFile], []byte(",\n  \"head\""))
			f[schemas.ModelFile] = append(slices.Clone(before), "}"...)
		},
	} {
		if err := damaged(change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestHeadArchives: an archive that holds something else is refused, and nothing large is read.
func TestHeadArchives(t *testing.T) {
	m := headed(t)
	good, err := marshalHead(m.Head)
	if err != nil {
		t.Fatal(err)
	}
	want := HeadWeights(3, 3)
	archive := func(method uint16, entries ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := 0; i < len(entries); i += 2 {
			w, err := z.CreateHeader(&zip.FileHeader{Name: entries[i], Method: method})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(entries[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for says, data := range map[string][]byte{
		"no NumPy archive": []byte("PK"), "is left over": archive(zip.Store, "other.npy", ""), "is there twice": archive(zip.Store, "bias.npy", bias(t, good), "bias.npy", bias(t, good)),
		"it is cut off": archive(zip.Store, "bias.npy", bias(t, good)[:135]), "more follows": archive(zip.Store, "bias.npy", bias(t, good)+"x"),
		"want <f4": archive(zip.Store, "bias.npy", strings.Replace(bias(t, good), "<f4", "<f8", 1)),
	} {
		if _, err := unmarshalHead(data, want); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	if _, err := unmarshalHead(archive(zip.Deflate, "kernel.npy", strings.Repeat("\x00", 1<<20)), HeadWeights(1<<20, 1<<16)); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a bomb: %v", err)
	}
}

// bias returns the bytes of the array bias of an archive.
func bias(t *testing.T, archive []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("bias.npy")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
