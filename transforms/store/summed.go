package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
)

// Summed reads a file from its start and hashes what it reads.
type Summed struct {
	name string
	in   io.ReadCloser
	hash hash.Hash
}

// OpenSummed opens a file for reading from its start, hashing.
func OpenSummed(ctx context.Context, name string) (*Summed, error) {
	in, err := Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return &Summed{name, in, sha256.New()}, nil
}

// Read reads and hashes the next bytes.
func (s *Summed) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	s.hash.Write(p[:n])
	return n, err
}

// Sum reads what is left of the file and returns the sha256 of the whole, in
// hexadecimal.
func (s *Summed) Sum() (string, error) {
	if _, err := io.CopyBuffer(struct{ io.Writer }{s.hash}, s.in, make([]byte, 256<<10)); err != nil {
		return "", newError("read", s.name, err, "")
	}
	return hex.EncodeToString(s.hash.Sum(nil)), nil
}

// FileSHA256 returns the sha256 of a file of any size, in hexadecimal.
func FileSHA256(ctx context.Context, name string) (string, error) {
	s, err := OpenSummed(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Close() // only read
	return s.Sum()
}

// Close closes the file.
func (s *Summed) Close() error { return s.in.Close() }
