package query

import (
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/querying"
)

// TestSummary: what is printed says what is in the table, that there were no more images, and
// what spreadsheet programs make of their ids.
func TestSummary(t *testing.T) {
	c := querying.DefaultConfig()
	c.Output, c.Top = "out", 3
	m := &schemas.QueryManifest{Rows: 3, Dimension: 4, Found: 2, Query: &schemas.QueryImage{ImageID: "a\x1b"}, Sheet: &schemas.QuerySheet{Images: 2},
		Parameters: schemas.QueryParameters{Image: "a\x1b", Top: 3, Metrics: []string{"euclidean"}}}
	r := &querying.Result{Manifest: m, Made: true, Zero: 12, Neighbours: []schemas.Neighbour{
		{Rank: 1, ImageID: "=b", Distance: 0, Metric: "euclidean"}, {Rank: 2, ImageID: "c", Distance: 0.123456789, Metric: "euclidean"}}}
	var out strings.Builder
	summarize(&out, c, r)
	want := `a\x1b, compared with 3 images of 4 dimensions
  euclidean    1  0             =b
  euclidean    2  0.123457      c
1 image is at distance 0 (euclidean)
note: 12 latent vectors are zero and have no direction: at the cosine distance 1 from every image
there are no more: 2 rows of --top=3
warning: 1 image id begins with "=", "+", "-", "@" or a control character, the first "=b": spreadsheet programs may take them for formulas; import neighbours.csv as text
2 rows in neighbours.csv, 2 images on contact_sheet.png, in out
`
	if out.String() != want {
		t.Errorf("printed:\n%s\nwant:\n%s", out.String(), want)
	}
	out.Reset()
	m.Query, m.Sheet, m.Found, m.Parameters = nil, nil, 6, schemas.QueryParameters{Tails: "mse", Top: 3}
	summarize(&out, c, &querying.Result{Manifest: m})
	if want := "Nothing to do: out already holds this query.\nreconstruction errors of 3 images\n6 rows in tails.csv, in out\n"; out.String() != want {
		t.Errorf("printed:\n%s\nwant:\n%s", out.String(), want)
	}
}
