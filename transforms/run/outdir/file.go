package outdir

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"exemplar/transforms/store"
)

// CheckSHA256 compares the sha256 of a file that was read to its end with what the
// manifest beside it says of it. Where the manifest says nothing, all is well.
func CheckSHA256(name, got, manifest, want string) error {
	if want == "" || got == want {
		return nil
	}
	return fmt.Errorf("%s: its sha256 begins with %.12s, %s says %.12s: it was damaged or replaced; remove it and run the step that wrote it again",
		name, got, manifest, want)
}

// CheckFile reads a file and does the same.
func CheckFile(ctx context.Context, name, manifest, want string) error {
	if want == "" {
		return nil
	}
	got, err := store.FileSHA256(ctx, name)
	if err != nil {
		return err
	}
	return CheckSHA256(name, got, manifest, want)
}

// File is an output file in the making, hashed on its way to the store.
type File struct {
	file   store.Writer
	buffer *bufio.Writer
	sum    hash.Hash
	bytes  int64
}

// Create starts a file, which appears, whole, with Commit.
func Create(ctx context.Context, name string) (*File, error) {
	file, err := store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	return &File{file: file, buffer: bufio.NewWriterSize(file, 64<<10), sum: sha256.New()}, nil
}

// Write adds bytes to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.buffer.Write(p)
	f.sum.Write(p[:n])
	f.bytes += int64(n)
	return n, err
}

// Commit makes the file appear and returns its size and sha256.
func (f *File) Commit() (bytes int64, sha string, err error) {
	if err := f.buffer.Flush(); err != nil {
		return 0, "", err
	}
	return f.bytes, hex.EncodeToString(f.sum.Sum(nil)), f.file.Commit()
}

// Abort drops the file unless it was committed.
func (f *File) Abort() { f.file.Abort() }
