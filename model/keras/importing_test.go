package keras

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
)

func source(t *testing.T, name string) Source {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return Source{Name: filepath.Base(name), Data: data}
}

// archs are the architectures of testdata/generate.py.
var archs = map[string]model.Arch{
	"conv": {
		Family: model.FamilyConv, Latent: 5, Filters: []int{3, 4}, ConvsPerStage: 2,
		Input:       model.Input{Height: 8, Width: 12, Channels: 1, Bits: 8, Scale: model.ScaleUnit},
		Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "sigmoid"},
	},
	"dense": {
		Family: model.FamilyDense, Latent: 2, Widths: []int{7, 6},
		Input:       model.Input{Height: 4, Width: 5, Channels: 1, Bits: 8, Scale: model.ScaleUnit},
		Activations: model.Activations{Hidden: "tanh", Latent: "linear", Expand: "linear", Output: "sigmoid"},
	},
	"symmetric": {
		Family: model.FamilyConv, Latent: 3, Filters: []int{2}, ConvsPerStage: 1,
		Input:       model.Input{Height: 4, Width: 6, Channels: 1, Bits: 8, Scale: model.ScaleSymmetric},
		Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "tanh"},
	},
}

type expectation struct {
	Pixels  [][]int     `json:"pixels"`
	Latents [][]float64 `json:"latents"`
	MSE     []float64   `json:"mse"`
}

