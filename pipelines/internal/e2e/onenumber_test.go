package e2e

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"exemplar/transforms/reporting"
)

var brightness = regexp.MustCompile(`linear from ([\d.,]+) \(black\) to ([\d.,]+) \(white\)`)

// TestOneNumber reads what a page and the figure beside it say of the same things: the
// range of brightness, and the images of each group in gallery and map, where the
// quality gate left some out.
func TestOneNumber(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	selection, file := filepath.Join(dir, "selection"), filepath.Join(dir, "page", "report.html")
	must(t, nil, "select", append(r.step("select", selection), "--min_foreground=0.25")...)
	must(t, nil, "report", "--selection="+selection, "--latents="+r.latents, "--shards="+r.shards, "--model="+r.model, "--output="+file)
	page := pageOf(t, file)
	if page.Eligible == page.Map.Of {
		t.Error("the quality gate leaves nothing out: the numbers could not differ")
	}
	legend, err := os.ReadFile(filepath.Join(filepath.Dir(file), "figure.txt"))
	if err != nil {
		t.Fatal(err)
	}
	found := brightness.FindStringSubmatch(string(legend))
	if found == nil {
		t.Fatalf("no range of brightness in %q", legend)
	}
	for i, want := range []float64{page.DisplayLow, page.DisplayHigh} {
		if got, err := strconv.ParseFloat(strings.ReplaceAll(found[i+1], ",", ""), 64); err != nil || got != want {
			t.Errorf("the figure shows from %s to %s, the page from %g to %g", found[1], found[2], page.DisplayLow, page.DisplayHigh)
		}
	}
	if int64(page.Map.Points) != page.Map.Of {
		t.Fatalf("a map of %d of %d images", page.Map.Points, page.Map.Of)
	}
	compared := 0
	for _, g := range page.Groups {
		if n, ok := pointsOf(t, page.Map, g.Scope, g.ID); ok {
			compared++
			if n != g.Size {
				t.Errorf("%s %s: %d images in the gallery, %d in the map", g.Scope, g.ID, g.Size, n)
			}
		}
	}
	if compared == 0 {
		t.Error("the map has no group of the gallery")
	}
}

// pointsOf counts the points of a map that are in a group of a scope.
func pointsOf(t *testing.T, m *reporting.Map, scope, id string) (n int64, ok bool) {
	t.Helper()
	for _, c := range m.Columns {
		if c.Name != scope {
			continue
		}
		values := unpacked(t, c.Values)
		if len(values) != 2*m.Points {
			t.Fatalf("%s: %d bytes of %d points", scope, len(values), m.Points)
		}
		for ; len(values) > 0; values = values[2:] {
			if at := int(binary.LittleEndian.Uint16(values)); at < len(c.Categories) && c.Categories[at] == id {
				n++
			}
		}
		return n, true
	}
	return 0, false
}

// unpacked returns what a map packed.
func unpacked(t *testing.T, text string) []byte {
	t.Helper()
	r, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
