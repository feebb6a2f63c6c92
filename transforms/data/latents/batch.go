package latents

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/data/parquetguard"
)

// Batch holds consecutive rows of a file, by column. Slices of columns that
// were not asked for are empty. Vectors of another program, and of rows of a table, have offset -1, no
// sha256 and no mse, which rows may have, and quality columns that are all zero. Files of earlier versions have
// no object_fraction.
type Batch struct {
	N     int   // rows
	First int64 // number of the first row in the file, from 0

	ImageID   []string
	Embedding []float32 // N x dimension, by row

	Shard          []int32
	Record, Offset []int64
	SHA256         []string

	MSE       []float32 // 0 where not HasMSE
	HasMSE    []bool
	Quality   []schemas.Quality
	HasObject []bool            // of Quality
	Channels  []schemas.Quality // N x channels, by row; empty where the spec names none
	QCFlags   []int32

	Label    []string // "" where not HasLabel
	HasLabel []bool
	Metadata [][]string // [column of Spec().Metadata][row]; "" where null
}

// ChannelsOf returns the figures of each channel of a row; nil where there are none.
func (b *Batch) ChannelsOf(row int) []schemas.Quality {
	c := len(b.Channels) / max(1, b.N)
	return b.Channels[row*c : (row+1)*c : (row+1)*c]
}

// group reads one row group: a reader per column, and the row it stands at.
type group struct {
	name  string
	d     int
	rows  int // largest batch
	left  int64
	first int64
	fill  []filler
	wide  [][]float32 // layout wide: the columns of the batch, to be transposed
	stat  [6][]float32
	size  []float32   // object_fraction
	parts [][]float32 // the columns of channels, in the order of the file
	cols  Columns
	bare  bool // vectors of another program or of rows, without the columns of pixels
	errs  bool // there is mse although it is bare
	sized bool // there is object_fraction
}

// filler reads the next n rows of one column into a batch.
type filler interface {
	fill(n int) error
	close() error
}

// openGroup prepares reading the chosen columns of row group i into b. The
// group is returned with an error, too, so that it can be closed.
func (f *File) openGroup(i int, cols Columns, b *Batch) (g *group, err error) {
	g = &group{name: f.name, d: f.spec.Dimension, rows: groupRows(f.spec.Dimension), cols: cols}
	defer protect(f.name, &err)
	rg := f.file.RowGroup(i)
	g.left = rg.NumRows()
	if i > 0 {
		g.first = b.First + int64(b.N)
	}
	leaf := func(name string, width int) leafReader {
		l := f.leaf[name]
		return leafReader{name: name, width: width, file: f.file, group: i, column: l.ColumnIndex, max: byte(l.MaxDefinitionLevel)}
	}
	g.openEmbedding(f, leaf, b)
	g.bare, g.sized = f.spec.Source != "", f.spec.ObjectFraction
	g.errs = f.spec.Rows() && f.spec.Reconstruct
	g.parts = make([][]float32, len(f.spec.Channels)*len(schemas.ChannelColumns))
	g.openScalars(leaf, b)
	if cols&Metadata != 0 {
		b.Metadata = resize(b.Metadata, len(f.spec.Metadata)+len(f.crossed))
		for i, name := range f.spec.Metadata {
			g.fill = append(g.fill, newText(leaf(name, 1), &b.Metadata[i], nil, true))
		}
	}
	return g, nil
}

// openEmbedding adds the reader of the embedding, one per dimension when wide.
func (g *group) openEmbedding(f *File, leaf func(string, int) leafReader, b *Batch) {
	switch {
	case g.cols&Embedding == 0:
	case f.spec.Layout == wide:
		g.wide = make([][]float32, g.d)
		for i := range g.d {
			g.fill = append(g.fill, newFloats(leaf(schemas.WideColumn(i, g.d), 1), &g.wide[i], nil))
		}
	default:
		g.fill = append(g.fill, newFloats(leaf(schemas.ColEmbedding, g.d), &b.Embedding, nil))
	}
}

