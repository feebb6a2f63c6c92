package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/vectors"
)

// Table says which tables of numbers are trained on, in place of images, and how their
// columns are scaled. Their names are in Config.Shards, separated by commas: several are
// joined by their ids.
type Table struct {
	Read         vectors.Config // which columns hold what; Input is filled in
	Scaling      string         // one of model.TableScales; default model.TableZScore
	TableWeights []float64      // factors of the scaled columns of each table; none: 1
}

// NewTable returns the default scale of the columns of a table.
func NewTable() *Table { return &Table{Scaling: model.TableZScore} }

// noun is what a model is trained on.
func (c Config) noun(n int64) string {
	if c.Table != nil {
		return words.Plural(n, "row", "rows")
	}
	return words.Plural(n, "image", "images")
}

// things is noun without a number.
func (c Config) things() string {
	if c.Table != nil {
		return "rows"
	}
	return "images"
}

func (c Config) validateTable() error {
	t, inputs := c.Table, vectors.Inputs(c.Shards)
	switch {
	case !slices.Contains(model.TableScales, t.Scaling):
		return fmt.Errorf("Config.Scaling=%s: must be one of %s", t.Scaling, strings.Join(model.TableScales, ", "))
	case len(t.TableWeights) > 0 && len(t.TableWeights) != len(inputs):
		return fmt.Errorf("Config.TableWeights has %s for %s: give one of each", words.Plural(len(t.TableWeights), "number", "numbers"), words.Plural(len(inputs), "table", "tables"))
	case c.Change.Scale != "":
		return errors.New("Config.Scale is for pixels: the numbers of a table are scaled by Config.Scaling")
	case c.Where != "" || c.Head != "":
		return errors.New("Config.Where and Config.Head are for image shards: leave rows out, or tell labels by the latents, with other programs")
	case c.Baseline:
		return errors.New("the linear baseline is one of images; leave it out for a table")
	}
	for _, w := range t.TableWeights {
		if !(w > 0) || math.IsInf(w, 0) {
			return fmt.Errorf("Config.TableWeights: %g is no factor; must be more than 0", w)
		}
		if t.Scaling == model.TableRange && w != 1 {
			return fmt.Errorf("Config.TableWeights: %g: with Config.Scaling=%s numbers stay in [0,1]; use Config.Scaling=%s", w, model.TableRange, model.TableZScore)
		}
	}
	return nil
}

// openTables reads the tables of a training, scales their columns, and makes rows of them.
func (c Config) openTables(ctx context.Context) (s sources, err error) {
	s.limits = &limits{} // none: see validateTable
	t, err := vectors.ReadTable(ctx, vectors.Inputs(c.Shards), c.Table.Read)
	if err != nil {
		return s, err
	}
	if s.table, err = c.Table.scaling(t); err != nil {
		return s, fmt.Errorf("%s: %w", c.Shards, err)
	}
	if s.folder, err = rowsOf(t, s.table); err != nil || c.HeldShards == "" || c.Arch == ArchLinear {
		return s, err
	}
	read := c.Table.Read
	if read.VectorColumns != "" { // others are not looked at
		read.VectorColumns, read.Names = "", s.table.Names()
	}
	held, err := vectors.ReadTable(ctx, vectors.Inputs(c.HeldShards), read)
	if err != nil {
		return s, err
	}
	if err := held.Arrange(s.table.Names()); err != nil {
		return s, err
	}
	s.held, err = rowsOf(held, s.table)
	return s, err
}

