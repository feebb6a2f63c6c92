package model

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/schemas"
)

// TestFilesRoundTrip: a model survives its files, and its bytes are a function
// of the model.
func TestFilesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawArch(t)
		a.Input.Channels = rapid.SampledFrom([]int{1, 3}).Draw(t, "known channels")
		m := randomModel(a, 4)
		m.Parent = rapid.SampledFrom([]string{"", strings.Repeat("ab", 32)}).Draw(t, "parent")
		m.Provenance.Sources = []Source{{"a.h5", strings.Repeat("0", 64)}}
		if rapid.Bool().Draw(t, "trained") {
			m.Training = &Training{Method: "pca", Images: 3, Parameters: map[string]any{"b": "x", "a": 2.0}, Metrics: map[string]float64{"mse": 0.25}}
		}
		if rapid.Bool().Draw(t, "encoder only") {
			m.Decoder = nil
		}
		files, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Unmarshal(files)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Arch.Widths) == 0 && len(m.Arch.Widths) == 0 {
			got.Arch.Widths = m.Arch.Widths // nil and empty are the same
		}
		if d := cmp.Diff(m, got); d != "" {
			t.Fatalf("the model differs (-want +got):\n%s", d)
		}
		again, err := got.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(files, again); d != "" {
			t.Fatalf("the files differ:\n%s", d)
		}
		if got.SHA256() != files.SHA256() || len(files.SHA256()) != 64 {
			t.Fatalf("sha256 %q, want %q", got.SHA256(), files.SHA256())
		}
	})
}

// TestFilesOfOtherChannels: files hold models of images of 1 to 16 channels.
func TestFilesOfOtherChannels(t *testing.T) {
	for channels := range 18 {
		a := mustPreset(t, "dense-784-100-20")
		a.Input.Channels = channels
		valid := channels >= 1 && channels <= 16
		if err := a.Validate(); (err == nil) != valid {
			t.Errorf("%d channels: Validate: %v", channels, err)
		}
		if !valid {
			continue
		}
		files, err := randomModel(a, 1).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		m, err := Unmarshal(files)
		if err != nil || m.Arch.Input != a.Input {
			t.Errorf("%d channels: Unmarshal: %v", channels, err)
		}
	}
}

// TestSHA256 changes with every part of a model.
func TestSHA256(t *testing.T) {
	seen := map[string]string{}
	for what, change := range map[string]func(m *Model){
		"nothing":    func(*Model) {},
		"weight":     func(m *Model) { m.Encoder[0].Data[0] += 1 },
		"decoder":    func(m *Model) { m.Decoder[1].Data[0] += 1 },
		"no decoder": func(m *Model) { m.Decoder = nil },
		"bits":       func(m *Model) { m.Arch.Input.Bits = 16 },
		"activation": func(m *Model) { m.Arch.Activations.Output = ActTanh },
		"parent":     func(m *Model) { m.Parent = "x" },
	} {
		m := randomModel(mustPreset(t, "dense-784-100-20"), 9)
		change(m)
		sum := m.SHA256()
		if other, ok := seen[sum]; ok || sum == "" {
			t.Errorf("%s and %s have the same sha256 %q", what, other, sum)
		}
		seen[sum] = what
	}
}

func mustPreset(t *testing.T, name string) Arch {
	t.Helper()
	a, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestWeightErrors: each wrong array is one line that names it.
func TestWeightErrors(t *testing.T) {
	for _, c := range []struct {
		change func(m *Model)
		want   string
	}{
		{func(m *Model) { m.Encoder = m.Encoder[1:] }, "encoder: array conv0.kernel of shape [3 3 1 16] is missing"},
		{func(m *Model) { m.Decoder = m.Decoder[:3] }, "decoder: array convt0.bias of shape [32] is missing"},
		{func(m *Model) { m.Encoder[0].Shape = []int{3, 3, 16, 1} }, "array conv0.kernel has shape [3 3 16 1], the architecture wants [3 3 1 16]"},
		{func(m *Model) { m.Encoder[1].Data = m.Encoder[1].Data[1:] }, "conv0.bias of shape [16] has 15 numbers"},
		{func(m *Model) { m.Encoder = append(m.Encoder, Tensor{"extra", []int{1}, []float32{1}}) }, "array extra of shape [1] is left over"},
		{func(m *Model) { m.Encoder = append(m.Encoder, m.Encoder[0]) }, "a name occurs twice"},
		{func(m *Model) { slices.Reverse(m.Encoder) }, "where conv0.kernel belongs"},
		{func(m *Model) { m.Encoder[2].Data[5] = float32(math.NaN()) }, "array conv1.kernel has the value NaN at position 5"},
		{func(m *Model) { m.Decoder[2].Data[1] = float32(math.Inf(-1)) }, "-Inf at position 1"},
	} {
		m := randomModel(mustPreset(t, "mnist-conv"), 2)
		c.change(m)
		_, err := m.Marshal()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, c.want)
		}
		if _, err := Compile(m); err == nil {
			t.Errorf("Compile takes a model with %q", c.want)
		}
		if m.SHA256() != "" {
			t.Errorf("a model with %q has a sha256", c.want)
		}
	}
}

