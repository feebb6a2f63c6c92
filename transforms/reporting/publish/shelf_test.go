package publish

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/outdir"
)

// files returns what the files of a folder hold, by their names relative to it.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	check(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(rel)] = string(data)
		return err
	}))
	return all
}

func same(a, b map[string]string) bool {
	for name, text := range a {
		if b[name] != text {
			return false
		}
	}
	return len(a) == len(b)
}

func put(t *testing.T, name, text string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Dir(name), 0o777))
	check(t, os.WriteFile(name, []byte(text), 0o666))
}

// publisher makes pages of one selection of vectors, which have no pictures, so that
// the folders beside them are filled by hand.
type publisher struct {
	t         *testing.T
	selection string
}

// TestShelf tries what lies beside a page.
func TestShelf(t *testing.T) {
	dir, _ := vectorsRun(t, "raw", 60, 3)
	for _, c := range []struct {
		name string
		test func(*testing.T, publisher)
	}{{"foreign files", foreignFiles}, {"damaged report", damagedReport}, {"several pages", severalPages},
		{"earlier report", earlierReport}, {"folder of a step", folderOfAStep}, {"broken seal", brokenSeal}} {
		t.Run(c.name, func(t *testing.T) { c.test(t, publisher{t, dir}) })
	}
}

func (p publisher) config(page string) Config {
	return Config{Report: reporting.Config{Selection: p.selection, Embedding: reporting.EmbeddingNone}, Output: page}
}

// made makes a page and reports whether there was something to do.
func (p publisher) made(c Config) bool {
	p.t.Helper()
	r, err := Run(p.t.Context(), c)
	check(p.t, err)
	return r.Report != nil
}

// refused makes sure that a page is refused by a line that names a file, and that
// nothing in its folder changed.
func (p publisher) refused(c Config, want string) {
	p.t.Helper()
	dir := filepath.Dir(c.Output)
	before := files(p.t, dir)
	for _, c.Overwrite = range []bool{false, true} {
		_, err := Run(p.t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			p.t.Errorf("%v, want one line with %q", err, want)
		}
		if _, err := Plan(p.t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			p.t.Errorf("the plan: %v, want %q", err, want)
		}
	}
	if !same(before, files(p.t, dir)) {
		p.t.Errorf("%s: a refused report changed the folder", want)
	}
}

// foreignFiles: what no report wrote is refused and stays, what lies beside
// under other names does not matter, and a folder reached by a link is refused.
func foreignFiles(t *testing.T, p publisher) {
	for _, name := range []string{"a.html", schemas.ReportBib, "a.run.json", schemas.ReportDir + "/image-00000.png"} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, name), "mine")
		c := p.config(filepath.Join(dir, "a.html"))
		c.Link = true
		p.refused(c, filepath.Join(dir, filepath.FromSlash(name)))
	}
	for _, folder := range []string{schemas.ReportDir, schemas.DeepZoomDir, schemas.StateDir} {
		dir, other := t.TempDir(), t.TempDir()
		put(t, filepath.Join(other, "image-00000.png"), "mine")
		if err := os.Symlink(other, filepath.Join(dir, folder)); err != nil {
			t.Skip(err)
		}
		c := p.config(filepath.Join(dir, "a.html"))
		c.Link = true
		_, err := Run(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), "link to another folder") || len(files(t, other)) != 1 {
			t.Errorf("%s: %v; behind it: %v", folder, err, files(t, other))
		}
	}
	dir := t.TempDir()
	mine := []string{"index.html", "notes/figure.png", schemas.FigurePNG, schemas.ReportDir + "/notes.txt", ".notes.txt.0123456789abcdef.partial"}
	for _, name := range mine {
		put(t, filepath.Join(dir, name), "mine")
	}
	partial := filepath.Join(dir, ".a.html.0123456789abcdef.partial")
	put(t, partial, "half")
	c := p.config(filepath.Join(dir, "a.html"))
	c.Link = true
	if !p.made(c) || p.made(c) {
		t.Error("a page beside files of others is not made once")
	}
	c.Link = false
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "Config.Link is not given here and was true there") || !strings.Contains(err.Error(), "Config.Overwrite to replace it") {
		t.Errorf("a page without pictures: %v", err)
	}
	c.Overwrite = true
	if !p.made(c) { // and removes the pictures of the earlier one
		t.Error("a page without pictures is not made")
	}
	for _, name := range mine {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(data) != "mine" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if _, err := os.Stat(partial); err == nil {
		t.Error("the remains of a run that was killed are there")
	}
}

