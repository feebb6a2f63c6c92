package tables

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// pick is a row of selection.parquet with one metadata column.
type pick struct {
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
	Run        string  `parquet:"Metadata_run"`
}

// weighted is a row of a table with the weights of picks.
type weighted struct {
	pick
	Weight float64 `parquet:"weight"`
	Group  string  `parquet:"group"`
}

// FuzzTables: any bytes in the place of the tables of a selection give rows or an
// error of one line, with bounded memory.
func FuzzTables(f *testing.F) {
	m := &schemas.SelectionManifest{Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion, Metadata: []string{"Metadata_run"}}
	rank, label := int64(3), "early"
	picks := []pick{{Rank: 1, ImageID: "a.tif", Distance: .5, SHA256: strings.Repeat("ab", 32), Run: "run1"},
		{Rank: 2, ImageID: "b.tif", RankLow: &rank, RankHigh: &rank, Label: &label}}
	f.Add(table(f, picks))
	f.Add(table(f, []weighted{{picks[0], 0.25, "global="}, {picks[1], 0.75, "="}}))
	f.Add(table(f, []schemas.Center{{Scope: "global", GroupID: "all", Center: "mean", Embedding: []float64{1, 2, 3}}}))
	f.Add(table(f, []schemas.Assignment{{ImageID: "a.tif", Scope: "global", GroupID: "all", Center: "mean", Metric: "cosine", Percentile: 100, NearestPick: "b.tif"}}))
	f.Add(table(f, []schemas.Neighbour{{Rank: 1, ImageID: "a.tif", Distance: 0.5, Metric: "cosine"}}))
	f.Add(table(f, []schemas.Tail{{Rank: 1, ImageID: "a.tif", MSE: 0.25, End: "best"}}))
	asked := func(q *schemas.QueryImage) *schemas.QueryManifest {
		return &schemas.QueryManifest{Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion, Query: q}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func() error{
			func() error { _, err := Picks(data, m); return err },
			func() error { _, err := Centers(data, m, 3); return err },
			func() error { _, err := Query(data, asked(&schemas.QueryImage{})); return err },
			func() error { _, err := Query(data, asked(nil)); return err },
			func() error {
				a, err := OpenAssignments(bytes.NewReader(data), int64(len(data)), m)
				for err == nil {
					_, err = a.Next()
				}
				return err
			},
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := read()
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 512<<20 {
				t.Errorf("%d bytes allocated for %d bytes of data", got, len(data))
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is not one line: %q", err)
			}
		}
	})
}

// table returns rows as Parquet with the footer of a selection.
func table[T any](f testing.TB, rows []T) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata(schemas.FooterFormat, schemas.SelectionFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	if _, err := w.Write(rows); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}
