package verifying

import (
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// earlierRow is a row of selection.parquet as earlier versions wrote it, without weights.
type earlierRow struct {
	Rank       int32   `parquet:"rank"`
	ImageID    string  `parquet:"image_id"`
	Scope      string  `parquet:"scope"`
	GroupID    string  `parquet:"group_id"`
	GroupSize  int64   `parquet:"group_size"`
	Center     string  `parquet:"center"`
	Metric     string  `parquet:"metric"`
	Distance   float64 `parquet:"distance"`
	Percentile float64 `parquet:"percentile"`
	Margin     float64 `parquet:"margin"`
	Next       string  `parquet:"next_image_id"`
	RankLow    *int64  `parquet:"rank_low,optional"`
	RankHigh   *int64  `parquet:"rank_high,optional"`
	Shard      int32   `parquet:"shard"`
	Record     int64   `parquet:"record"`
	Offset     int64   `parquet:"offset"`
	SHA256     string  `parquet:"sha256"`
	Label      *string `parquet:"label,optional"`
	Cell       string  `parquet:"Metadata_cell"`
	Run        string  `parquet:"Metadata_run"`
}

// TestWithoutWeights: tables of earlier versions, without weights, hold, and so does a grade
// without weighted figures; with one that has them they do not.
func TestWithoutWeights(t *testing.T) {
	f := forger{t, workflow(t)}
	rewrite(f, schemas.SelectionParquet, func(rows []earlierRow) []earlierRow { return rows })
	f.lists()
	if problems := verify(t, f.dir, "selection"); len(problems) != 1 || !strings.Contains(problems[0], "weighted") {
		t.Errorf("a grade with weights of a table without: %s", strings.Join(problems, "\n"))
	}
	f.selection(func(m *schemas.SelectionManifest) {
		for i := range m.Grade.Sets {
			set := &m.Grade.Sets[i]
			for j := range set.Spaces {
				set.Spaces[j].WeightedMMD2 = nil
			}
			for j := range set.Balance {
				set.Balance[j].Weighted = nil
			}
		}
	})
	r, err := Run(t.Context(), Config{Input: f.path("selection")})
	check(t, err)
	if len(r.Problems) > 0 || !slices.ContainsFunc(r.Unchecked, func(s string) bool { return strings.Contains(s, "without weights") }) {
		t.Errorf("problems %q, not checked %q", r.Problems, r.Unchecked)
	}
	rows, err := parquet.ReadFile[pickRow](f.path("selection", schemas.SelectionParquet))
	if check(t, err); rows[0].Group != "" || strings.Contains(string(f.read("selection", schemas.SelectionCSV)), "weight") {
		t.Error("the tables have weights")
	}
}
