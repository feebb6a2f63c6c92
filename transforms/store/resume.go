package store

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// errDamaged is the error of content that is not what the store says it is.
var errDamaged = errors.New("the content that came does not have the checksum that the store gives for it")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// resumer reads the content of one version of an object, [off, end), to its last
// byte: where an answer ends early or the connection is lost, it asks for the
// rest. The answers' lengths decide, not that a connection was closed politely.
type resumer struct {
	ctx  context.Context
	name string
	from func(off, end int64) (io.ReadCloser, error) // asks for a part
	fail func(op, name string, err error) error      // explains the store's errors

	body     io.ReadCloser // nil: to be asked for
	off, end int64
	failed   int // attempts since a byte came
	crc      uint32
	want     *uint32 // of the whole content, when read from 0
}

func (r *resumer) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if r.off >= r.end {
			return 0, r.finish()
		}
		if r.body == nil { // the request itself is repeated by the client
			body, err := r.from(r.off, r.end)
			if err != nil {
				return 0, r.fail("read", r.name, err)
			}
			r.body = body
		}
		n, err := r.read(p)
		if n > 0 {
			r.crc = crc32.Update(r.crc, castagnoli, p[:n])
			r.off += int64(n)
			r.failed = 0
		}
		if err != nil && r.off < r.end {
			r.drop()
			if err = r.retry(err); err != nil {
				return n, r.fail("read", r.name, err)
			}
		}
		if n > 0 {
			return n, nil
		}
	}
}

// read reads a piece of the answer, whose end is none as long as bytes are missing.
func (r *resumer) read(p []byte) (n int, err error) {
	n, err = r.body.Read(p[:min(int64(len(p)), r.end-r.off)])
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// retry waits before the next attempt, and returns err where there is none.
func (r *resumer) retry(err error) error {
	r.failed++
	if !transient(err) {
		return err
	}
	if r.failed >= attempts {
		return fmt.Errorf("no more bytes came in %d attempts: %w", r.failed, err)
	}
	if serr := sleep(r.ctx, r.failed); serr != nil {
		return serr
	}
	return nil
}

// finish is the end of the content: io.EOF if it is what the store says. The
// client compares checksums of its own when it comes to the end of an answer.
func (r *resumer) finish() error {
	if r.body != nil && r.end > 0 {
		var more [1]byte
		n, err := r.body.Read(more[:])
		if n > 0 || err != nil && err != io.EOF && !transient(err) {
			return r.fail("read", r.name, fmt.Errorf("%w: %v", errDamaged, err))
		}
		r.drop()
	}
	if r.want != nil && *r.want != r.crc {
		return r.fail("read", r.name, errDamaged)
	}
	return io.EOF
}

func (r *resumer) drop() {
	if r.body != nil {
		r.body.Close() // given up
		r.body = nil
	}
}

func (r *resumer) Close() error {
	r.drop()
	r.end = r.off
	r.want = nil
	return nil
}