func expectations(t *testing.T) map[string]expectation {
	t.Helper()
	var e map[string]expectation
	if err := json.Unmarshal(source(t, "testdata/expected.json").Data, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestFormats imports what Keras saved in each format and compares latents and
// reconstruction errors with those that Keras computed. Sums have at most 97
// terms of about one in float32 on both sides: 1e-5 is several times the bound
// of 2·97·2^-24.
func TestFormats(t *testing.T) {
	expected := expectations(t)
	for name, arch := range archs {
		for _, ext := range []string{".keras", ".h5", ".weights.h5", ".npz"} {
			t.Run(name+ext, func(t *testing.T) {
				o := Options{Encoder: source(t, "testdata/"+name+"_encoder"+ext)}
				dec := source(t, "testdata/"+name+"_decoder"+ext)
				o.Decoder, o.Arch = &dec, &arch
				m, err := Import(o)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, m, expected[name])
				if len(m.Provenance.Sources) != 2 || m.Provenance.Sources[1].File != dec.Name {
					t.Errorf("sources: %v", m.Provenance.Sources)
				}
			})
		}
	}
}

func compare(t *testing.T, m *model.Model, want expectation) {
	t.Helper()
	p, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	var pixels [][]byte
	for _, image := range want.Pixels {
		b := make([]byte, len(image))
		for i, v := range image {
			b[i] = byte(v)
		}
		pixels = append(pixels, b)
	}
	r := p.NewRunner(2)
	z, mse := make([]float32, len(pixels)*p.Latent()), make([]float64, len(pixels))
	r.Encode(z, pixels)
	r.MSE(mse, z, pixels)
	for i := range pixels {
		for j, w := range want.Latents[i] {
			if d := math.Abs(float64(z[i*p.Latent()+j]) - w); !(d <= 1e-5) {
				t.Errorf("image %d, latent %d: %v, Keras has %v", i, j, z[i*p.Latent()+j], w)
			}
		}
		if d := math.Abs(mse[i] - want.MSE[i]); !(d <= 1e-5) {
			t.Errorf("image %d: mse %v, Keras has %v", i, mse[i], want.MSE[i])
		}
	}
}

// TestArchitectureFromFile reads the architecture out of whole models.
func TestArchitectureFromFile(t *testing.T) {
	for name, arch := range archs {
		for _, ext := range []string{".keras", ".h5"} {
			dec := source(t, "testdata/"+name+"_decoder"+ext)
			m, err := Import(Options{Encoder: source(t, "testdata/"+name+"_encoder"+ext), Decoder: &dec})
			if err != nil {
				t.Errorf("%s%s: %v", name, ext, err)
				continue
			}
			want, _ := json.Marshal(arch)
			if got, _ := json.Marshal(m.Arch); string(got) != string(want) {
				t.Errorf("%s%s: architecture %s, want %s", name, ext, got, want)
			}
		}
	}
}

// TestSafetensors imports a model directory's own files.
func TestSafetensors(t *testing.T) {
	expected := expectations(t)
	for name, arch := range archs {
		dec := source(t, "testdata/"+name+"_decoder.npz")
		m, err := Import(Options{Encoder: source(t, "testdata/"+name+"_encoder.npz"), Decoder: &dec, Arch: &arch})
		if err != nil {
			t.Fatal(err)
		}
		files, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		dec = Source{"decoder.safetensors", files["decoder.safetensors"]}
		m, err = Import(Options{Encoder: Source{"encoder.safetensors", files["encoder.safetensors"]}, Decoder: &dec, Arch: &arch})
		if err != nil {
			t.Fatal(err)
		}
		compare(t, m, expected[name])
	}
}

// TestErrors: each mistake is one line that starts with the file's name.
func TestErrors(t *testing.T) {
	conv, dense := archs["conv"], archs["dense"]
	wider, deeper, single := conv, conv, conv
	wider.Filters = []int{3, 5}
	deeper.Filters = []int{3, 4, 4}
	single.ConvsPerStage = 1
	symmetric := dense.WithScale(model.ScaleSymmetric)
	sigmoid := dense
	sigmoid.Activations.Hidden = "sigmoid"
	cut := func(name string, n int) Source {
		s := source(t, "testdata/"+name)
		s.Data = s.Data[:n]
		return s
	}
	for _, c := range []struct {
		what string
		o    Options
		want string
	}{
		{"wrong shape", Options{Encoder: source(t, "testdata/conv_encoder.weights.h5"), Arch: &wider}, "layers/conv2d_2: kernel has shape [3 3 3 4], the architecture's conv2 wants [3 3 3 5]"},
		{"missing", Options{Encoder: source(t, "testdata/conv_encoder.npz"), Arch: &deeper}, "is missing"},
		{"left over", Options{Encoder: source(t, "testdata/dense_encoder.weights.h5"), Arch: &model.Arch{Family: "dense", Latent: 7, Input: dense.Input, Activations: dense.Activations}}, "layer layers/dense_1 (kernel [7 6], bias [6]) is left over"},
		{"left over, npz", Options{Encoder: source(t, "testdata/conv_decoder.npz"), Arch: &single}, "conv"},
		{"activation", Options{Encoder: source(t, "testdata/dense_encoder.keras"), Arch: &sigmoid}, "layer dense_1 is dense 7 tanh where dense 7 sigmoid must be"},
		{"scale of the file", Options{Encoder: source(t, "testdata/symmetric_encoder.keras"), Scale: model.ScaleUnit}, "its Rescaling layer is for pixels in [-1,1], stated is [0,1]"},
		{"scale of the architecture", Options{Encoder: source(t, "testdata/dense_encoder.keras"), Arch: &symmetric}, "its Rescaling layer is for pixels in [0,1], stated is [-1,1]"},
		{"no architecture", Options{Encoder: source(t, "testdata/conv_encoder.weights.h5")}, "give one with Config.Arch"},
		{"decoder as encoder", Options{Encoder: source(t, "testdata/conv_decoder.keras")}, "conv_decoder.keras: "},
		{"empty", Options{Encoder: Source{Name: "conv_x.h5"}, Arch: &conv}, "is no HDF5, .keras, .npz or safetensors file"},
		{"cut zip", Options{Encoder: cut("conv_encoder.keras", 3000), Arch: &conv}, "damaged zip"},
		{"cut HDF5", Options{Encoder: cut("conv_encoder.weights.h5", 20000), Arch: &conv}, "conv_encoder.weights.h5: "},
		{"text", Options{Encoder: source(t, "testdata/generate.py"), Arch: &conv}, "is no HDF5"},
	} {
		_, err := Import(c.o)
		if err == nil {
			t.Errorf("%s: no error", c.what)
			continue
		}
		text := err.Error()
		if !strings.HasPrefix(text, c.o.Encoder.Name+": ") || !strings.Contains(text, c.want) || strings.Contains(text, "\n") {
			t.Errorf("%s: error is %q, want one line with %q", c.what, text, c.want)
		}
	}
}

// TestDamagedHDF5 cuts a file at every 97th byte and flips bytes: an error or a
// model, never a panic.
func TestDamagedHDF5(t *testing.T) {
	arch := archs["dense"]
	whole := source(t, "testdata/dense_decoder.weights.h5")
	if _, err := Import(Options{Encoder: whole, Arch: &model.Arch{
		Family: "dense", Latent: 20, Widths: []int{6, 7}, Input: model.Input{Height: 1, Width: 2, Channels: 1, Bits: 8, Scale: "unit"}, Activations: arch.Activations,
	}}); err != nil {
		t.Fatalf("whole file: %v", err)
	}
	for n := 0; n < len(whole.Data); n += 97 {
		if _, err := Import(Options{Encoder: Source{whole.Name, whole.Data[:n]}, Arch: &arch}); err == nil {
			t.Errorf("cut at %d: no error", n)
		}
		flipped := append([]byte{}, whole.Data...)
		flipped[n] ^= 0xff
		if _, err := read(Source{whole.Name, flipped}); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("byte %d: error of several lines: %v", n, err)
		}
	}
}

