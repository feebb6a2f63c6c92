package vectors

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

// idTable is an open CSV table of which a column has ids.
type idTable struct {
	name     string
	in       io.ReadCloser
	rows     *lines.CSV
	header   []string
	id       int
	label    int // -1 without one
	metadata []int
	names    []string // of metadata, sorted
}

// openIDs opens a table and finds its columns.
func openIDs(ctx context.Context, c Config) (*idTable, error) {
	in, err := store.Open(ctx, c.IDs)
	if err != nil {
		return nil, err
	}
	t := &idTable{name: c.IDs, in: in, rows: lines.NewCSV(in), label: -1}
	if err := t.find(c); err != nil {
		in.Close()
		return nil, fmt.Errorf("%s: %w", c.IDs, err)
	}
	return t, nil
}

// find reads the header and finds the columns in it.
func (t *idTable) find(c Config) error {
	header, err := t.rows.Read()
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("no CSV table: it is empty")
	case err != nil:
		return fmt.Errorf("no CSV table: %w", err)
	}
	t.header, t.rows.ReuseRecord = header, true // from here on
	t.id = slices.Index(header, c.IDColumn)
	if c.LabelColumn != "" {
		t.label = slices.Index(header, c.LabelColumn)
	}
	for _, want := range []struct {
		field, name string
		at          int
	}{{"Config.IDColumn", c.IDColumn, t.id}, {"Config.LabelColumn", c.LabelColumn, t.label}} {
		if want.field == "Config.LabelColumn" && c.Elsewhere {
			continue
		}
		if want.name != "" && want.at < 0 {
			return fmt.Errorf("no column %q: name one of %s with %s%s", want.name, someNames(header), want.field, oddHeader(header))
		}
	}
	for i, name := range header {
		if used := i == t.id || i == t.label || strings.HasPrefix(name, schemas.MetadataPrefix); used && slices.Contains(header[i+1:], name) {
			return fmt.Errorf("more than one column is named %q: nothing says which of them is meant; rename all but one", name)
		}
		if strings.HasPrefix(name, schemas.MetadataPrefix) && i != t.id && i != t.label {
			t.metadata = append(t.metadata, i)
		}
	}
	slices.SortFunc(t.metadata, func(a, b int) int { return strings.Compare(header[a], header[b]) })
	for _, i := range t.metadata {
		t.names = append(t.names, header[i])
	}
	return nil
}

// oddHeader says, as the end of a message, what a header that lacks a column looks like.
func oddHeader(header []string) string {
	if other := lines.OtherSeparator(header); other != "" {
		return other
	}
	for _, name := range header {
		if _, kind := parseCell(name); kind == cellNumber {
			return fmt.Sprintf(" (%s is a number: is the line with the names missing?)", name)
		}
	}
	return ""
}

// skip passes over n lines.
func (t *idTable) skip(n int64) error {
	for range n {
		if err := t.next(nil); err != nil {
			return err
		}
	}
	return nil
}

// next reads the next line into r.
func (t *idTable) next(r *Row) error {
	line, err := t.rows.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: has fewer lines than the matrix has rows", t.name)
	}
	if err != nil {
		return fmt.Errorf("%s: %v", t.name, err)
	}
	if r == nil {
		return nil
	}
	return t.fill(line, r)
}

// fill takes the texts of a line into r.
func (t *idTable) fill(line []string, r *Row) error {
	for i, text := range line {
		if fault := schemas.TextFault(text); fault != "" && (i == t.label || slices.Contains(t.metadata, i)) {
			return fmt.Errorf("%s: line %d, column %d %s", t.name, t.rows.Line(i), i+1, fault)
		}
	}
	r.ID = strings.Clone(line[t.id])
	r.Label, r.HasLabel = "", false
	if t.label >= 0 {
		r.Label, r.HasLabel = strings.Clone(line[t.label]), line[t.label] != ""
	}
	for i, column := range t.metadata {
		r.Metadata[i] = strings.Clone(line[column])
	}
	return nil
}

// end checks that there is no further line.
func (t *idTable) end() error {
	if _, err := t.rows.Read(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: has more lines than the matrix has rows", t.name)
	}
	return nil
}

func (t *idTable) close() { t.in.Close() }
