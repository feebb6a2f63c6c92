package tfrecord

import (
	"bytes"
	"errors"
	"testing"
)

// Whatever the bytes are, reading ends with a clean end or ErrCorrupt; what was
// read before, written again, is the beginning of a plain file.
func FuzzReader(f *testing.F) {
	for _, o := range []WriterOptions{{}, {Gzip: true}} {
		b, _ := file(f, o, samples()...)
		f.Add(b)
		f.Add(b[:len(b)-1])
		b = bytes.Clone(b)
		b[len(b)/2] ^= 1
		f.Add(b)
	}
	f.Add([]byte{})
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Add(append(header(DefaultMaxRecord), 1, 2, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 20
		records, err := readAll(t, bytes.NewReader(b), ReaderOptions{MaxRecord: limit})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("error %v is not ErrCorrupt", err)
		}
		if IsGzip(b[:min(len(b), headerLen)]) {
			return
		}
		again, offsets := file(t, WriterOptions{}, records...)
		if !bytes.HasPrefix(b, again) || err == nil && len(again) != len(b) {
			t.Fatalf("%d records of %d bytes were read from %d bytes, error %v", len(records), len(again), len(b), err)
		}
		for i, want := range records {
			got, err := ReadAt(bytes.NewReader(b), offsets[i], ReaderOptions{})
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("ReadAt(%d): %v", offsets[i], err)
			}
		}
	})
}

// The decoder agrees with the protocol buffer library about every message.
func FuzzParseExample(f *testing.F) {
	f.Add(AppendExample(nil, Int64Feature("height", 28), BytesFeature("image_raw", []byte{1, 2}), FloatFeature("x", 1, 2)))
	for _, m := range odd() {
		f.Add([]byte(m))
	}
	for _, m := range malformed() {
		f.Add([]byte(m))
	}
	f.Fuzz(checkAgainstProto)
}
