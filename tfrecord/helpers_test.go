package tfrecord

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// samples are records with the lengths at which framing can go wrong.
func samples() [][]byte {
	long := make([]byte, 300)
	for i := range long {
		long[i] = byte(i * 7)
	}
	return [][]byte{[]byte("first"), {}, {0}, long, []byte("last")}
}

// file returns the bytes of a file with these records and their offsets, with
// the end of the file behind them.
func file(t testing.TB, o WriterOptions, records ...[]byte) ([]byte, []int64) {
	t.Helper()
	var buf bytes.Buffer
	w := NewWriter(&buf, o)
	var offsets []int64
	for _, r := range records {
		off, err := w.Write(r)
		if err != nil {
			t.Fatal(err)
		}
		offsets = append(offsets, off)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), append(offsets, w.off)
}

// readAll returns copies of the records before the first error, and that error,
// nil for a clean end. It checks that the error stays.
func readAll(t testing.TB, in io.Reader, o ReaderOptions) ([][]byte, error) {
	t.Helper()
	r, err := NewReader(in, o)
	if err != nil {
		return nil, err
	}
	var records [][]byte
	for {
		b, err := r.Next()
		if err != nil {
			if _, again := r.Next(); again != err {
				t.Errorf("Next after the error %v returned %v", err, again)
			}
			if err == io.EOF {
				err = nil
			}
			return records, err
		}
		if r.Record() != int64(len(records)) {
			t.Errorf("Record() = %d, want %d", r.Record(), len(records))
		}
		records = append(records, bytes.Clone(b))
	}
}

func equalRecords(t testing.TB, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d records, want %d", len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("record %d differs: %s", i, cmp.Diff(want[i], got[i]))
		}
	}
}

// wantCorrupt checks that err is a CorruptError of that record and offset.
func wantCorrupt(t testing.TB, err error, record, offset int64) {
	t.Helper()
	var c *CorruptError
	if !errors.As(err, &c) || !errors.Is(err, ErrCorrupt) {
		t.Fatalf("error %v (%T), want a *CorruptError", err, err)
	}
	if c.Record != record || c.Offset != offset {
		t.Fatalf("error %q, want one of record %d at byte %d", c, record, offset)
	}
}

// gzipped compresses b as one member.
func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
