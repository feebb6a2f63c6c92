package latents

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

const (
	writeRows = 64      // rows handed to the library at once: decides where pages end
	listPage  = 1 << 20 // bytes of a page before coding, layout list
	widePage  = 1 << 15 // the same, layout wide: a row group of one dimension
)

// Writer writes one latents file. It is not safe for concurrent use. It holds
// one row group in memory, compressed.
type Writer struct {
	spec    schemas.LatentsSpec
	file    *parquet.GenericWriter[any]
	columns []*parquet.ColumnWriter

	values  [][]parquet.Value // of each column, rows not yet handed over
	pending int               // rows in values
	group   int               // rows in the current row group
	rows    int64
}

// NewWriter returns a writer of rows as spec describes them to w.
func NewWriter(w io.Writer, spec schemas.LatentsSpec) (*Writer, error) {
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	cols := columnsOf(spec)
	switch {
	case len(cols) > parquet.MaxColumnIndex:
		return nil, fmt.Errorf("Config.Layout=wide: %d dimensions are more columns than a Parquet file holds; use Config.Layout=list", spec.Dimension)
	case spec.Dimension > MaxDimension:
		return nil, fmt.Errorf("%d dimensions are more than the %d that latents files are made for", spec.Dimension, MaxDimension)
	}
	page := listPage
	if spec.Layout == wide {
		page = widePage
	}
	options := []parquet.WriterOption{
		schemaOf(cols),
		parquet.CreatedBy("exemplar", schemas.CodeVersion, "0"),
		parquet.PageBufferSize(page),
		parquet.DataPageVersion(1),
	}
	for key, value := range footerOf(spec, cols) {
		options = append(options, parquet.KeyValueMetadata(key, value))
	}
	file := parquet.NewGenericWriter[any](w, options...)
	columns := file.ColumnWriters()
	return &Writer{spec: spec, file: file, columns: columns, values: make([][]parquet.Value, len(columns))}, nil
}

// footerOf returns the footer keys of a file.
func footerOf(spec schemas.LatentsSpec, cols []column) map[string]string {
	footer := map[string]string{
		schemas.FooterFormat:        schemas.LatentsFormat,
		schemas.FooterModel:         spec.ModelSHA256,
		schemas.FooterPreprocessing: spec.Preprocessing,
		schemas.FooterCodeVersion:   schemas.CodeVersion,
		schemas.FooterKernel:        spec.Kernel,
		schemas.FooterDimension:     strconv.Itoa(spec.Dimension),
		schemas.FooterReconstruct:   strconv.FormatBool(spec.Reconstruct),
	}
	if spec.Source != "" {
		footer[schemas.FooterSource] = spec.Source
	}
	footer[schemas.FooterArrow] = arrowSchema(cols, footer)
	return footer
}

// Rows returns the number of rows written so far.
func (w *Writer) Rows() int64 { return w.rows }

// Write adds a row. It copies what it keeps. A row that the specification does
// not allow (length of the embedding or metadata, a value that is not finite)
// is an error naming the image, and nothing of it is written.
func (w *Writer) Write(row *schemas.Latent) error {
	if err := w.check(row); err != nil {
		return err
	}
	c := 0
	add := func(v parquet.Value) { // a required column
		w.values[c] = append(w.values[c], v.Level(0, 0, c))
		c++
	}
	optional := func(v parquet.Value, ok bool) {
		if ok {
			v = v.Level(0, 1, c)
		} else {
			v = parquet.NullValue().Level(0, 0, c)
		}
		w.values[c] = append(w.values[c], v)
		c++
	}
	add(parquet.ValueOf(row.ImageID))
	c = w.addEmbedding(row.Embedding, c)
	add(parquet.Int32Value(row.Shard))
	add(parquet.Int64Value(row.Record))
	if w.spec.Source == "" {
		add(parquet.Int64Value(row.Offset))
		add(parquet.ValueOf(row.SHA256))
		optional(parquet.FloatValue(row.MSE), row.HasMSE)
		q := row.Quality
		for _, v := range [...]float32{q.Mean, q.Max, q.Saturated, q.Foreground, q.Sharpness, q.Border} {
			add(parquet.FloatValue(v))
		}
		add(parquet.Int32Value(row.QCFlags))
	} else if w.spec.Rows() && w.spec.Reconstruct {
		optional(parquet.FloatValue(row.MSE), row.HasMSE)
	}
	optional(parquet.ValueOf(row.Label), row.HasLabel)
	for _, v := range row.Metadata {
		add(parquet.ValueOf(v))
	}
	if w.spec.ObjectFraction {
		optional(parquet.FloatValue(row.Quality.Object), row.HasObject)
	}
	w.pending, w.rows = w.pending+1, w.rows+1
	if w.pending == writeRows {
		return w.flush()
	}
	return nil
}

// addEmbedding adds the dimensions from column c on and returns the column
// behind them.
func (w *Writer) addEmbedding(z []float32, c int) int {
	if w.spec.Layout == wide {
		for i, v := range z {
			w.values[c+i] = append(w.values[c+i], parquet.FloatValue(v).Level(0, 0, c+i))
		}
		return c + len(z)
	}
	for i, v := range z {
		w.values[c] = append(w.values[c], parquet.FloatValue(v).Level(min(i, 1), 1, c))
	}
	return c + 1
}

// check reports why the row cannot be written.
func (w *Writer) check(row *schemas.Latent) error {
	switch {
	case len(row.Embedding) != w.spec.Dimension:
		return fmt.Errorf("%s: embedding has %d dimensions, the file %d", row.ImageID, len(row.Embedding), w.spec.Dimension)
	case len(row.Metadata) != len(w.spec.Metadata):
		return fmt.Errorf("%s: %d metadata values for %d columns", row.ImageID, len(row.Metadata), len(w.spec.Metadata))
	}
	if fault := schemas.IDFault(row.ImageID); fault != "" {
		return fmt.Errorf("the id %.80q %s", row.ImageID, fault)
	}
	if fault := schemas.TextFault(row.Label); fault != "" {
		return fmt.Errorf("%s: its label %s", row.ImageID, fault)
	}
	for i, v := range row.Metadata {
		if fault := schemas.TextFault(v); fault != "" {
			return fmt.Errorf("%s: column %s %s", row.ImageID, w.spec.Metadata[i], fault)
		}
	}
	for i, v := range row.Embedding {
		if !Finite(v) {
			return fmt.Errorf("%s: dimension %d of the embedding is %v", row.ImageID, i, v)
		}
	}
	return nil
}

// Finite reports whether v is neither NaN nor infinite.
func Finite(v float32) bool {
	return math.Float32bits(v)&0x7f800000 != 0x7f800000
}

// NotFinite is the opposite, for slices.IndexFunc.
func NotFinite(v float32) bool { return !Finite(v) }

// flush hands the pending rows to the library and ends the row group when it
// is full.
func (w *Writer) flush() error {
	for i, values := range w.values {
		if len(values) == 0 {
			continue
		}
		if _, err := w.columns[i].WriteRowValues(values); err != nil {
			return fmt.Errorf("write latents: %w", err)
		}
		clear(values) // drops the strings
		w.values[i] = values[:0]
	}
	w.group += w.pending
	w.pending = 0
	if w.group < groupRows(w.spec.Dimension) {
		return nil
	}
	w.group = 0
	if err := w.file.Flush(); err != nil {
		return fmt.Errorf("write latents: %w", err)
	}
	return nil
}

// Close writes what is pending and the footer. It does not close the
// underlying writer.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("write latents: %w", err)
	}
	return nil
}
