// Package keyed reads CSV tables whose rows are each of one image, which a column of
// image ids names.
//
// What lives here: the table as it is written, with what is wrong with it in one line that
// names the file. What never enters: Beam; what its other columns mean, and which images
// there are.
package keyed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/store"
)

// Columns are the names that the column of the image ids may have, in the order in which
// they are looked for.
var Columns = []string{schemas.ColImageID, "file_name", "filename"}

// maxBytes bounds the size of a table, whose rows are held in memory.
const maxBytes = 1 << 30

// Table is a table that was read to its end.
type Table struct {
	Header []string
	At     int                 // column of the image ids
	Rows   map[string][]string // by image id
	First  string              // image id of the first row
	SHA256 string              // of the file
}

// Key returns the name of the column of the image ids.
func (t *Table) Key() string { return t.Header[t.At] }

// Read reads a table. No image is named twice.
func Read(ctx context.Context, name string) (*Table, error) {
	in, err := store.OpenSummed(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.Close() // only read
	t := &Table{Rows: map[string][]string{}}
	if err := t.read(name, in); err != nil {
		return nil, err
	}
	t.SHA256, err = in.Sum()
	return t, err
}

func (t *Table) read(name string, in io.Reader) (err error) {
	r := lines.NewCSV(in)
	if t.Header, err = r.Read(); err != nil {
		return fmt.Errorf("%s: no header line: %w", name, err)
	}
	t.At = -1
	for _, want := range Columns {
		if t.At = slices.Index(t.Header, want); t.At >= 0 {
			break
		}
	}
	if t.At < 0 {
		return fmt.Errorf("%s: none of its columns is named %s, which tell the image of a row%s", name, strings.Join(Columns, " or "), lines.OtherSeparator(t.Header))
	}
	if slices.Contains(t.Header[t.At+1:], t.Key()) {
		return fmt.Errorf("%s: more than one column is named %s: nothing says which of them is meant; rename all but one", name, t.Key())
	}
	return t.readRows(name, r)
}

// readRows reads the lines below the header.
func (t *Table) readRows(name string, r *lines.CSV) error {
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if r.InputOffset() > maxBytes {
			return fmt.Errorf("%s: has more than %d bytes, the most that are read: leave out columns and rows that are not needed", name, maxBytes)
		}
		id := row[t.At]
		if _, twice := t.Rows[id]; twice {
			line, _ := r.FieldPos(t.At)
			return fmt.Errorf("%s: line %d names image %q a second time", name, line, id)
		}
		for i, text := range row {
			if fault := schemas.TextFault(text); fault != "" {
				line, _ := r.FieldPos(i)
				return fmt.Errorf("%s: line %d, column %d %s", name, line, i+1, fault)
			}
		}
		if len(t.Rows) == 0 {
			t.First = id
		}
		t.Rows[id] = row
	}
}
