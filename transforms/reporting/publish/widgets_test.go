package publish

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
)

// unpackKept unpacks finished folders that the end-to-end tests keep.
func unpackKept(t *testing.T, folders ...string) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Open(filepath.Join("..", "..", "..", "pipelines", "internal", "e2e", "testdata", "folders-0.1.0.tar.gz"))
	check(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	check(t, err)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		check(t, err)
		top, _, _ := strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
		if h.Typeflag != tar.TypeReg || !slices.Contains(folders, top) {
			continue
		}
		data, err := io.ReadAll(r)
		check(t, err)
		put(t, filepath.Join(dir, filepath.FromSlash(h.Name)), string(data))
	}
}

// convolutional is a selection of the latents of a model that was trained for two epochs,
// with all that it was made from.
func convolutional(t *testing.T) (dir string, c Config) {
	t.Helper()
	dir = unpackKept(t, "shards", "model-conv", "latents-conv", "selection", "latents-linear", "model-linear")
	out := filepath.Join(dir, "near <both>")
	_, err := selecting.Run(t.Context(), selecting.Config{Input: filepath.Join(dir, "latents-conv"), Output: out, Resume: true,
		Parameters: schemas.SelectionParameters{Scopes: []string{schemas.ScopeGlobal, schemas.ScopeCluster}, Clusters: 3, Top: 3,
			Centers: []string{schemas.CenterMean, schemas.CenterMedian}, Metrics: schemas.Metrics, Seed: 1, Restarts: 1, MaxPasses: 5,
			Gate: schemas.GateParameters{Mode: schemas.GateOff}}}, runtest.Direct)
	check(t, err)
	return dir, Config{Output: filepath.Join(dir, "page", "a.html"), Widgets: filepath.Join(dir, "figures"), Report: reporting.Config{Selection: out,
		Latents: filepath.Join(dir, "latents-conv"), Shards: filepath.Join(dir, "shards"), Model: filepath.Join(dir, "model-conv"), Embedding: reporting.EmbeddingNone, Seed: 1}}
}

// TestWidgets: the figures are made once, and again where something is wrong, to the same
// bytes; what would replace others, or what nobody here wrote, is refused. The page does not
// know of them.
func TestWidgets(t *testing.T) {
	dir, c := convolutional(t)
	bare := c
	bare.Widgets = ""
	r, err := Run(t.Context(), bare)
	check(t, err)
	if r.Widgets != nil || r.Report.Model.Training == nil || !slices.Equal(r.Report.Model.Training.Epochs, []int{1, 2}) {
		t.Errorf("a page without figures: %v, %v", r.Widgets, r.Report.Model.Training)
	}
	page := files(t, filepath.Dir(c.Output))

	plan, err := Plan(t.Context(), c)
	check(t, err)
	if said := strings.Join(plan.Writes, "\n"); !strings.Contains(said, "figures that an article embeds (loss, reconstructions, interpolation, gallery): "+c.Widgets) {
		t.Errorf("the plan says %s", said)
	}
	made := func(want bool) map[string]string {
		t.Helper()
		r, err := Run(t.Context(), c)
		check(t, err)
		if r.Widgets.Made != want || len(r.Widgets.Manifest.Figures) != 4 || len(r.Widgets.Manifest.Missing) != 0 {
			t.Errorf("made %v, want %v: %+v", r.Widgets.Made, want, r.Widgets.Manifest)
		}
		all := files(t, c.Widgets)
		delete(all, schemas.RunFile) // has times
		return all
	}
	want := made(true)
	if len(want) != 12 || !same(page, files(t, filepath.Dir(c.Output))) {
		t.Errorf("%d files; the page changed: %v", len(want), !same(page, files(t, filepath.Dir(c.Output))))
	}
	if !same(want, made(false)) {
		t.Error("a rerun changed the figures")
	}
	for _, name := range []string{"loss.mjs", "gallery.png"} {
		check(t, os.Remove(filepath.Join(c.Widgets, name)))
		if !same(want, made(true)) {
			t.Errorf("without %s: not made again as it was", name)
		}
	}
	put(t, filepath.Join(c.Widgets, "article.md"), "changed")
	if !same(want, made(true)) {
		t.Error("what was changed was not made again")
	}
	t.Run("refused", func(t *testing.T) { widgetsRefused(t, dir, c) })
	c.Report.Title = "another"
	_, err = Run(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "Config.Title") || !same(want, without(files(t, c.Widgets))) {
		t.Errorf("another title: %v", err)
	}
	c.Overwrite = true
	if same(want, made(true)) {
		t.Error("another title changes nothing")
	}
}

func without(all map[string]string) map[string]string {
	delete(all, schemas.RunFile)
	return all
}

