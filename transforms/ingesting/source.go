package ingesting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"

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
	rows      int64
	bytes     int64 // of all files
	anew      bool  // earlier versions read something else
}

// sourceFile is one file of a source.
type sourceFile struct {
	path, name string
	sha256     string
	groups     []int64 // rows of each row group; of a matrix, one
}

// partRows is about the number of rows of a part.
const partRows = 1 << 16

// openSource finds the files of the input, and checks that they agree.
func openSource(ctx context.Context, c Config) (*source, error) {
	paths, err := list(ctx, c.Input)
	if err != nil {
		return nil, err
	}
	s := &source{}
	if c.IDs != "" {
		if s.ids, err = store.FileSHA256(ctx, c.IDs); err != nil {
			return nil, err
		}
	}
	for _, path := range paths {
		f := sourceFile{path: path, name: store.Base(path)}
		if c.matrix() {
			err = s.addMatrix(ctx, c, &f)
		} else {
			err = s.addTable(ctx, c, &f)
		}
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, f)
	}
	if s.rows == 0 || s.dimension == 0 {
		return nil, fmt.Errorf("%s holds no vectors", c.Input)
	}
	return s, s.hash(ctx)
}

// list returns the files of the input, sorted.
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
	for obj, err := range objects {
		if err != nil {
			return nil, err
		}
		base := store.Base(obj.Name)
		if !strings.HasPrefix(base, ".") && !strings.HasPrefix(base, "_") && (!folder || strings.HasSuffix(base, ".parquet")) {
			paths = append(paths, obj.Name)
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s holds no .parquet file", input)
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
	}
	if len(s.files) > 0 {
		if err := sameColumns(s.files[0].name, f.name, s.columns, columns); err != nil {
			return err
		}
		if err := sameColumns(s.files[0].name, f.name, s.metadata, namesOf(t.metadata)); err != nil {
			return err
		}
	}
	s.columns, s.metadata = columns, namesOf(t.metadata)
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

// parts cuts the source into parts of about partRows rows.
func (s *source) parts(c Config) (parts []Part) {
	for i, f := range s.files {
		first := int64(0)
		p := Part{}
		flush := func() {
			if p.Rows > 0 {
				p.Number, p.Path, p.File, p.Source = len(parts), f.path, f.name, i
				p.Bytes = s.bytes
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
		Preprocessing: "none", Kernel: "none", Source: c.describe()}
	return spec, errors.Join(err, spec.Validate())
}
