package widgets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"exemplar/transforms/reporting"
)

// dataLine is where a module has its data.
var dataLine = regexp.MustCompile(`(?m)^const data = (.*);$`)

// TestModules: a module holds the data as they are, whatever the names, loads nothing, and
// could stand within an element of HTML.
func TestModules(t *testing.T) {
	f := synthetic()
	made, m, err := files(f, "selection")
	check(t, err)
	for _, of := range m.Figures {
		text := string(made[of.Module])
		if !strings.HasSuffix(text, "export default {render};\n") || strings.Count(text, "export ") != 1 {
			t.Errorf("%s is no module of one figure", of.Module)
		}
		for _, forbidden := range []string{"{{", "import ", "import(", "fetch(", "XMLHttpRequest", "eval(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "</", "<!--"} {
			if strings.Contains(text, forbidden) {
				t.Errorf("%s holds %s", of.Module, forbidden)
			}
		}
		if n := strings.Count(text, "http"); n != strings.Count(text, "http://www.w3.org/2000/svg") {
			t.Errorf("%s names %d addresses", of.Module, n)
		}
		found := dataLine.FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("%s has no data", of.Module)
		}
		if i := strings.IndexAny(found[1], "<>&\u2028\u2029"); i >= 0 {
			t.Errorf("%s: the data hold %q", of.Module, found[1][i:i+1])
		}
		var data struct {
			Pictures []string
			Picks    []reporting.PickPicture
			Walks    []reporting.Walk
			Training *reporting.Training
		}
		check(t, json.Unmarshal([]byte(found[1]), &data))
		for i, p := range data.Picks {
			want := f.Gallery.Picks[i]
			if p.ImageID != strings.ToValidUTF8(want.ImageID, "\ufffd") || data.Pictures[p.Picture] != f.Pictures[want.Picture] {
				t.Errorf("pick %d is %q in the module, want %q", i, p.ImageID, want.ImageID)
			}
		}
		for i, w := range data.Walks {
			for k, at := range w.Pictures {
				if data.Pictures[at] != f.Pictures[f.Interpolations[i].Pictures[k]] {
					t.Errorf("step %d of pair %d is another picture", k, i)
				}
			}
			if w.From.Center != "" && w.From.Picture != -1 {
				t.Errorf("the center of pair %d has a picture", i)
			}
		}
		if tr := data.Training; tr != nil {
			for i, list := range tr.Decoded {
				for k, at := range list {
					if data.Pictures[at] != f.Pictures[f.Reconstructions.Decoded[i][k]] {
						t.Errorf("image %d after epoch %d is another one", k, tr.Epochs[i])
					}
				}
			}
		}
	}
}

// TestSameFigures: the same figures give the same bytes.
func TestSameFigures(t *testing.T) {
	one, _, err := files(synthetic(), "selection")
	check(t, err)
	two, _, err := files(synthetic(), "selection")
	check(t, err)
	if !maps.EqualFunc(one, two, bytes.Equal) {
		t.Error("the bytes differ")
	}
}

// TestArticle: each figure embeds a module by the name that it has, with a picture that is
// there and a label of its own; what is left out is said, and nothing in it is a name.
func TestArticle(t *testing.T) {
	f := synthetic()
	f.Loss, f.Missing = nil, []reporting.Missing{{Figure: reporting.FigureLoss, Why: "there is no training log"}}
	made, m, err := files(f, "Größe 1/µm")
	check(t, err)
	article, targets := string(made["article.md"]), string(made["widgets.md"])
	figure := regexp.MustCompile(`(?m)^:::\{figure\} #(\S+)\n:label: (\S+)\n:placeholder: (\S+)\n:alt: .+\n\n.+\n:::$`)
	list := figure.FindAllStringSubmatch(article, -1)
	if len(list) != 3 || len(m.Figures) != 3 || strings.Count(article, ":::{") != 3 {
		t.Fatalf("%d figures in the article:\n%s", len(list), article)
	}
	labels := map[string]bool{}
	for i, at := range list {
		if target := fmt.Sprintf("\n(%s)=\n:::{anywidget} %s\n{}\n:::\n", at[1], m.Figures[i].Module); !strings.Contains(targets, target) {
			t.Errorf("no %q in\n%s", target, targets)
		}
		if made[at[3]] == nil || at[2] != m.Figures[i].Label || !regexp.MustCompile(`^fig-[a-z0-9-]+$`).MatchString(at[2]) {
			t.Errorf("the figure %v", at)
		}
		labels[at[1]], labels[at[2]] = true, true
	}
	if len(labels) != 6 {
		t.Errorf("labels that are not one of a kind: %v", slices.Sorted(maps.Keys(labels)))
	}
	if !strings.Contains(article, "\n% Left out: loss, since there is no training log.\n") || made["loss.mjs"] != nil || made["loss.png"] != nil {
		t.Errorf("what is left out is not said:\n%s", article)
	}
	for _, text := range []string{article, targets} {
		for i, r := range text {
			if r >= utf8.RuneSelf {
				t.Errorf("there is %q at %d", r, i)
				break
			}
		}
	}
}

