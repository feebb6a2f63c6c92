package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
)

// pageOf reads the report that a page holds.
func pageOf(t testing.TB, file string) *reporting.Report {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(data), `type="application/json"`)
	_, rest, _ = strings.Cut(rest, ">")
	text, _, closed := strings.Cut(rest, "</script>")
	r := &reporting.Report{}
	if err := json.Unmarshal([]byte(text), r); err != nil || !found || !closed {
		t.Fatalf("%s holds no report: %v", file, err)
	}
	return r
}

// pictureOf decodes one of the pictures of a page.
func pictureOf(t testing.TB, dir string, r *reporting.Report, i int) image.Image {
	t.Helper()
	text, embedded := strings.CutPrefix(r.Pictures[i], "data:image/png;base64,")
	data, err := base64.StdEncoding.DecodeString(text)
	if !embedded {
		data, err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(text)))
	}
	if err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// TestReport makes the page of a selection on one processor and on two: the same
// bytes, with every pick of the table and the pixels of its image.
func TestReport(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	pages := []string{filepath.Join(dir, "one", "a.html"), filepath.Join(dir, "two", "a.html")}
	for i, page := range pages {
		env := []string{fmt.Sprintf("GOMAXPROCS=%d", i+1)}
		out := must(t, env, "report", "--selection="+r.selection, "--embedding=umap", "--pixels_per_micron=2", "--output="+page)
		for _, want := range []string{"15 picks of 15 images, of 400", "at full size, in the page", "UMAP of 400 images", "figure.png"} {
			if !strings.Contains(out, want) {
				t.Errorf("the output lacks %q:\n%s", want, out)
			}
		}
	}
	sameTree(t, filepath.Dir(pages[0]), filepath.Dir(pages[1]))
	if out := must(t, nil, "report", "--selection="+r.selection, "--embedding=umap", "--pixels_per_micron=2", "--output="+pages[0]); !strings.HasPrefix(out, "Nothing to do") {
		t.Errorf("a second report:\n%s", out)
	}
	checkPage(t, r, pages[0], 64)

	linked := filepath.Join(dir, "linked", "a.html")
	must(t, nil, "report", "--selection="+r.selection, "--link", "--no_figure", "--output="+linked)
	checkPage(t, r, linked, 64)
	names := tree(t, filepath.Dir(linked))
	if _, figure := names["figure.png"]; figure || !pageOf(t, linked).Linked || names["report_files/image-00000.png"] == "" {
		t.Errorf("beside the linked page: %v", names)
	}
}

