package latents

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

const (
	writeRows = 64      // rows handed to the library at once: decides where pages end
	listPage  = 1 << 20 // bytes of a page before coding, layout list
	widePage  = 1 << 15 // the same, layout wide: a row group of one dimension

	wideFollow = 15 // columns, layout wide, that one speaks for in which nothing repeats: to ask each takes a third of the time
)

// Writer writes one latents file. It is not safe for concurrent use. It holds
// one row group in memory, compressed.
//
// The library writes all columns but those of the embedding, each row group into memory, and floatColumn those; assembly
// puts them together.
type Writer struct {
	spec schemas.LatentsSpec
	file *assembly

	embedding []*floatColumn // one, layout wide: one per dimension
	block     []float32      // layout wide: rows not yet handed over

	options []parquet.WriterOption // of the other columns
	memory  bytes.Buffer           // where these are written
	others  *parquet.GenericWriter[any]
	columns []*parquet.ColumnWriter
	values  [][]parquet.Value // of each of them, rows not yet handed over

	pending int // rows not yet handed over
	group   int // rows in the current row group
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
	file, err := newAssembly(w, fileOptions(spec, cols, page))
	if err != nil {
		return nil, err
	}
	out := &Writer{spec: spec, file: file}
	var p *packer
	if spec.Format != "" {
		p = &packer{}
		if spec.Layout == wide {
			p.follow = wideFollow
		}
	}
	end := 1 + embeddingColumns(spec)
	for _, c := range cols[1:end] {
		out.embedding = append(out.embedding, newFloatColumn(c, page, p))
	}
	out.options = append(pageOptions(page), schemaOf(slices.Concat(cols[:1], cols[end:])))
	out.begin()
	return out, nil
}

// embeddingColumns returns the number of columns of the embedding, which stand behind the first column.
func embeddingColumns(spec schemas.LatentsSpec) int {
	if spec.Layout == wide {
		return spec.Dimension
	}
	return 1
}

// pageOptions are the options of the library for pages of about so many bytes before coding.
func pageOptions(page int) []parquet.WriterOption {
	return []parquet.WriterOption{parquet.PageBufferSize(page), parquet.DataPageVersion(1)}
}

// fileOptions are the options of the library for the whole file.
func fileOptions(spec schemas.LatentsSpec, cols []column, page int) []parquet.WriterOption {
	options := append(pageOptions(page), schemaOf(cols), parquet.CreatedBy("exemplar", schemas.CodeVersion, "0"))
	for key, value := range footerOf(spec, cols) {
		options = append(options, parquet.KeyValueMetadata(key, value))
	}
	return options
}

// begin begins a row group of the columns that the library writes.
func (w *Writer) begin() {
	w.memory.Reset()
	w.others = parquet.NewGenericWriter[any](&w.memory, w.options...)
	w.columns = w.others.ColumnWriters()
	if w.values == nil {
		w.values = make([][]parquet.Value, len(w.columns))
	}
}

// footerOf returns the footer keys of a file.
func footerOf(spec schemas.LatentsSpec, cols []column) map[string]string {
	footer := map[string]string{
		schemas.FooterFormat:        spec.FileFormat(),
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
	if spec.FullScale > 0 {
		footer[schemas.FooterFullScale] = strconv.Itoa(spec.FullScale)
	}
	if len(spec.Channels) > 0 {
		names, _ := json.Marshal(spec.Channels) // of strings, which cannot fail
		footer[schemas.FooterChannels] = string(names)
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
	for i := range row.Channels {
		for _, name := range schemas.ChannelColumns {
			add(parquet.FloatValue(row.Channels[i].Of(name)))
		}
	}
	if w.spec.Layout == wide {
		w.block = append(w.block, row.Embedding...)
	} else {
		w.embedding[0].add(row.Embedding...)
	}
	w.pending, w.rows = w.pending+1, w.rows+1
	if w.pending == writeRows {
		return w.flush()
	}
	return nil
}

// check reports why the row cannot be written.
func (w *Writer) check(row *schemas.Latent) error {
	switch {
	case len(row.Embedding) != w.spec.Dimension:
		return fmt.Errorf("%s: embedding has %d dimensions, the file %d", row.ImageID, len(row.Embedding), w.spec.Dimension)
	case len(row.Metadata) != len(w.spec.Metadata):
		return fmt.Errorf("%s: %d metadata values for %d columns", row.ImageID, len(row.Metadata), len(w.spec.Metadata))
	}
	if len(row.Channels) != len(w.spec.Channels) {
		return fmt.Errorf("%s: figures of %d channels for %d", row.ImageID, len(row.Channels), len(w.spec.Channels))
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

// flush hands over the pending rows and ends the row group when it is full.
func (w *Writer) flush() error {
	if w.others == nil && w.pending > 0 {
		w.begin()
	}
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
	for i, c := range w.embedding {
		c.addColumn(w.block, i, len(w.embedding))
		if err := c.endRows(); err != nil {
			return fmt.Errorf("write latents: %w", err)
		}
	}
	w.block = w.block[:0]
	w.group += w.pending
	w.pending = 0
	if w.group < groupRows(w.spec.Dimension) {
		return nil
	}
	return w.endGroup()
}

// endGroup writes the row group.
func (w *Writer) endGroup() error {
	if w.group == 0 {
		return nil
	}
	if err := w.others.Close(); err != nil {
		return fmt.Errorf("write latents: %w", err)
	}
	chunks, err := chunksOf(w.memory.Bytes(), w.others.File().Metadata())
	if err != nil {
		return fmt.Errorf("write latents: %w", err)
	}
	embedding := make([]*chunk, len(w.embedding))
	for i, c := range w.embedding {
		if embedding[i], err = c.chunk(); err != nil {
			return fmt.Errorf("write latents: %w", err)
		}
	}
	if err := w.file.add(int64(w.group), slices.Concat(chunks[:1], embedding, chunks[1:])); err != nil {
		return fmt.Errorf("write latents: %w", err)
	}
	w.group, w.others = 0, nil
	return nil
}

// Close writes what is pending and the footer. It does not close the
// underlying writer.
func (w *Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.endGroup(); err != nil {
		return err
	}
	if err := w.file.close(); err != nil {
		return fmt.Errorf("write latents: %w", err)
	}
	return nil
}
