package encoding

import (
	"testing"

	"exemplar/schemas"
)

// TestPinnedFingerprints: finished folders are known by their fingerprints, so that
// one that changes has them all made again.
func TestPinnedFingerprints(t *testing.T) {
	const want = "c44c3f62b8ed808f6fa155a8d56b5154340a05c5258aa0b7634a0a01cd64dd62"
	const withObject = "95b9e8ebb98882aa96e7eba7ef2e945b10bc73ffdfaeeafd7dade0eb82ccee1b"
	p := &plan{
		in: &input{sha: "of shards.json", shards: []imageShard{{Identity: "of shard 0"}, {Identity: "of shard 1"}}},
		spec: schemas.LatentsSpec{Dimension: 8, Layout: "list", Metadata: []string{"Metadata_run"},
			ModelSHA256: "of the model", Preprocessing: "unit", Kernel: "float32"},
		options: Options{Layout: "list", Batch: 64, MetadataPattern: `(?P<run>run\d+)/`},
	}
	if err := p.setFingerprints(); err != nil {
		t.Fatal(err)
	}
	if p.fingerprint != want {
		t.Errorf("the fingerprint is %s, want %s", p.fingerprint, want)
	}
	if err := p.setColumns(true); err != nil || p.fingerprint != withObject {
		t.Errorf("with object_fraction the fingerprint is %s, %v, want %s", p.fingerprint, err, withObject)
	}
}
