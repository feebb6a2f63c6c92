package tfrecord

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// packedRecord returns a gzip file of a record that claims n bytes, and has some
// random ones and some zeros.
func packedRecord(t *testing.T, n, random, zeros int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	var head [headerLen]byte
	putHeader(&head, n)
	noise := make([]byte, random)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for _, part := range [][]byte{head[:], noise, make([]byte, zeros)} {
		if _, err := z.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLargeRecordsOfNothing: a record of a gigabyte of zeros is given up early, one
// whose bytes are there is read on.
func TestLargeRecordsOfNothing(t *testing.T) {
	for want, data := range map[string][]byte{
		"would have 1000000004 bytes":     packedRecord(t, 1_000_000_000, 0, 65<<20),
		"ends after 73400320 of 90000004": packedRecord(t, 90_000_000, 6<<20, 64<<20),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := NewReader(bytes.NewReader(data), ReaderOptions{File: "x.gz"})
		if err == nil {
			_, err = r.Next()
		}
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "x.gz: ") {
			t.Errorf("%v, want %q", err, want)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 256<<20 {
			t.Errorf("%d MiB allocated for %d bytes", n>>20, len(data))
		}
	}
}
