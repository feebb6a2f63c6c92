package tables

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/data/parquetguard"
)

// Assignments reads an assignments file, some rows at a time.
type Assignments struct {
	file  *parquetguard.File
	group int // the next row group
	rows  *parquet.GenericReader[schemas.Assignment]
	some  []schemas.Assignment
	left  []schemas.Assignment // of some, not yet returned
}

// readBytes is how many bytes of a column are read at once.
const readBytes = 1 << 16

// OpenAssignments opens an assignments file of size bytes. Its columns must be those of
// schemas.Assignment, in their order.
func OpenAssignments(r io.ReaderAt, size int64, m *schemas.SelectionManifest) (a *Assignments, err error) {
	defer caught.Damaged(&err, damaged)
	f, err := parquetguard.OpenBuffered(r, size, readBytes)
	if err != nil {
		return nil, damaged(err.Error())
	}
	if err := checkFooter(f, m); err != nil {
		return nil, err
	}
	if want := parquet.SchemaOf(schemas.Assignment{}); !parquet.EqualNodes(f.Schema(), want) {
		return nil, fmt.Errorf("its columns are not %q with their types", want.Columns())
	}
	return &Assignments{file: f, some: make([]schemas.Assignment, 1024)}, nil
}

// Next returns the next row, io.EOF behind the last one.
func (a *Assignments) Next() (row schemas.Assignment, err error) {
	for len(a.left) == 0 {
		if err := a.fill(); err != nil {
			return row, err
		}
	}
	row, a.left = a.left[0], a.left[1:]
	return row, nil
}

// fill reads the next rows.
func (a *Assignments) fill() (err error) {
	defer caught.Damaged(&err, damaged)
	if a.rows == nil {
		if a.group == a.file.NumRowGroups() {
			return io.EOF
		}
		a.rows = parquet.NewGenericRowGroupReader[schemas.Assignment](a.file.RowGroup(a.group))
		a.group++
	}
	n, err := a.rows.Read(a.some)
	a.left = a.some[:n]
	switch {
	case err == io.EOF:
		err = a.rows.Close()
		a.rows = nil
		return err
	case err != nil:
		return damaged(err.Error())
	case n == 0:
		return damaged(io.ErrNoProgress.Error()) // a column ends before the others
	}
	return nil
}