// widgetsRefused tries folders that figures must not be written to: nothing changes, the
// page neither.
func widgetsRefused(t *testing.T, dir string, c Config) {
	mine := filepath.Join(dir, "mine")
	put(t, filepath.Join(mine, "notes.txt"), "mine")
	named := filepath.Join(dir, "named")
	put(t, filepath.Join(named, "loss.png"), "mine")
	for _, of := range []struct{ folder, page, want string }{
		{mine, "b.html", "is not empty and was not written by this step"},
		{named, "b.html", "neither widgets.json nor anything else there says that this step wrote it"},
		{filepath.Join(c.Report.Selection, "figures"), "b.html", "which is read here and which a step wrote"},
		{filepath.Join(c.Report.Shards, "figures"), "b.html", "which is read here and which a step wrote"},
		{c.Report.Model, "b.html", "which this step did not write"},
		{filepath.Join(dir, "new"), "new/sub/b.html", "lies in it"},
		{filepath.Join(dir, "new"), "new/b.html", "lies in it"},
		{filepath.Join(dir, "new", schemas.DeepZoomDir), "new/b.html", "files of its own"},
	} {
		w := c
		w.Widgets, w.Output = of.folder, filepath.Join(dir, filepath.FromSlash(of.page))
		before := files(t, dir)
		for _, w.Overwrite = range []bool{false, true} {
			_, err := Run(t.Context(), w)
			_, planned := Plan(t.Context(), w)
			for _, err := range []error{err, planned} {
				if err == nil || !strings.Contains(err.Error(), of.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "Config.Output") {
					t.Errorf("%s: %v, want %q", of.folder, err, of.want)
				}
			}
		}
		if !same(before, files(t, dir)) {
			t.Errorf("%s: what was refused changed files", of.folder)
		}
	}
}

// TestWidgetsMissing: what has nothing to show is left out and named; where that is all,
// nothing is written.
func TestWidgetsMissing(t *testing.T) {
	dir := unpackKept(t, "shards", "model-linear", "latents-linear", "selection")
	c := Config{Output: filepath.Join(dir, "page", "a.html"), Widgets: filepath.Join(dir, "figures"), Report: reporting.Config{Selection: filepath.Join(dir, "selection"),
		Latents: filepath.Join(dir, "latents-linear"), Shards: filepath.Join(dir, "shards"), Model: filepath.Join(dir, "model-linear"), Embedding: reporting.EmbeddingNone}}
	r, err := Run(t.Context(), c)
	check(t, err)
	said := r.Summary()
	article := files(t, c.Widgets)[schemas.WidgetsArticle]
	for _, name := range []string{"loss", "reconstructions"} {
		if !strings.Contains(said, "figures: "+name+" is left out: there ") || !strings.Contains(article, "% Left out: "+name+", since there ") {
			t.Errorf("%s is left out, and nothing says so:\n%s\n%s", name, said, article)
		}
	}
	if got := r.Widgets.Manifest.Figures; len(got) != 2 || got[0].Name != "interpolation" || got[1].Name != "gallery" {
		t.Errorf("figures %+v", got)
	}

	vectors, _ := vectorsRun(t, "raw", 60, 3)
	empty := Config{Output: filepath.Join(t.TempDir(), "a.html"), Widgets: filepath.Join(t.TempDir(), "figures"), Report: reporting.Config{Selection: vectors, Embedding: reporting.EmbeddingNone}}
	_, err = Run(t.Context(), empty)
	if err == nil || !strings.Contains(err.Error(), "there is nothing to show: loss: the vectors are another program's") {
		t.Errorf("of vectors alone: %v", err)
	}
	if _, err := os.Stat(empty.Widgets); len(files(t, filepath.Dir(empty.Output))) != 0 || !errors.Is(err, os.ErrNotExist) {
		t.Error("what was refused left files")
	}
}

// TestWidgetsOfOtherPictures: pictures of epochs that train did not draw of this model are
// left out of page and figures, and named.
func TestWidgetsOfOtherPictures(t *testing.T) {
	_, c := convolutional(t)
	name := filepath.Join(c.Report.Model, schemas.ReconstructionsDir, "epoch-001.png")
	for _, of := range []struct{ damage, want string }{{"no picture", "png: invalid format"}, {files(t, c.Report.Model)[schemas.CodesPicture], "it has "}} {
		put(t, name, of.damage)
		c.Overwrite = true
		r, err := Run(t.Context(), c)
		check(t, err)
		if said := r.Summary(); r.Report.Model.Training != nil || !strings.Contains(said, "reconstructions by epoch: left out, "+name+" is not what train draws of this model: "+of.want) ||
			!strings.Contains(said, "figures: reconstructions is left out") {
			t.Errorf("%v\n%s", r.Report.Model.Training, said)
		}
	}
}

// TestFingerprintOfThePage is what it was before there were figures.
func TestFingerprintOfThePage(t *testing.T) {
	dir, _ := vectorsRun(t, "raw", 60, 3)
	c := Config{Report: reporting.Config{Selection: dir, Embedding: reporting.EmbeddingNone, Seed: 1}}.placed()
	source, got, err := c.open(t.Context())
	check(t, err)
	c.Widgets = filepath.Join(t.TempDir(), "figures")
	if _, with, err := c.open(t.Context()); err != nil || with != got {
		t.Errorf("the fingerprint with figures is %s, without %s (%v)", with, got, err)
	}
	// Config by its fields of before.
	of := struct {
		Selection, Latents, Shards, Model, Link, Title, Embedding string
		Seed                                                      uint64
	}{Selection: dir, Embedding: reporting.EmbeddingNone, Seed: 1}
	m, err := os.ReadFile(filepath.Join(dir, schemas.SelectionFile))
	check(t, err)
	want, err := outdir.Fingerprint(schemas.ReportFormat, schemas.FingerprintVersion, of, outdir.SHA256(m), source.Extent().Latents, "", "", "", outdir.SHA256(nil),
		c.Figure, c.FigureSets, c.LeaveOut, c.DeepZoom, c.Sheet)
	check(t, err)
	if got != want {
		t.Errorf("the fingerprint of a page is %s, and was %s", got, want)
	}
}
