package verifying

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// TestLatentsOfAnotherName: a selection whose latents have another name than latents/ is not
// held to the latents of something else that lie beside it under that name.
func TestLatentsOfAnotherName(t *testing.T) {
	root := t.TempDir()
	write := func(name string, data []byte) string {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return filepath.Dir(name)
	}
	mine := []byte(`{"mine": true}`)
	own, other := write("mine/"+schemas.LatentsFile, mine), write("latents/"+schemas.LatentsFile, []byte("{}"))
	run, err := json.Marshal(schemas.Run{Command: []string{"exemplar", "select", "--input=" + own, "--output=" + filepath.Join(root, "picks")}})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Input: write("picks/"+schemas.RunFile, run)}
	for _, want := range []struct{ hash, latents, dir string }{
		{outdir.SHA256(mine), "", own},             // not those beside
		{outdir.SHA256([]byte("{}")), "", other},   // those beside
		{outdir.SHA256([]byte("gone")), "", other}, // none: a problem of those beside
		{outdir.SHA256(mine), other, other},        // the user's word
	} {
		c.Latents = want.latents
		if dir, err := latentsOf(t.Context(), c, "select", want.hash); err != nil || dir != want.dir {
			t.Errorf("latents %.8s are in %s, %v; want %s", want.hash, dir, err, want.dir)
		}
	}
}
