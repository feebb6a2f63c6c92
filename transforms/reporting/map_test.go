package reporting

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exemplar/schemas"
)

// An embedding shows no more points than it may, with all picks among them.
func TestShownPoints(t *testing.T) {
	must := map[int32]bool{0: true, 7: true, 9: true}
	if got := shownOf(10, 5, must); !slices.Equal(got, []int32{0, 1, 2, 7, 9}) {
		t.Error(got)
	}
	if got := shownOf(10, 2, must); !slices.Equal(got, []int32{0, 7, 9}) {
		t.Error(got)
	}
	if got := shownOf(3, 5, nil); !slices.Equal(got, []int32{0, 1, 2}) {
		t.Error(got)
	}
}

// A map of t-SNE shows all picks; where it could not, it is refused.
func TestPicksOfTSNE(t *testing.T) {
	in := &inputs{Config: Config{Embedding: EmbeddingTSNE}, selection: schemas.SelectionManifest{Picked: embeddedTSNE}}
	if err := in.fewEnough(); err != nil {
		t.Error(err)
	}
	in.selection.Picked++
	if err := in.fewEnough(); err == nil || !strings.Contains(err.Error(), "5,000 images at most, and 5,001 are picked; umap shows more") {
		t.Error(err)
	}
	in.Embedding = EmbeddingUMAP
	if err := in.fewEnough(); err != nil {
		t.Error(err)
	}
}

// Of more images than t-SNE takes, a sample is shown: all picks, and the first others.
func TestMapOfTSNE(t *testing.T) {
	const n, d = embeddedTSNE + 40, 2
	p := Projection{}
	p.embed(make([]float32, n*d), n, embeddedTSNE, map[int32]bool{n - 1: true}, func(rows []float32, of int) []float32 {
		if len(rows) != embeddedTSNE*d || of != d {
			t.Errorf("%d numbers, %d dimensions", len(rows), of)
		}
		return rows
	})
	if last := len(p.Shown) - 1; last != embeddedTSNE-1 || p.Shown[last] != n-1 || p.Shown[last-1] != embeddedTSNE-2 {
		t.Errorf("%d are shown", len(p.Shown))
	}
	q := tsne([]float32{0, 0, 0, 1, 1, 0, 1, 1, 2, 2}, 5, 1, nil)
	if q.Name != "t-SNE" || q.Shown != nil || q.Rows != 5 || !strings.Contains(q.Axes, "seed 1") {
		t.Errorf("%+v", q)
	}
}

// The colors of the map are enough for 20 clusters and differ from each other by
// more than one can overlook.
func TestColorsDiffer(t *testing.T) {
	script, err := os.ReadFile("page/script/points.js")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)const palette = \[(.*?)\];`).FindSubmatch(script)
	var colors [][3]float64
	for _, c := range regexp.MustCompile(`\[(\d+), (\d+), (\d+)\]`).FindAllSubmatch(list[1], -1) {
		var rgb [3]float64
		for i := range rgb {
			rgb[i], _ = strconv.ParseFloat(string(c[i+1]), 64)
		}
		colors = append(colors, rgb)
	}
	if len(colors) < 20 {
		t.Fatalf("%d colors", len(colors))
	}
	for i, a := range colors {
		for j, b := range colors[:i] {
			// The redmean approximation of how different two colors look; black and
			// white are 765 apart.
			red := (a[0] + b[0]) / 2
			d := [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]}
			if square := (2+red/256)*d[0]*d[0] + 4*d[1]*d[1] + (2+(255-red)/256)*d[2]*d[2]; square < 75*75 {
				t.Errorf("colors %d and %d look alike: %v and %v", j, i, b, a)
			}
		}
	}
}

// A sheet of all images is not called by the number of the picks.
func TestSheetTitle(t *testing.T) {
	g := &gatherer{inputs: &inputs{selection: schemas.SelectionManifest{Rows: 60_000, Picked: 100}}}
	if got := g.sheetTitle(SheetConfig{}, 60_000); got != "All 60,000 images" {
		t.Error(got)
	}
	if got := g.sheetTitle(SheetConfig{}, 5_000); got != "5,000 of 60,000 images" {
		t.Error(got)
	}
	g.Title = "Mine"
	if got := g.sheetTitle(SheetConfig{}, 1); got != "Mine" {
		t.Error(got)
	}
}

// In a map, the groups of a scope are of the images that may be picked; other columns
// are of all.
func TestMapLeavesOutGated(t *testing.T) {
	in := &inputs{selection: schemas.SelectionManifest{Parameters: schemas.SelectionParameters{Scopes: []string{schemas.ScopeLabel}}}}
	in.latents.Spec.Metadata = []string{"Metadata_run"}
	rows := []row{{label: "a", hasLabel: true, metadata: []string{"1"}}, {label: "b", hasLabel: true, metadata: []string{"2"}, excluded: true}}
	got := map[string]int{}
	for _, c := range columns(in, &grouping{}, rows) {
		got[c.Name] = len(c.Categories)
	}
	if got[schemas.ScopeLabel] != 1 || got["Metadata_run"] != 2 {
		t.Errorf("%v", got)
	}
}
