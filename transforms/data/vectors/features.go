package vectors

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// features is an open CSV table of features: a row has its id and its numbers.
type features struct {
	idTable
	expression string // of the names of the columns of numbers
	vector     []int  // these columns, in the order of the table
	numeric    []bool // of each of these: a number was read
}

// IsCSV reports whether a name is that of a CSV table.
func IsCSV(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".csv") }

// isMatrix reports whether a name is that of a NumPy matrix.
func isMatrix(name string) bool { return strings.HasSuffix(name, ".npy") }

// openFeatures reads the header of a table from in, and finds the columns that c names. Its
// errors name the file.
func openFeatures(name string, in io.ReadCloser, c Config) (*features, error) {
	t := &features{idTable: idTable{name: name, in: in, rows: lines.NewCSV(in), label: -1}, expression: c.VectorColumns}
	err := t.find(c)
	if err == nil {
		err = t.findNumbers(c)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// findNumbers finds the columns of numbers.
func (t *features) findNumbers(c Config) error {
	if !c.plain() {
		return errNoLists
	}
	matches := c.matcher()
	for i, name := range t.header {
		switch {
		case i == t.id || i == t.label || !matches(name):
			continue
		case name == "":
			return fmt.Errorf("column %d has no name, and matches Config.VectorColumns=%s: name it, or make the expression narrower", i+1, c.VectorColumns)
		case slices.Contains(t.header[i+1:], name):
			return fmt.Errorf("more than one column is named %q: nothing says which of them is meant; rename all but one", name)
		}
		t.vector = append(t.vector, i)
	}
	if len(t.vector) == 0 {
		return c.noColumns(someNames(t.header) + oddHeader(t.header))
	}
	if len(t.vector) > latents.MaxDimension {
		return fmt.Errorf("%d columns match Config.VectorColumns=%s, at most %d are read", len(t.vector), c.VectorColumns, latents.MaxDimension)
	}
	t.numeric = make([]bool, len(t.vector))
	return nil
}

// errNoLists is the error of a table whose columns of numbers are not given.
var errNoLists = errors.New("Config.VectorColumns is missing: a CSV table has no lists of numbers; give a regular expression of the names of its columns of numbers")

// columns returns the names of the columns of numbers.
func (t *features) columns() (names []string) {
	for _, i := range t.vector {
		names = append(names, t.header[i])
	}
	return names
}

// next reads the next row; io.EOF at the end.
func (t *features) next(r *Row) error {
	line, err := t.rows.Read()
	if errors.Is(err, io.EOF) {
		return err
	}
	if err == nil {
		err = t.numbers(line, r)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return t.fill(line, r)
}

// numbers takes the numbers of a line into r. A cell that holds none is why the row is no vector,
// and one that holds something else an error: the table is not what it was taken for.
func (t *features) numbers(line []string, r *Row) error {
	r.Vector, r.Exact, r.Bad, r.Lost = r.Vector[:0], r.Exact[:0], "", false
	for j, i := range t.vector {
		v, kind := parseCell(line[i])
		bad := ""
		switch x := float32(v); {
		case kind == cellText:
			return t.noNumber(j, line[i])
		case kind == cellMissing:
			bad = "is empty"
			if line[i] != "" {
				bad = "holds " + shownCell(line[i])
			}
		case kind == cellOdd:
			bad = "holds " + shownCell(line[i])
		case !latents.Finite(x):
			bad = "holds " + shownCell(line[i]) + ", which is not finite in float32"
		default:
			t.numeric[j] = true
			r.Vector, r.Exact = append(r.Vector, x), append(r.Exact, v)
			r.Lost = r.Lost || x == 0 && vanished(line[i], v)
		}
		if bad != "" && r.Bad == "" {
			r.Bad = fmt.Sprintf("line %d, column %s %s", t.rows.Line(i), t.header[i], bad)
		}
	}
	return nil
}

// noNumber is the error of a cell of text in a column of numbers.
func (t *features) noNumber(j int, cell string) error {
	i := t.vector[j]
	name, line, shown := t.header[i], t.rows.Line(i), shownCell(cell)
	switch {
	case separated(cell):
		return fmt.Errorf("line %d, column %q holds %s: numbers are read with a point for decimals and nothing between thousands; save the table with such", line, name, shown)
	case t.numeric[j], t.expression == "":
		return fmt.Errorf("line %d, column %q holds %s, which is no number: correct it, or leave the cell empty", line, name, shown)
	}
	return fmt.Errorf("column %q matches Config.VectorColumns=%s, but holds text (%s in line %d): make the expression narrower", name, t.expression, shown, line)
}

// start is where some rows of a table begin.
type start struct{ Offset, Line int64 }

// scan reads the table to its end, and returns where its parts begin, the rows of each, and the
// offset behind the last. What is no table of numbers is an error.
func (t *features) scan(ctx context.Context) (starts []start, rows []int64, err error) {
	r := &Row{Metadata: make([]string, len(t.metadata))}
	for {
		if err := t.next(r); errors.Is(err, io.EOF) {
			return append(starts, start{Offset: t.rows.End()}), rows, nil
		} else if err != nil {
			return nil, nil, err
		}
		if n := len(rows); n == 0 || rows[n-1] == PartRows {
			offset, line := t.rows.Start()
			starts, rows = append(starts, start{offset, line}), append(rows, 0)
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
		}
		rows[len(rows)-1]++
	}
}

// addFeatures takes the columns of a CSV table.
func (s *Source) addFeatures(ctx context.Context, c Config, f *sourceFile) error {
	in, err := store.Open(ctx, f.path)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	t, err := openFeatures(f.path, in, c)
	if err != nil {
		return err
	}
	s.Dimension, s.Rounded, s.Labeled = len(t.vector), true, t.label >= 0
	return s.same(f.name, t.columns(), t.names)
}

// scan reads a CSV table to its end, for what parts it has, and its hash.
func (f *sourceFile) scan(ctx context.Context, c Config) error {
	in, err := store.OpenSummed(ctx, f.path)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	t, err := openFeatures(f.path, in, c)
	if err != nil {
		return err
	}
	if f.starts, f.groups, err = t.scan(ctx); err != nil {
		return err
	}
	f.sha256, err = in.Sum()
	return err
}

// featureRows reads the rows of a part of a CSV table.
func featureRows(ctx context.Context, c Config, p Part) Rows {
	return Rows(seq.From(func(yield func(*Row, error) bool) error {
		in, err := store.OpenAt(ctx, p.Path)
		if err != nil {
			return err
		}
		defer in.Close() // only read
		t, err := openFeatures(p.Path, io.NopCloser(bufio.NewReader(io.NewSectionReader(in, 0, in.Size()))), c)
		if err != nil {
			return err
		}
		changed := fmt.Errorf("%s changed while it was read: run the same command again", p.Path)
		if p.To > in.Size() {
			return changed
		}
		part := bufio.NewReaderSize(io.NewSectionReader(in, p.From, p.To-p.From), 1<<20)
		t.rows = lines.NewCSVAt(part, t.header, p.Line)
		t.rows.ReuseRecord = true
		r := &Row{Metadata: make([]string, len(t.metadata))}
		for n := int64(0); ; n++ {
			switch err := t.next(r); {
			case errors.Is(err, io.EOF) && n == p.Rows:
				return nil
			case errors.Is(err, io.EOF):
				return changed
			case err != nil:
				return err
			case n == p.Rows:
				return changed
			}
			if !yield(r, nil) {
				return nil
			}
		}
	}))
}
