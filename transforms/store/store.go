// Package store reads, writes and lists files by name, wherever they are: local
// paths, gs://bucket/object and s3://bucket/key, each through its own client.
//
// What lives here: names, whole-file and range reads, atomic writes, listing and globs,
// and errors that a person can act on. What never enters: Beam, Parquet, flags,
// printing, images, records; formats, and any choice of which files matter (hidden files
// are returned; the caller filters).
//
// # Names
//
// A name is never parsed as a URL and never escaped: everything after the
// bucket is the object's name, byte for byte, so that '#', '?', '%', spaces and
// letters beyond ASCII survive every store.
//
// # Writing
//
// A file is absent or complete. A local file is written under a temporary name
// beside its place (hidden, ending in ".partial"), synced and renamed. An
// object is written under its final name, which stores publish only when the
// upload ends well; Abort cancels the upload.
//
// # Failures
//
// A request that an object store answers with 408, 429 or 5xx, that loses its
// connection, whose answer is cut off or does not come, is sent again, for about
// a minute with growing random pauses; reading goes on at the byte it had come to,
// in the same version of the object. Lengths and, where the store gives them,
// checksums decide whether content is complete. What is missing (404) or denied
// (403) fails at once, and so does a store that is full (507, or a quota).
//
// OfFile tells what is a property of one file (missing, denied, archived, too
// large) from what every file meets alike: unknown or expired keys, signatures that
// do not fit, a wrong clock, a closed account, a used up quota, a bucket that is
// gone, a limit of this process. Denied is an object only where the store says
// AccessDenied (s3://) or forbidden (gs://), or does not say more, and where not
// every object is: the 20th of a bucket of which nothing was read yet, and the
// 100th in a row, mean that the key has no rights there. An answer to HEAD has no
// room for a reason: the first byte is asked for, to learn it.
//
// The lines of errors hold no credentials, also where a store echoes the request:
// see package redact.
//
// # Environment
//
// STORAGE_EMULATOR_HOST points gs:// names at an emulator, AWS_ENDPOINT_URL
// s3:// names at another store. Credentials are the default ones of each store's
// own tools. EXEMPLAR_STORE_TIMEOUT is how long a request may wait for the next
// byte before it is sent again (default 1m).
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"time"
)

// Object is one file of a store.
type Object struct {
	Name       string // full: as Open takes it
	Size       int64  // bytes
	ModTime    time.Time
	Generation int64 // version of the object; 0 where the store has none
}

// RandomReader reads any part of a file. ReadAt may be called by several
// goroutines at once.
type RandomReader interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Writer writes one file, which appears under its name only on Commit.
//
// Call Abort in a defer: it removes what was written, and does nothing after a
// Commit. After a failed Write, Commit returns that error and publishes nothing.
type Writer interface {
	io.Writer
	Commit() error
	Abort()
}

// driver is one kind of store. Names are full and valid for the store; errors
// are *Error. A folder name has no trailing slash, except for a bucket's root.
type driver interface {
	stat(ctx context.Context, name string) (Object, error)
	// isFolder reports whether name is a folder; a missing one is no error.
	isFolder(ctx context.Context, name string) (bool, error)
	open(ctx context.Context, name string) (r io.ReadCloser, size int64, err error) // size -1: unknown
	openAt(ctx context.Context, name string) (RandomReader, error)
	// create starts a file; size is a hint, -1 where unknown.
	create(ctx context.Context, name string, size int64) (Writer, error)
	remove(ctx context.Context, name string) error
	// list yields the files below dir by name. Folders below are entered where
	// descend (given their path relative to dir) says so; nil enters none.
	list(ctx context.Context, dir string, descend func(rel string) bool) iter.Seq2[Object, error]
}

// driverOf returns the store that name belongs to.
func driverOf(op, name string) (driver, error) {
	switch scheme, rest := splitScheme(name); scheme {
	case "":
		if name == "" {
			return nil, newError(op, `""`, errors.New("the name is empty"), "give a path")
		}
		if strings.ContainsRune(name, 0) {
			return nil, newError(op, name, errors.New("the name holds a zero byte"), "give a path")
		}
		return local{}, nil
	case "gs", "s3":
		if rest == "" || rest[0] == '/' {
			return nil, newError(op, name, errors.New("the bucket is missing"), "write "+scheme+"://BUCKET/NAME")
		}
		if scheme == "gs" {
			return gs{}, nil
		}
		return s3{}, nil
	default:
		return nil, newError(op, name, fmt.Errorf("%s:// is not a store that is known", scheme),
			"use a local path, gs:// or s3://")
	}
}

// Stat describes a file. A missing one is fs.ErrNotExist, a folder ErrIsFolder
// (on object stores, where folders are only prefixes, fs.ErrNotExist).
func Stat(ctx context.Context, name string) (Object, error) {
	d, err := driverOf("stat", name)
	if err != nil {
		return Object{}, err
	}
	o, err := d.stat(ctx, name)
	return o, judge(name, err)
}

