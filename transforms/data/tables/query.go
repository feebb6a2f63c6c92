package tables

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/data/parquetguard"
)

// QueryColumns are those of the table of a query, in order.
func QueryColumns(m *schemas.QueryManifest) []string {
	if m.Query == nil {
		return []string{"rank", schemas.ColImageID, schemas.ColMSE, "end"}
	}
	return []string{"rank", schemas.ColImageID, "distance", "metric"}
}

// NeighbourLines and TailLines return the rows of a query as the lines of its CSV file,
// names of columns first. Floats are the shortest decimals that read back as the same
// number.
func NeighbourLines(m *schemas.QueryManifest, rows []schemas.Neighbour) [][]string {
	lines := [][]string{QueryColumns(m)}
	for _, r := range rows {
		lines = append(lines, []string{fmt.Sprint(r.Rank), r.ImageID, strconv.FormatFloat(r.Distance, 'g', -1, 64), r.Metric})
	}
	return lines
}

// TailLines is NeighbourLines of both ends of the errors.
func TailLines(m *schemas.QueryManifest, rows []schemas.Tail) [][]string {
	lines := [][]string{QueryColumns(m)}
	for _, r := range rows {
		lines = append(lines, []string{fmt.Sprint(r.Rank), r.ImageID, strconv.FormatFloat(float64(r.MSE), 'g', -1, 32), r.End})
	}
	return lines
}

// Query reads neighbours.parquet or tails.parquet, as the lines of the CSV file.
func Query(data []byte, m *schemas.QueryManifest) (lines [][]string, err error) {
	defer caught.Damaged(&err, damaged)
	f, err := parquetguard.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged(err.Error())
	}
	if err := checkMade(f, m.Format, m.CodeVersion, schemas.QueryFile); err != nil {
		return nil, err
	}
	var columns []string
	for _, path := range f.Schema().Columns() {
		columns = append(columns, strings.Join(path, "."))
	}
	if want := QueryColumns(m); !slices.Equal(columns, want) {
		return nil, fmt.Errorf("its columns are %q, want %q", columns, want)
	}
	lines = [][]string{columns}
	for i := range f.NumRowGroups() {
		rows := f.RowGroup(i).Rows()
		err := eachRow(rows.ReadRows, func(row parquet.Row) error {
			line, err := queryLine(row)
			lines = append(lines, line)
			return err
		})
		rows.Close() // only read
		if err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// queryLine is a row as a line.
func queryLine(row parquet.Row) (line []string, err error) {
	for _, v := range row {
		switch v.Kind() {
		case parquet.Int64:
			line = append(line, fmt.Sprint(v.Int64()))
		case parquet.Double:
			line = append(line, strconv.FormatFloat(v.Double(), 'g', -1, 64))
		case parquet.Float:
			line = append(line, strconv.FormatFloat(float64(v.Float()), 'g', -1, 32))
		case parquet.ByteArray:
			if !utf8.Valid(v.ByteArray()) {
				return nil, fmt.Errorf("%.40q is not UTF-8", v.ByteArray())
			}
			line = append(line, v.String())
		default:
			return nil, fmt.Errorf("a column holds %v", v.Kind())
		}
	}
	if len(line) != 4 {
		return nil, fmt.Errorf("a row has %d values, want 4", len(line))
	}
	return line, nil
}
