package keras

import (
	"archive/zip"
	"bytes"
	"regexp"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/model/internal/safetensors"
)

// filledArray is an array whose numbers are all different.
func filledArray(name string, shape ...int) array {
	n := 1
	for _, d := range shape {
		n *= d
	}
	a := array{name: name, shape: shape, data: make([]float32, n)}
	for i := range a.data {
		a.data[i] = float32(i+1) / float32(n)
	}
	return a
}

// inSafetensors and inNPZ return files of arrays.
func inSafetensors(arrays ...array) Source {
	var list []safetensors.Tensor
	for _, a := range arrays {
		list = append(list, safetensors.Tensor{Name: a.name, Shape: a.shape, Data: safetensors.EncodeF32(a.data)})
	}
	return Source{"encoder.safetensors", safetensors.Marshal(list)}
}

func inNPZ(t *testing.T, arrays ...array) Source {
	t.Helper()
	var entries []entry
	for _, a := range arrays {
		entries = append(entries, entry{a.name + ".npy", marshalNPY(model.Tensor{Name: a.name, Shape: a.shape, Data: a.data})})
	}
	data, err := archive(entries)
	if err != nil {
		t.Fatal(err)
	}
	return Source{"encoder.npz", data}
}

// square is 16-16-16: every kernel is the same in either order.
var square = model.Arch{
	Family: model.FamilyDense, Latent: 16, Widths: []int{16},
	Input:       model.Input{Height: 4, Width: 4, Channels: 1, Bits: 8, Scale: model.ScaleUnit},
	Activations: model.Activations{Hidden: "relu", Latent: "linear", Expand: "linear", Output: "sigmoid"},
}

// TestOrderIsNeverGuessed: kernels whose order, or whose place, neither names nor
// shapes tell are refused with what to do, and those that say it are taken.
func TestOrderIsNeverGuessed(t *testing.T) {
	layers := func(kernel, bias string, names ...string) (list []array) {
		for _, name := range names {
			list = append(list, filledArray(name+kernel, 16, 16), filledArray(name+bias, 16))
		}
		return list
	}
	narrow := square
	narrow.Latent = 3
	for _, c := range []struct {
		what   string
		arch   model.Arch
		arrays []array
		want   string // empty: taken
	}{
		{"Keras' names", square, layers(".kernel", ".bias", "dense", "dense_1"), ""},
		{"TensorFlow's names", square, layers("/kernel:0", "/bias:0", "dense", "dense_1"), ""},
		{"PyTorch's names", square, layers(".weight", ".bias", "1", "3"), "array 1.weight of shape [16 16] is in PyTorch's order by its name, (out, in): save w.T, contiguous, as 1.kernel"},
		{"MXNet's names", square, layers("_weight", "_bias", "dense0", "dense1"), "array dense0_weight of shape [16 16] is in PyTorch's order"},
		{"weight norm", square, layers(".weight_v", ".bias", "1", "3"), "array 1.weight_v"},
		{"older TensorFlow's, square", square, layers("/weights", "/biases", "fc1", "fc2"), "neither its name nor a shape says"},
		{"unnamed, square", square, []array{filledArray("arr_0", 16, 16), filledArray("arr_1", 16), filledArray("arr_2", 16, 16), filledArray("arr_3", 16)}, "array arr_0: neither its name nor a shape says"},
		{"unnamed, a shape says it", narrow, []array{filledArray("arr_0", 16, 16), filledArray("arr_1", 16), filledArray("arr_2", 16, 3), filledArray("arr_3", 3)}, ""},
		{"PyTorch's names, a shape says it", narrow, []array{filledArray("0.weight", 16, 16), filledArray("0.bias", 16), filledArray("2.weight", 3, 16), filledArray("2.bias", 3)}, "PyTorch's order"},
		{"PyTorch's convolution", square, []array{filledArray("0.weight", 16, 1, 3, 3), filledArray("0.bias", 16)}, "array 0.weight of shape [16 1 3 3] is in PyTorch's order by its name: save w.permute(2, 3, 1, 0), contiguous, as 0.kernel"},
		{"Flax' transposed convolution", square, []array{filledArray("ConvTranspose_0/kernel", 3, 3, 16, 16), filledArray("ConvTranspose_0/bias", 16)}, "Flax' order"},
		{"PyTorch's normalization", square, []array{filledArray("1.weight", 16), filledArray("1.bias", 16)}, "fold it"},
		{"a normalization's mean", square, []array{filledArray("bn/moving_mean:0", 16)}, "array bn/moving_mean:0 is a normalization"},
	} {
		for _, src := range []Source{inSafetensors(c.arrays...), inNPZ(t, c.arrays...)} {
			_, err := Import(Options{Encoder: src, Arch: &c.arch})
			switch {
			case c.want == "" && err != nil:
				t.Errorf("%s: %v", c.what, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%s, %s: error %v, want one with %q", c.what, src.Name, err, c.want)
			}
		}
	}
	// Writers of safetensors sort arrays by name: own names say no order.
	own := inSafetensors(layers(".kernel", ".bias", "up", "down")...)
	if _, err := Import(Options{Encoder: own, Arch: &square}); err == nil || !strings.Contains(err.Error(), "layers down and up have kernels of one shape") {
		t.Errorf("names without an order: %v", err)
	}
}

// TestForeignFiles: what others write is named, with what to do.
func TestForeignFiles(t *testing.T) {
	torch := Source{"a.pt", zipped(t, map[string][]byte{"a/data.pkl": []byte("x"), "a/version": []byte("3")})}
	old := Source{"a.pth", []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.")}
	counter := Source{"a.safetensors", bytes.Replace(inSafetensors(filledArray("1.num_batches_tracked", 2)).Data, []byte(`"F32","shape":[2]`), []byte(`"I64","shape":[1]`), 1)}
	half := Source{"a.safetensors", bytes.Replace(inSafetensors(filledArray("x.kernel", 1, 1)).Data, []byte(`"F32","shape":[1,1]`), []byte(`"F16","shape":[1,2]`), 1)}
	locked := inNPZ(t, filledArray("dense.kernel", 16, 16))
	at := bytes.Index(locked.Data, []byte("PK\x01\x02"))
	locked.Data[at+8] |= 1
	for _, c := range []struct {
		src  Source
		want string
	}{
		{torch, "is a PyTorch file: save the state_dict as safetensors"},
		{old, "is a Python pickle"},
		{counter, "array 1.num_batches_tracked is a normalization"},
		{half, "array x.kernel is of type F16: only F32 and F64 are read: save it as float32"},
		{locked, "dense.kernel.npy is marked as encrypted"},
		{Source{"twice.npz", twice(t)}, "holds dense.kernel.npy twice"},
	} {
		_, err := Import(Options{Encoder: c.src, Arch: &square})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.src.Name, err, c.want)
		}
	}
}

