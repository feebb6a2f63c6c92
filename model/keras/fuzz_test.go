package keras

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"exemplar/model"
)

// maxAllocated bounds the bytes that importing a file of n bytes allocates: what
// compression can hide, which is about a thousandfold, and tables.
func maxAllocated(n int) uint64 { return 64<<20 + 4096*uint64(n) }

// FuzzImport: any bytes give a sound model or an error of one line, whatever
// library reads them, with memory that their number bounds.
func FuzzImport(f *testing.F) {
	for _, pattern := range []string{"symmetric_encoder.*", "dense_decoder.npz"} {
		names, err := filepath.Glob("testdata/" + pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	arch := archs["symmetric"]
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, a := range []*model.Arch{nil, &arch} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			m, err := Import(Options{Encoder: Source{Name: "x", Data: data}, Arch: a})
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > maxAllocated(len(data)) {
				t.Errorf("%d bytes allocated for %d bytes of data", got, len(data))
			}
			switch {
			case err == nil:
				if err := m.Validate(); err != nil {
					t.Error(err)
				}
			case strings.Contains(err.Error(), "\n"):
				t.Errorf("the error is not one line: %q", err)
			}
		}
	})
}
