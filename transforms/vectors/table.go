package vectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/latents"
	"exemplar/transforms/pages"
	"exemplar/transforms/store"
)

// table is an open Parquet file of another program.
type table struct {
	name     string
	in       store.RandomReader
	file     *pages.File
	id       *leaf
	label    *leaf // nil without one
	vector   []*leaf
	metadata []*leaf // sorted by name
}

// leaf is the only leaf of a top-level column.
type leaf struct {
	parquet.LeafColumn
	name string // of the column
}

// openTable opens a Parquet file and finds the columns that c names. Its errors
// name the file.
func openTable(ctx context.Context, name string, c Config) (t *table, err error) {
	in, err := store.OpenAt(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			in.Close()
		}
	}()
	defer protect(name, &err)
	file, err := pages.Open(in, in.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: not a Parquet file, or damaged: %v", name, err)
	}
	t = &table{name: name, in: in, file: file}
	if err := t.find(c); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// protect turns a panic of the Parquet library over a damaged file into an error.
func protect(name string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: damaged: %v", name, p)
	}
}

// find fills in the columns.
func (t *table) find(c Config) (err error) {
	if t.id, err = t.plain("--id_column", c.IDColumn); err != nil {
		return err
	}
	if c.LabelColumn != "" {
		if t.label, err = t.plain("--label_column", c.LabelColumn); err != nil {
			return err
		}
	}
	if c.VectorColumns == "" {
		err = t.findList(c.VectorColumn)
	} else {
		err = t.findPlain(c)
	}
	if err != nil {
		return err
	}
	for _, field := range t.file.Schema().Fields() {
		name := field.Name()
		if !strings.HasPrefix(name, schemas.MetadataPrefix) || name == c.IDColumn || name == c.LabelColumn || !field.Leaf() {
			continue
		}
		if l, ok := t.file.Schema().Lookup(name); ok && l.MaxRepetitionLevel == 0 {
			t.metadata = append(t.metadata, &leaf{l, name})
		}
	}
	slices.SortFunc(t.metadata, func(a, b *leaf) int { return strings.Compare(a.name, b.name) })
	return nil
}

// plain finds a column of one value a row.
func (t *table) plain(flag, name string) (*leaf, error) {
	l, ok := t.file.Schema().Lookup(name)
	switch {
	case !ok:
		return nil, fmt.Errorf("no column %q: name one of %s with %s", name, t.columns(), flag)
	case l.MaxRepetitionLevel > 0:
		return nil, fmt.Errorf("column %q holds lists: %s needs one value a row", name, flag)
	}
	return &leaf{l, name}, nil
}

// findList finds the column of vectors: a list of numbers, however it is spelled.
func (t *table) findList(name string) error {
	for _, path := range t.file.Schema().Columns() {
		if path[0] != name {
			continue
		}
		l, _ := t.file.Schema().Lookup(path...)
		if l.MaxRepetitionLevel != 1 || !isNumber(l) || len(t.vector) > 0 {
			return fmt.Errorf("column %q is no list of numbers: name one of %s with --vector_column, or plain columns with --vector_columns", name, t.columns())
		}
		t.vector = append(t.vector, &leaf{l, name})
	}
	if len(t.vector) == 0 {
		return fmt.Errorf("no column %q: name one of %s with --vector_column, or plain columns with --vector_columns", name, t.columns())
	}
	return nil
}

// findPlain finds the plain columns of numbers whose names match, in the order of
// the file.
func (t *table) findPlain(c Config) error {
	re := regexp.MustCompile(c.VectorColumns)
	for _, field := range t.file.Schema().Fields() {
		name := field.Name()
		if !re.MatchString(name) || name == c.IDColumn || name == c.LabelColumn {
			continue
		}
		l, ok := t.file.Schema().Lookup(name)
		if !ok || l.MaxRepetitionLevel > 0 || !isNumber(l) {
			return fmt.Errorf("column %q matches --vector_columns=%s, but holds no plain numbers: make the expression narrower", name, c.VectorColumns)
		}
		t.vector = append(t.vector, &leaf{l, name})
	}
	if len(t.vector) == 0 {
		return fmt.Errorf("no column matches --vector_columns=%s; there are %s", c.VectorColumns, t.columns())
	}
	return nil
}

