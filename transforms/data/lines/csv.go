package lines

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxRow is the largest length of a row of a table, in bytes: room for some hundred
// thousand columns.
const MaxRow = 4 << 20

// CSV reads the rows of a CSV table, as encoding/csv does. What is not UTF-8 is an
// error that names the line and the column.
type CSV struct {
	*csv.Reader
	in     *rowReader
	header []string
	mark   int64 // bytes before the first row
	before int64 // lines before the first row
	bad    error // of the file
}

// NewCSV returns a reader of the rows of r. The mark that spreadsheets write at
// the beginning is passed over.
func NewCSV(r io.Reader) *CSV {
	in := &rowReader{in: bufio.NewReaderSize(r, headed), line: 1}
	const mark = "\ufeff"
	c := &CSV{in: in}
	if head, err := in.in.Peek(len(mark)); err == nil && string(head) == mark {
		in.in.Discard(len(mark)) // cannot fail: the bytes are buffered
		c.mark = int64(len(mark))
	}
	c.Reader, c.bad = csv.NewReader(in), look(in.in)
	return c
}

// NewCSVAt returns a reader of the rows of r, which is a table with that header from where
// Start says that a row of it begins.
func NewCSVAt(r io.Reader, header []string, line int64) *CSV {
	in := &rowReader{in: bufio.NewReaderSize(r, headed), line: line}
	c := &CSV{Reader: csv.NewReader(in), in: in, header: header, before: line - 1}
	c.FieldsPerRecord = len(header)
	return c
}

// Start returns where the row begins that was read last: its offset in r, and the line, from 1. Empty
// lines before it are its own.
func (c *CSV) Start() (offset, line int64) { return c.mark + c.in.row, c.in.line }

// End returns the offset in r of what follows the row that was read last.
func (c *CSV) End() int64 { return c.mark + c.InputOffset() }

// Line returns the line, from 1, in which a field of the row begins that was read last.
func (c *CSV) Line(field int) int64 {
	line, _ := c.FieldPos(field)
	return c.before + int64(line)
}

// Read returns the next row.
func (c *CSV) Read() ([]string, error) {
	if c.bad != nil {
		return nil, c.bad
	}
	c.in.begin(c.InputOffset())
	row, err := c.Reader.Read()
	if err != nil {
		return row, c.placed(err, len(row))
	}
	for i, field := range row {
		if !utf8.ValidString(field) {
			return nil, c.notUTF8(i, field)
		}
	}
	if c.header == nil {
		c.header = slices.Clone(row)
	}
	return row, nil
}

// placed puts an error of a row into words that name its line in the table.
func (c *CSV) placed(err error, fields int) error {
	var e *csv.ParseError
	if !errors.As(err, &e) {
		return err
	}
	e.StartLine, e.Line = e.StartLine+int(c.before), e.Line+int(c.before)
	if errors.Is(e.Err, csv.ErrFieldCount) {
		of := "fields"
		if fields == 1 {
			of = "field"
		}
		return fmt.Errorf("line %d has %d %s, the header %d (%w): is there a comma outside quotes, a decimal one or one of a text?", e.StartLine, fields, of, c.FieldsPerRecord, csv.ErrFieldCount)
	}
	return err
}

// notUTF8 is the error of a field.
func (c *CSV) notUTF8(column int, field string) error {
	line := c.Line(column)
	name := strconv.Itoa(column + 1)
	if column < len(c.header) && c.header[column] != "" {
		const longest = 80
		if name = c.header[column]; len(name) > longest {
			name = strings.ToValidUTF8(name[:longest], "") + "…"
		}
	}
	return notTextf("line %d, column %s is not UTF-8 (it has the byte 0x%02X): save the table as CSV UTF-8", line, name, badByte(field))
}

// rowReader hands on a table, of which it keeps the row that is being read.
type rowReader struct {
	in   *bufio.Reader
	row  int64  // offset of the row
	line int64  // in which it begins, from 1
	kept []byte // what was handed on, from the row on
	done int    // bytes of kept that belong to rows before
}

// begin says at which offset the next row begins.
func (r *rowReader) begin(row int64) {
	n := int(row - r.row)
	r.line += int64(bytes.Count(r.kept[r.done:r.done+n], []byte{'\n'}))
	r.row, r.done = row, r.done+n
	if r.done > len(r.kept)/2 {
		r.kept, r.done = append(r.kept[:0], r.kept[r.done:]...), 0
	}
}

func (r *rowReader) Read(p []byte) (int, error) {
	if row := r.kept[r.done:]; len(row) > MaxRow {
		return 0, newTooLong(fmt.Sprintf("the row that begins in line %d", r.line), MaxRow, row, "is a quote not closed, or is this no table of text?")
	}
	n, err := r.in.Read(p)
	r.kept = append(r.kept, p[:n]...)
	return n, err
}
