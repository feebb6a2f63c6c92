package latents

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/data/parquetguard"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// File is a latents file open for reading. Its methods may be called from
// several goroutines where the underlying reader allows that.
type File struct {
	name string
	file *parquetguard.File
	spec schemas.LatentsSpec
	cols []column                       // as the file has them, in the order of columnsOf
	leaf map[string]*parquet.LeafColumn // by name of the column

	crossed []crossed
	relabel func(id string) (label string, ok bool) // nil: labels are those of the file
}

// Columns says which columns a pass over a file reads, a set of bits.
type Columns uint

// The columns of a Batch.
const (
	IDs       Columns = 1 << iota // ImageID
	Embedding                     // Embedding
	Location                      // Shard, Record, Offset
	SHA                           // SHA256
	MSE                           // MSE, HasMSE
	Quality                       // Quality, HasObject, Channels, QCFlags
	Labels                        // Label, HasLabel
	Metadata                      // Metadata

	All = IDs | Embedding | Location | SHA | MSE | Quality | Labels | Metadata
)

// Open reads the footer of a latents file of size bytes and checks its format
// and columns. Both layouts are read, and columns that another program made
// nullable. Every error, here and while reading, is one line that starts with
// name; damage never panics.
func Open(r io.ReaderAt, size int64, name string) (f *File, err error) {
	defer protect(name, &err)
	pf, err := parquetguard.OpenBuffered(r, size, 1<<16)
	if err != nil {
		return nil, damaged(name, err)
	}
	f = &File{name: name, file: pf, leaf: map[string]*parquet.LeafColumn{}}
	if format, _ := pf.Lookup(schemas.FooterFormat); !schemas.ReadsLatents(format) {
		return nil, fmt.Errorf("%s: not a latents file of this version: %s in its footer is %q, want %q or %q",
			name, schemas.FooterFormat, format, schemas.LatentsFormat, schemas.LatentsFormat3)
	}
	if err := f.readSpec(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.cols = columnsOf(f.spec)
	for _, c := range f.cols {
		leaf, err := f.find(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f.leaf[c.name] = leaf
	}
	return f, nil
}

// Spec returns what all rows have in common, as the file states it, and after Cross, with the
// columns that are crossed.
func (f *File) Spec() schemas.LatentsSpec {
	spec := f.spec
	spec.Metadata = slices.Clone(spec.Metadata)
	for _, c := range f.crossed {
		spec.Metadata = append(spec.Metadata, c.name)
	}
	return spec
}

// Relabel has batches give the labels of a function instead of the file's.
func (f *File) Relabel(label func(id string) (label string, ok bool)) { f.relabel = label }

// Rows returns the number of rows.
func (f *File) Rows() int64 { return f.file.NumRows() }

// RowGroups returns the number of row groups.
func (f *File) RowGroups() int { return f.file.NumRowGroups() }

// readSpec fills in the specification from the footer and the columns.
func (f *File) readSpec() error {
	lookup := func(key string) string {
		v, _ := f.file.Lookup(key)
		return v
	}
	d, err := strconv.Atoi(lookup(schemas.FooterDimension))
	if err != nil {
		return fmt.Errorf("%s in its footer is %q, not a number", schemas.FooterDimension, lookup(schemas.FooterDimension))
	}
	f.spec = schemas.LatentsSpec{
		Dimension:     d,
		Layout:        "list",
		Reconstruct:   lookup(schemas.FooterReconstruct) == "true",
		ModelSHA256:   lookup(schemas.FooterModel),
		Preprocessing: lookup(schemas.FooterPreprocessing),
		Kernel:        lookup(schemas.FooterKernel),
		Source:        lookup(schemas.FooterSource),
	}
	if format := lookup(schemas.FooterFormat); format != schemas.LatentsFormat {
		f.spec.Format = format
	}
	schema := f.file.Schema()
	if _, ok := lookupLeaf(schema, schemas.ColEmbedding); !ok {
		f.spec.Layout = wide
	}
	for _, field := range schema.Fields() {
		if strings.HasPrefix(field.Name(), schemas.MetadataPrefix) {
			f.spec.Metadata = append(f.spec.Metadata, field.Name())
		}
	}
	slices.Sort(f.spec.Metadata)
	if _, ok := lookupLeaf(schema, schemas.ColObject); ok && f.spec.Source == "" {
		f.spec.ObjectFraction = true
	}
	if full := lookup(schemas.FooterFullScale); full != "" {
		if f.spec.FullScale, err = strconv.Atoi(full); err != nil {
			return fmt.Errorf("%s in its footer is %.80q, not a number", schemas.FooterFullScale, full)
		}
	}
	if names := lookup(schemas.FooterChannels); names != "" {
		if err := json.Unmarshal([]byte(names), &f.spec.Channels); err != nil {
			return fmt.Errorf("%s in its footer is not a list of names: %w", schemas.FooterChannels, schemas.JSONError(err))
		}
	}
	if err := f.spec.Validate(); err != nil {
		return err
	}
	limit := MaxDimension
	if f.spec.Layout == wide {
		limit = parquet.MaxColumnIndex
	}
	if d > limit {
		return fmt.Errorf("%s in its footer is %d, more than %d", schemas.FooterDimension, d, limit)
	}
	return nil
}

// find returns the leaf of a column and checks its type.
func (f *File) find(c column) (*parquet.LeafColumn, error) {
	leaf, ok := lookupLeaf(f.file.Schema(), c.name)
	if !ok {
		return nil, fmt.Errorf("column %s is missing", c.name)
	}
	want := map[kind]parquet.Kind{
		float32Column: parquet.Float, int32Column: parquet.Int32, int64Column: parquet.Int64, stringColumn: parquet.ByteArray,
	}[c.kind]
	if got := leaf.Node.Type().Kind(); got != want {
		return nil, fmt.Errorf("column %s holds %v, want %v", c.name, got, want)
	}
	depth := 0
	if c.size > 0 {
		depth = 1
	}
	if int(leaf.MaxRepetitionLevel) != depth {
		return nil, fmt.Errorf("column %s has lists %d deep, want %d", c.name, leaf.MaxRepetitionLevel, depth)
	}
	return leaf, nil
}

// lookupLeaf returns the only leaf of a top-level column, however a list of it
// is spelled below.
func lookupLeaf(schema *parquet.Schema, name string) (*parquet.LeafColumn, bool) {
	var found *parquet.LeafColumn
	for _, path := range schema.Columns() {
		if path[0] != name {
			continue
		}
		leaf, ok := schema.Lookup(path...)
		if !ok || found != nil {
			return nil, false
		}
		found = &leaf
	}
	return found, found != nil
}

// damaged turns an error of the library into one line that names the file.
func damaged(name string, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &readError{name, err}
}

// readError is an error of the Parquet library: its text in one line.
type readError struct {
	name string
	err  error
}

func (e *readError) Error() string {
	return fmt.Sprintf("%s: not a sound Parquet file: %s", e.name, strings.Join(strings.Fields(e.err.Error()), " "))
}

func (e *readError) Unwrap() error { return e.err }

// protect turns a panic of the Parquet library over damaged bytes into an
// error. It guards calls into the library only, never code of the caller.
func protect(name string, err *error) {
	if p := recover(); p != nil {
		*err = damaged(name, errors.New(caught.Damage(p)))
	}
}

// Read returns the rows of the file of that name as Batches does; it is open as long as
// the sequence is ranged over.
func Read(ctx context.Context, name string, cols Columns) iter.Seq2[*Batch, error] {
	return seq.From(func(yield func(*Batch, error) bool) error {
		in, err := store.OpenAt(ctx, name)
		if err != nil {
			return err
		}
		defer in.Close() // only read
		f, err := Open(in, in.Size(), name)
		if err != nil {
			return err
		}
		f.Batches(cols)(yield)
		return nil
	})
}

// Batches returns the rows of the file in order, a row group or a part of one
// at a time, at most 8,192 rows. Only the chosen columns are read; the other
// slices of a Batch are empty. The batch and its slices are reused by the next
// one; strings may be kept. After an error the sequence ends.
func (f *File) Batches(cols Columns) iter.Seq2[*Batch, error] {
	return seq.From(func(yield func(*Batch, error) bool) error {
		b := &Batch{}
		cross := len(f.crossed) > 0 && cols&Metadata != 0
		if cross {
			cols |= Labels
		}
		relabel := f.relabel != nil && cols&Labels != 0
		if relabel {
			cols |= IDs
		}
		for i := range f.RowGroups() {
			g, err := f.openGroup(i, cols, b)
			for err == nil && g.left > 0 {
				if err = g.next(b); err != nil {
					break
				}
				for i := 0; relabel && i < b.N; i++ {
					b.Label[i], b.HasLabel[i] = f.relabel(b.ImageID[i])
				}
				if cross {
					f.cross(b)
				}
				if !yield(b, nil) {
					g.close()
					return nil
				}
			}
			if err = cmp.Or(err, g.close()); err != nil {
				return err
			}
		}
		return nil
	})
}
