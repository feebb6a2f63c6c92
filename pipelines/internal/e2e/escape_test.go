package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/transforms/store"
	"exemplar/transforms/store/storetest"
)

// hostile are names of objects, without the extension, that mean a place outside
// of a folder to somebody.
var hostile = []string{
	"../../../escaped", "/escaped/absolute", "..", "../..", ".", "a/../../../../escaped",
	`..\..\escaped`, `C:\escaped`, "~/escaped", "con", "../../../escaped ", "%2e%2e/escaped",
}

// below fails the test where a file below top lies outside of dir.
func below(t *testing.T, top, dir string) {
	t.Helper()
	for name := range tree(t, top) {
		if !strings.HasPrefix(name, dir+"/") {
			t.Errorf("written outside of %s: %q", dir, name)
		}
	}
}

// TestNamesStayBelowTheOutput runs the workflow from objects whose names, and the
// labels in them, are made to escape: what is written lies in the output folders,
// each image under a name of its own.
func TestNamesStayBelowTheOutput(t *testing.T) {
	r := reference(t)
	s := serveFaults(t, storetest.FakeS3("data", 1000))
	for _, v := range s.env {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	list := ""
	for i, name := range hostile {
		name = "s3://data/in/" + name + ".png"
		if err := store.WriteFile(t.Context(), name, crop(i)); err != nil {
			t.Fatal(err)
		}
		list += name + "\n"
	}
	top := t.TempDir()
	dir := filepath.Join(top, "deep", "er", "out")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/list", []byte(list), 0o666); err != nil {
		t.Fatal(err)
	}
	must(t, s.env, "shard", "--input_list="+dir+"/list", "--root=s3://data/in", `--label_pattern=^(.*)\.png$`, "--output="+dir+"/shards")
	must(t, nil, "encode", "--input="+dir+"/shards", "--model="+r.model, "--output="+dir+"/latents")
	must(t, nil, "select", "--input="+dir+"/latents", "--shards="+dir+"/shards", "--gate=off", "--duplicates=allow",
		"--scope=global,label", "--top=50", "--output="+dir+"/selection")
	must(t, nil, "report", "--selection="+dir+"/selection", "--link")
	below(t, top, "deep/er/out")
	images, err := filepath.Glob(dir + "/selection/images/*/*/*/*/*.tif")
	if err != nil || len(images) != 2*len(hostile) {
		t.Errorf("%d pictures of %d images in two scopes, %v", len(images), len(hostile), err)
	}
}

// TestListsCannotEscape shards lists that name files outside of --root, by path and
// by link: refused, or taken under a name that is not a path to elsewhere.
func TestListsCannotEscape(t *testing.T) {
	top := t.TempDir()
	in := filepath.Join(top, "in")
	for _, name := range []string{"in/a.png", "secret.png"} {
		file := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, crop(3), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i, path := range []string{"../secret.png", "a/../../secret.png", filepath.Join(top, "secret.png")} {
		for _, list := range []string{path + "\n", "path\n" + path + "\n", "path,size,mtime\n" + path + ",1,2026-01-01T00:00:00Z\n"} {
			file := filepath.Join(t.TempDir(), "list.txt")
			if strings.HasPrefix(list, "path") {
				file = strings.TrimSuffix(file, ".txt") + ".csv"
			}
			if err := os.WriteFile(file, []byte(list), 0o666); err != nil {
				t.Fatal(err)
			}
			got := start(t, nil, "shard", "--input_list="+file, "--root="+in, "--output="+filepath.Join(top, fmt.Sprint("out", i)))
			if got.code == 0 || !strings.Contains(got.stderr, "does not lie in --root") {
				t.Errorf("%q: exit code %d, %s", list, got.code, got.stderr)
			}
		}
	}
}

// TestLinksInTheOutput: a link to a folder, where a step would write, is refused
// before anything is written.
func TestLinksInTheOutput(t *testing.T) {
	r := reference(t)
	for step, folder := range map[string]string{"shard": "_state", "encode": "_state", "select": "images"} {
		top := t.TempDir()
		out, other := filepath.Join(top, "out"), filepath.Join(top, "other")
		for _, d := range []string{out, other} {
			if err := os.Mkdir(d, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(other, filepath.Join(out, folder)); err != nil {
			t.Fatal(err)
		}
		got := start(t, nil, step, r.step(step, out)...)
		if got.code == 0 || !strings.Contains(got.stderr, "link to another folder") {
			t.Errorf("%s: exit code %d, %s", step, got.code, got.stderr)
		}
		if files := tree(t, other); len(files) != 0 {
			t.Errorf("%s wrote through the link: %v", step, files)
		}
	}
}
