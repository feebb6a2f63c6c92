package ingesting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// source is what a run reads, looked at before any work.
type source struct {
	files     []sourceFile // sorted by name
	ids       string       // sha256 of the table of ids; "" without one
	dimension int
	columns   []string // of plain numbers
	metadata  []string // columns, sorted
	csv       bool     // the files are CSV tables
	rows      int64
	bytes     int64 // of all files
	anew      bool  // earlier versions read something else
	rounded   bool  // numbers may be none of float32
}

// sourceFile is one file of a source.
type sourceFile struct {
	path, name string
	sha256     string
	groups     []int64 // rows of each row group; of a matrix, one; of a CSV table, those of each part
	starts     []start // of a CSV table, where each of these begins, and the last ends
}

// partRows is about the number of rows of a part.
const partRows = 1 << 16

// openSource finds the files of the input, and checks that they agree.
func openSource(ctx context.Context, c Config) (*source, error) {
	paths, err := list(ctx, c.Input)
	if err != nil {
		return nil, err
	}
	s := &source{csv: isCSV(paths[0])}
	if c.IDs != "" {
		if s.ids, err = store.FileSHA256(ctx, c.IDs); err != nil {
			return nil, err
		}
	}
	for _, path := range paths {
		f := sourceFile{path: path, name: store.Base(path)}
		switch {
		case c.matrix():
			err = s.addMatrix(ctx, c, &f)
		case s.csv:
			err = s.addFeatures(ctx, c, &f)
		default:
			err = s.addTable(ctx, c, &f)
		}
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, f)
	}
	if s.csv {
		err = s.scan(ctx, c)
	}
	if err == nil && (s.rows == 0 || s.dimension == 0) {
		err = fmt.Errorf("%s holds no vectors", c.Input)
	}
	if err == nil && !s.csv {
		err = s.hash(ctx)
	}
	return s, err
}

// list returns the files of the input, sorted, which are of one kind. In a folder with Parquet files
// a CSV table is something else.
func list(ctx context.Context, input string) (paths []string, err error) {
	folder, err := store.IsFolder(ctx, input)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	objects := store.Glob(ctx, input)
	switch {
	case folder:
		objects = store.List(ctx, input, false)
	case !store.HasMeta(input):
		if _, err := store.Stat(ctx, input); err != nil {
			return nil, err
		}
		return []string{input}, nil
	}
	var tables []string
	for obj, err := range objects {
		if err != nil {
			return nil, err
		}
		base := store.Base(obj.Name)
		switch {
		case strings.HasPrefix(base, "."), strings.HasPrefix(base, "_"):
		case isCSV(base):
			tables = append(tables, obj.Name)
		case !folder || strings.HasSuffix(base, ".parquet"):
			paths = append(paths, obj.Name)
		}
	}
	switch {
	case len(paths)+len(tables) == 0:
		return nil, fmt.Errorf("%s holds no .parquet file and no .csv file", input)
	case len(paths) > 0 && len(tables) > 0 && !folder:
		return nil, fmt.Errorf("%s: %s is a CSV table and %s is none: name files of one kind", input, slices.Min(tables), slices.Min(paths))
	case len(paths) == 0:
		paths = tables
	}
	slices.Sort(paths)
	return paths, nil
}

// addMatrix takes the shape of a matrix and the columns of its table.
func (s *source) addMatrix(ctx context.Context, c Config, f *sourceFile) error {
	m, err := openMatrix(ctx, f.path)
	if err != nil {
		return err
	}
	defer m.close()
	t, err := openIDs(ctx, c)
	if err != nil {
		return err
	}
	defer t.close()
	s.rows, s.bytes, s.dimension, s.metadata, f.groups = m.count, m.in.Size(), m.d, t.names, []int64{m.count}
	return nil
}

// addTable takes the columns and row groups of a Parquet file.
func (s *source) addTable(ctx context.Context, c Config, f *sourceFile) error {
	t, err := openTable(ctx, f.path, c)
	if err != nil {
		return err
	}
	defer t.close()
	columns := []string(nil)
	if c.VectorColumns != "" {
		columns = namesOf(t.vector)
		s.rounded = s.rounded || slices.ContainsFunc(t.vector, func(l *leaf) bool { return l.Node.Type().Kind() != parquet.Float })
	}
	if err := s.same(f.name, columns, namesOf(t.metadata)); err != nil {
		return err
	}
	s.bytes += t.in.Size()
	s.anew = s.anew || t.anew()
	for i := range t.file.NumRowGroups() {
		n := t.file.RowGroup(i).NumRows()
		f.groups = append(f.groups, n)
		s.rows += n
	}
	if s.dimension == 0 {
		if s.dimension, err = t.dimension(); err != nil {
			return err
		}
	}
	return nil
}

