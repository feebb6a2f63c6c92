package vectors

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// column reads the values of a column chunk one after the other.
type column struct {
	*leaf
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buffer [256]parquet.Value
	at, n  int
}

// peek returns the next value, valid until the next call; io.EOF at the end.
func (c *column) peek() (parquet.Value, error) {
	for c.at == c.n {
		if err := c.fill(); err != nil {
			return parquet.Value{}, err
		}
	}
	return c.buffer[c.at], nil
}

// fill reads the next values, of the next page where this one has ended.
func (c *column) fill() error {
	if c.values == nil {
		c.release()
		p, err := c.pages.ReadPage()
		if err != nil {
			return c.wrap(err)
		}
		c.page, c.values = p, p.Values()
	}
	n, err := c.values.ReadValues(c.buffer[:])
	c.at, c.n = 0, n
	if errors.Is(err, io.EOF) {
		c.values, err = nil, nil
	}
	return c.wrap(err)
}

func (c *column) wrap(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("column %s: %w", c.name, err)
}

// row calls f for every value of the next row: one of a plain column, and as
// many as it holds of a list, which for an empty or missing one is one null.
func (c *column) row(f func(v parquet.Value, there bool)) error {
	v, err := c.peek()
	if err != nil {
		return err
	}
	for {
		f(v, v.DefinitionLevel() == c.MaxDefinitionLevel)
		c.at++
		v, err = c.peek()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || v.RepetitionLevel() == 0 {
			return err
		}
	}
}

// errNoText is a value of a column of text that is not UTF-8, or too long.
type errNoText struct{ why string }

func (e *errNoText) Error() string { return e.why }

// words reads the next row as text; "" and false for a null.
func (c *column) words() (s string, there bool, err error) {
	err = c.row(func(v parquet.Value, ok bool) {
		if there = ok; ok {
			s = c.text(v)
		}
	})
	if err == nil && there {
		if why := schemas.TextFault(s); why != "" {
			err = &errNoText{fmt.Sprintf("column %s %s", c.name, why)}
		}
	}
	return s, there, err
}

func (c *column) release() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
}

func (c *column) close() {
	c.release()
	c.pages.Close()
}
