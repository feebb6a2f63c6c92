package training

import (
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"exemplar/model"
)

// unzip reads a file of MNIST.
func unzip(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("EXEMPLAR_DATA")
	if dir == "" {
		t.Skip("EXEMPLAR_DATA not set: no real data to train on")
	}
	f, err := os.Open(filepath.Join(dir, "mnist", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// digits reads a file of MNIST's images.
func digits(t testing.TB, name string) (list [][]byte) {
	t.Helper()
	for data := unzip(t, name)[16:]; len(data) > 0; data = data[784:] {
		list = append(list, data[:784])
	}
	return list
}

// TestStudy trains the study's autoencoder for digits with its settings (Adam
// 3e-4, batches of 32) for an epoch. The study's log has a validation error of
// 0.008537 after it; 5 % more is allowed.
func TestStudy(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for an epoch")
	}
	train, test := digits(t, "train-images-idx3-ubyte.gz"), digits(t, "t10k-images-idx3-ubyte.gz")
	arch, err := model.Preset("mnist-conv")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := New(Config{Arch: arch, Loss: LossMSE, Batch: 32, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	rand.New(rand.NewPCG(1, 0)).Shuffle(len(train), func(i, j int) { train[i], train[j] = train[j], train[i] })
	var total Losses
	for i := 0; i < len(train); i += 32 {
		l, err := tr.Step(3e-4, train[i:min(i+32, len(train))])
		if err != nil {
			t.Fatal(err)
		}
		total.add(l)
	}
	took := time.Since(start)
	l, err := tr.Evaluate(test)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("training %.6f, validation %.6f, %.0f images/s", total.MSE, l.MSE, float64(len(train))/took.Seconds())
	if !(l.MSE <= 0.008537*1.05) {
		t.Errorf("validation error %.6f, the study's is 0.008537", l.MSE)
	}
}