// twice returns an archive with two members of one name.
func twice(t *testing.T) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range 2 {
		if _, err := z.Create("dense.kernel.npy"); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestConfigurations: layers that are not read are named by their class, whatever
// their fields hold, and no message has a type of the program.
func TestConfigurations(t *testing.T) {
	model := func(layers string) string {
		return `{"class_name":"Sequential","config":{"layers":[` + layers + `]}}`
	}
	dense := func(name, units, act string) string {
		return `{"class_name":"Dense","config":{"name":"` + name + `","units":` + units + `,"activation":"` + act + `"}}`
	}
	input := `{"class_name":"InputLayer","config":{"name":"in","batch_shape":[null,64]}}`
	for _, c := range []struct{ what, text, want string }{
		{"normalization", model(input + `,{"class_name":"BatchNormalization","config":{"name":"bn","scale":true}}`), "layer bn (BatchNormalization): is a normalization"},
		{"unknown class", model(`{"class_name":"TextVectorization","config":{"name":"tv","units":"many","kernel_size":3}}`), "layer tv (TextVectorization): is no layer of family"},
		{"nested", model(`{"class_name":"Functional","config":{"name":"encoder","layers":[]}}`), `layer encoder (Functional): is a model in a model: save it alone, model.get_layer("encoder")`},
		{"units", model(dense("d", `"ten"`, "relu")), "the key units holds a string where a whole number must be"},
		{"fraction", model(dense("d", `2.5`, "relu")), "the key units holds the number 2.5 where a whole number must be"},
		{"kernel", model(`{"class_name":"Conv2D","config":{"name":"c","kernel_size":{"a":1}}}`), "the key kernel_size holds an object where a list must be"},
		{"bias", model(`{"class_name":"Dense","config":{"name":"d","use_bias":[1]}}`), "the key use_bias holds a list where true or false must be"},
		{"layers", `{"class_name":"Sequential","config":{"layers":7}}`, "the key config.layers holds a number where a list must be"},
		{"no configuration", model(`{"class_name":"Dense"}`), "has no configuration"},
		{"text", `{"class_name"`, "configuration is not readable"},
	} {
		_, err := parseConfig([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || goTypes.MatchString(err.Error()) {
			t.Errorf("%s: error %v, want one with %q", c.what, err, c.want)
		}
	}
	for _, c := range []struct {
		what, layers string
		whole        bool
	}{
		{"encoder", dense("a", "32", "relu") + "," + dense("b", "8", "linear"), false},
		{"as many numbers", dense("a", "64", "relu") + "," + dense("b", "64", "linear"), false},
		{"autoencoder of equal activations", dense("a", "32", "relu") + "," + dense("b", "8", "relu") + "," + dense("c", "32", "relu") + "," + dense("d", "64", "sigmoid"), true},
	} {
		got, err := parseConfig([]byte(model(input + "," + c.layers)))
		if err != nil {
			t.Fatal(err)
		}
		if got.whole() != c.whole {
			t.Errorf("%s: whole autoencoder %v, want %v", c.what, got.whole(), c.whole)
		}
	}
}

// goTypes finds the words of Go's own errors.
var goTypes = regexp.MustCompile(`\bGo (struct|value|type)|json:|strconv|unmarshal|\b(float64|int64|\[\]int|interface|map\[)`)
