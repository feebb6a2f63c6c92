package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/tfrecord"
)

// writeShard writes the records to a new file and returns its name.
func writeShard(t *testing.T, gzip bool, records ...[]byte) string {
	t.Helper()
	var buf bytes.Buffer
	w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{Gzip: gzip})
	for _, r := range records {
		if _, err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "images #1-00000-of-00001.tfrecords")
	if err := os.WriteFile(name, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func small(name string) []byte {
	return Append(nil, &Image{Filename: name, Pixels: []byte{1, 2, 3, 4}, Height: 2, Width: 2, Channels: 1, Bits: 8})
}

// drain reads a shard to its end and returns what each call gave.
func drain(t *testing.T, name string) (names []string, final error) {
	t.Helper()
	r, err := Open(context.Background(), name, Fields{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		im, record, offset, err := r.Next()
		var b *BadRecord
		switch {
		case errors.As(err, &b):
			if b.Record != record || b.Offset != offset || b.File != name || errors.Is(err, tfrecord.ErrCorrupt) {
				t.Errorf("bad record %+v at %d, %d", b, record, offset)
			}
			names = append(names, "bad "+b.Filename)
		case err != nil:
			return names, err
		default:
			names = append(names, fmt.Sprintf("%s %d", im.Filename, record))
			one, err := readAt(name, offset)
			if !r.Gzip() && (err != nil || !bytes.Equal(one, small(im.Filename))) {
				t.Errorf("reading record %d by its offset %d: %v", record, offset, err)
			}
		}
	}
}

func readAt(name string, offset int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return tfrecord.ReadAt(f, offset, tfrecord.ReaderOptions{})
}

func TestShardGoesOnAfterBadRecords(t *testing.T) {
	for _, gzip := range []bool{false, true} {
		name := writeShard(t, gzip, small("a"), []byte("no example"), small("b"), example(raw(3)), small("c"))
		got, err := drain(t, name)
		if want := "a 0|bad |b 2|bad n.tif|c 4"; strings.Join(got, "|") != want || err != io.EOF {
			t.Errorf("gzip %v: %q, %v, want %q", gzip, got, err, want)
		}
	}
}

func TestShardStopsAtDamage(t *testing.T) {
	name := writeShard(t, false, small("a"), small("b"))
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, info.Size()-1); err != nil {
		t.Fatal(err)
	}
	got, err := drain(t, name)
	if len(got) != 1 || !errors.Is(err, tfrecord.ErrCorrupt) || !strings.HasPrefix(err.Error(), name+": record 1 ") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestOpenMissing(t *testing.T) {
	_, err := Open(context.Background(), filepath.Join(t.TempDir(), "none"), Fields{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
}
