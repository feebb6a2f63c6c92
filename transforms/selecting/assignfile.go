package selecting

import (
	"io"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

const (
	assignmentRows  = 1024    // rows handed to the library at once: decides where pages end
	assignmentGroup = 1 << 17 // rows of a row group, which is what the writer holds
)

// assignmentsWriter writes the rows of an assignments file. Its bytes depend on the rows
// alone.
type assignmentsWriter struct {
	file    *parquet.GenericWriter[schemas.Assignment]
	pending []schemas.Assignment
	rows    int64
}

func newAssignmentsWriter(w io.Writer) *assignmentsWriter {
	return &assignmentsWriter{file: parquet.NewGenericWriter[schemas.Assignment](w, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata(schemas.FooterFormat, schemas.SelectionFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))}
}

// add adds a row.
func (w *assignmentsWriter) add(row schemas.Assignment) error {
	w.pending = append(w.pending, row)
	w.rows++
	if len(w.pending) < assignmentRows {
		return nil
	}
	return w.flush()
}

// flush hands the pending rows to the library, and ends the row group where it is full.
func (w *assignmentsWriter) flush() error {
	_, err := w.file.Write(w.pending)
	clear(w.pending) // drops the strings
	w.pending = w.pending[:0]
	if err == nil && w.rows%assignmentGroup == 0 {
		err = w.file.Flush()
	}
	return err
}

// close writes what is pending and the footer.
func (w *assignmentsWriter) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	return w.file.Close()
}