// TestScale: weights without a Rescaling layer are of the scale that is stated,
// and the output activation goes with it where no file says it.
func TestScale(t *testing.T) {
	unit := archs["symmetric"].WithScale(model.ScaleUnit)
	dec := source(t, "testdata/symmetric_decoder.npz")
	m, err := Import(Options{Encoder: source(t, "testdata/symmetric_encoder.npz"), Decoder: &dec, Arch: &unit, Scale: model.ScaleSymmetric})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, m, expectations(t)["symmetric"])
	for encoder, scale := range map[string]string{"conv": model.ScaleSymmetric, "symmetric": ""} {
		m, err := Import(Options{Encoder: source(t, "testdata/"+encoder+"_encoder.keras"), Scale: scale})
		if err != nil || m.Arch.Input.Scale != model.ScaleSymmetric || m.Arch.Activations.Output != model.ActTanh {
			t.Errorf("%s: %v", encoder, err)
		}
	}
	dec = source(t, "testdata/conv_decoder.keras") // ends with sigmoid
	_, err = Import(Options{Encoder: source(t, "testdata/conv_encoder.keras"), Decoder: &dec, Scale: model.ScaleSymmetric})
	if err == nil || !strings.Contains(err.Error(), "output activation sigmoid never gives a number below 0") {
		t.Errorf("sigmoid for [-1,1]: %v", err)
	}
}

// TestRescalings: those of other ranges and in other places are errors.
func TestRescalings(t *testing.T) {
	m := random(exported["symmetric"])
	rescaling := func(scale, offset float64) kerasStep {
		return kerasStep{class: "Rescaling", config: map[string]any{"name": "other", "scale": scale, "offset": offset}}
	}
	for want, change := range map[string]func(enc, dec *sequential){
		"":                         func(*sequential, *sequential) {},
		"scale 0.5, offset 0: ":    func(_, dec *sequential) { dec.layers[len(dec.layers)-1] = rescaling(0.5, 0) },
		"scale 1, offset -1: ":     func(enc, _ *sequential) { enc.layers[1] = rescaling(1, -1) },
		"scale 2, offset -1: ":     func(enc, _ *sequential) { enc.layers = slices.Insert(enc.layers, 2, rescaling(2, -1)) },
		"follows the Rescaling":    func(_, dec *sequential) { dec.layers = append(dec.layers, dec.layers[1]) },
		"pixels in [-1,1], stated": func(enc, _ *sequential) { enc.layers[1] = rescaling(1.0/65535, 0) },
	} {
		enc, dec := halves(m)
		change(enc, dec)
		files := exports(t, m)
		o := Options{Decoder: &Source{Name: "decoder.keras"}}
		var err error
		if o.Decoder.Data, err = dec.marshal(files["decoder.weights.h5"], ""); err != nil {
			t.Fatal(err)
		}
		data, err := enc.marshal(files["encoder.weights.h5"], "")
		if err != nil {
			t.Fatal(err)
		}
		o.Encoder = Source{"encoder.keras", data}
		if _, err := Import(o); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
}
