package verifying

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas"
)

// compareCSV checks that a table says the same as selection.parquet. files are
// the values of a column file_name in front, nil where there is none.
func compareCSV(file string, data []byte, picks []schemas.Pick, metadata, files []string, r *Report) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		r.problemf(file, "%v", err)
		return
	}
	head := slices.Concat(schemas.PickColumns, metadata)
	if files != nil {
		head = slices.Insert(head, 0, "file_name")
	}
	if len(rows) == 0 || !slices.Equal(rows[0], head) {
		r.problemf(file, "its first line is not %s", strings.Join(head, ","))
		return
	}
	if len(rows)-1 != len(picks) {
		r.problemf(file, "%d picks, %s has %d", len(rows)-1, schemas.SelectionParquet, len(picks))
		return
	}
	for i, p := range picks {
		want := fields(p)
		if files != nil {
			want = slices.Insert(want, 0, files[i])
		}
		for j, value := range want {
			if got := rows[i+1][j]; got != value {
				r.problemf(file, "line %d, column %s is %q, %s says %q", i+2, head[j], got, schemas.SelectionParquet, value)
				break
			}
		}
	}
}

// fields returns a pick as the fields of its CSV line.
func fields(p schemas.Pick) []string {
	decimal := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	rank := func(n int64) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	}
	return append([]string{
		fmt.Sprint(p.Rank), p.ImageID, p.Scope, p.GroupID, fmt.Sprint(p.GroupSize), p.Center, p.Metric,
		decimal(p.Distance), decimal(p.Percentile), decimal(p.Margin), p.NextID,
		rank(p.RankLow), rank(p.RankHigh),
		fmt.Sprint(p.Shard), fmt.Sprint(p.Record), fmt.Sprint(p.Offset), p.SHA256, p.Label,
	}, p.Metadata...)
}
