package importcmd

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/transforms/importing"
)

// TestSummary: what is printed says what the model is.
func TestSummary(t *testing.T) {
	encoder := filepath.Join("..", "..", "..", "..", "model", "keras", "testdata", "conv_encoder.keras")
	for _, c := range []struct {
		scale string
		wants []string
	}{
		{"", []string{"architecture conv: images 8x12x1 8-bit, 5 dimensions", "no decoder"}},
		{model.ScaleSymmetric, []string{"8x12x1 8-bit as numbers in [-1,1], 5 dimensions"}},
	} {
		config := importing.Config{Encoder: encoder, Scale: c.scale, Output: filepath.Join(t.TempDir(), "model")}
		r, err := importing.Run(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		summarize(&text, config, r)
		for _, want := range append(c.wants, r.SHA256) {
			if !strings.Contains(text.String(), want) {
				t.Errorf("summary lacks %q:\n%s", want, text.String())
			}
		}
	}
}
