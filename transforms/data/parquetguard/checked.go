package parquetguard

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// checked are the pages of a column chunk, whose values are compared with what the
// writer of the file noted of them.
type checked struct {
	*parquet.FilePages
	chunk  *chunk
	name   string // of the column
	list   bool
	level  int // definition level of a value that is there
	limits limits

	seen, nulls int64
	partly      bool // not all pages are read
	from        parquet.Dictionary
	used        []bool // of its values
}

func newChecked(pages *parquet.FilePages, c *chunk, column *parquet.Column) *checked {
	return &checked{FilePages: pages, chunk: c, name: strings.Join(column.Path(), "."),
		list: column.MaxRepetitionLevel() > 0, level: column.MaxDefinitionLevel(), limits: limitsOf(c, column.Type())}
}

// ReadPage returns the next page.
func (c *checked) ReadPage() (parquet.Page, error) {
	p, err := c.FilePages.ReadPage()
	if err != nil {
		if err == io.EOF && c.seen != c.chunk.values && !c.partly {
			err = fmt.Errorf("it has %d values, the file says %d: cut off or damaged", c.seen, c.chunk.values)
		}
		return nil, err
	}
	if err := c.add(p); err != nil {
		parquet.Release(p)
		return nil, err
	}
	return p, nil
}

// SeekToRow goes to a row.
func (c *checked) SeekToRow(row int64) error {
	c.seen, c.nulls, c.partly = 0, 0, row > 0
	if c.limits != nil {
		c.limits.reset()
	}
	clear(c.used)
	return c.FilePages.SeekToRow(row)
}

// add takes a page into account.
func (c *checked) add(p parquet.Page) error {
	c.seen += p.NumValues()
	if levels := p.DefinitionLevels(); len(levels) > 0 {
		c.nulls += int64(len(levels) - bytes.Count(levels, []byte{byte(c.level)}))
	}
	last := c.seen == c.chunk.values && !c.partly
	if last && c.chunk.nulls && !c.nullsAgree() {
		return fmt.Errorf("it holds %d nulls, the file says %d: %s", c.nulls, c.chunk.statistics.NullCount, damagedOrNot)
	}
	if c.limits == nil {
		return nil
	}
	if data, dict := p.Data(), p.Dictionary(); dict == nil {
		c.limits.add(data)
	} else if err := c.addIndexes(dict, data.Int32()); err != nil {
		return err
	}
	return c.limits.check(last)
}

// damagedOrNot is what to do where values and statistics disagree.
const damagedOrNot = "the file is damaged, or was not read right, or its writer counted wrong: write it again with another program or codec"

// nullsAgree compares the number of nulls. Of lists, programs count empty ones and
// missing ones in several ways.
func (c *checked) nullsAgree() bool {
	if c.list || c.level > 1 {
		return c.nulls > 0 || c.chunk.statistics.NullCount == 0
	}
	return c.nulls == c.chunk.statistics.NullCount
}

// addIndexes takes into account which values of a dictionary occur.
func (c *checked) addIndexes(dict parquet.Dictionary, indexes []int32) error {
	n := dict.Len()
	if c.from != dict {
		c.from, c.used = dict, make([]bool, n)
	}
	for _, i := range indexes {
		if i < 0 || int(i) >= n {
			return fmt.Errorf("index %d into a dictionary of %d: damaged", i, n)
		}
		if !c.used[i] {
			c.used[i] = true
			c.limits.addOne(dict.Index(i))
		}
	}
	return nil
}
