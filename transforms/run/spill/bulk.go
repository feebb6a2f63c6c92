// Package spill moves large values between the stages of a pipeline.
//
// A runner keeps what crosses a stage: the local one in memory, all of it to the
// end. So a value that is more than a few kilobytes goes through a file in the
// state folder of the run, and only its name crosses. A small one stays in the
// element, since a file costs more.
//
// # Retries
//
// A file is named by the hash of its content and is written in one piece, so a bundle
// that runs twice, or twice at a time, writes the same file.
//
// # Removal
//
// Every stage that has an input may be retried while it runs, so an input goes only
// when a later stage has all of its own: Remove is for values that are two
// steps behind. That keeps a local disk's share bounded, where the runner never
// goes back. A cluster may: when it loses a worker, it makes again what that one held,
// from as far back as it takes. So in object stores nothing is removed before
// the end of the run, which is Sweep's; nor anywhere in a process that says Keep,
// as those do that work for a cluster.
//
// What never enters: Beam, Parquet, flags, printing; what values mean.
package spill

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"

	"exemplar/transforms/store"
)

// MaxInline is the largest number of bytes that stay in an element.
const MaxInline = 256 << 10

// suffix ends the names of all files of this package.
const suffix = ".bulk"

// Value is an encoded value on its way: in Data, or in a file.
type Value struct {
	Data []byte
	File string // as package store opens it; "" where Data is the value
}

// Put encodes a value by write, which is called twice where the value is large and
// must write the same bytes each time. Files lie in the folder dir, and their names
// begin with kind.
func Put(ctx context.Context, dir, kind string, write func(io.Writer) error) (Value, error) {
	head := &measurer{hash: sha256.New()}
	if err := write(head); err != nil {
		return Value{}, err
	}
	if head.size <= MaxInline {
		return Value{Data: head.head}, nil
	}
	sum := hex.EncodeToString(head.hash.Sum(nil)[:16])
	name := store.Join(dir, kind+"-"+sum+suffix)
	w, err := store.Create(ctx, name)
	if err != nil {
		return Value{}, err
	}
	defer w.Abort()
	if err := write(w); err != nil {
		return Value{}, err
	}
	return Value{File: name}, w.Commit()
}

// measurer hashes what is written, and keeps it while it is small.
type measurer struct {
	hash hash.Hash
	size int
	head []byte
}

func (m *measurer) Write(p []byte) (int, error) {
	if m.size += len(p); m.size <= MaxInline {
		m.head = append(m.head, p...)
	} else {
		m.head = nil
	}
	return m.hash.Write(p)
}

// Equal reports whether two values that were put into the same folder are the same.
func (v Value) Equal(o Value) bool { return v.File == o.File && bytes.Equal(v.Data, o.Data) }

// Open returns a reader of the encoded value.
func (v Value) Open(ctx context.Context) (io.ReadCloser, error) {
	if v.File == "" {
		return io.NopCloser(bytes.NewReader(v.Data)), nil
	}
	r, err := store.Open(ctx, v.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s, which this run wrote, is gone: run the same command again", v.File)
	}
	if err != nil {
		return nil, err
	}
	return reader{bufio.NewReaderSize(r, 1<<20), r}, nil
}

type reader struct {
	io.Reader
	io.Closer
}

// Read calls read with a reader of the encoded value.
func (v Value) Read(ctx context.Context, read func(io.Reader) error) error {
	r, err := v.Open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := read(r); err != nil {
		if v.File != "" {
			return fmt.Errorf("%s: %w: run the same command again", v.File, err)
		}
		return err
	}
	return nil
}

// Files returns the names of the files that values are in.
func Files(values ...Value) (names []string) {
	for _, v := range values {
		if v.File != "" {
			names = append(names, v.File)
		}
	}
	return names
}

// keep is set by Keep.
var keep atomic.Bool

// Keep makes Remove of this process do nothing.
func Keep() { keep.Store(true) }

// Remove removes files that no stage reads any more, except but. Where
// runners may go back it does nothing: see the package's documentation.
func Remove(ctx context.Context, files []string, but ...Value) error {
	for _, name := range files {
		if keep.Load() || store.IsRemote(name) || slices.Contains(Files(but...), name) {
			continue
		}
		if err := store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Whole reports whether the value can still be read as it was put: its file is in the
// folder dir and holds what its name says.
func (v Value) Whole(ctx context.Context, dir string) bool {
	if v.File == "" {
		return true
	}
	h := sha256.New()
	err := v.Read(ctx, func(r io.Reader) error { _, err := io.Copy(h, r); return err })
	name, ends := strings.CutSuffix(store.Base(v.File), "-"+hex.EncodeToString(h.Sum(nil)[:16])+suffix)
	return err == nil && ends && name != "" && v.File == store.Join(dir, store.Base(v.File))
}

// Sweep removes all values from a folder, except but: at the end of a run, and of each
// of its pipelines.
func Sweep(ctx context.Context, dir string, but ...Value) error {
	for obj, err := range store.ListThere(ctx, dir, false) {
		if err != nil && obj.Name == "" {
			return err
		}
		if strings.HasSuffix(obj.Name, suffix) && !slices.Contains(Files(but...), obj.Name) {
			if err := store.Remove(ctx, obj.Name); err != nil {
				return err
			}
		}
	}
	return nil
}
