package export

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/transforms/exporting"
	"exemplar/transforms/importing"
)

// TestSummary: what is printed says what the folder holds.
func TestSummary(t *testing.T) {
	encoder := filepath.Join("..", "..", "..", "..", "model", "keras", "testdata", "conv_encoder.keras")
	model := filepath.Join(t.TempDir(), "model")
	if _, err := importing.Run(t.Context(), importing.Config{Encoder: encoder, Output: model}); err != nil {
		t.Fatal(err)
	}
	c := exporting.Config{Model: model, Format: "onnx", Output: filepath.Join(t.TempDir(), "out")}
	r, err := exporting.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	summarize(&text, c, r)
	for _, want := range []string{"as ONNX: images 8x12 8-bit, 5 dimensions", "encoder.onnx", "raw pixels to latents", "no decoder", "in " + c.Output} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("summary lacks %q:\n%s", want, text.String())
		}
	}
}
