package images_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"exemplar/transforms/data/images"
)

// TestScansOfWrongLength: JPEG files of libjpeg (Pillow) are read; with a byte more or
// less in a scan, of which image/jpeg says nothing, they are refused.
func TestScansOfWrongLength(t *testing.T) {
	files, err := filepath.Glob("testdata/jpeg/*.jpg")
	if err != nil || len(files) != 5 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if im, err := images.Decode(name, data, images.Options{}); err != nil || im.Height != 29 || im.Width != 37 {
			t.Errorf("%s: %v", name, err)
		}
		// Fill bytes may stand before any marker.
		end := len(data) - 2
		if _, err := images.Decode(name, slices.Insert(slices.Clone(data), end, 0xff), images.Options{}); err != nil {
			t.Errorf("%s with a fill byte: %v", name, err)
		}
		wrong := map[string][]byte{
			"a byte before the end":    slices.Insert(slices.Clone(data), end, 0x55),
			"zeros before the end":     slices.Insert(slices.Clone(data), end, make([]byte, 20)...),
			"without bytes at the end": slices.Delete(slices.Clone(data), end-3, end),
			"a restart at the end":     slices.Insert(slices.Clone(data), end, 0xff, 0xd7),
		}
		if at := bytes.Index(data, []byte{0xff, 0xd1}); at >= 0 {
			wrong["a byte before a restart"] = slices.Insert(slices.Clone(data), at, 0x55)
		}
		for what, data := range wrong {
			if _, err := images.Decode(name, data, images.Options{}); err == nil {
				t.Errorf("%s, %s: accepted", name, what)
			} else {
				rejection(t, err)
			}
		}
	}
}
