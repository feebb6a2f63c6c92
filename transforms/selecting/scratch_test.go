package selecting

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// TestScratchIsLookedAtBefore the work, which would keep no copy and not say so.
func TestScratchIsLookedAtBefore(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	file := filepath.Join(dir, "file")
	check(t, os.WriteFile(file, nil, 0o666))
	for scratch, want := range map[string]string{
		filepath.Join(dir, "missing"): "missing: there is no such folder: make it, or leave the flag away",
		file:                          "file: is a file: name a folder",
		"gs://bucket/scratch":         "must be a folder on the local disk, or off",
	} {
		c := config(dir, "global")
		c.Scratch = scratch
		_, err := Run(t.Context(), c, func(context.Context, *beam.Pipeline) error { t.Error("a pipeline ran"); return nil })
		_, planned := Plan(t.Context(), c)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.HasPrefix(err.Error(), "Config.Scratch=") || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
	c := config(dir, "global")
	c.Scratch = t.TempDir()
	if _, err := Plan(t.Context(), c); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(c.Scratch); err != nil || len(left) > 0 {
		t.Errorf("left there: %v, %v", left, err)
	}
}
