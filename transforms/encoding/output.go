package encoding

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"exemplar/transforms/store"
)

// output writes a file and hashes it on the way.
type output struct {
	file   store.Writer
	buffer *bufio.Writer
	sum    hash.Hash
	bytes  int64
}

func create(ctx context.Context, name string) (*output, error) {
	file, err := store.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	return &output{file: file, buffer: bufio.NewWriterSize(file, 64<<10), sum: sha256.New()}, nil
}

// Write adds bytes to the file.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.buffer.Write(p)
	o.sum.Write(p[:n])
	o.bytes += int64(n)
	return n, err
}

// commit makes the file appear, whole, and returns its size and sha256.
func (o *output) commit() (bytes int64, sha string, err error) {
	if err := o.buffer.Flush(); err != nil {
		return 0, "", err
	}
	return o.bytes, hex.EncodeToString(o.sum.Sum(nil)), o.file.Commit()
}

// abort drops the file unless it was committed.
func (o *output) abort() { o.file.Abort() }