// damagedReport: whatever is missing or altered of a report is made again, and so
// is one that was killed after its first file.
func damagedReport(t *testing.T, p publisher) {
	dir := t.TempDir()
	config := p.config(filepath.Join(dir, "a.html"))
	p.made(config)
	want := files(t, dir)
	for _, c := range []struct {
		name   string
		damage func()
	}{
		{"no page", func() { check(t, os.Remove(config.Output)) }},
		{"no references", func() { check(t, os.Remove(filepath.Join(dir, schemas.ReportBib))) }},
		{"a byte in it", func() { put(t, config.Output, strings.Replace(want["a.html"], "<body", "<bODy", 1)) }},
		{"other text", func() { put(t, filepath.Join(dir, schemas.ReportBib), "mine") }},
		{"page cut", func() { put(t, config.Output, want["a.html"][:1000]) }},
	} {
		c.damage()
		if !p.made(config) || p.made(config) || !same(want, files(t, dir)) {
			t.Errorf("%s: not made again once, as it was", c.name)
		}
	}
	// Killed: the record says what was about to be written, the page is not there.
	check(t, os.RemoveAll(dir))
	s, err := openShelf(t.Context(), config.Output, &written{})
	check(t, err)
	check(t, s.begin(t.Context(), "f", []string{"a.html", schemas.ReportBib, schemas.ReportDir + "/"}))
	put(t, filepath.Join(dir, schemas.ReportBib), "half")
	put(t, filepath.Join(dir, schemas.ReportDir, "image-00007.png"), "half")
	if !p.made(config) || !same(want, files(t, dir)) {
		t.Errorf("after a kill: %d files", len(files(t, dir)))
	}
}

// severalPages: pages of one folder share what is the same for them, and neither
// takes away or replaces what the other has.
func severalPages(t *testing.T, p publisher) {
	dir := t.TempDir()
	a, b := p.config(filepath.Join(dir, "a.html")), p.config(filepath.Join(dir, "b.html"))
	b.Report.Title = "another"
	if !p.made(a) || !p.made(b) || p.made(a) || p.made(b) {
		t.Error("two pages of one selection are not made once each")
	}
	before := files(t, dir)
	c := p.config(filepath.Join(dir, "c.html"))
	c.Report.Embedding = reporting.EmbeddingUMAP // has references of its own
	_, err := Run(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "belongs to the page") || !same(before, files(t, dir)) {
		t.Errorf("a page with other references: %v", err)
	}
	b.Link = true
	put(t, filepath.Join(dir, schemas.ReportDir, "image-00000.png"), "mine")
	p.refused(b, "image-00000.png")
	check(t, os.RemoveAll(filepath.Join(dir, schemas.ReportDir)))
	check(t, os.Remove(a.Output))
	check(t, os.Remove(b.Output))
	if !p.made(c) {
		t.Error("pages that are gone keep their files")
	}
}

// earlierReport: a report of an earlier version, which kept no record, is
// finished, and made again with other options; without its page nothing is known.
func earlierReport(t *testing.T, p publisher) {
	dir := t.TempDir()
	c := p.config(filepath.Join(dir, "a.html"))
	p.made(c)
	check(t, os.RemoveAll(filepath.Join(dir, schemas.StateDir)))
	if p.made(c) {
		t.Error("the page of an earlier version is made again")
	}
	bib := filepath.Join(dir, schemas.ReportBib)
	check(t, os.Rename(bib, bib+"~"))
	if !p.made(c) || p.made(c) {
		t.Error("without its references it is not made once")
	}
	check(t, os.RemoveAll(filepath.Join(dir, schemas.StateDir)))
	c.Report.Title = "another"
	if !p.made(c) {
		t.Error("with another title it is not made")
	}
	check(t, os.RemoveAll(filepath.Join(dir, schemas.StateDir)))
	check(t, os.Remove(c.Output))
	p.refused(c, bib)
}

// brokenSeal: a selection that was changed by hand is not reported.
func brokenSeal(t *testing.T, p publisher) {
	name := filepath.Join(p.selection, schemas.SelectionFile)
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), name)
	check(t, err)
	m.Clustering.Passes++
	check(t, outdir.WriteJSON(t.Context(), name, m))
	p.refused(p.config(filepath.Join(t.TempDir(), "a.html")), name+" was changed")
}

// folderOfAStep: a page of another name than the one that a selection keeps is refused where the
// step that wrote the folder would stumble over it, and stays where it is already.
func folderOfAStep(t *testing.T, p publisher) {
	for _, name := range []string{"other.html", "vectors/report.html"} {
		p.refused(p.config(filepath.Join(p.selection, name)), "would lie in ")
	}
	page := filepath.Join(t.TempDir(), "other.html")
	if !p.made(p.config(page)) {
		t.Fatal("nothing was made beside")
	}
	there := filepath.Join(p.selection, "there.html")
	data, err := os.ReadFile(page)
	check(t, err)
	put(t, there, string(data))
	p.made(p.config(there)) // whose record is not there
	if p.made(p.config(there)) {
		t.Error("a page that is there was made again")
	}
}