// TestSlugs are labels of names of selections.
func TestSlugs(t *testing.T) {
	for name, want := range map[string]string{"nearest": "nearest", "Top 100!": "top-100", `a<b>"c"`: "a-b-c", "--x--": "x"} {
		if got := slug(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if a, b := slug("細胞"), slug("核"); len(a) != 8 || len(b) != 8 || a == b {
		t.Errorf("names without ASCII: %s and %s", a, b)
	}
}

// TestPictures: the picture of a figure has the pixels of what it shows, enlarged, in its
// rows and columns.
func TestPictures(t *testing.T) {
	f := synthetic()
	made, _, err := files(f, "selection")
	check(t, err)
	at := slices.Index(f.Reconstructions.Epochs, f.Reconstructions.Kept)
	samePixels(t, f, made["reconstructions.png"], [][]int{f.Reconstructions.Originals, f.Reconstructions.Noisy, f.Reconstructions.Decoded[at]})
	var rows [][]int
	for _, w := range f.Interpolations {
		rows = append(rows, w.Pictures)
	}
	samePixels(t, f, made["interpolation.png"], rows)
	for _, name := range []string{"loss.png", "gallery.png"} {
		if _, err := png.Decode(bytes.NewReader(made[name])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func samePixels(t *testing.T, f *reporting.Figures, data []byte, rows [][]int) {
	t.Helper()
	page, err := png.Decode(bytes.NewReader(data))
	check(t, err)
	const side, scale, gap = 24, 5, 6 // 24 pixels become 120
	if want := image.Pt(len(rows[0])*(side*scale+gap)+gap, len(rows)*(side*scale+gap)+gap); page.Bounds().Size() != want {
		t.Fatalf("%v, want %v", page.Bounds().Size(), want)
	}
	for r, row := range rows {
		for c, index := range row {
			im, err := decode(f.Pictures[index])
			check(t, err)
			for y := range side * scale {
				for x := range side * scale {
					got, _, _, _ := page.At(gap+c*(side*scale+gap)+x, gap+r*(side*scale+gap)+y).RGBA()
					if want, _, _, _ := im.At(x/scale, y/scale).RGBA(); got != want {
						t.Fatalf("row %d, column %d: %d at %d, %d, want %d", r, c, got, x, y, want)
					}
				}
			}
		}
	}
}

// TestPreview: the page holds the very text of each module, and its policy lets nothing in.
func TestPreview(t *testing.T) {
	made, m, err := files(synthetic(), "selection")
	check(t, err)
	page := string(made["preview.html"])
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="modules">`)
	text, _, _ := strings.Cut(rest, "</script>")
	var modules []struct{ Name, Text string }
	check(t, json.Unmarshal([]byte(text), &modules))
	for i, of := range m.Figures {
		if modules[i].Name != of.Name || modules[i].Text != string(made[of.Module]) {
			t.Errorf("the preview has another %s", of.Module)
		}
	}
	if strings.Count(page, "<script") != 2 || strings.Contains(page, "{{title") || strings.Contains(page, "<b>") || !strings.Contains(page, "default-src 'none'; img-src data:; ") {
		t.Error("the preview is open to what its names hold")
	}
}