// openScalars adds the readers of the columns between embedding and metadata.
func (g *group) openScalars(leaf func(string, int) leafReader, b *Batch) {
	if g.cols&IDs != 0 {
		g.fill = append(g.fill, newText(leaf(schemas.ColImageID, 1), &b.ImageID, nil, false))
	}
	if g.cols&Location != 0 {
		g.fill = append(g.fill, newInts32(leaf(schemas.ColShard, 1), &b.Shard), newInts64(leaf(schemas.ColRecord, 1), &b.Record))
	}
	if !g.bare {
		g.openPixels(leaf, b)
	} else if g.errs && g.cols&MSE != 0 {
		g.fill = append(g.fill, newFloats(leaf(schemas.ColMSE, 1), &b.MSE, &b.HasMSE))
	}
	if g.cols&Labels != 0 {
		g.fill = append(g.fill, newText(leaf(schemas.ColLabel, 1), &b.Label, &b.HasLabel, false))
	}
}

// openPixels adds the readers of pixelColumns.
func (g *group) openPixels(leaf func(string, int) leafReader, b *Batch) {
	if g.cols&Location != 0 {
		g.fill = append(g.fill, newInts64(leaf(schemas.ColOffset, 1), &b.Offset))
	}
	if g.cols&SHA != 0 {
		g.fill = append(g.fill, newText(leaf(schemas.ColSHA256, 1), &b.SHA256, nil, false))
	}
	if g.cols&MSE != 0 {
		g.fill = append(g.fill, newFloats(leaf(schemas.ColMSE, 1), &b.MSE, &b.HasMSE))
	}
	if g.cols&Quality != 0 {
		names := [...]string{schemas.ColMean, schemas.ColMax, schemas.ColSaturated, schemas.ColForeground, schemas.ColSharpness, schemas.ColBorder}
		for i, name := range names {
			g.fill = append(g.fill, newFloats(leaf(name, 1), &g.stat[i], nil))
		}
		g.fill = append(g.fill, newInts32(leaf(schemas.ColQCFlags, 1), &b.QCFlags))
		if g.sized {
			g.fill = append(g.fill, newFloats(leaf(schemas.ColObject, 1), &g.size, &b.HasObject))
		}
		for i := range g.parts {
			name := schemas.ChannelColumn(schemas.ChannelColumns[i%len(schemas.ChannelColumns)], i/len(schemas.ChannelColumns))
			g.fill = append(g.fill, newFloats(leaf(name, 1), &g.parts[i], nil))
		}
	}
}

// next reads the next rows of the group into b.
func (g *group) next(b *Batch) (err error) {
	defer protect(g.name, &err)
	n := int(min(g.left, int64(g.rows)))
	for _, f := range g.fill {
		if err := f.fill(n); err != nil {
			return damaged(g.name, err)
		}
	}
	if g.wide != nil {
		b.Embedding = resize(b.Embedding, n*g.d)
		transpose(b.Embedding, g.wide)
	}
	if g.bare {
		g.fillBare(b, n)
	} else if g.cols&Quality != 0 {
		g.fillQuality(b, n)
	}
	b.N, b.First = n, g.first
	g.first += int64(n)
	g.left -= int64(n)
	return nil
}

// fillQuality makes rows of the quality columns.
func (g *group) fillQuality(b *Batch, n int) {
	b.Quality = resize(b.Quality, n)
	s := &g.stat
	for i := range b.Quality {
		b.Quality[i] = schemas.Quality{Mean: s[0][i], Max: s[1][i], Saturated: s[2][i], Foreground: s[3][i], Sharpness: s[4][i], Border: s[5][i]}
	}
	if !g.sized {
		b.HasObject = make([]bool, n)
	}
	for i := range g.size {
		b.Quality[i].Object = g.size[i]
	}
	channels := len(g.parts) / len(schemas.ChannelColumns)
	b.Channels = resize(b.Channels, n*channels)
	for i := range b.Channels {
		of := g.parts[i%channels*len(schemas.ChannelColumns):]
		row := i / channels
		b.Channels[i] = schemas.Quality{Mean: of[0][row], Max: of[1][row], Saturated: of[2][row], Foreground: of[3][row],
			Sharpness: of[4][row], Border: of[5][row], Object: of[6][row]}
	}
}