// rowsOf scales the rows of a table by the scale of a model.
func rowsOf(t *vectors.Table, by *model.Table) (*dataset.Folder, error) {
	rows := &dataset.Rows{Rejected: t.Rejected}
	d := len(t.Columns)
	x := make([]float32, d)
	for i, id := range t.IDs {
		by.Scaled(x, t.Row(i))
		if j := slices.IndexFunc(x, latents.NotFinite); j >= 0 {
			return nil, fmt.Errorf("%s: row %q: column %q holds %g, which scaled is no number of float32", strings.Join(t.Inputs, ","), id, t.Columns[j], t.Row(i)[j])
		}
		rows.Images = append(rows.Images, records.Image{Filename: id, Pixels: model.AppendRow(nil, x), Height: 1, Width: d, Channels: 1, Bits: 32,
			Label: t.Labels[i].Text, HasLabel: t.Labels[i].Has})
	}
	if len(rows.Images) == 0 {
		return nil, fmt.Errorf("%s holds no rows", strings.Join(t.Inputs, ","))
	}
	return dataset.OfRows(strings.Join(t.Inputs, ","), t.SHA256, d, rows), nil
}

// scaling finds what the columns of a table are scaled by.
func (t *Table) scaling(of *vectors.Table) (*model.Table, error) {
	read := t.Read.WithDefaults()
	by := &model.Table{Scale: t.Scaling, IDColumn: read.IDColumn, Columns: make([]model.TableColumn, len(of.Columns))}
	if read.VectorColumns == "" && !slices.ContainsFunc(of.Inputs, func(name string) bool { return vectors.Config{Input: name}.Matrix() }) {
		by.VectorColumn = read.VectorColumn
	}
	for j, name := range of.Columns {
		c := &by.Columns[j]
		c.Name = name
		if len(t.TableWeights) > 0 && t.TableWeights[of.From[j]] != 1 {
			c.Weight = t.TableWeights[of.From[j]]
		}
		if err := describe(c, of, j, t.Scaling); err != nil {
			return nil, err
		}
	}
	if of.Len() > 0 && len(constants(by)) == len(by.Columns) {
		return nil, fmt.Errorf("%s of numbers %s one value in all %s: there is nothing to learn", words.Plural(len(by.Columns), "column", "columns"),
			words.Noun(len(by.Columns), "has", "have"), words.Plural(of.Len(), "row", "rows"))
	}
	return by, model.RowInput(len(of.Columns), t.Scaling).Validate()
}

// Numbers of a column are no more than so many times larger than its standard deviation:
// beyond, float64 does not hold what the column tells.
const mostDigits = 1e12

// describe fills in the mean and the standard deviation of a column, in two passes over its
// numbers in their order, and the least and the largest.
func describe(c *model.TableColumn, of *vectors.Table, j int, scale string) error {
	n, d := of.Len(), len(of.Columns)
	if n == 0 {
		return nil
	}
	var single vectors.Spread
	first := of.Numbers[j]
	c.Least, c.Largest = first, first
	sum := 0.0
	for i := range n {
		v := of.Numbers[i*d+j]
		c.Least, c.Largest = min(c.Least, v), max(c.Largest, v)
		sum += v - first
		single.Add(v)
	}
	c.Mean = first + sum/float64(n)
	squares := 0.0
	for i := range n {
		v := of.Numbers[i*d+j] - c.Mean
		squares += float64(v * v)
	}
	c.Deviation = math.Sqrt(squares / float64(n))
	if single.Constant() {
		c.Mean, c.Deviation = first, 0
		return nil
	}
	if scale == model.TableNone {
		if fault := single.Fault(c.Name); fault != "" {
			return errors.New(fault)
		}
	} else if most := max(math.Abs(c.Least), math.Abs(c.Largest)); !(most <= mostDigits*c.Deviation) {
		return fmt.Errorf("column %q has the mean %.15g and the standard deviation %.3g, of which float64 holds next to nothing: subtract its mean before, or leave it out", c.Name, c.Mean, c.Deviation)
	}
	return nil
}

// constants names the columns of a table that have one value.
func constants(t *model.Table) (names []string) {
	for _, c := range t.Columns {
		if c.Constant() {
			names = append(names, fmt.Sprintf("%s (%g)", c.Name, c.Mean))
		}
	}
	return names
}

// hashed is what a fingerprint has of the scale of a table; nothing for images.
func (s sources) hashed() []any {
	if s.table == nil {
		return nil
	}
	return []any{"rows of a table", s.table}
}
