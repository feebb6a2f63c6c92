package keras

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
)

func input(height, width, channels, bits int) model.Input {
	return model.Input{Height: height, Width: width, Channels: channels, Bits: bits, Scale: model.ScaleUnit}
}

// exported are architectures whose exports are read back.
var exported = map[string]model.Arch{
	"cropped": {
		Family: model.FamilyConv, Latent: 5, Filters: []int{3, 4}, ConvsPerStage: 2, Input: input(9, 15, 3, 16),
		Activations: model.Activations{Hidden: "tanh", Latent: "sigmoid", Expand: "relu", Output: "linear"},
	},
	"deep": {
		Family: model.FamilyConv, Latent: 3, Filters: []int{2, 1, 3, 2, 1}, ConvsPerStage: 16, Input: input(32, 32, 1, 8),
		Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "sigmoid"},
	},
	"dense": {
		Family: model.FamilyDense, Latent: 2, Widths: []int{17, 6}, Input: input(4, 5, 1, 8),
		Activations: model.Activations{Hidden: "sigmoid", Latent: "relu", Expand: "linear", Output: "tanh"},
	},
	"symmetric": {
		Family: model.FamilyConv, Latent: 3, Filters: []int{2}, ConvsPerStage: 1,
		Input:       model.Input{Height: 6, Width: 5, Channels: 1, Bits: 16, Scale: model.ScaleSymmetric},
		Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "tanh"},
	},
	"symmetric dense": {
		Family: model.FamilyDense, Latent: 3,
		Input:       model.Input{Height: 6, Width: 5, Channels: 1, Bits: 8, Scale: model.ScaleSymmetric},
		Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "linear"},
	},
	"byte": {
		Family: model.FamilyConv, Latent: 3, Filters: []int{2}, ConvsPerStage: 1,
		Input:       model.Input{Height: 6, Width: 5, Channels: 1, Bits: 16, Scale: model.ScaleByte},
		Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "relu"},
	},
	"byte dense": {
		Family: model.FamilyDense, Latent: 3, Widths: []int{4},
		Input:       model.Input{Height: 6, Width: 5, Channels: 1, Bits: 8, Scale: model.ScaleByte},
		Activations: model.Activations{Hidden: "relu", Latent: "relu", Expand: "linear", Output: "relu"},
	},
	"linear": {
		Family: model.FamilyLinear, Latent: 4, Working: model.Size{Height: 3, Width: 4}, Upsample: model.UpsampleBilinear, Input: input(7, 4, 3, 8),
		Activations: model.Activations{Hidden: "linear", Latent: "linear", Expand: "linear", Output: "linear"},
	},
}

// random returns a model with random weights.
func random(a model.Arch) *model.Model {
	r := rand.New(rand.NewPCG(1, 2))
	weights := func(specs []model.TensorSpec) (w model.Weights) {
		for _, s := range specs {
			n := 1
			for _, d := range s.Shape {
				n *= d
			}
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			w = append(w, model.Tensor{Name: s.Name, Shape: s.Shape, Data: x})
		}
		return w
	}
	return &model.Model{Arch: a, Encoder: weights(a.EncoderWeights()), Decoder: weights(a.DecoderWeights())}
}

// exports returns a model's files of both formats.
func exports(t *testing.T, m *model.Model) map[string][]byte {
	t.Helper()
	files, err := Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := MarshalNPZ(m)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(files, arrays)
	return files
}

// TestRoundTrip imports what was exported: the architecture, read out of .keras
// files, and every weight's bits are the same.
func TestRoundTrip(t *testing.T) {
	for name, arch := range exported {
		m := random(arch)
		files := exports(t, m)
		want, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for _, ext := range []string{".keras", ".weights.h5", ".npz"} {
			if name == "linear" && ext != ".npz" {
				continue // its Keras models have layers that no architecture has
			}
			o := Options{Encoder: Source{"encoder" + ext, files["encoder"+ext]}, Decoder: &Source{"decoder" + ext, files["decoder"+ext]}}
			if ext != ".keras" {
				o.Arch = &arch
			}
			back, err := Import(o)
			if err != nil {
				t.Errorf("%s%s: %v", name, ext, err)
				continue
			}
			before, _ := json.Marshal(arch)
			if after, _ := json.Marshal(back.Arch); string(after) != string(before) {
				t.Errorf("%s%s: architecture %s, want %s", name, ext, after, before)
			}
			got, err := back.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			for _, half := range []string{"encoder.safetensors", "decoder.safetensors"} {
				if !bytes.Equal(got[half], want[half]) {
					t.Errorf("%s%s: %s differs", name, ext, half)
				}
			}
		}
	}
}

// TestExportsAreDeterministic: the same model gives the same bytes.
func TestExportsAreDeterministic(t *testing.T) {
	for name, arch := range exported {
		if first, again := exports(t, random(arch)), exports(t, random(arch)); !maps.EqualFunc(first, again, bytes.Equal) {
			t.Errorf("%s: two exports differ", name)
		}
	}
}

