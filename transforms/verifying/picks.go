package verifying

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// readPicks reads selection.parquet. Its columns must be those of a selection,
// in their order.
func readPicks(data []byte, m *schemas.SelectionManifest) (picks []schemas.Pick, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("damaged Parquet: %v", r)
		}
	}()
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("damaged Parquet: %v", err)
	}
	if err := checkFooter(f, m); err != nil {
		return nil, err
	}
	var columns []string
	for _, path := range f.Schema().Columns() {
		columns = append(columns, strings.Join(path, "."))
	}
	if want := slices.Concat(schemas.PickColumns, m.Metadata); !slices.Equal(columns, want) {
		return nil, fmt.Errorf("its columns are %v, want %v", columns, want)
	}
	for _, group := range f.RowGroups() {
		if picks, err = appendPicks(picks, group.Rows()); err != nil {
			return nil, err
		}
	}
	return picks, nil
}

// checkFooter compares what a table says of itself with the manifest.
func checkFooter(f *parquet.File, m *schemas.SelectionManifest) error {
	for key, want := range map[string]string{schemas.FooterFormat: m.Format, schemas.FooterCodeVersion: m.CodeVersion} {
		if got, _ := f.Lookup(key); got != want {
			return fmt.Errorf("%s in its footer is %q, %s says %q", key, got, schemas.SelectionFile, want)
		}
	}
	return nil
}

func appendPicks(picks []schemas.Pick, rows parquet.Rows) ([]schemas.Pick, error) {
	defer rows.Close()
	buffer := make([]parquet.Row, 256)
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			picks = append(picks, pickOf(row))
		}
		if err == io.EOF {
			return picks, nil
		}
		if err != nil {
			return nil, fmt.Errorf("damaged Parquet: %v", err)
		}
	}
}

// pickOf takes the values of a row in the order of schemas.PickColumns.
func pickOf(row parquet.Row) schemas.Pick {
	p := schemas.Pick{
		Rank: row[0].Int32(), ImageID: row[1].String(), Scope: row[2].String(), GroupID: row[3].String(),
		GroupSize: row[4].Int64(), Center: row[5].String(), Metric: row[6].String(),
		Distance: row[7].Double(), Percentile: row[8].Double(), Margin: row[9].Double(), NextID: row[10].String(),
		Shard: row[13].Int32(), Record: row[14].Int64(), Offset: row[15].Int64(), SHA256: row[16].String(),
		HasLabel: !row[17].IsNull(),
	}
	if !row[11].IsNull() && !row[12].IsNull() {
		p.RankLow, p.RankHigh = row[11].Int64(), row[12].Int64()
	}
	if p.HasLabel {
		p.Label = row[17].String()
	}
	for _, v := range row[18:] {
		p.Metadata = append(p.Metadata, v.String())
	}
	return p
}

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

// readCenters reads centers.parquet and checks that every centre has d finite
// coordinates.
func readCenters(data []byte, m *schemas.SelectionManifest, d int) (centers []schemas.Center, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("damaged Parquet: %v", r)
		}
	}()
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("damaged Parquet: %v", err)
	}
	if err := checkFooter(f, m); err != nil {
		return nil, err
	}
	centers, err = parquet.Read[schemas.Center](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("damaged Parquet: %v", err)
	}
	for _, c := range centers {
		if len(c.Embedding) != d {
			return nil, fmt.Errorf("the centre of group %s has %d dimensions, the latents have %d", c.GroupID, len(c.Embedding), d)
		}
		for _, x := range c.Embedding {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("the centre of group %s holds %v", c.GroupID, x)
			}
		}
	}
	return centers, nil
}
