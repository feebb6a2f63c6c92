package tfrecord

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"testing"
)

// The vectors are those of RFC 3720, appendix B.4; the mask is written out.
func TestMaskedCRC(t *testing.T) {
	for _, test := range []struct {
		data []byte
		crc  uint32
	}{
		{bytes.Repeat([]byte{0}, 32), 0x8a9136aa},
		{bytes.Repeat([]byte{0xff}, 32), 0x62a8ab43},
		{nil, 0},
	} {
		want := (test.crc>>15 | test.crc<<17) + 0xa282ead8
		if got := maskedCRC(test.data); got != want {
			t.Errorf("maskedCRC(%x) = %#x, want %#x", test.data, got, want)
		}
	}
}

func TestWriterBytes(t *testing.T) {
	got, offsets := file(t, WriterOptions{}, nil, []byte("a"))
	// An empty record: length 0, the masked CRC of 8 zero bytes, no data, the
	// masked CRC of nothing.
	const empty = "0000000000000000" + "29039807" + "d8ea82a2"
	if h := hex.EncodeToString(got[:16]); h != empty {
		t.Errorf("an empty record is %s, want %s", h, empty)
	}
	if offsets[1] != 16 || offsets[2] != 33 || len(got) != 33 {
		t.Errorf("offsets %v in a file of %d bytes", offsets, len(got))
	}
}

func TestWriterIsDeterministic(t *testing.T) {
	for _, o := range []WriterOptions{{}, {Gzip: true}} {
		a, _ := file(t, o, samples()...)
		b, _ := file(t, o, samples()...)
		if !bytes.Equal(a, b) {
			t.Errorf("%+v: two files of the same records differ", o)
		}
	}
}

// failAfter accepts n bytes and then fails.
type failAfter struct{ n int }

var errDisk = errors.New("disk full")

func (f *failAfter) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return f.n, errDisk
	}
	f.n -= len(p)
	return len(p), nil
}

func TestWriterErrorsStay(t *testing.T) {
	for _, o := range []WriterOptions{{}, {Gzip: true}} {
		w := NewWriter(&failAfter{100}, o)
		noise := make([]byte, 2*bufferSize)
		for i, x := 0, uint32(1); i < len(noise); i++ {
			x = x*1664525 + 1013904223
			noise[i] = byte(x >> 24)
		}
		var err error
		for range 8 {
			_, err = w.Write(noise)
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("%+v: Write to a full disk: %v", o, err)
		}
		if err := w.Close(); !errors.Is(err, errDisk) {
			t.Errorf("%+v: Close after a failed Write: %v", o, err)
		}
	}
}

func TestWriterClose(t *testing.T) {
	w := NewWriter(&failAfter{0}, WriterOptions{})
	if _, err := w.Write(nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, errDisk) {
		t.Errorf("Close that cannot flush: %v", err)
	}
	w = NewWriter(io.Discard, WriterOptions{})
	for range 2 {
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := w.Write(nil); err == nil {
		t.Error("Write after Close succeeded")
	}
}

func TestWriterAllocates(t *testing.T) {
	record := make([]byte, 65536)
	w := NewWriter(io.Discard, WriterOptions{})
	if n := testing.AllocsPerRun(100, func() {
		if _, err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("Write allocates %v times per record", n)
	}
}
