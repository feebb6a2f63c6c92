package listing

import (
	"os"
	"path/filepath"
	"testing"
)

// TestGiven: what is published calls the root as the inputs do, so that the same
// command in another folder says the same.
func TestGiven(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "here/in/a/1.tif", "here/in/b/2.tif", "beside/3.tif")
	full := filepath.Join(dir, "here", "in")
	for name, text := range map[string]string{
		"full.txt": "in/a/1.tif\n" + full + "/b/2.tif\n", "short.txt": "in/a/1.tif\nin/b/2.tif\n",
		"short.csv": "path\nin/a/1.tif\n", "full.csv": "path\n" + full + "/a/1.tif\n", "below.txt": "a/1.tif\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "here", name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "here"))
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Inputs: []string{"in"}}, "in"},
		{Config{Inputs: []string{"./in/"}}, "in"},
		{Config{Inputs: []string{"."}}, "."},
		{Config{Inputs: []string{"in/*/*.tif"}}, "in"},
		{Config{Inputs: []string{"in/a/1.tif"}}, "in/a"},
		{Config{Inputs: []string{"in/a", "in/b"}}, "in"},
		{Config{Inputs: []string{"../beside"}}, "../beside"},
		{Config{Inputs: []string{"in", "../beside"}}, ".."},
		{Config{Inputs: []string{full}}, full},
		{Config{Inputs: []string{"in/a", full}}, full},
		{Config{Inputs: []string{full}, Root: "./in/"}, "in"},
		{Config{Inputs: []string{"in"}, Root: full}, full},
		{Config{InputList: "short.txt"}, "in"},
		{Config{InputList: "full.txt"}, full},
		{Config{InputList: "short.csv"}, "in/a"},
		{Config{InputList: "full.csv"}, full + "/a"},
		{Config{InputList: "below.txt", Root: "in"}, "in"},
	} {
		r := mustList(t, c.config)
		if r.Given != filepath.FromSlash(c.want) && r.Given != c.want || !filepath.IsAbs(r.Root) {
			t.Errorf("%+v: the root is called %s, want %s; it is %s", c.config, r.Given, c.want, r.Root)
		}
	}
}

func TestInWords(t *testing.T) {
	for _, c := range []struct{ root, given, detail, want string }{
		{"/d/in", "in", "cannot read /d/in/a.png: I/O error", "cannot read in/a.png: I/O error"},
		{"/d/in", ".", "/d/in/a.png and /d/in/b/a.png both hold it", "a.png and b/a.png both hold it"},
		{"/d/in", "../in", "cannot read /mnt/d/in/a.png", "cannot read /mnt/d/in/a.png"},
		{"/d/in", "in", "cannot read /d/in2/a.png", "cannot read /d/in2/a.png"},
		{"/", "..", "cannot read /a.png", "cannot read ../a.png"},
		{"/d/in", "/d/in", "cannot read /d/in/a.png", "cannot read /d/in/a.png"},
	} {
		if got := InWords(filepath.FromSlash(c.detail), filepath.FromSlash(c.root), c.given); filepath.ToSlash(got) != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
