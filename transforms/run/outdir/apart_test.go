package outdir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestApart: a new output in a folder that is read and that a step wrote is refused, by whatever
// name; beside it, in a folder of other people, and where a run has begun, it is not.
func TestApart(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("latents/"+schemas.LatentsFile, `{"format": "exemplar.latents/1"}`)
	put("latents/begun/"+schemas.RunFile, `{"format": "exemplar.run/1"}`)
	put("mine/"+schemas.ModelFile, `{"class_name": "Functional"}`)
	if err := os.Symlink(filepath.Join(dir, "latents"), filepath.Join(dir, "link")); err != nil {
		t.Skip("no symbolic links here")
	}
	t.Chdir(dir)
	for _, c := range []struct {
		output, reads string
		refused       bool
	}{
		{"latents/sel", "latents", true},
		{"latents/deep/sel", "latents/", true},
		{"./latents/../latents/sel", filepath.Join(dir, "latents"), true},
		{"link/sel", "latents", true},
		{"latents/sel", "link", true},
		{"latents-sel", "latents", false},
		{"latents/begun", "latents", false},
		{"latents/sel", "", false},
		{"mine/sel", "mine", false},
		{"sel", "latents/sel", false},
	} {
		o := Output{Dir: c.output, Manifest: schemas.SelectionFile, Owns: func(string) bool { return false }}.Reading("absent", c.reads)
		err := o.Claim(t.Context())
		if (err != nil) != c.refused || err != nil && !strings.Contains(err.Error(), "output folder "+c.output+" would lie in "+c.reads) {
			t.Errorf("%s, reading %s: %v", c.output, c.reads, err)
		}
	}
}
