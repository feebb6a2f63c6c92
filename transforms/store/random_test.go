package store

import (
	"bytes"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
)

// inMemory counts the requests for parts of data.
func inMemory(data []byte, requests *int) *remoteRandom {
	var mu sync.Mutex
	return &remoteRandom{size: int64(len(data)), fresh: func() *resumer {
		return &resumer{from: func(off, end int64) (io.ReadCloser, error) {
			mu.Lock()
			defer mu.Unlock()
			*requests++
			return io.NopCloser(bytes.NewReader(data[off:end])), nil
		}}
	}}
}

func TestSmallReadsShareRequests(t *testing.T) {
	data := make([]byte, 5<<20+17)
	rand.NewChaCha8([32]byte{}).Read(data)
	requests := 0
	r := inMemory(data, &requests)
	read := func(off, n int) {
		t.Helper()
		p := make([]byte, n)
		if m, err := r.ReadAt(p, int64(off)); m != n || err != nil && err != io.EOF || !bytes.Equal(p, data[off:off+n]) {
			t.Errorf("ReadAt(%d bytes, %d) = %d, %v", n, off, m, err)
		}
	}
	read(len(data)-8, 8) // as Parquet is opened
	read(len(data)-1000, 992)
	read(0, 4)
	if requests != 2 {
		t.Errorf("%d requests for the two ends, want 2", requests)
	}
	for off := 0; off < len(data); off += 4096 {
		read(off, min(4096, len(data)-off))
	}
	if requests > 9 {
		t.Errorf("%d requests for all of %d bytes", requests, len(data))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var all sync.WaitGroup
	for range 4 {
		seed := rnd.Uint64()
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 1))
			for range 200 {
				off := rnd.IntN(len(data))
				read(off, rnd.IntN(min(len(data)-off, 600<<10)+1))
			}
		})
	}
	all.Wait()
}
