package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"golang.org/x/term"

	"exemplar/transforms/store/internal/disk"
)

// errDevice is the error of reading a device, such as /dev/zero.
var errDevice = errors.New("it is a device, not a file")

// local is the file system of this machine.
type local struct{}

func (local) stat(_ context.Context, name string) (Object, error) {
	fi, err := os.Stat(name)
	if err != nil {
		return Object{}, newError("stat", name, err, "")
	}
	return localObject("stat", name, fi)
}

func localObject(op, name string, fi fs.FileInfo) (Object, error) {
	switch {
	case fi.IsDir():
		return Object{}, newError(op, name, ErrIsFolder, "")
	case !fi.Mode().IsRegular():
		return Object{}, newError(op, name, errors.New("it is not a regular file"), "give the name of a file")
	}
	return Object{Name: name, Size: fi.Size(), ModTime: fi.ModTime()}, nil
}

func (local) isFolder(_ context.Context, name string) (bool, error) {
	fi, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return false, nil
	case err != nil:
		return false, newError("open folder", name, err, "")
	}
	return fi.IsDir(), nil
}

func (local) open(_ context.Context, name string) (io.ReadCloser, int64, error) {
	f, fi, err := openLocal(name)
	if err != nil {
		return nil, 0, err
	}
	if !fi.Mode().IsRegular() { // a pipe, say
		return &localFile{f, 0}, -1, nil
	}
	return &localFile{f, fi.Size()}, fi.Size(), nil
}

func (local) openAt(_ context.Context, name string) (RandomReader, error) {
	f, fi, err := openLocal(name)
	if err != nil {
		return nil, err
	}
	if _, err := localObject("open", name, fi); err != nil {
		f.Close() // only read
		return nil, err
	}
	return &localFile{f, fi.Size()}, nil
}

// openLocal opens a file that is not a folder, and no device, which may have no
// end. A pipe is fine for those who read from the start.
func openLocal(name string) (*os.File, fs.FileInfo, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, newError("open", name, err, "")
	}
	fi, err := f.Stat()
	hint := ""
	switch {
	case err != nil:
	case fi.IsDir():
		err = ErrIsFolder
	case fi.Mode()&fs.ModeDevice != 0 && name != os.DevNull && !term.IsTerminal(int(f.Fd())):
		err, hint = errDevice, "give the name of a file"
	}
	if err != nil {
		f.Close() // only read
		return nil, nil, newError("open", name, err, hint)
	}
	return f, fi, nil
}

// localFile is a file open for reading; its errors name it.
type localFile struct {
	f    *os.File
	size int64
}

func (r *localFile) Size() int64 { return r.size }

func (r *localFile) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	return n, r.wrap(err)
}

func (r *localFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.f.ReadAt(p, off)
	return n, r.wrap(err)
}

func (r *localFile) Close() error { return r.wrap(r.f.Close()) }

func (r *localFile) wrap(err error) error {
	if err == nil || err == io.EOF { // io.Reader's contract: io.EOF itself
		return err
	}
	return newError("read", r.f.Name(), err, "")
}

func (local) remove(_ context.Context, name string) error {
	if fi, err := os.Lstat(name); err == nil && fi.IsDir() {
		return newError("remove", name, ErrIsFolder, "")
	}
	switch err := disk.RemoveFile(name); {
	case err == nil:
		removedIn(filepath.Dir(name))
	case !errors.Is(err, syscall.ENOTDIR):
		return newError("remove", name, err, "")
	}
	return nil
}

func (local) create(ctx context.Context, name string, _ int64) (Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, newError("create", name, err, "")
	}
	if fi, err := os.Stat(name); err == nil && fi.IsDir() {
		return nil, newError("create", name, ErrIsFolder, "")
	}
	dir := filepath.Dir(name)
	if err := MakeFolder(dir); err != nil {
		return nil, newError("create", name, err, "")
	}
	ending.RLock()
	defer ending.RUnlock()
	f, err := os.OpenFile(filepath.Join(dir, partialName(filepath.Base(name))), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, newError("create", name, err, "")
	}
	partials.Store(f.Name(), nil)
	return &localWriter{name: name, f: f}, nil
}

// partialName returns a fresh temporary name for a file called base:
// ".<base>.<16 hex digits>.partial". A long base is cut so that the whole stays
// within the 255 bytes that file systems allow.
func partialName(base string) string {
	var r [8]byte
	rand.Read(r[:]) // never fails
	return "." + base[:min(len(base), 200)] + "." + hex.EncodeToString(r[:]) + ".partial"
}

var partialPattern = regexp.MustCompile(`^\..+\.[0-9a-f]{16}\.partial$`)

// isPartial reports whether base is a name that partialName makes.
func isPartial(base string) bool { return partialPattern.MatchString(base) }

// localWriter writes a temporary file and renames it on Commit.
type localWriter struct {
	name string
	f    *os.File // nil once committed or aborted
	err  error    // of the first failed Write
}

func (w *localWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if w.f == nil {
		return 0, newError("write", w.name, fs.ErrClosed, "")
	}
	n, err := w.f.Write(p)
	if err != nil {
		w.err = newError("write", w.name, err, "")
	}
	return n, w.err
}

// Commit makes what was removed before durable, the content before the name, and
// the name before it returns: fsync, rename, fsync of the folder.
func (w *localWriter) Commit() error {
	if w.err != nil {
		w.Abort()
		return w.err
	}
	if w.f == nil {
		return newError("write", w.name, fs.ErrClosed, "")
	}
	f := w.f
	w.f = nil
	defer partials.Delete(f.Name())
	err := cmp.Or(disk.SyncFile(f), f.Close())
	if err == nil {
		err = SettleRemovals()
	}
	if err == nil {
		err = disk.RenameFile(f.Name(), w.name)
	}
	if err != nil {
		os.Remove(f.Name()) // best effort: err is what matters
		return newError("write", w.name, err, "")
	}
	if err := disk.SyncNames(filepath.Dir(w.name)); err != nil {
		return newError("write", w.name, err, "")
	}
	return nil
}

func (w *localWriter) Abort() {
	if w.f == nil {
		return
	}
	w.f.Close() // what was written is thrown away
	os.Remove(w.f.Name())
	partials.Delete(w.f.Name())
	w.f = nil
}
