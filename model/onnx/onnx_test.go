package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"exemplar/model"
)

func input(height, width, channels, bits int) model.Input {
	return model.Input{Height: height, Width: width, Channels: channels, Bits: bits, Scale: model.ScaleUnit}
}

var archs = map[string]model.Arch{
	"conv": {
		Family: model.FamilyConv, Latent: 5, Filters: []int{3, 4}, ConvsPerStage: 2, Input: input(9, 15, 3, 16),
		Activations: model.Activations{Hidden: "tanh", Latent: "sigmoid", Expand: "relu", Output: "linear"},
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
	"byte": {
		Family: model.FamilyDense, Latent: 3, Input: model.Input{Height: 6, Width: 5, Channels: 1, Bits: 16, Scale: model.ScaleByte},
		Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "relu"},
	},
	"linear": {
		Family: model.FamilyLinear, Latent: 4, Working: model.Size{Height: 3, Width: 4}, Upsample: model.UpsampleBilinear, Input: input(7, 4, 3, 8),
		Activations: model.Activations{Hidden: "linear", Latent: "linear", Expand: "linear", Output: "linear"},
	},
}

// numbered returns a model whose weights are all different: 1, 2, 3, …
func numbered(a model.Arch) *model.Model {
	next := float32(0)
	weights := func(specs []model.TensorSpec) (w model.Weights) {
		for _, s := range specs {
			n := 1
			for _, d := range s.Shape {
				n *= d
			}
			x := make([]float32, n)
			for i := range x {
				next++
				x[i] = next
			}
			w = append(w, model.Tensor{Name: s.Name, Shape: s.Shape, Data: x})
		}
		return w
	}
	return &model.Model{Arch: a, Encoder: weights(a.EncoderWeights()), Decoder: weights(a.DecoderWeights())}
}

func marshal(t *testing.T, m *model.Model) map[string][]byte {
	t.Helper()
	files, err := Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// fields decodes one level of a message: the bytes of each field, or its
// integer in decimal.
func fields(t *testing.T, b []byte) map[protowire.Number][][]byte {
	t.Helper()
	out := map[protowire.Number][][]byte{}
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		switch kind {
		case protowire.VarintType:
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				t.Fatal(protowire.ParseError(n))
			}
			out[num], b = append(out[num], fmt.Append(nil, v)), b[n:]
		case protowire.BytesType:
			v, n := protowire.ConsumeBytes(b)
			if n < 0 {
				t.Fatal(protowire.ParseError(n))
			}
			out[num], b = append(out[num], v), b[n:]
		default:
			t.Fatalf("field %d is of wire type %d", num, kind)
		}
	}
	return out
}

// parsed is what the tests look at in a file.
type parsed struct {
	inputs, outputs []string
	arrays          map[string][]float32
	shapes          map[string]string
	properties      map[string]string
}

// parse decodes a file and checks that each operator takes only what is there
// before it, that every array is used, and that no name is given twice.
func parse(t *testing.T, file []byte) parsed {
	t.Helper()
	f := fields(t, file)
	if string(f[1][0]) != "8" || string(f[2][0]) != "exemplar" {
		t.Errorf("ir_version %s, producer %s", f[1][0], f[2][0])
	}
	p := parsed{arrays: map[string][]float32{}, shapes: map[string]string{}, properties: map[string]string{}}
	for _, entry := range f[14] {
		e := fields(t, entry)
		p.properties[string(e[1][0])] = string(e[2][0])
	}
	g := fields(t, f[7][0])
	there, used := map[string]bool{}, map[string]bool{}
	give := func(name string) {
		if there[name] {
			t.Errorf("%s is given twice", name)
		}
		there[name] = true
	}
	for _, a := range g[5] {
		e := fields(t, a)
		name := string(e[8][0])
		give(name)
		p.shapes[name] = string(bytes.Join(e[1], []byte("x")))
		if string(e[2][0]) == "1" {
			for raw := e[9][0]; len(raw) > 0; raw = raw[4:] {
				p.arrays[name] = append(p.arrays[name], math.Float32frombits(binary.LittleEndian.Uint32(raw)))
			}
		}
	}
	for _, v := range g[11] {
		p.inputs = append(p.inputs, string(fields(t, v)[1][0]))
		give(p.inputs[len(p.inputs)-1])
	}
	for _, n := range g[1] {
		e := fields(t, n)
		for _, in := range e[1] {
			if !there[string(in)] {
				t.Errorf("operator %s takes %s, which is not there yet", e[3][0], in)
			}
			used[string(in)] = true
		}
		give(string(e[2][0]))
	}
	for _, v := range g[12] {
		p.outputs = append(p.outputs, string(fields(t, v)[1][0]))
		used[p.outputs[len(p.outputs)-1]] = true
		if !there[p.outputs[len(p.outputs)-1]] {
			t.Errorf("nothing gives the output %s", p.outputs[len(p.outputs)-1])
		}
	}
	for name := range there {
		if !used[name] {
			t.Errorf("%s is not used", name)
		}
	}
	return p
}