// checkPage compares the picks of a page with the table, and their pictures with
// the images.
func checkPage(t *testing.T, r workflow, file string, side int) {
	t.Helper()
	page := pageOf(t, file)
	table, err := os.ReadFile(filepath.Join(r.selection, "selection.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Picks) != len(rows)-1 {
		t.Fatalf("%d picks, the table has %d", len(page.Picks), len(rows)-1)
	}
	for i, p := range page.Picks {
		if row := rows[i+1]; p.ImageID != row[1] || fmt.Sprint(p.Rank) != row[0] || p.SHA256 != row[16] || page.Groups[p.Group].ID != row[3] {
			t.Errorf("pick %d is %+v, the table has %v", i, p, row)
		}
		source, err := os.ReadFile(filepath.Join(r.images, filepath.FromSlash(p.ImageID)))
		if err != nil {
			t.Fatal(err)
		}
		want, err := png.Decode(bytes.NewReader(source))
		if err != nil {
			t.Fatal(err)
		}
		got := pictureOf(t, filepath.Dir(file), page, p.Picture)
		if got.Bounds() != image.Rect(0, 0, side, side) || page.DisplayLow != 0 || page.DisplayHigh != 255 || !bytes.Equal(got.(*image.Gray).Pix, want.(*image.Gray).Pix) {
			t.Errorf("the picture of %s differs from the image", p.ImageID)
		}
		if len(p.Neighbors) != 5 || p.Next == nil || p.Next.Distance < p.Distance || math.Abs(p.Next.Distance-p.Distance-*p.Margin) > 1e-9 {
			t.Errorf("pick %d: neighbors %v, next %+v, margin %v of %v", i, p.Neighbors, p.Next, *p.Margin, p.Distance)
		}
		var images int64
		for _, n := range page.Histograms[p.Histogram].Counts {
			images += n
		}
		if images != page.Groups[p.Group].Size {
			t.Errorf("pick %d: a histogram of %d images for a group of %d", i, images, page.Groups[p.Group].Size)
		}
	}
	for _, g := range page.Groups {
		if got := pictureOf(t, filepath.Dir(file), page, g.Centers[0].Picture).Bounds(); got.Dx() != side {
			t.Errorf("the center of group %s is %v", g.ID, got)
		}
	}
	if m := page.Model; m == nil || len(m.Reconstructions) != 9 || len(m.Interpolations) != 2 || page.Map.Points != 400 {
		t.Errorf("model %+v, map of %d points", m, page.Map.Points)
	}
	for _, c := range page.Provenance.Counts {
		sum := int64(0)
		for _, part := range c.Parts {
			sum += part.Images
		}
		if sum != c.Total.Images {
			t.Errorf("%s: %+v do not add up to %+v", c.Step, c.Parts, c.Total)
		}
	}
}

// TestReportRepeats runs the commands that a report gives, with other outputs: they
// make the same selection.
func TestReportRepeats(t *testing.T) {
	r := reference(t)
	page := filepath.Join(t.TempDir(), "a.html")
	must(t, nil, "report", "--selection="+r.selection, "--no_figure", "--output="+page)
	again := t.TempDir()
	for _, line := range pageOf(t, page).Provenance.Commands {
		line = bin + "/" + line // exemplar, with the step as its command
		line = strings.ReplaceAll(line, shared, again)
		line = strings.ReplaceAll(line, again+"/images", r.images)
		cmd := command(t, nil, "sh", "-c", line)
		if out := finish(t, cmd); out.code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", line, out.code, out.stdout, out.stderr)
		}
	}
	for _, name := range []string{"selection.json", "selection.csv"} {
		got, err := os.ReadFile(filepath.Join(again, "selection", name))
		if err != nil {
			t.Fatal(err)
		}
		if want, err := os.ReadFile(filepath.Join(r.selection, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs, made by the commands of the report", name)
		}
	}
}

// TestReportNames: names that mean something in HTML, a shell or a script are shown
// as they are, and the page holds none of them outside of its data.
func TestReportNames(t *testing.T) {
	dir := t.TempDir()
	images := filepath.Join(dir, `it's "<b>images</b>"`)
	// Slashes end a name; what a browser runs needs none.
	names := []string{`<img src=x onerror=alert(1)>%02d.png`, `"quoted" 'it' & $(id) %02d.png`, `zelle-ä-細胞-%02d.png`, `<!--<script>%02d.png`}
	for i := range 40 {
		file := filepath.Join(images, filepath.FromSlash(fmt.Sprintf(names[i%len(names)], i)))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, crop(i), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	must(t, nil, "quickstart", quickstart(images, out, "--arch=linear", "--label_pattern=^(.)")...)
	page := filepath.Join(out, "selection", "report.html")
	r := pageOf(t, page)
	seen := map[string]bool{}
	for _, p := range r.Picks {
		if _, err := os.Stat(filepath.Join(images, p.ImageID)); err != nil {
			t.Errorf("%q is no image", p.ImageID)
		}
		seen[p.ImageID[:1]] = true
	}
	if len(seen) < 3 {
		t.Errorf("picks of %d kinds of names only", len(seen))
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<img src=x", "<!--<script>", "<b>images"} {
		if strings.Contains(string(data), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if out := must(t, nil, "verify", "--input="+filepath.Join(out, "selection")); !strings.HasPrefix(out, "holds:") {
		t.Error(out)
	}
	if out := must(t, nil, "report", "--selection="+filepath.Join(out, "selection")); !strings.HasPrefix(out, "Nothing to do") {
		t.Errorf("the report after the quickstart's:\n%s", out)
	}
}

// TestBadReport: folders that do not belong together, and flags that cannot be, are
// one line.
func TestBadReport(t *testing.T) {
	r := reference(t)
	model, latents := filepath.Join(t.TempDir(), "model"), filepath.Join(t.TempDir(), "latents")
	must(t, nil, "train", "--arch=linear", "--seed=2", "--limit=100", "--input="+r.shards, "--output="+model)
	must(t, nil, "encode", "--input="+r.shards, "--model="+model, "--output="+latents)
	shards := filepath.Join(t.TempDir(), "shards")
	must(t, nil, "shard", "--input="+r.images, "--shards=3", "--output="+shards)
	changed := copyOf(t, r.selection, func(name string, data []byte) []byte {
		if name == "selection.parquet" {
			return append(data[:len(data):len(data)], 0)
		}
		return data
	})
	damaged := copyOf(t, r.shards, func(name string, data []byte) []byte {
		if strings.HasSuffix(name, ".tfrecords") {
			for i := 200; i < len(data); i += 500 {
				data[i] ^= 1
			}
		}
		return data
	})
	short := copyOf(t, r.latents, func(name string, data []byte) []byte {
		if strings.HasPrefix(name, "latents-00003") {
			return data[:len(data)/2]
		}
		return data
	})
	// Sound in itself, but not the file that _latents.json lists.
	replaced := copyOf(t, r.latents, func(name string, data []byte) []byte {
		if strings.HasPrefix(name, "latents-00003") {
			at := bytes.LastIndex(data, []byte(schemas.FooterCodeVersion)) + len(schemas.FooterCodeVersion)
			data = bytes.Clone(data)
			copy(data[at+bytes.Index(data[at:], []byte(schemas.CodeVersion)):], "9")
		}
		return data
	})
	alone := copyOf(t, r.selection, func(_ string, data []byte) []byte { return data })
	if err := os.Remove(filepath.Join(alone, schemas.RunFile)); err != nil { // it names the latents
		t.Fatal(err)
	}
	beside := []string{"--latents=" + r.latents, "--shards=" + r.shards, "--model=" + r.model}
	at := func(selection string, more ...string) []string {
		return append([]string{"--selection=" + selection, "--output=" + filepath.Join(t.TempDir(), "a.html")}, more...)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no selection":     {nil, 2, "--selection is missing"},
		"embedding":        {at(r.selection, "--embedding=isomap"), 2, "--embedding=isomap"},
		"width":            {at(r.selection, "--figure_width=1"), 2, "--figure_width=1"},
		"scale":            {at(r.selection, "--pixels_per_micron=-1"), 2, "--pixels_per_micron=-1"},
		"sets":             {at(r.selection, "--figure_sets=cluster"), 2, "--figure_sets"},
		"output":           {[]string{"--selection=" + r.selection, "--output=page.pdf"}, 2, "--output=page.pdf"},
		"no such set":      {at(r.selection, "--figure_sets=label/mean/euclidean"), 1, "no picks of label"},
		"not a selection":  {at(r.shards), 1, "holds no selection.json"},
		"no latents":       {at(alone), 1, "--latents"},
		"other latents":    {at(r.selection, "--latents="+latents), 1, "other latents"},
		"other shards":     {at(r.selection, "--shards="+shards), 1, "other shards"},
		"other model":      {at(r.selection, "--model="+model), 1, "is not the one that"},
		"changed table":    {at(changed, beside...), 1, "selection.parquet is not the file"},
		"damaged shards":   {at(r.selection, "--shards="+damaged), 1, "images-000"},
		"truncated latent": {at(r.selection, "--latents="+short), 1, "latents-00003"},
		"replaced latent":  {at(r.selection, "--latents="+replaced), 1, "its sha256 begins with"},
	} {
		t.Run(name, func(t *testing.T) {
			got := start(t, nil, "report", c.args...)
			if got.code != c.code || !strings.Contains(got.stderr, c.want) || strings.Count(strings.TrimSpace(got.stderr), "\n") > 0 {
				t.Errorf("exit code %d, %q; want %d and %q in one line", got.code, got.stderr, c.code, c.want)
			}
		})
	}
}