// TestExportWithoutDecoder writes the encoder's files alone.
func TestExportWithoutDecoder(t *testing.T) {
	m := random(exported["dense"])
	m.Decoder = nil
	want := []string{"encoder.keras", "encoder.npz", "encoder.weights.h5"}
	if got := slices.Sorted(maps.Keys(exports(t, m))); !slices.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
}

// TestExportRefusesBrokenModels: a model that is none is an error.
func TestExportRefusesBrokenModels(t *testing.T) {
	m := random(exported["dense"])
	m.Encoder = m.Encoder[1:]
	if _, err := Marshal(m); err == nil || !strings.Contains(err.Error(), "dense0.kernel") {
		t.Errorf("Marshal: %v", err)
	}
	if _, err := MarshalNPZ(m); err == nil || !strings.Contains(err.Error(), "dense0.kernel") {
		t.Errorf("MarshalNPZ: %v", err)
	}
}

// TestImportOtherChannels: a model of images of 5 channels of 12 bits comes back as it was, with
// an architecture or without, and its channels are what Options say.
func TestImportOtherChannels(t *testing.T) {
	arch := exported["dense"]
	arch.Input.Channels, arch.Input.Bits, arch.Input.FullScale = 5, 16, 4095
	m := random(arch)
	files := exports(t, m)
	for _, ext := range []string{".keras", ".npz"} {
		o := Options{Encoder: Source{"encoder" + ext, files["encoder"+ext]}, Decoder: &Source{"decoder" + ext, files["decoder"+ext]}}
		if ext == ".npz" {
			o.Arch = &arch
		} else {
			o.Input = model.Size{Height: arch.Input.Height, Width: arch.Input.Width}
		}
		for _, name := range []string{"DNA", "ER", "RNA", "AGP", "Mito"} {
			o.Channels = append(o.Channels, schemas.Channel{Name: name})
		}
		got, err := Import(o)
		if err != nil {
			t.Errorf("%s: %v", ext, err)
			continue
		}
		if diff := cmp.Diff(m.Encoder, got.Encoder) + cmp.Diff(m.Decoder, got.Decoder) + cmp.Diff(o.Channels, got.Channels); diff != "" || got.Arch.Input != arch.Input {
			t.Errorf("%s: input %+v, want %+v\n%s", ext, got.Arch.Input, arch.Input, diff)
		}
		o.Channels = o.Channels[:3]
		if _, err := Import(o); err == nil || !strings.Contains(err.Error(), "its images have 5 channels, and Config.Channels names 3") {
			t.Errorf("%s: %v", ext, err)
		}
		o.Channels, o.FullScale = nil, 1023
		if _, err := Import(o); ext == ".keras" && (err == nil || !strings.Contains(err.Error(), "full scale is 4095, Config.FullScale=1023")) {
			t.Errorf("%s: %v", ext, err)
		}
	}
}

// TestImportPresetOfChannels: a preset, which is of gray images, takes as many channels as are named, as it does
// in training.
func TestImportPresetOfChannels(t *testing.T) {
	preset, err := model.Preset("mnist-conv")
	if err != nil {
		t.Fatal(err)
	}
	arch := preset
	arch.Name, arch.Input.Channels = "", 2
	m := random(arch)
	files := exports(t, m)
	o := Options{Encoder: Source{"encoder.npz", files["encoder.npz"]}, Decoder: &Source{"decoder.npz", files["decoder.npz"]}, Arch: &preset,
		Channels: []schemas.Channel{{Name: "DNA"}, {Name: "ER"}}}
	got, err := Import(o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Encoder, got.Encoder) + cmp.Diff(o.Channels, got.Channels); diff != "" || got.Arch.Input != arch.Input || got.Arch.Name != "" || preset.Input.Channels != 1 {
		t.Errorf("%q, input %+v, want %+v\n%s", got.Arch.Name, got.Arch.Input, arch.Input, diff)
	}
	o.Channels = append(o.Channels, schemas.Channel{Name: "RNA"})
	if _, err := Import(o); err == nil || !strings.Contains(err.Error(), "kernel has shape") {
		t.Errorf("three names for two channels: %v", err)
	}
}

// TestImportOtherCropping: a decoder that crops otherwise than its architecture
// is refused.
func TestImportOtherCropping(t *testing.T) {
	m := random(exported["cropped"]) // 12x16 to 9x15
	files := exports(t, m)
	for want, cropping := range map[string][][]int{
		"": {{0, 3}, {0, 1}},
		"is cropping of 2 rows and 1 columns where cropping of 3 rows and 1 columns": {{0, 2}, {0, 1}},
		"cropping [[1 2] [0 1]]: only at the bottom and the right is known":          {{1, 2}, {0, 1}},
	} {
		_, decoder := halves(m)
		decoder.layers[len(decoder.layers)-1].config["cropping"] = cropping
		data, err := decoder.marshal(files["decoder.weights.h5"], "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = Import(Options{Encoder: Source{"encoder.keras", files["encoder.keras"]}, Decoder: &Source{"decoder.keras", data}})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("cropping %v: error is %v, want one with %q", cropping, err, want)
		}
	}
}
