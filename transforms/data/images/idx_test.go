package images_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/data/images"
)

func TestIDXNames(t *testing.T) {
	for name, stem := range map[string]string{
		"t10k-images-idx3-ubyte.gz": "t10k-images",
		"a/train-images.idx3-ubyte": "a/train-images",
		"t10k-labels-idx1-ubyte.gz": "",
		"a.tif":                     "",
	} {
		if images.IsIDX(name) != (stem != "") {
			t.Errorf("IsIDX(%q) is %v", name, images.IsIDX(name))
		}
		if stem != "" && images.IDXStem(name) != stem {
			t.Errorf("IDXStem(%q) is %q, want %q", name, images.IDXStem(name), stem)
		}
	}
	got := []string{images.IDXName("t", 42, 10000), images.IDXName("t", 7, 100_001)}
	if diff := cmp.Diff([]string{"t/00042", "t/000007"}, got); diff != "" {
		t.Error(diff)
	}
}

func zipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(b)
	w.Close()
	return z.Bytes()
}

const (
	idxHeader = "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x03"
	idxLabels = "\x00\x00\x08\x01\x00\x00\x00\x02"
)

// readIDX reads all images as one string.
func readIDX(data []byte) (string, error) {
	x, err := images.OpenIDX(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for {
		im, err := x.Next()
		if err == io.EOF {
			return all.String(), nil
		}
		if err != nil {
			return "", err
		}
		all.Write(im)
	}
}

func TestIDX(t *testing.T) {
	good := []byte(idxHeader + "abcdef")
	for _, data := range [][]byte{good, zipped(good)} {
		got, err := readIDX(data)
		if err != nil || got != "abcdef" {
			t.Errorf("%q, %v, want abcdef", got, err)
		}
		x, err := images.OpenIDX(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Skip(1); err != nil {
			t.Fatal(err)
		}
		if im, err := x.Next(); err != nil || string(im) != "def" {
			t.Errorf("after Skip: %q, %v, want def", im, err)
		}
	}
	for _, c := range []struct{ data, says string }{
		{"", "cut off: 0 of 16"},
		{idxHeader[:10], "cut off: 10 of 16"},
		{idxLabels + "ab" + idxHeader, "magic number is 0x801, want 0x803"},
		{idxHeader + "abcde", "cut off in image 1 of 2"},
		{idxHeader + "abcdefg", "goes on after the 2 images of 1x3"},
		{string(zipped(good)[:30]), "cut off"},
		{idxHeader[:8] + "\x00\x00\x00\x00\x00\x00\x00\x03", "no pixels"},
		{idxHeader[:8] + "\xff\xff\xff\xff\xff\xff\xff\xff", "--max_pixels"},
	} {
		_, err := readIDX([]byte(c.data))
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20q: %v, want one line with %q", c.data, err, c.says)
		}
	}
}

func TestIDXLabels(t *testing.T) {
	got, err := images.ReadIDXLabels(bytes.NewReader(zipped([]byte(idxLabels+"\x07\xff"))), 2)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"7", "255"}, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ data, says string }{
		{idxLabels + "a", "cut off: 1 of 2 labels"},
		{idxLabels + "abc", "goes on after the 2 labels"},
		{idxHeader, "magic number"},
	} {
		if _, err := images.ReadIDXLabels(strings.NewReader(c.data), 2); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %q", c.data, err, c.says)
		}
	}
}

// TestMNIST reads the real files: 10,000 images and labels, first digits 7 2 1.
func TestMNIST(t *testing.T) {
	dir := dataDir(t, "mnist")
	x, err := images.OpenIDX(bytes.NewReader(readFile(t, filepath.Join(dir, "t10k-images-idx3-ubyte.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if _, err := x.Next(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	labels, err := images.ReadIDXLabels(bytes.NewReader(readFile(t, filepath.Join(dir, "t10k-labels-idx1-ubyte.gz"))), 10000)
	if err != nil {
		t.Fatal(err)
	}
	if n != 10000 || len(labels) != n || x.Shape().String() != "28x28 8-bit" {
		t.Errorf("%d images of %v and %d labels, want 10000 of 28x28 8-bit", n, x.Shape(), len(labels))
	}
	if diff := cmp.Diff([]string{"7", "2", "1"}, labels[:3]); diff != "" {
		t.Error(diff)
	}
}
