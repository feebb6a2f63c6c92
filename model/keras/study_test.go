package keras

import (
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"exemplar/model"
)

// TestStudy runs the study's real weights over MNIST test digits 0 to 99 and
// compares with a float64 forward pass.
func TestStudy(t *testing.T) {
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		t.Skip("EXEMPLAR_DATA not set: no study weights")
	}
	arch, err := model.Preset("mnist-conv")
	if err != nil {
		t.Fatal(err)
	}
	dec := source(t, filepath.Join(root, "study/mnist_decoder_weights.h5"))
	m, err := Import(Options{Encoder: source(t, filepath.Join(root, "study/mnist_encoder_weights.h5")), Decoder: &dec, Arch: &arch})
	if err != nil {
		t.Fatal(err)
	}
	p, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Latents [][]float64 `json:"latents"`
		MSE     []float64   `json:"per_image_mse"`
	}
	if err := json.Unmarshal(source(t, filepath.Join(root, "study/mnist_reference_latents_test100.json")).Data, &want); err != nil {
		t.Fatal(err)
	}
	pixels := testDigits(t, filepath.Join(root, "mnist/t10k-images-idx3-ubyte.gz"), 100)
	r := p.NewRunner(32)
	z, mse := make([]float32, 100*64), make([]float64, 100)
	r.Encode(z, pixels)
	r.MSE(mse, z, pixels)
	var dz, dm float64
	for i := range 100 {
		for j, w := range want.Latents[i] {
			dz = math.Max(dz, math.Abs(float64(z[i*64+j])-w))
		}
		dm = math.Max(dm, math.Abs(mse[i]-want.MSE[i]))
	}
	t.Logf("max |dz| = %.3g, max |d mse| = %.3g", dz, dm)
	if !(dz <= 5e-6) || !(dm <= 1e-7) {
		t.Errorf("max |dz| = %.3g (at most 5e-6), max |d mse| = %.3g (at most 1e-7)", dz, dm)
	}
}

// testDigits reads the first n images of an IDX file.
func testDigits(t *testing.T, name string, n int) [][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var head [4]uint32
	if err := binary.Read(z, binary.BigEndian, &head); err != nil || head[0] != 0x803 {
		t.Fatalf("%s: header %x: %v", name, head, err)
	}
	images := make([][]byte, n)
	for i := range images {
		images[i] = make([]byte, head[2]*head[3])
		if _, err := io.ReadFull(z, images[i]); err != nil {
			t.Fatal(err)
		}
	}
	return images
}
