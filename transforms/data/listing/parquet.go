package listing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"exemplar/schemas/caught"
	"exemplar/transforms/data/parquetguard"
	"exemplar/transforms/store"
)

// parquetItems reads an inventory in Parquet: of flat columns, those that are
// known by name.
func parquetItems(ctx context.Context, name, base string, known *columns, yield func(item) bool) error {
	r, err := store.OpenAt(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close() // only read
	file, err := parquetguard.Open(r, r.Size())
	if err != nil {
		return fmt.Errorf("it is no Parquet file: %w", err)
	}
	var names []string
	for _, f := range file.Schema().Fields() {
		names = append(names, f.Name())
	}
	v, err := newInventory(name, base, names, known)
	if err != nil {
		return err
	}
	var wanted []int
	for _, c := range v.wanted() {
		if f := file.Schema().Fields()[c]; !f.Leaf() || f.Repeated() {
			return fmt.Errorf("its column %s is no plain column", f.Name())
		}
		wanted = append(wanted, c)
	}
	for i := range file.NumRowGroups() {
		more, err := groupItems(file, i, v, wanted, yield)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// groupItems yields the rows of a row group; false ends the list.
func groupItems(file *parquetguard.File, group int, v *inventory, wanted []int, yield func(item) bool) (more bool, err error) {
	columns, schema := map[int]*flatColumn{}, file.Schema()
	for _, c := range wanted {
		leaf, _ := schema.Lookup(schema.Fields()[c].Name())
		column := &flatColumn{pages: file.Pages(group, leaf.ColumnIndex), text: textOf(leaf.Node.Type())}
		defer column.pages.Close() // only read
		columns[c] = column
	}
	for range file.RowGroup(group).NumRows() {
		for _, c := range wanted {
			if err := columns[c].next(); err != nil {
				return false, fmt.Errorf("its column %s: %w", schema.Fields()[c].Name(), err)
			}
		}
		i, ok, err := v.item(func(c int) string { return columns[c].value })
		if err != nil {
			return false, err
		}
		if ok && !yield(i) {
			return false, nil
		}
	}
	return true, nil
}

// flatColumn reads a column that has one value, or none, a row, as text.
type flatColumn struct {
	pages  parquet.Pages
	text   func(parquet.Value) string
	values parquet.ValueReader // of the page
	buf    [256]parquet.Value
	n, at  int
	value  string
}

func (c *flatColumn) next() (err error) {
	defer caught.Damaged(&err, func(what string) error { return errors.New("damaged: " + what) })
	for c.at == c.n {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			if err != nil {
				return err
			}
			c.values = page.Values()
		}
		c.at = 0
		c.n, err = c.values.ReadValues(c.buf[:])
		if errors.Is(err, io.EOF) {
			c.values, err = nil, nil
		}
		if err != nil {
			return err
		}
	}
	c.value = ""
	if v := c.buf[c.at]; !v.IsNull() {
		c.value = c.text(v)
	}
	c.at++
	return nil
}

// textOf returns how the values of a column are written in a CSV inventory.
func textOf(t parquet.Type) func(parquet.Value) string {
	if l := t.LogicalType(); l != nil {
		if stamp, ok := l.Value.(*format.TimestampType); ok && stamp.Unit.Value != nil {
			unit := stamp.Unit.Value.Duration()
			return func(v parquet.Value) string {
				n, a := v.Int64(), int64(time.Second/unit)
				return time.Unix(n/a, n%a*int64(unit)).UTC().Format(time.RFC3339Nano)
			}
		}
	}
	switch t.Kind() {
	case parquet.Int32, parquet.Int64:
		return func(v parquet.Value) string { return strconv.FormatInt(v.Int64(), 10) }
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) string { return string(v.ByteArray()) }
	}
	return func(v parquet.Value) string { return v.String() }
}
