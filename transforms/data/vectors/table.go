package vectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/parquetguard"
	"exemplar/transforms/store"
)

// table is an open Parquet file of another program.
type table struct {
	name     string
	in       store.RandomReader
	file     *parquetguard.File
	id       *leaf
	label    *leaf // nil without one
	vector   []*leaf
	metadata []*leaf // sorted by name
}

// leaf is the only leaf of a top-level column.
type leaf struct {
	parquet.LeafColumn
	name   string                     // of the column
	text   func(parquet.Value) string // of an id, a label, metadata
	number func(parquet.Value) number // of a vector
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
	file, err := parquetguard.Open(in, in.Size())
	if err != nil {
		if what := otherFile(in); what != "" {
			return nil, fmt.Errorf("%s: %s", name, what)
		}
		return nil, fmt.Errorf("%s: not a Parquet file, or damaged: %v", name, err)
	}
	t = &table{name: name, in: in, file: file}
	if err := t.find(c); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// otherFile says what a file is that is no Parquet file, and what to do with it; ""
// where that is not known.
func otherFile(in io.ReaderAt) string {
	var head [8]byte
	n, _ := in.ReadAt(head[:], 0) // a short file is none of these
	start := string(head[:n])
	switch {
	case n == 0:
		return "is empty: fetch it again"
	case strings.HasPrefix(start, "ARROW1"), strings.HasPrefix(start, "FEA1"):
		return "is an Arrow (Feather) file: vectors are read from Parquet files; it becomes one with pandas.read_feather(name).to_parquet(...)"
	case start == "\x89HDF\r\n\x1a\n":
		return "is an HDF5 file (.h5, .h5ad), which is not read as vectors: save its matrix as .npy and its names as a CSV for Config.IDs"
	case strings.HasPrefix(start, "\x93NUMPY"):
		return "is a NumPy array: let its name end in .npy, and name its ids with Config.IDs"
	case strings.HasPrefix(start, "\x1f\x8b"):
		return "is a gzip file: vectors are read from Parquet files, CSV tables and .npy matrices; unpack it, and let the name of a CSV table end in .csv"
	case strings.HasPrefix(start, "PK\x03\x04"):
		return "is a ZIP archive (.npz, .xlsx, .pt): save one matrix as .npy, or a table as Parquet"
	case n > 0 && !strings.HasPrefix(start, "PAR1") && strings.IndexFunc(start, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == utf8.RuneError }) < 0:
		return "not a Parquet file, but text: let the name of a table of features end in .csv, and separate it with commas"
	}
	return ""
}

// protect turns a panic of the Parquet library over a damaged file into an error.
func protect(name string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: damaged: %s", name, caught.Damage(p))
	}
}

// find fills in the columns.
func (t *table) find(c Config) (err error) {
	if t.id, err = t.plain("Config.IDColumn", c.IDColumn); err != nil {
		return err
	}
	if _, there := t.file.Schema().Lookup(c.LabelColumn); c.LabelColumn != "" && (there || !c.Elsewhere) {
		if t.label, err = t.plain("Config.LabelColumn", c.LabelColumn); err != nil {
			return err
		}
	}
	if !c.plain() {
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
			if !utf8.ValidString(name) {
				return fmt.Errorf("the name of column %q is not UTF-8: rename it", name)
			}
			write := t.textOf(l)
			if write == nil {
				return fmt.Errorf("column %q holds %s, which are not read as metadata: write them as text, or rename the column", name, t.holds(l))
			}
			t.metadata = append(t.metadata, &leaf{LeafColumn: l, name: name, text: write})
		}
	}
	if err := t.once(); err != nil {
		return err
	}
	slices.SortFunc(t.metadata, func(a, b *leaf) int { return strings.Compare(a.name, b.name) })
	return nil
}

// once makes sure that each column that is read is the only one of its name.
func (t *table) once() error {
	times := map[string]int{}
	for _, field := range t.file.Schema().Fields() {
		times[field.Name()]++
	}
	for _, l := range slices.Concat([]*leaf{t.id, t.label}, t.vector, t.metadata) {
		if l != nil && times[l.name] > 1 {
			return fmt.Errorf("%d columns are named %q: nothing says which of them is meant; rename all but one", times[l.name], l.name)
		}
	}
	return nil
}

// plain finds a column of one value per row.
func (t *table) plain(field, name string) (*leaf, error) {
	l, ok := t.file.Schema().Lookup(name)
	switch {
	case !ok:
		return nil, t.noColumn(field, name)
	case l.MaxRepetitionLevel > 0:
		return nil, fmt.Errorf("column %q holds lists: %s needs one value per row", name, field)
	}
	write := t.textOf(l)
	if write == nil {
		return nil, fmt.Errorf("column %q holds %s: %s needs text or whole numbers", name, t.holds(l), field)
	}
	return &leaf{LeafColumn: l, name: name, text: write}, nil
}

// noColumn is the error of a column that is not there.
func (t *table) noColumn(field, name string) error {
	return fmt.Errorf("no column %q: name one of %s with %s", name, t.columns(), field)
}

// findList finds the column of vectors: a list of numbers, however it is spelled.
func (t *table) findList(name string) error {
	for _, path := range t.file.Schema().Columns() {
		if path[0] != name {
			continue
		}
		l, _ := t.file.Schema().Lookup(path...)
		number := numberOf(l.Node.Type())
		switch {
		case len(t.vector) > 0 || l.MaxRepetitionLevel > 1:
			return fmt.Errorf("column %q holds more than a list of numbers per row: write such a list, or plain columns and Config.VectorColumns", name)
		case number == nil && l.MaxRepetitionLevel == 1:
			return fmt.Errorf("column %q holds lists of %s", name, t.holds(l))
		case l.MaxRepetitionLevel == 0:
			return fmt.Errorf("column %q holds one value per row, no list of numbers: its columns are %s; name a list with Config.VectorColumn, or plain columns with Config.VectorColumns", name, t.columns())
		}
		t.vector = append(t.vector, &leaf{LeafColumn: l, name: name, number: number})
	}
	if len(t.vector) == 0 {
		return t.noColumn("Config.VectorColumn, or plain columns with Config.VectorColumns", name)
	}
	return nil
}

