// Package runtest runs the pipelines of tests on the two local runners of the Beam
// SDK: Direct, which is what users get and is quick, and Prism, which serializes what
// crosses a stage as every cluster does. Tests run on Direct, and each pipeline at
// least once on Prism as well, with the same bytes. TIFF writes pictures for them that say what their pixels mean.
//
// What never enters: Parquet, flags, printing; anything that is not a test's. No
// pipeline imports it.
package runtest

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx" // registers both
)

// Direct runs a pipeline in this process.
func Direct(ctx context.Context, p *beam.Pipeline) error {
	_, err := beam.Run(ctx, "direct", p)
	return err
}

// Prism runs a pipeline on a server in this process.
func Prism(ctx context.Context, p *beam.Pipeline) error {
	_, err := beam.Run(ctx, "prism", p)
	return err
}

// Main is the TestMain of a package with pipelines: it returns the exit code.
func Main(m *testing.M) int {
	beam.Init()
	beamlog.SetLogger(quiet{})
	slog.SetDefault(slog.New(slog.DiscardHandler))
	return m.Run()
}

// quiet keeps the runners' log out of the tests'.
type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

// Same fails the test where two folders do not hold the same files with the same
// bytes.
func Same(t testing.TB, got, want string) {
	t.Helper()
	a, b := files(t, got), files(t, want)
	for name, data := range b {
		if other, ok := a[name]; !ok {
			t.Errorf("%s: is missing in %s", name, got)
		} else if !bytes.Equal(data, other) {
			t.Errorf("%s: differs", name)
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok {
			t.Errorf("%s: is in %s only", name, got)
		}
	}
	if len(b) == 0 {
		t.Errorf("%s: has no files", want)
	}
}

// files reads a folder.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err == nil {
			all[rel], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