// fillBare fills the columns that vectors of another program do not have.
func (g *group) fillBare(b *Batch, n int) {
	if g.cols&Location != 0 {
		b.Offset = slices.Repeat([]int64{-1}, n)
	}
	if g.cols&SHA != 0 {
		b.SHA256 = make([]string, n)
	}
	if g.cols&MSE != 0 && !g.errs {
		b.MSE, b.HasMSE = make([]float32, n), make([]bool, n)
	}
	if g.cols&Quality != 0 {
		b.Quality, b.HasObject, b.QCFlags, b.Channels = make([]schemas.Quality, n), make([]bool, n), make([]int32, n), nil
	}
}

// transpose turns columns into rows, in blocks that stay in the first cache.
func transpose(rows []float32, cols [][]float32) {
	d := len(cols)
	n := len(rows) / d
	const block = 16
	for i := 0; i < n; i += block {
		for j, col := range cols {
			for k := i; k < min(i+block, n); k++ {
				rows[k*d+j] = col[k]
			}
		}
	}
}

// close ends reading of all columns.
func (g *group) close() (err error) {
	defer protect(g.name, &err)
	for _, f := range g.fill {
		if e := f.close(); e != nil && err == nil {
			err = damaged(g.name, e)
		}
	}
	return err
}

// resize returns s with length n, its content unspecified.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// leafReader reads the pages of one column chunk.
type leafReader struct {
	name  string
	width int  // values per row
	max   byte // definition level of a value that is there

	file          *parquetguard.File
	group, column int // of the chunk in the file

	pages  parquet.Pages
	seen   int64  // values of the chunk, to find the start of each row
	starts []byte // repetition levels of some whole rows
}

// page returns the next page and checks its levels. present says for each value
// of a nullable column whether it is there; nil means all are.
func (l *leafReader) page() (p parquet.Page, present []byte, err error) {
	if l.pages == nil {
		l.pages = l.file.Pages(l.group, l.column)
	}
	p, err = l.pages.ReadPage()
	if err != nil {
		return nil, nil, fmt.Errorf("column %s: %w", l.name, err)
	}
	if rep := p.RepetitionLevels(); rep != nil {
		if err := l.checkRows(rep); err != nil {
			parquet.Release(p)
			return nil, nil, err
		}
	}
	present = p.DefinitionLevels()
	if bytes.Count(present, []byte{l.max}) == len(present) {
		return p, nil, nil
	}
	return p, present, nil
}

// checkRows checks the repetition levels of the next values: 0 where a row
// starts, which is every width values, and 1 elsewhere.
func (l *leafReader) checkRows(levels []byte) error {
	if l.starts == nil {
		rows := max(2, 1+levelBlock/l.width)
		l.starts = bytes.Repeat([]byte{1}, rows*l.width)
		for i := 0; i < len(l.starts); i += l.width {
			l.starts[i] = 0
		}
	}
	for len(levels) > 0 {
		at := int(l.seen % int64(l.width))
		n := min(len(levels), len(l.starts)-at)
		if !bytes.Equal(levels[:n], l.starts[at:at+n]) {
			return fmt.Errorf("column %s: rows %d to %d of its row group have not %d values each",
				l.name, l.seen/int64(l.width), (l.seen+int64(n)-1)/int64(l.width), l.width)
		}
		levels = levels[n:]
		l.seen += int64(n)
	}
	return nil
}

// levelBlock is the number of levels that are compared at a time.
const levelBlock = 1 << 14

// close ends reading.
func (l *leafReader) close() error {
	if l.pages == nil {
		return nil
	}
	return l.pages.Close()
}
