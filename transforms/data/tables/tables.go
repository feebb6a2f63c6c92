// Package tables holds what the tables of a selection say.
//
// What lives here: selection.parquet, centers.parquet and the files of assignments as rows,
// checked against the manifest; the lines of the CSV files, and the arrays of the NumPy archive. What never
// enters: Beam, files, flags, printing; how they were made, and whether they are right.
package tables

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/data/parquetguard"
)

// Picks reads selection.parquet. Its columns must be those of a selection,
// in their order.
func Picks(data []byte, m *schemas.SelectionManifest) (picks []schemas.Pick, err error) {
	defer caught.Damaged(&err, damaged)
	f, err := open(data, m)
	if err != nil {
		return nil, err
	}
	var columns []string
	for _, path := range f.Schema().Columns() {
		columns = append(columns, strings.Join(path, "."))
	}
	earlier := slices.Concat(schemas.PickColumns, m.Metadata)
	want := slices.Concat(earlier, schemas.WeightColumns)
	if m.Parameters.Picking.Strategy == schemas.StrategyRange { // which is younger than weights
		want = append(want, schemas.ColPosition)
		earlier = want
	}
	if !slices.Equal(columns, want) && !slices.Equal(columns, earlier) {
		return nil, fmt.Errorf("its columns are %q, want %q", columns, want)
	}
	weighted := len(columns) == len(want)
	for i := range f.NumRowGroups() {
		if picks, err = appendPicks(picks, f.RowGroup(i).Rows(), weighted, m.Parameters.Picking.Strategy == schemas.StrategyRange); err != nil {
			return nil, err
		}
	}
	return picks, nil
}

// damaged puts what the Parquet library says on one line.
func damaged(text string) error {
	return fmt.Errorf("damaged Parquet: %s", strings.Join(strings.Fields(text), " "))
}

// open opens a table and compares what it says of itself with the manifest.
func open(data []byte, m *schemas.SelectionManifest) (*parquetguard.File, error) {
	f, err := parquetguard.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damaged(err.Error())
	}
	return f, checkFooter(f, m)
}

// checkFooter compares what a table says of itself with the manifest.
func checkFooter(f *parquetguard.File, m *schemas.SelectionManifest) error {
	return checkMade(f, m.Format, m.CodeVersion, schemas.SelectionFile)
}

// checkMade compares what a table says of itself with what a manifest says.
func checkMade(f *parquetguard.File, format, version, manifest string) error {
	for key, want := range map[string]string{schemas.FooterFormat: format, schemas.FooterCodeVersion: version} {
		if got, _ := f.Lookup(key); got != want {
			return fmt.Errorf("%s in its footer is %q, %s says %q", key, got, manifest, want)
		}
	}
	return nil
}

func appendPicks(picks []schemas.Pick, rows parquet.Rows, weighted, ranged bool) ([]schemas.Pick, error) {
	defer rows.Close()
	err := eachRow(rows.ReadRows, func(row parquet.Row) error {
		for _, v := range row {
			if v.Kind() == parquet.ByteArray && !utf8.Valid(v.ByteArray()) {
				return fmt.Errorf("row %d: %.40q is not UTF-8: other programs do not open the file; make it again from UTF-8", len(picks), v.ByteArray())
			}
		}
		position := ""
		if ranged {
			position, row = row[len(row)-1].String(), row[:len(row)-1]
			if !slices.Contains(schemas.Positions, position) {
				return fmt.Errorf("row %d: the position is %.40q, which is none of %q", len(picks), position, schemas.Positions)
			}
		}
		p := pickOf(row, weighted)
		p.Position = position
		if weighted && !(p.Weight >= 0 && p.Weight <= 1) {
			return fmt.Errorf("row %d: the weight of %.40q is %v, which is no share", len(picks), p.ImageID, p.Weight)
		}
		if want, got := schemas.GroupName(p.Scope, p.GroupID), row[len(row)-1].String(); weighted && got != want {
			return fmt.Errorf("row %d: group is %.40q, its scope and group_id give %.40q", len(picks), got, want)
		}
		picks = append(picks, p)
		return nil
	})
	return picks, err
}

// eachRow calls visit with every row that read returns, some at a time. What a row
// points to is overwritten by later ones.
func eachRow[T any](read func([]T) (int, error), visit func(T) error) error {
	some := make([]T, 64)
	for {
		n, err := read(some)
		if n == 0 && err == nil {
			err = io.ErrNoProgress // a column ends before the others
		}
		for _, row := range some[:n] {
			if err := visit(row); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return damaged(err.Error())
		}
	}
}

// pickOf takes the values of a row in the order of Values.
func pickOf(row parquet.Row, weighted bool) schemas.Pick {
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
	p.Weight = math.NaN()
	if end := len(row) - len(schemas.WeightColumns); weighted {
		p.Weight, row = row[end].Double(), row[:end]
	}
	for _, v := range row[18:] {
		p.Metadata = append(p.Metadata, v.String())
	}
	return p
}

// Centers reads centers.parquet and checks that every center has d finite
// coordinates.
func Centers(data []byte, m *schemas.SelectionManifest, d int) (centers []schemas.Center, err error) {
	defer caught.Damaged(&err, damaged)
	f, err := open(data, m)
	if err != nil {
		return nil, err
	}
	for i := range f.NumRowGroups() {
		if centers, err = appendCenters(centers, parquet.NewGenericRowGroupReader[schemas.Center](f.RowGroup(i))); err != nil {
			return nil, err
		}
	}
	for _, c := range centers {
		if len(c.Embedding) != d {
			return nil, fmt.Errorf("the center of group %q has %d dimensions, the latents have %d", c.GroupID, len(c.Embedding), d)
		}
		for _, x := range c.Embedding {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("the center of group %q holds %v", c.GroupID, x)
			}
		}
	}
	return centers, nil
}

func appendCenters(centers []schemas.Center, rows *parquet.GenericReader[schemas.Center]) ([]schemas.Center, error) {
	defer rows.Close()
	err := eachRow(rows.Read, func(c schemas.Center) error {
		c.Embedding = slices.Clone(c.Embedding) // the library does not say whose it is
		centers = append(centers, c)
		return nil
	})
	return centers, err
}
