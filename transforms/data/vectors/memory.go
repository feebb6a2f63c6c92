package vectors

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/unique"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/seq"
)

// MaxNumbers is the most numbers of a table in memory: 4 GiB of float64.
const MaxNumbers = 1 << 29

// Table is the rows of a source, or of several that are joined by their ids, in memory.
type Table struct {
	Inputs  []string // that it was read from
	Columns []string // names of the columns of numbers
	From    []int    // the input of each column
	SHA256  string   // of the content, and of which columns hold what

	IDs     []string
	Records []int64 // numbers of the rows in the first input, all its files after each other
	Labels  []Label
	Labeled bool      // there is a column of labels
	Numbers []float64 // row after row

	Metadata []string   // names of columns of text, sorted
	Texts    [][]string // of each row, in their order

	Rejected []schemas.ErrorRow // rows that are no vectors
	lost     map[string]int     // places in Rejected by their ids, of those that have one
}

// Label is the label of a row; not Has where it has none.
type Label struct {
	Text string
	Has  bool
}

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.IDs) }

// Row returns the numbers of a row.
func (t *Table) Row(i int) []float64 {
	d := len(t.Columns)
	return t.Numbers[i*d : (i+1)*d]
}

// ReadTable reads several inputs by the same names of columns, and joins them by their
// ids: each id is in each of them exactly once. The rows have the order of the first.
func ReadTable(ctx context.Context, inputs []string, c Config) (*Table, error) {
	var all []*Table
	matrices := 0
	for i, input := range inputs {
		if slices.Contains(inputs[:i], input) {
			return nil, fmt.Errorf("Config.Input names %s twice", input)
		}
		one := c
		one.Input = input
		one.Elsewhere = len(inputs) > 1 && c.LabelColumn != ""
		if one.Matrix() {
			matrices++
			one.Names = nil
			if len(inputs) > 1 {
				one.VectorColumn, one.VectorColumns = "", "" // they are those of the others
			}
		} else if len(inputs) > 1 {
			one.IDs = ""
		}
		if matrices > 1 {
			return nil, fmt.Errorf("Config.Input names several .npy matrices, and Config.IDs the ids of one: several become one with numpy.concatenate")
		}
		if err := one.Validate(); err != nil {
			return nil, err
		}
		t, err := read(ctx, one.WithDefaults())
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	if c.IDs != "" && matrices == 0 {
		return nil, fmt.Errorf("Config.IDs is for a .npy matrix, and %s are none: leave it out", strings.Join(inputs, ", "))
	}
	return join(all, c.LabelColumn)
}

// read reads one input.
func read(ctx context.Context, c Config) (*Table, error) {
	s, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	spec, err := s.Spec()
	if err != nil {
		return nil, err
	}
	if s.Rows > MaxNumbers/int64(s.Dimension) {
		return nil, fmt.Errorf("%s: %s of %s are more than %s, the most that are held in memory: name a part of them",
			c.Input, words.Plural(s.Rows, "row", "rows"), words.Plural(s.Dimension, "number", "numbers"), words.Count(int64(MaxNumbers)))
	}
	t := &Table{Inputs: []string{c.Input}, Columns: s.Columns, From: make([]int, s.Dimension), SHA256: spec.ModelSHA256,
		Labeled: s.Labeled, Metadata: s.Metadata, lost: map[string]int{}}
	if t.Columns == nil {
		t.Columns = numbered(c, s.Dimension)
	}
	t.Numbers = make([]float64, 0, s.Rows*int64(s.Dimension))
	var places []unique.Place
	row := int64(0)
	for _, p := range s.Parts() {
		record := p.First
		for r, err := range p.Read(ctx, c) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return nil, err
			}
			if r.ID != "" {
				places = append(places, unique.Place{ID: strings.Clone(r.ID), File: p.File, Number: record})
			}
			t.add(p, record, row, r, s.Dimension)
			row++
			if int64(len(t.Rejected)) > outdir.MostErrors(p.Bytes) {
				return nil, TooMany(p.File, t.Rejected[0], p.Bytes)
			}
			record++
		}
	}
	if err := unique.IDs(seq.From(func(yield func(unique.Place, error) bool) error {
		for _, p := range places {
			if !yield(p, nil) {
				break
			}
		}
		return nil
	}), "row", OwnIDs); err != nil {
		return nil, err
	}
	return t, t.plausible(c.Input)
}

// OwnIDs is what to do where two rows have one id.
const OwnIDs = "every row needs an id of its own (Config.IDColumn)"

// numbered returns the names of columns that have none, those of a list or a matrix.
func numbered(c Config, d int) (names []string) {
	for i := range d {
		name := strconv.Itoa(i)
		if c.VectorColumn != "" {
			name = fmt.Sprintf("%s[%d]", c.VectorColumn, i)
		}
		names = append(names, name)
	}
	return names
}

// add takes the next row.
func (t *Table) add(p Part, record, row int64, r *Row, d int) {
	if reason, detail := r.Reject(d); reason != "" {
		if r.ID != "" {
			t.lost[strings.Clone(r.ID)] = len(t.Rejected)
		}
		t.Rejected = append(t.Rejected, schemas.ErrorRow{Name: r.NameOr(p, record), Stage: schemas.StageVector, Reason: reason,
			Detail: fmt.Sprintf("row %d of %s: %s", record, p.File, detail)})
		return
	}
	t.IDs, t.Records = append(t.IDs, strings.Clone(r.ID)), append(t.Records, row)
	t.Labels = append(t.Labels, Label{strings.Clone(r.Label), r.HasLabel})
	t.Numbers = append(t.Numbers, r.Exact...)
	texts := make([]string, len(r.Metadata))
	for i, text := range r.Metadata {
		texts[i] = strings.Clone(text)
	}
	t.Texts = append(t.Texts, texts)
}

// plausible refuses a table of which more rows are no vectors than are.
func (t *Table) plausible(input string) error {
	switch n, bad := t.Len(), len(t.Rejected); {
	case n == 0 && bad > 0:
		return fmt.Errorf("none of %s in %s is a vector; the first: %s", words.Plural(bad, "row", "rows"), input, t.Rejected[0].Detail)
	case bad > n:
		return fmt.Errorf("%d of %d rows in %s are no vectors, more than are; the first: %s: name other columns, or leave these rows out", bad, bad+n, input, t.Rejected[0].Detail)
	}
	return nil
}
