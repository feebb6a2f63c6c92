package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLinkedFolder(t *testing.T) {
	dir := t.TempDir()
	out, other := filepath.Join(dir, "out"), filepath.Join(dir, "other")
	for _, d := range []string{out + "/a/b", other} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	link(out, filepath.Join(dir, "linked")) // the folder itself may be a link
	link("nowhere", out+"/a/broken")
	if err := os.WriteFile(other+"/f", []byte("kept"), 0o666); err != nil {
		t.Fatal(err)
	}
	link(other+"/f", out+"/a/file")
	for _, d := range []string{out, filepath.Join(dir, "linked"), filepath.Join(dir, "missing"), "gs://b/x"} {
		if got, err := LinkedFolder(d); got != "" || err != nil {
			t.Errorf("%s: %q, %v", d, got, err)
		}
	}
	// What is written takes the place of a link to a file, and leaves the file.
	if err := WriteFile(t.Context(), out+"/a/file", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(other + "/f"); string(data) != "kept" {
		t.Errorf("the file behind the link holds %q, %v", data, err)
	}
	link(other, out+"/a/b/c")
	for _, d := range []string{out, filepath.Join(dir, "linked")} {
		if got, err := LinkedFolder(d); filepath.Base(got) != "c" || err != nil {
			t.Errorf("%s: %q, %v", d, got, err)
		}
	}
	// Of the named folders alone.
	for name, want := range map[string]string{"out/a/b": "c", "linked": "linked", "out": "c", "other": "", "missing": ""} {
		if got, err := LinkedBelow(dir, name); want == "" && got != "" || want != "" && filepath.Base(got) != want || err != nil {
			t.Errorf("below %s: %q, %v", name, got, err)
		}
	}
}

func TestPartialOf(t *testing.T) {
	for name, want := range map[string]string{"d/.a.html.0123456789abcdef.partial": "a.html", "a.html": "", ".a.html.partial": "", partialName("b"): "b"} {
		if got := PartialOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
