package images_test

import (
	"bytes"
	"io"
	"testing"

	"exemplar/transforms/data/images"
)

// FuzzIDX: any bytes are a whole IDX file of images or of labels, or end in an
// error; what was read is what the header declares.
func FuzzIDX(f *testing.F) {
	for _, file := range []string{idxHeader + "abcdef", idxHeader + "abcdefg", idxHeader + "abc", idxLabels + "\x03\x07", idxLabels + "\x03"} {
		f.Add([]byte(file))
		f.Add(zipped([]byte(file)))
	}
	f.Add([]byte("\x00\x00\x08\x03\xff\xff\xff\xff\x00\x00\x27\x10\x00\x00\x27\x10"))
	const enough = 1 << 24 // bytes of pixels
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, err := images.OpenIDX(bytes.NewReader(data)); err == nil {
			n, read := 0, 0
			for err == nil && read < enough {
				var pixels []byte
				if pixels, err = x.Next(); err == nil {
					n, read = n+1, read+len(pixels)
					if len(pixels) != x.Shape().Bytes() {
						t.Fatalf("%d pixels of %s", len(pixels), x.Shape())
					}
				}
			}
			if err == io.EOF && n != x.Count {
				t.Fatalf("%d images, the header declares %d", n, x.Count)
			}
		}
		if x, err := images.OpenIDX(bytes.NewReader(data)); err == nil && x.Shape().Bytes()*x.Count < enough {
			if n, err := x.Counted(); err == nil && n != x.Count && (n > x.Count || x.Gzip()) {
				t.Fatalf("%d images counted, the header declares %d", n, x.Count)
			}
		}
		if labels, err := images.ReadIDXLabels(bytes.NewReader(data), 2); err == nil && len(labels) != 2 {
			t.Fatalf("%d labels, not 2", len(labels))
		}
	})
}
