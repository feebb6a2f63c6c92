package modeldir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/model/keras"
	"exemplar/schemas"
	"exemplar/transforms/store"
)

// imported returns the files of a small model, with a decoder or without.
func imported(t *testing.T, decodes bool) model.Files {
	t.Helper()
	source := func(name string) keras.Source {
		data, err := os.ReadFile(filepath.Join("..", "..", "..", "model", "keras", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return keras.Source{Name: name, Data: data}
	}
	o := keras.Options{Encoder: source("conv_encoder.keras")}
	if decodes {
		decoder := source("conv_decoder.keras")
		o.Decoder = &decoder
	}
	m, err := keras.Import(o)
	if err != nil {
		t.Fatal(err)
	}
	files, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// write writes them into a folder.
func write(t *testing.T, dir string, files model.Files) {
	t.Helper()
	if err := errors.Join(WriteWeights(t.Context(), In(dir), files), store.WriteFile(t.Context(), In(dir)(schemas.ModelFile), files[schemas.ModelFile])); err != nil {
		t.Fatal(err)
	}
}

// TestRoundTrip: what is written is read, whole or without the decoder, and a model
// without one leaves none of the model before it.
func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	whole := imported(t, true)
	write(t, dir, whole)
	files, err := ReadFiles(t.Context(), In(dir))
	if diff := cmp.Diff(whole, files); diff != "" || err != nil {
		t.Fatalf("%v (-written +read):\n%s", err, diff)
	}
	for decodes, arrays := range map[bool]bool{true: true, false: false} {
		m, sum, err := Read(t.Context(), dir, decodes)
		if err != nil || sum != whole.SHA256() || len(m.Encoder) == 0 || (len(m.Decoder) > 0) != arrays {
			t.Errorf("decodes %v: %v, sha256 %s, decoder of %d arrays", decodes, err, sum, len(m.Decoder))
		}
	}
	head, ok, err := ReadHead(t.Context(), dir)
	if err != nil || !ok || head.Architecture.Latent != 5 || len(head.Files) != 2 || head.Provenance.Tool != MadeBy(whole[schemas.ModelFile]) {
		t.Errorf("head %+v, %v, %v", head, ok, err)
	}
	write(t, dir, imported(t, false))
	if m, _, err := Read(t.Context(), dir, true); err != nil || len(m.Decoder) != 0 {
		t.Errorf("without decoder: %v, %v", m, err)
	}
}

// TestWriteWeights: the weights stand before there is a model.json, and one that cannot be
// written is an error.
func TestWriteWeights(t *testing.T) {
	dir, files := t.TempDir(), imported(t, true)
	if err := WriteWeights(t.Context(), In(dir), files); err != nil {
		t.Fatal(err)
	}
	there, err := read(t.Context(), In(dir), []string{schemas.EncoderFile, schemas.DecoderFile})
	want := model.Files{schemas.EncoderFile: files[schemas.EncoderFile], schemas.DecoderFile: files[schemas.DecoderFile]}
	if diff := cmp.Diff(want, there); diff != "" || err != nil {
		t.Errorf("%v (-want +there):\n%s", err, diff)
	}
	if _, err := os.Stat(filepath.Join(dir, schemas.ModelFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a model.json beside the weights, or: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "blocked", schemas.EncoderFile, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := WriteWeights(t.Context(), In(filepath.Join(dir, "blocked")), files); err == nil {
		t.Error("a folder in the encoder's place is no error")
	}
}

// TestRefusals: what is no model is named, in one line.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		change func(dir string) error
		want   string
	}{
		{func(dir string) error { return os.RemoveAll(dir) }, "holds no model.json: it is not a model directory"},
		{func(dir string) error { return os.Remove(filepath.Join(dir, schemas.ModelFile)) }, "holds no model.json"},
		{func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o666)) }, "is a file, where the folder of a model is needed"},
		{func(dir string) error { return os.WriteFile(filepath.Join(dir, schemas.ModelFile), nil, 0o666) }, "model.json: not readable as JSON"},
		{func(dir string) error { return os.Remove(filepath.Join(dir, schemas.EncoderFile)) }, "encoder.safetensors: missing"},
		{func(dir string) error { return os.Remove(filepath.Join(dir, schemas.DecoderFile)) }, "decoder.safetensors: missing"},
		{func(dir string) error {
			return os.WriteFile(filepath.Join(dir, schemas.DecoderFile), []byte("x"), 0o666)
		}, "the file is damaged or of another model"},
	} {
		dir := filepath.Join(t.TempDir(), "model")
		write(t, dir, imported(t, true))
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		_, _, err := Read(t.Context(), dir, true)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q and the folder", err, c.want)
		}
	}
}

// TestMissing: without model.json there is no model, whatever weights lie there; a store
// that fails is an error.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, imported(t, true))
	if err := os.Remove(filepath.Join(dir, schemas.ModelFile)); err != nil {
		t.Fatal(err)
	}
	if files, err := ReadFiles(t.Context(), In(dir)); err != nil || len(files) != 0 {
		t.Errorf("%d files, %v", len(files), err)
	}
	if _, ok, err := ReadHead(t.Context(), dir); ok || err != nil {
		t.Errorf("a head without model.json: %v, %v", ok, err)
	}
	if err := os.Mkdir(filepath.Join(dir, schemas.ModelFile), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFiles(t.Context(), In(dir)); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder named model.json: %v", err)
	}
	for text, want := range map[string]string{"": "", "{": "", `{"provenance":{"tool":"train"}}`: "train"} {
		if got := MadeBy([]byte(text)); got != want {
			t.Errorf("%q is made by %q, want %q", text, got, want)
		}
	}
}
