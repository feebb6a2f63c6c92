package store

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
)

// list walks a local folder. Files are stat'ed one by one as they are yielded;
// of a folder being read only the names are kept, so that a folder of a million
// files costs some tens of megabytes.
func (local) list(ctx context.Context, dir string, descend func(rel string) bool) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		w := walker{ctx: ctx, root: dir, descend: descend, yield: yield}
		w.walk("")
	}
}

type walker struct {
	ctx     context.Context
	root    string
	descend func(rel string) bool
	yield   func(Object, error) bool

	links *Links          // nil: links to folders are passed over
	at    string          // the link that is followed, relative to root
	real  string          // where it leads to, or where root is
	seen  map[string]bool // real folders that were scanned
	found []string        // links to folders, relative to root
}

// dirEntry is what a walk keeps of a folder's entry.
type dirEntry struct {
	name string
	dir  bool
}

// walk yields the files of the folder rel below the root; false ends the walk.
func (w *walker) walk(rel string) bool {
	dir := filepath.Join(w.root, rel)
	if !w.enters(rel) {
		return true
	}
	entries, err := readDir(w.ctx, dir)
	if err != nil {
		w.yield(Object{}, newError("list", dir, err, ""))
		return false
	}
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			w.yield(Object{}, newError("list", dir, err, ""))
			return false
		}
		ok := true
		if !e.dir {
			ok = w.file(filepath.Join(rel, e.name))
		} else if sub := filepath.Join(rel, e.name); w.descend != nil && w.descend(filepath.ToSlash(sub)) {
			ok = w.walk(sub)
		}
		if !ok {
			return false
		}
	}
	return true
}

// file yields one file; symbolic links are followed to files, those to folders noted.
func (w *walker) file(rel string) bool {
	name := filepath.Join(w.root, rel)
	fi, err := os.Stat(name)
	switch {
	case err == nil && fi.IsDir():
		w.link(rel)
		return true
	case err == nil && !fi.Mode().IsRegular():
		return true // a link to a pipe, a socket
	case err == nil:
		return w.yield(Object{Name: name, Size: fi.Size(), ModTime: fi.ModTime()}, nil)
	case errors.Is(err, fs.ErrNotExist) && isGone(name):
		return true // removed since the folder was read
	}
	return w.yield(Object{Name: name}, newError("stat", name, err, ""))
}

// isGone reports whether name itself is missing, rather than what it links to.
func isGone(name string) bool {
	_, err := os.Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// readDir returns the entries of a folder that can be files or folders, in the
// order of their full names: a folder sorts as its name and a slash, so that a
// walk yields byte order, as object stores do.
func readDir(ctx context.Context, dir string) (entries []dirEntry, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	const chunk = 4096
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		des, err := f.ReadDir(chunk)
		for _, de := range des {
			t := de.Type()
			if t.IsRegular() || t&fs.ModeSymlink != 0 || t.IsDir() {
				entries = append(entries, dirEntry{de.Name(), t.IsDir()})
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(entries, compareEntries)
	return entries, nil
}

// compareEntries orders by name, with a slash behind the names of folders.
func compareEntries(a, b dirEntry) int {
	n := min(len(a.name), len(b.name))
	if c := cmp.Compare(a.name[:n], b.name[:n]); c != 0 {
		return c
	}
	return cmp.Compare(a.next(n), b.next(n))
}

// next returns the bytes of an entry's sort key from n on; n <= len(name).
func (e dirEntry) next(n int) string {
	if e.dir {
		return e.name[n:] + "/"
	}
	return e.name[n:]
}
