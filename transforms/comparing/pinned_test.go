package comparing

import (
	"testing"

	"exemplar/schemas"
)

// TestPinnedFingerprints: finished comparisons stay valid, so the fingerprint of the same choices
// never changes.
func TestPinnedFingerprints(t *testing.T) {
	s := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}
	models := []schemas.ComparedModel{{Folder: "a", SHA256: "1", Kernel: "k"}, {Folder: "b", SHA256: "2", Kernel: "k"}}
	for want, p := range map[string]schemas.CompareParameters{
		"f9e451dfe2c114e326c4849c192fa4d4187fdfbb6f88eb7b7efb69059d24f227": {Models: []string{"a", "b"}, Codecs: schemas.Codecs},
		"0ff92de7cb2d1ced79307d499953c9aae6d3b5a0f192dade36b86979df468555": {Models: []string{"a", "b"}, Anomalies: "label=8", Limit: 100, Seed: 1},
	} {
		if got, err := Fingerprint(&schemas.CompareManifest{Shards: "s", Image: s, Parameters: p, Models: models}); err != nil || got != want {
			t.Errorf("%+v: %s, %v, want %s", p, got, err, want)
		}
	}
}