// columns lists the columns for a message.
func (t *table) columns() string {
	var names []string
	for _, field := range t.file.Schema().Fields() {
		names = append(names, field.Name())
	}
	return someNames(names)
}

// someNames lists the first names of columns, each as far as a line has room for it.
func someNames(names []string) string {
	const most, longest = 12, 80
	var some []string
	for _, name := range names[:min(len(names), most)] {
		if len(name) > longest {
			name = strings.ToValidUTF8(name[:longest], "") + "…"
		}
		some = append(some, name)
	}
	text := strings.Join(some, ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}

// vectorNames are the names of the columns that must agree between files.
func (t *table) vectorNames() (names []string) {
	for _, l := range t.vector {
		names = append(names, l.name)
	}
	return names
}

// metadataNames returns the names of the metadata columns, sorted.
func (t *table) metadataNames() (names []string) {
	for _, l := range t.metadata {
		names = append(names, l.name)
	}
	return names
}

// dimension returns the numbers of the first vector that is there; 0 without one.
func (t *table) dimension() (int, error) {
	if t.vector[0].MaxRepetitionLevel == 0 {
		return len(t.vector), nil
	}
	for r, err := range t.rows(0, t.file.NumRowGroups()) {
		if err != nil || r.bad == "" {
			return len(r.vector), err
		}
	}
	return 0, nil
}

// rows reads row groups from first on.
func (t *table) rows(first, groups int) rows {
	return func(yield func(*row, error) bool) {
		r := &row{metadata: make([]string, len(t.metadata))}
		stopped := false
		err := func() (err error) {
			defer protect(t.name, &err)
			for i := first; i < first+groups; i++ {
				if err = t.group(i, r, func() bool { stopped = !yield(r, nil); return !stopped }); err != nil || stopped {
					return err
				}
			}
			return nil
		}()
		if err != nil && !stopped {
			yield(r, fmt.Errorf("%s: %w", t.name, err))
		}
	}
}

// group reads one row group into r, row by row.
func (t *table) group(i int, r *row, yield func() bool) error {
	var all []*column
	open := func(l *leaf) *column {
		c := openColumn(l.name, t.file.Pages(i, l.ColumnIndex), l.MaxDefinitionLevel)
		all = append(all, c)
		return c
	}
	defer func() {
		for _, c := range all {
			c.close()
		}
	}()
	id := open(t.id)
	var label *column
	if t.label != nil {
		label = open(t.label)
	}
	var vector, metadata []*column
	for _, l := range t.vector {
		vector = append(vector, open(l))
	}
	for _, l := range t.metadata {
		metadata = append(metadata, open(l))
	}
	for range t.file.RowGroup(i).NumRows() {
		if err := r.read(id, label, vector, metadata); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("a column ends before its row group does: damaged")
			}
			return err
		}
		if !yield() {
			return nil
		}
	}
	return nil
}

// read fills in the next row.
func (r *row) read(id, label *column, vector, metadata []*column) (err error) {
	if r.id, _, err = id.text(); err != nil {
		return err
	}
	r.label, r.hasLabel = "", false
	if label != nil {
		if r.label, r.hasLabel, err = label.text(); err != nil {
			return err
		}
	}
	r.vector, r.bad = r.vector[:0], ""
	for _, c := range vector {
		err := c.row(func(v parquet.Value, there bool) {
			if !there {
				r.bad = fmt.Sprintf("column %s has a null", c.name)
				return
			}
			if len(r.vector) == latents.MaxDimension {
				r.bad = fmt.Sprintf("column %s has more than %d numbers", c.name, latents.MaxDimension)
				return
			}
			r.vector = append(r.vector, number(v))
		})
		if err != nil {
			return err
		}
	}
	for i, c := range metadata {
		if r.metadata[i], _, err = c.text(); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) close() { t.in.Close() }