// findPlain finds the plain columns of numbers whose names match, in the order of
// the file.
func (t *table) findPlain(c Config) error {
	matches := c.matcher()
	for _, field := range t.file.Schema().Fields() {
		name := field.Name()
		if !matches(name) || name == c.IDColumn || name == c.LabelColumn {
			continue
		}
		l, ok := t.file.Schema().Lookup(name)
		if !ok || l.MaxRepetitionLevel > 0 {
			return fmt.Errorf("column %q matches Config.VectorColumns=%s, but holds no plain numbers: make the expression narrower", name, c.VectorColumns)
		}
		number := numberOf(l.Node.Type())
		if number == nil {
			return fmt.Errorf("column %q matches Config.VectorColumns=%s, but holds no plain numbers: make the expression narrower (it holds %s)", name, c.VectorColumns, t.holds(l))
		}
		t.vector = append(t.vector, &leaf{LeafColumn: l, name: name, number: number})
	}
	if len(t.vector) == 0 {
		return c.noColumns(t.columns())
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

// namesOf returns the names of columns.
func namesOf(leaves []*leaf) (names []string) {
	for _, l := range leaves {
		names = append(names, l.name)
	}
	return names
}

// dimension returns the length that most of the first vectors have; 0 without one.
// A single odd row must not decide which of the others are vectors.
func (t *table) dimension() (int, error) {
	if t.vector[0].MaxRepetitionLevel == 0 {
		return len(t.vector), nil
	}
	var n mostOften
	for r, err := range t.rows(0, t.file.NumRowGroups()) {
		if err != nil {
			return 0, err
		}
		if r.Bad == "" && len(r.Vector) > 0 {
			n.add(len(r.Vector))
		}
		if n.seen == lengthsSeen {
			break
		}
	}
	return n.value, nil
}

// lengthsSeen is the number of vectors whose lengths are looked at.
const lengthsSeen = 1000

// mostOften is the number that comes most often; of several, the first.
type mostOften struct {
	seen, value int
	times       map[int]int
}

func (m *mostOften) add(n int) {
	if m.times == nil {
		m.times = map[int]int{}
	}
	m.seen++
	m.times[n]++
	if m.times[n] > m.times[m.value] {
		m.value = n
	}
}

// rows reads row groups from first on.
func (t *table) rows(first, groups int) Rows {
	return func(yield func(*Row, error) bool) {
		r := &Row{Metadata: make([]string, len(t.metadata))}
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
func (t *table) group(i int, r *Row, yield func() bool) error {
	g := &rowGroup{}
	defer g.close()
	open := func(leaves ...*leaf) (columns []*column) {
		for _, l := range leaves {
			columns = append(columns, &column{leaf: l, pages: t.file.Pages(i, l.ColumnIndex)})
		}
		g.all = append(g.all, columns...)
		return columns
	}
	g.id, g.vector, g.metadata = open(t.id)[0], open(t.vector...), open(t.metadata...)
	if t.label != nil {
		g.label = open(t.label)[0]
	}
	for row := range t.file.RowGroup(i).NumRows() {
		if err := g.read(r); err != nil {
			var noText *errNoText
			switch {
			case errors.Is(err, io.EOF):
				err = errors.New("a column ends before its row group does: damaged")
			case errors.As(err, &noText):
				err = fmt.Errorf("row %d, %w", t.rowsBefore(i)+row, err)
			}
			return err
		}
		if !yield() {
			return nil
		}
	}
	return nil
}

// rowsBefore returns the number of rows in front of a row group.
func (t *table) rowsBefore(group int) (n int64) {
	for i := range group {
		n += t.file.RowGroup(i).NumRows()
	}
	return n
}

// rowGroup is an open row group.
type rowGroup struct {
	id, label        *column // no label: nil
	vector, metadata []*column
	all              []*column // of these
}

func (g *rowGroup) close() {
	for _, c := range g.all {
		c.close()
	}
}

// read fills in the next row.
func (g *rowGroup) read(r *Row) (err error) {
	if r.ID, _, err = g.id.words(); err != nil {
		return err
	}
	r.Label, r.HasLabel = "", false
	if g.label != nil {
		if r.Label, r.HasLabel, err = g.label.words(); err != nil {
			return err
		}
	}
	r.Vector, r.Exact, r.Bad, r.Lost = r.Vector[:0], r.Exact[:0], "", false
	for _, c := range g.vector {
		err := c.row(func(v parquet.Value, there bool) {
			if !there {
				r.Bad = fmt.Sprintf("column %s has a null", c.name)
				return
			}
			if len(r.Vector) == latents.MaxDimension {
				r.Bad = fmt.Sprintf("column %s has more than %d numbers", c.name, latents.MaxDimension)
				return
			}
			x := c.number(v)
			r.Vector, r.Exact = append(r.Vector, x.single), append(r.Exact, x.exact)
			r.Lost = r.Lost || x.single == 0 && x.exact != 0
		})
		if err != nil {
			return err
		}
	}
	for i, c := range g.metadata {
		if r.Metadata[i], _, err = c.words(); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) close() { t.in.Close() }