// TestFiles: each file is a graph without gaps from its inputs to its outputs,
// with every weight in it once.
func TestFiles(t *testing.T) {
	for name, arch := range archs {
		m := numbered(arch)
		files := marshal(t, m)
		for file, want := range map[string]struct {
			inputs, outputs []string
			weights         []model.Tensor
		}{
			"encoder.onnx":     {[]string{"image"}, []string{"embedding"}, m.Encoder},
			"decoder.onnx":     {[]string{"embedding"}, []string{"reconstruction"}, m.Decoder},
			"autoencoder.onnx": {[]string{"image"}, []string{"embedding", "reconstruction"}, slices.Concat(m.Encoder, m.Decoder)},
		} {
			p := parse(t, files[file])
			if !slices.Equal(p.inputs, want.inputs) || !slices.Equal(p.outputs, want.outputs) {
				t.Errorf("%s %s: inputs %v, outputs %v", name, file, p.inputs, p.outputs)
			}
			if p.properties["exemplar.model_sha256"] != m.SHA256() || p.properties["exemplar.preprocessing"] != arch.Input.Preprocessing() {
				t.Errorf("%s %s: properties %v", name, file, p.properties)
			}
			var got, weights []float32
			for array, x := range p.arrays {
				if strings.HasSuffix(array, ".kernel") || strings.HasSuffix(array, ".bias") {
					got = append(got, x...)
				}
			}
			for _, w := range want.weights {
				weights = append(weights, w.Data...)
			}
			slices.Sort(got)
			slices.Sort(weights)
			if !slices.Equal(got, weights) {
				t.Errorf("%s %s: %d weights, want %d, each once", name, file, len(got), len(weights))
			}
		}
	}
}

// TestOrder looks up single weights where the operators' order puts them.
func TestOrder(t *testing.T) {
	m := numbered(archs["conv"]) // stages end at 4x7x3, 2x3x4; the decoder begins at 3x4x4
	p := parse(t, marshal(t, m)["autoencoder.onnx"])
	at := func(w model.Weights, name string, i int) float32 { return w.Get(name).Data[i] }
	for _, c := range []struct {
		array, shape string
		i            int
		want         float32
	}{
		// Output 2, input 1, row 0, column 2.
		{"encoder/conv0.kernel", "3x3x3x3", ((2*3+1)*3+0)*3 + 2, at(m.Encoder, "conv0.kernel", ((0*3+2)*3+1)*3+2)},
		// Channel 3, row 1, column 0 to latent 4.
		{"encoder/dense.kernel", "24x5", ((3*2+1)*3+0)*5 + 4, at(m.Encoder, "dense.kernel", ((1*3+0)*4+3)*5+4)},
		// Latent 4 to channel 2, row 1, column 3.
		{"decoder/dense.kernel", "5x48", 4*48 + (2*3+1)*4 + 3, at(m.Decoder, "dense.kernel", 4*48+(1*4+3)*4+2)},
		{"decoder/dense.bias", "48", (2*3+1)*4 + 3, at(m.Decoder, "dense.bias", (1*4+3)*4+2)},
		// Input 3, output 1, row 2, column 0; the second stage goes from 4 to 3.
		{"decoder/convt1.kernel", "4x3x3x3", ((3*3+1)*3+2)*3 + 0, at(m.Decoder, "convt1.kernel", ((2*3+0)*3+1)*4+3)},
	} {
		if p.shapes[c.array] != c.shape || p.arrays[c.array][c.i] != c.want {
			t.Errorf("%s: shape %s, want %s; number %d is %v, want %v", c.array, p.shapes[c.array], c.shape, c.i, p.arrays[c.array][c.i], c.want)
		}
	}
}

// TestPermute moves the axes of small arrays.
func TestPermute(t *testing.T) {
	x := []float32{0, 1, 2, 3, 4, 5} // 2x3
	if got := permute(x, []int{2, 3}, 1, 0); !slices.Equal(got, []float32{0, 3, 1, 4, 2, 5}) {
		t.Errorf("transposed: %v", got)
	}
	if got := permute(x, []int{1, 2, 3}, 2, 0, 1); !slices.Equal(got, []float32{0, 3, 1, 4, 2, 5}) {
		t.Errorf("last axis first: %v", got)
	}
	if got := permute(x, []int{3, 1, 2}, 0, 1, 2); !slices.Equal(got, x) {
		t.Errorf("same order: %v", got)
	}
}

// TestDeterministic: the same model gives the same bytes.
func TestDeterministic(t *testing.T) {
	for name, arch := range archs {
		if first, again := marshal(t, numbered(arch)), marshal(t, numbered(arch)); !maps.EqualFunc(first, again, bytes.Equal) {
			t.Errorf("%s: two exports differ", name)
		}
	}
}

// TestWithoutDecoder writes the encoder alone.
func TestWithoutDecoder(t *testing.T) {
	m := numbered(archs["dense"])
	m.Decoder = nil
	if got := slices.Collect(maps.Keys(marshal(t, m))); !slices.Equal(got, []string{"encoder.onnx"}) {
		t.Errorf("files %v", got)
	}
}

// TestRefusals: a broken model and a file that ONNX cannot hold.
func TestRefusals(t *testing.T) {
	m := numbered(archs["dense"])
	m.Encoder = m.Encoder[1:]
	if _, err := Marshal(m); err == nil || !strings.Contains(err.Error(), "dense0.kernel") {
		t.Errorf("broken model: %v", err)
	}
	half := make(message, 1<<30)
	if _, err := encode("encoder.onnx", graph{arrays: []message{half, half}}, nil); err == nil || !strings.Contains(err.Error(), "export to keras or npz") {
		t.Errorf("2 GiB: %v", err)
	}
}
