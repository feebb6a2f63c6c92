package tfrecord

import (
	"bytes"
	"errors"
	"testing"
)

func TestGzipTruncatedAtEveryByte(t *testing.T) {
	b, _ := file(t, WriterOptions{Gzip: true}, samples()...)
	for n := 1; n < len(b); n++ {
		got, err := readAll(t, bytes.NewReader(b[:n]), ReaderOptions{})
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
		equalRecords(t, got, samples()[:len(got)])
	}
}

// TestEmptyFileByName: no records in gzip are some bytes, and no records without it none.
func TestEmptyFileByName(t *testing.T) {
	for name, corrupt := range map[string]bool{"a.tfrecord.gz": true, "a.tfrecord": false, "": false} {
		_, err := readAll(t, bytes.NewReader(nil), ReaderOptions{File: name})
		if errors.Is(err, ErrCorrupt) != corrupt || !corrupt && err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	b, _ := file(t, WriterOptions{Gzip: true})
	if got, err := readAll(t, bytes.NewReader(b), ReaderOptions{File: "a.tfrecord.gz"}); err != nil || len(got) != 0 {
		t.Errorf("gzip of no records: %d, %v", len(got), err)
	}
}

// A flipped bit either does not matter (a time in the header) or is found; it
// never changes a record.
func TestGzipBitFlippedAtEveryPosition(t *testing.T) {
	b, _ := file(t, WriterOptions{Gzip: true}, samples()...)
	for i := range len(b) * 8 {
		bad := bytes.Clone(b)
		bad[i/8] ^= 1 << (i % 8)
		got, err := readAll(t, bytes.NewReader(bad), ReaderOptions{})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("bit %d: %v", i, err)
		}
		if err == nil {
			equalRecords(t, got, samples())
			continue
		}
		equalRecords(t, got, samples()[:len(got)])
	}
	_, offsets := file(t, WriterOptions{}, samples()...)
	for i := len(b) - 8; i < len(b); i++ { // CRC-32 and size of the contents
		bad := bytes.Clone(b)
		bad[i] ^= 1
		got, err := readAll(t, bytes.NewReader(bad), ReaderOptions{})
		equalRecords(t, got, samples())
		wantCorrupt(t, err, int64(len(samples())), offsets[len(samples())])
	}
}

func TestGzipConcatenatedMembers(t *testing.T) {
	plain, offsets := file(t, WriterOptions{}, samples()...)
	// The second member begins inside a record.
	for _, cut := range []int64{0, 3, offsets[1], offsets[3] + 40, offsets[5]} {
		joined := append(gzipped(t, plain[:cut]), gzipped(t, plain[cut:])...)
		got, err := readAll(t, bytes.NewReader(joined), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		equalRecords(t, got, samples())
	}
}

func TestGzipTrailingGarbage(t *testing.T) {
	b, _ := file(t, WriterOptions{Gzip: true}, samples()...)
	got, err := readAll(t, bytes.NewReader(append(b, "garbage"...)), ReaderOptions{})
	equalRecords(t, got, samples())
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("garbage behind the gzip stream: %v", err)
	}
}

// The stream inside sound gzip may itself be cut or damaged.
func TestGzipOfDamagedRecords(t *testing.T) {
	plain, offsets := file(t, WriterOptions{}, samples()...)
	got, err := readAll(t, bytes.NewReader(gzipped(t, plain[:len(plain)-1])), ReaderOptions{})
	equalRecords(t, got, samples()[:4])
	wantCorrupt(t, err, 4, offsets[4])
	plain[offsets[2]+headerLen] ^= 1
	got, err = readAll(t, bytes.NewReader(gzipped(t, plain)), ReaderOptions{})
	equalRecords(t, got, samples()[:2])
	wantCorrupt(t, err, 2, offsets[2])
}
