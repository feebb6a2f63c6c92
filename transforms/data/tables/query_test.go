package tables

import (
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestQuery: the rows of both tables come back as the lines of the CSV file, and of the other
// table there are none.
func TestQuery(t *testing.T) {
	m := &schemas.QueryManifest{Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion, Query: &schemas.QueryImage{}}
	near := []schemas.Neighbour{{Rank: 1, ImageID: "a,\"b\".tif", Distance: 0.1, Metric: "cosine"}, {Rank: 2, ImageID: "細胞", Distance: 1.0 / 3, Metric: "euclidean"}}
	tails := []schemas.Tail{{Rank: 1, ImageID: "a", MSE: 0.1, End: "best"}, {Rank: 1, ImageID: "b", MSE: 1.0 / 3, End: "worst"}}
	for _, c := range []struct {
		query  *schemas.QueryImage
		data   []byte
		want   [][]string
		others []byte
	}{
		{m.Query, table(t, near), NeighbourLines(m, near), table(t, tails)},
		{nil, table(t, tails), [][]string{{"rank", "image_id", "mse", "end"}, {"1", "a", "0.1", "best"}, {"1", "b", "0.33333334", "worst"}}, table(t, near)},
	} {
		m.Query = c.query
		got, err := Query(c.data, m)
		if err != nil || !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%q, %v, want %q", got, err, c.want)
		}
		if got, err := Query(c.others, m); err == nil {
			t.Errorf("of the other table: %q", got)
		}
	}
	m.CodeVersion = "other"
	if _, err := Query(table(t, tails), m); err == nil {
		t.Error("a table of another version is read")
	}
}