// same takes the columns of a file, which are those of the files before.
func (s *source) same(name string, columns, metadata []string) error {
	if len(s.files) > 0 {
		if err := sameColumns(s.files[0].name, name, s.columns, columns); err != nil {
			return err
		}
		if err := sameColumns(s.files[0].name, name, s.metadata, metadata); err != nil {
			return err
		}
	}
	s.columns, s.metadata = columns, metadata
	return nil
}

// sameColumns tells the first column that one of two files does not have.
func sameColumns(first, other string, want, got []string) error {
	for _, pair := range [][2][]string{{want, got}, {got, want}} {
		for _, name := range pair[0] {
			if !slices.Contains(pair[1], name) {
				return fmt.Errorf("%s and %s: only one of them has column %q: all files need the same columns", first, other, name)
			}
		}
	}
	if !slices.Equal(want, got) {
		return fmt.Errorf("%s and %s: their columns stand in another order", first, other)
	}
	return nil
}

// hash fills in the sha256 of every file.
func (s *source) hash(ctx context.Context) error {
	group, ctx := caught.NewTasks(ctx, runtime.GOMAXPROCS(0))
	for i := range s.files {
		group.Go(func() (err error) {
			s.files[i].sha256, err = store.FileSHA256(ctx, s.files[i].path)
			return err
		})
	}
	return group.Wait()
}

// scan reads CSV tables to their ends. The first of them that is none is the one that is named.
func (s *source) scan(ctx context.Context, c Config) error {
	group, _ := caught.NewTasks(ctx, runtime.GOMAXPROCS(0))
	errs := make([]error, len(s.files))
	for i := range s.files {
		group.Go(func() error {
			errs[i] = s.files[i].scan(ctx, c)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, f := range s.files {
		if errs[i] != nil {
			return errs[i]
		}
		s.bytes += f.starts[len(f.starts)-1].Offset
		for _, n := range f.groups {
			s.rows += n
		}
	}
	return nil
}

// parts cuts the source into parts of about partRows rows.
func (s *source) parts(c Config) (parts []Part) {
	for i, f := range s.files {
		first := int64(0)
		p := Part{}
		flush := func() {
			if p.Rows > 0 {
				p.Number, p.Path, p.File, p.Source = len(parts), f.path, f.name, i
				p.Bytes = s.bytes
				if s.csv {
					p.From, p.Line, p.To = f.starts[p.Group].Offset, f.starts[p.Group].Line, f.starts[p.Group+1].Offset
				}
				parts = append(parts, p)
			}
			p = Part{}
		}
		for g, n := range f.groups {
			if c.matrix() {
				for at := int64(0); at < n; at += partRows {
					p = Part{First: at, Rows: min(partRows, n-at)}
					flush()
				}
				continue
			}
			if p.Groups == 0 {
				p.First, p.Group = first, g
			}
			p.Rows, p.Groups, first = p.Rows+n, p.Groups+1, first+n
			if p.Rows >= partRows {
				flush()
			}
		}
		flush()
	}
	return parts
}

// spec describes the latents files of the source.
func (s *source) spec(c Config) (schemas.LatentsSpec, error) {
	var identity []string
	for _, f := range s.files {
		identity = append(identity, f.sha256)
	}
	sum, err := outdir.Fingerprint(identity, s.ids, c.IDColumn, c.VectorColumn, s.columns, c.LabelColumn)
	if err == nil && s.anew { // what they made is not that of today
		sum, err = outdir.Fingerprint(sum, "by the logical types and codecs")
	}
	spec := schemas.LatentsSpec{Dimension: s.dimension, Layout: "list", Metadata: s.metadata, ModelSHA256: sum,
		Preprocessing: "none", Kernel: "none", Source: s.describe(c)}
	return spec, errors.Join(err, spec.Validate())
}

// describe says what the numbers are, for the footer of the files.
func (s *source) describe(c Config) string {
	switch {
	case c.matrix():
		return "rows of a NumPy matrix"
	case s.csv:
		return "CSV columns " + c.VectorColumns
	case c.VectorColumns != "":
		return "Parquet columns " + c.VectorColumns
	}
	return "Parquet column " + c.VectorColumn
}