// Exists reports whether a file is there.
func Exists(ctx context.Context, name string) (bool, error) {
	_, err := Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// IsFolder reports whether name is a folder: on object stores, whether anything
// lies below it. A missing one is no error.
func IsFolder(ctx context.Context, name string) (bool, error) {
	d, err := driverOf("open folder", name)
	if err != nil {
		return false, err
	}
	return d.isFolder(ctx, trimSlash(name))
}

// Open opens a file for reading from its start.
func Open(ctx context.Context, name string) (io.ReadCloser, error) {
	d, err := driverOf("open", name)
	if err != nil {
		return nil, err
	}
	r, _, err := d.open(ctx, name)
	if err = judge(name, err); err != nil {
		return nil, err
	}
	return countedReader{r}, nil
}

// OpenAt opens a file for reading anywhere in it. On object stores it reads the
// object as it was when it was opened, by range requests: a small ReadAt fetches
// more than was asked for, which later ones then find.
func OpenAt(ctx context.Context, name string) (RandomReader, error) {
	d, err := driverOf("open", name)
	if err != nil {
		return nil, err
	}
	r, err := d.openAt(ctx, name)
	if err = judge(name, err); err != nil {
		return nil, err
	}
	return countedAt{r}, nil
}

// ReadFile returns the content of a file.
func ReadFile(ctx context.Context, name string) ([]byte, error) {
	return ReadFileLimit(ctx, name, -1)
}

// ReadFileLimit returns the content of a file of at most limit bytes; a larger
// one is ErrTooLarge, without being read. A negative limit is none. Of a pipe, which
// may have no end, MaxPipe bytes are read at most. Content that came damaged is
// asked for again.
func ReadFileLimit(ctx context.Context, name string, limit int64) ([]byte, error) {
	d, err := driverOf("read", name)
	if err != nil {
		return nil, err
	}
	for failed := 1; ; failed++ {
		data, err := readFile(ctx, d, name, limit)
		if failed == attempts || !errors.Is(err, errDamaged) {
			return data, err
		}
		if serr := sleep(ctx, failed); serr != nil {
			return nil, err
		}
	}
}

// MaxPipe bounds what is read into memory of a pipe, in bytes.
const MaxPipe = 64 << 20

func readFile(ctx context.Context, d driver, name string, limit int64) ([]byte, error) {
	r, size, err := d.open(ctx, name)
	if err = judge(name, err); err != nil {
		return nil, err
	}
	if _, here := d.(local); here && size < 0 && (limit < 0 || limit > MaxPipe) {
		limit = MaxPipe
	}
	data, err := readAll(r, size, limit)
	traffic.read.Add(int64(len(data)))
	if err = cmp.Or(err, r.Close()); err != nil {
		return nil, newError("read", name, err, "")
	}
	return data, nil
}

// readAll reads r to its end, in one allocation where its size is known.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	if limit >= 0 && size > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are read", ErrTooLarge, size, limit)
	}
	if size >= 0 {
		data := make([]byte, size)
		if _, err := io.ReadFull(r, data); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return nil, fmt.Errorf("the file became shorter while it was read: %w", err)
			}
			return nil, err
		}
		var more [1]byte
		if _, err := r.Read(more[:]); err != nil && err != io.EOF { // a checksum is compared at the end
			return nil, err
		}
		return data, nil
	}
	if limit < 0 {
		return io.ReadAll(r)
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	return data, err
}

// Create starts a file that replaces one of the same name on Commit. Local
// parent folders are made.
func Create(ctx context.Context, name string) (Writer, error) {
	d, err := driverOf("create", name)
	if err != nil {
		return nil, err
	}
	w, err := d.create(ctx, name, -1)
	if err != nil {
		return nil, err
	}
	return guardedWriter{countedWriter{w}, name}, nil
}

// WriteFile writes a file in one piece: afterward it holds data, or on an
// error what it held before.
func WriteFile(ctx context.Context, name string, data []byte) error {
	d, err := driverOf("write", name)
	if err != nil {
		return err
	}
	w, err := d.create(ctx, name, int64(len(data)))
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := w.Write(data); err != nil {
		return err
	}
	traffic.written.Add(int64(len(data)))
	return guardedWriter{w, name}.Commit()
}

// Remove removes a file. A missing one is no error.
func Remove(ctx context.Context, name string) error {
	d, err := driverOf("remove", name)
	if err != nil {
		return err
	}
	if err := allowed("remove", name); err != nil {
		return err
	}
	if err := d.remove(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// List yields the files in dir, and with recursive in the folders below it, in
// byte order of their names in every store. Hidden files are among them.
// Symbolic links to files count as files; those to folders are not followed, so
// a loop of links does no harm.
//
// An error beside an Object with a name concerns that file alone (a broken
// link, say) and the files after it follow; an error beside an empty Object is
// the end. A missing folder is fs.ErrNotExist.
func List(ctx context.Context, dir string, recursive bool) iter.Seq2[Object, error] {
	d, err := driverOf("list", dir)
	if err != nil {
		return failed(err)
	}
	var descend func(string) bool
	if recursive {
		descend = func(string) bool { return true }
	}
	return d.list(ctx, trimSlash(dir), descend)
}

// ListThere yields what List does, and nothing where the folder is missing.
func ListThere(ctx context.Context, dir string, recursive bool) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for o, err := range List(ctx, dir, recursive) {
			missing := o.Name == "" && errors.Is(err, fs.ErrNotExist)
			if missing || !yield(o, err) {
				return
			}
		}
	}
}

// failed is the sequence that consists of an error.
func failed(err error) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) { yield(Object{}, err) }
}

// RemovePartials removes the temporary files that writers killed half-way left
// in dir and below. Nothing may be writing there. Object stores have none.
func RemovePartials(ctx context.Context, dir string) error {
	if IsRemote(dir) {
		return nil
	}
	for o, err := range ListThere(ctx, dir, true) {
		switch {
		case err != nil && o.Name != "":
			continue // a broken link is none of ours
		case err != nil:
			return err
		case isPartial(Base(o.Name)):
			if err := Remove(ctx, o.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