// TestFileErrors: each damaged file is one line that starts with its name.
func TestFileErrors(t *testing.T) {
	// rewrite changes model.json through its generic form.
	rewrite := func(f Files, change func(doc map[string]any)) {
		var doc map[string]any
		if err := json.Unmarshal(f[schemas.ModelFile], &doc); err != nil {
			t.Fatal(err)
		}
		change(doc)
		f[schemas.ModelFile], _ = json.Marshal(doc)
	}
	arch := func(doc map[string]any) map[string]any { return doc["architecture"].(map[string]any) }
	for _, c := range []struct {
		change func(f Files)
		want   string
	}{
		{func(f Files) { delete(f, schemas.ModelFile) }, "model.json: missing"},
		{func(f Files) { delete(f, schemas.EncoderFile) }, "encoder.safetensors: missing"},
		{func(f Files) { delete(f, schemas.DecoderFile) }, "decoder.safetensors: missing"},
		{func(f Files) { f[schemas.ModelFile] = []byte("{") }, "model.json: not readable as JSON"},
		{func(f Files) { f[schemas.ModelFile] = append(f[schemas.ModelFile], "{}"...) }, "model.json: data after"},
		{func(f Files) { f[schemas.EncoderFile][100] ^= 1 }, "encoder.safetensors: sha256 is"},
		{func(f Files) { f[schemas.DecoderFile] = f[schemas.EncoderFile] }, "decoder.safetensors: sha256 is"},
		{func(f Files) { rewrite(f, func(d map[string]any) { d["format"] = "exemplar.model/9" }) }, `model.json: format is "exemplar.model/9"`},
		{func(f Files) { rewrite(f, func(d map[string]any) { arch(d)["latent"] = 0 }) }, "model.json: architecture: latent size 0"},
		{func(f Files) { rewrite(f, func(d map[string]any) { arch(d)["latent"] = 63 }) }, "encoder.safetensors: array dense.kernel has shape [1568 64], the architecture wants [1568 63]"},
		{func(f Files) {
			rewrite(f, func(d map[string]any) { d["files"].(map[string]any)["x"] = "y" })
		}, `model.json: names a file "x"`},
		{func(f Files) { rewrite(f, func(d map[string]any) { d["encodings"] = "y" }) }, `model.json: not readable as JSON: the key "encodings" is unknown`},
		{func(f Files) { rewrite(f, func(d map[string]any) { arch(d)["kernels"] = 5 }) }, `model.json: not readable as JSON: the key "kernels" is unknown`},
		{func(f Files) { rewrite(f, func(d map[string]any) { arch(d)["latent"] = "64" }) }, "model.json: not readable as JSON: the key architecture.latent holds a string where a whole number must be"},
	} {
		files, err := randomModel(mustPreset(t, "mnist-conv"), 2).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range files {
			files[name] = bytes.Clone(data)
		}
		c.change(files)
		if _, err = Unmarshal(files); err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line that starts with %q", err, c.want)
		}
	}
}

// TestNotFinite: every place of the first block and of the last, one number at
// a time.
func TestNotFinite(t *testing.T) {
	x := make([]float32, 4096+4099)
	for i := range x {
		x[i] = [...]float32{0, -1, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32}[i%5]
	}
	if at := notFinite(x); at != -1 {
		t.Fatalf("position %d of finite numbers", at)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, i := range []int{0, 1, 2, 3, 5, 4095, 4096, 8191, 8192, 8193, 8194} {
			old := x[i]
			x[i], x[len(x)-1] = float32(bad), float32(bad)
			if at := notFinite(x); at != i {
				t.Errorf("%v at %d is found at %d", bad, i, at)
			}
			x[i], x[len(x)-1] = old, 1
		}
	}
}

// TestUnmarshalEncoder: the decoder is not looked at, the encoder is checked.
func TestUnmarshalEncoder(t *testing.T) {
	files, err := randomModel(mustPreset(t, "mnist-conv"), 2).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Unmarshal(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, decoder := range [][]byte{nil, []byte("damaged")} {
		files[schemas.DecoderFile] = decoder
		m, err := UnmarshalEncoder(files)
		if err != nil || len(m.Decoder) != 0 {
			t.Fatalf("%v, %d arrays of the decoder", err, len(m.Decoder))
		}
		if diff := cmp.Diff(whole.Encoder, m.Encoder); diff != "" {
			t.Errorf("the encoder differs: %.300s", diff)
		}
	}
	files[schemas.EncoderFile] = append(bytes.Clone(files[schemas.EncoderFile]), 0)
	if _, err := UnmarshalEncoder(files); err == nil || !strings.HasPrefix(err.Error(), "encoder.safetensors: sha256 is") {
		t.Errorf("a damaged encoder: %v", err)
	}
}
