package ingesting

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPinnedFingerprints: finished folders are known by their fingerprints, so that
// one that changes has them all made again.
func TestPinnedFingerprints(t *testing.T) {
	const want = "0c2ed3c5c1b4071c95c79ecdece4b2ebe7d3baa25c236a7b0aad9fae0487d7f0"
	dir := t.TempDir()
	head := fmt.Sprintf("%-117s\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }")
	matrix := "\x93NUMPY\x01\x00" + string([]byte{byte(len(head)), 0}) + head + strings.Repeat("\x00\x00\x80\x3f", 6)
	c := Config{Input: filepath.Join(dir, "vectors.npy"), IDs: filepath.Join(dir, "ids.csv"), Output: filepath.Join(dir, "latents"), Resume: true}
	for name, text := range map[string]string{c.Input: matrix, c.IDs: "image_id,Metadata_run\na,1\nb,1\nc,2\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, _, err := makePlan(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.fingerprint != want {
		t.Errorf("the fingerprint is %s, want %s", p.fingerprint, want)
	}
}
