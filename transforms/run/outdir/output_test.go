package outdir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// output returns an Output over a folder that holds the given files.
func output(t *testing.T, files ...string) Output {
	dir := t.TempDir()
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		text := name
		if name == "m.json" {
			text = `{"format": "exemplar.m/1"}`
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return Output{Dir: dir, Manifest: "m.json", Owns: func(name string) bool { return strings.HasSuffix(name, ".out") }}
}

func TestClaim(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  string // part of the error, "" for none
	}{
		{"empty", nil, ""},
		{"ours", []string{"m.json", "a.out", schemas.StateDir + "/part.json", ".a.out.0123456789abcdef.partial"}, ""},
		{"foreign", []string{"thesis.docx"}, `not empty and was not written by this step (it holds "thesis.docx")`},
		{"both", []string{"m.json", "notes.txt"}, `also holds "notes.txt"`},
	} {
		err := output(t, c.files...).Claim(t.Context())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: Claim = %v, want %q", c.name, err, c.want)
		}
	}
	// The names alone make no file the step's.
	for _, c := range []struct {
		files map[string]string
		want  string
	}{
		{map[string]string{"a.out": "mine"}, `holds "a.out", and neither m.json nor anything else there says that this step wrote it: move it away, or choose another Config.Output`},
		{map[string]string{"a.out": "mine", "m.json": `{"format": "another program's"}`}, `holds "a.out", and neither`},
		{map[string]string{"m.json": `{"mine": 1}`}, `holds "m.json", and neither`},
		{map[string]string{"m.json": ""}, `holds "m.json", and neither`},
		{map[string]string{"a.out": "", "m.json": "{\n  \"format\": \"exemplar.m/1\"}"}, ""},
		{map[string]string{"a.out": "", schemas.RunFile: `{"format": "exemplar.run/1"}`}, ""},
		{map[string]string{"a.out": "", schemas.StateDir + "/lock": ""}, ""},
		{map[string]string{"a.out": "", "b.out/" + schemas.StateDir + "/x.out": ""}, ""},
		{map[string]string{".a.out.0123456789abcdef.partial": ""}, ""},
	} {
		o := output(t)
		for name, text := range c.files {
			path := filepath.Join(o.Dir, filepath.FromSlash(name))
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
				t.Fatal(err)
			}
		}
		if err := o.Claim(t.Context()); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: Claim = %v, want %q", c.files, err, c.want)
		}
	}
	missing := Output{Dir: filepath.Join(t.TempDir(), "none"), Manifest: "m.json"}
	if err := missing.Claim(t.Context()); err != nil {
		t.Errorf("a missing folder: Claim = %v", err)
	}
}

func TestCleanRemovesOnlyWhatIsOurs(t *testing.T) {
	o := output(t, "m.json", "old.out", "kept.out", "foreign.txt", schemas.StateDir+"/old.json")
	if err := o.Clean(t.Context(), func(name string) bool { return name == "kept.out" }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"m.json": false, "old.out": false, "kept.out": true, "foreign.txt": true, schemas.StateDir + "/old.json": false} {
		if _, err := os.Stat(filepath.Join(o.Dir, filepath.FromSlash(name))); (err == nil) != want {
			t.Errorf("%s: exists is %v, want %v", name, err == nil, want)
		}
	}
}

func TestFingerprintTellsValuesApart(t *testing.T) {
	type params struct{ A, B string }
	one, err := Fingerprint("v1", params{"ab", "c"})
	if err != nil {
		t.Fatal(err)
	}
	same, _ := Fingerprint("v1", params{"ab", "c"})
	other, _ := Fingerprint("v1", params{"a", "bc"})
	if one != same || one == other || len(one) != 64 {
		t.Errorf("fingerprints %s, %s, %s: want the first two equal, the third different", one, same, other)
	}
}

func TestADryRunRemovesNothing(t *testing.T) {
	o := output(t, "m.json", "old.out")
	if err := o.Clean(WithDryRun(t.Context()), func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"m.json", "old.out"} {
		if _, err := os.Stat(filepath.Join(o.Dir, name)); err != nil {
			t.Errorf("%s: %v, want it untouched", name, err)
		}
	}
}
