package vectors

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

// Source is what a run reads, looked at before any work.
type Source struct {
	config    Config
	files     []sourceFile // sorted by name
	ids       string       // sha256 of the table of ids; "" without one
	Dimension int
	Columns   []string // of plain numbers
	Metadata  []string // columns, sorted
	csv       bool     // the files are CSV tables
	Rows      int64
	Bytes     int64 // of all files
	anew      bool  // earlier versions read something else
	Rounded   bool  // numbers may be none of float32
	Labeled   bool  // there is a column of labels
}

// sourceFile is one file of a source.
type sourceFile struct {
	path, name string
	sha256     string
	groups     []int64 // rows of each row group; of a matrix, one; of a CSV table, those of each part
	starts     []start // of a CSV table, where each of these begins, and the last ends
}

// PartRows is about the number of rows of a part.
const PartRows = 1 << 16

// Open finds the files of the input, and checks that they agree.
func Open(ctx context.Context, c Config) (*Source, error) {
	paths, err := list(ctx, c.Input)
	if err != nil {
		return nil, err
	}
	s := &Source{config: c, csv: IsCSV(paths[0])}
	if c.IDs != "" {
		if s.ids, err = store.FileSHA256(ctx, c.IDs); err != nil {
			return nil, err
		}
	}
	for _, path := range paths {
		f := sourceFile{path: path, name: store.Base(path)}
		switch {
		case c.Matrix():
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
	if err == nil && (s.Rows == 0 || s.Dimension == 0) {
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
		case IsCSV(base):
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
func (s *Source) addMatrix(ctx context.Context, c Config, f *sourceFile) error {
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
	s.Rows, s.Bytes, s.Dimension, s.Metadata, f.groups = m.count, m.in.Size(), m.d, t.names, []int64{m.count}
	s.Labeled = t.label >= 0
	return nil
}

// addTable takes the columns and row groups of a Parquet file.
func (s *Source) addTable(ctx context.Context, c Config, f *sourceFile) error {
	t, err := openTable(ctx, f.path, c)
	if err != nil {
		return err
	}
	defer t.close()
	columns := []string(nil)
	if c.plain() {
		columns = namesOf(t.vector)
		s.Rounded = s.Rounded || slices.ContainsFunc(t.vector, func(l *leaf) bool { return l.Node.Type().Kind() != parquet.Float })
	}
	if err := s.same(f.name, columns, namesOf(t.metadata)); err != nil {
		return err
	}
	s.Bytes += t.in.Size()
	s.Labeled = t.label != nil
	s.anew = s.anew || t.anew()
	for i := range t.file.NumRowGroups() {
		n := t.file.RowGroup(i).NumRows()
		f.groups = append(f.groups, n)
		s.Rows += n
	}
	if s.Dimension == 0 {
		if s.Dimension, err = t.dimension(); err != nil {
			return err
		}
	}
	return nil
}

// same takes the columns of a file, which are those of the files before.
func (s *Source) same(name string, columns, metadata []string) error {
	if len(s.files) > 0 {
		if err := sameColumns(s.files[0].name, name, s.Columns, columns); err != nil {
			return err
		}
		if err := sameColumns(s.files[0].name, name, s.Metadata, metadata); err != nil {
			return err
		}
	}
	s.Columns, s.Metadata = columns, metadata
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
func (s *Source) hash(ctx context.Context) error {
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
func (s *Source) scan(ctx context.Context, c Config) error {
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
		s.Bytes += f.starts[len(f.starts)-1].Offset
		for _, n := range f.groups {
			s.Rows += n
		}
	}
	return nil
}

// FileSHA256 returns the sha256 of the file that a part is of.
func (s *Source) FileSHA256(p Part) string { return s.files[p.Source].sha256 }

// Parts cuts the source into parts of about PartRows rows.
func (s *Source) Parts() (parts []Part) {
	c := s.config
	for i, f := range s.files {
		first := int64(0)
		p := Part{}
		flush := func() {
			if p.Rows > 0 {
				p.Number, p.Path, p.File, p.Source = len(parts), f.path, f.name, i
				p.Bytes = s.Bytes
				if s.csv {
					p.From, p.Line, p.To = f.starts[p.Group].Offset, f.starts[p.Group].Line, f.starts[p.Group+1].Offset
				}
				parts = append(parts, p)
			}
			p = Part{}
		}
		for g, n := range f.groups {
			if c.Matrix() {
				for at := int64(0); at < n; at += PartRows {
					p = Part{First: at, Rows: min(PartRows, n-at)}
					flush()
				}
				continue
			}
			if p.Groups == 0 {
				p.First, p.Group = first, g
			}
			p.Rows, p.Groups, first = p.Rows+n, p.Groups+1, first+n
			if p.Rows >= PartRows {
				flush()
			}
		}
		flush()
	}
	return parts
}

// Spec describes the latents files of the source.
func (s *Source) Spec() (schemas.LatentsSpec, error) {
	c := s.config
	var identity []string
	for _, f := range s.files {
		identity = append(identity, f.sha256)
	}
	sum, err := outdir.Fingerprint(identity, s.ids, c.IDColumn, c.VectorColumn, s.Columns, c.LabelColumn)
	if err == nil && s.anew { // what they made is not that of today
		sum, err = outdir.Fingerprint(sum, "by the logical types and codecs")
	}
	spec := schemas.LatentsSpec{Dimension: s.Dimension, Layout: "list", Metadata: s.Metadata, ModelSHA256: sum,
		Preprocessing: "none", Kernel: "none", Source: s.describe(c)}
	return spec, errors.Join(err, spec.Validate())
}

// describe says what the numbers are, for the footer of the files.
func (s *Source) describe(c Config) string {
	switch {
	case c.Matrix():
		return "rows of a NumPy matrix"
	case s.csv:
		return "CSV columns " + c.VectorColumns
	case c.VectorColumns != "":
		return "Parquet columns " + c.VectorColumns
	}
	return "Parquet column " + c.VectorColumn
}
