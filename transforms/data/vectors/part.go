package vectors

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// Part is some consecutive rows of a source.
type Part struct {
	Number      int    // from 0
	Path        string // as package store opens it
	File        string // its name without the folder
	Source      int    // number of the file in the source
	First, Rows int64  // rows of the file
	Group       int    // first row group; Parquet only
	Groups      int    // row groups; Parquet only
	From, To    int64  // offsets of the part in the file; CSV only
	Line        int64  // in which it begins; CSV only
	Bytes       int64  // of the source
	Fingerprint string // of whoever works on it
}

// Read reads the rows of the part.
func (p Part) Read(ctx context.Context, c Config) Rows {
	if c.Matrix() {
		return matrixRows(ctx, c, p.First, p.Rows)
	}
	if IsCSV(p.Path) {
		return featureRows(ctx, c, p)
	}
	return func(yield func(*Row, error) bool) {
		t, err := openTable(ctx, p.Path, c)
		if err != nil {
			yield(nil, err)
			return
		}
		defer t.close()
		t.rows(p.Group, p.Groups)(yield)
	}
}

// NameOr returns the row's id, or its place where it has none that can be written.
func (r *Row) NameOr(p Part, record int64) string {
	if r.ID != "" && schemas.IDFault(r.ID) == "" {
		return r.ID
	}
	return fmt.Sprintf("%s#%d", p.File, record)
}

// TooMany is the error of a source of which more rows are no vectors than its size
// lets expect: each takes memory, and a file of a few kilobytes can hold millions.
func TooMany(name string, first schemas.ErrorRow, bytes int64) error {
	return fmt.Errorf("%s: more than %d rows are no vectors, the most that are listed for its %d bytes; the first: %s: name other columns, or leave these rows out",
		name, outdir.MostErrors(bytes), bytes, first.Detail)
}
