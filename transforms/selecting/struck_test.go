package selecting

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// TestStruckOutBefore: a selection in which an earlier version had the other picks move up is
// finished for the same command, and stays as it is; a plan of a new one says what is replaced.
func TestStruckOutBefore(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	c := config(dir, "global")
	mustRun(t, c)
	first := readPicks(t, c.Output)
	c.Extend, c.Output, c.Exclude = c.Output, filepath.Join(dir, "second"), filepath.Join(dir, "out.txt")
	check(t, os.WriteFile(c.Exclude, []byte(first[0].ImageID+"\n"), 0o666))
	plan, err := Plan(t.Context(), c)
	check(t, err)
	if text := strings.Join(plan.Reads, "\n"); !strings.Contains(text, "take the ranks of the ") || !strings.Contains(text, " picks that Config.Exclude names, and the others keep theirs") {
		t.Errorf("the plan says %s", text)
	}
	m := mustRun(t, c)
	struck := 0
	for i := range m.Parameters.Picking.Extend.Targets {
		struck += len(m.Parameters.Picking.Extend.Targets[i].Struck)
		m.Parameters.Picking.Extend.Targets[i].Struck = nil
	}
	if struck == 0 {
		t.Fatal("nothing is struck out")
	}
	for i := range m.Sets {
		m.Sets[i].Replaced = nil
	}
	m.Fingerprint, err = outdir.Fingerprint(schemas.SelectionFormat, m.Latents, "", m.Parameters)
	check(t, err)
	m.SHA256, err = outdir.SealSelection(*m)
	check(t, err)
	check(t, os.RemoveAll(filepath.Join(c.Output, schemas.StateDir)))
	check(t, outdir.WriteJSON(t.Context(), filepath.Join(c.Output, schemas.SelectionFile), m))
	there := tree(t, c.Output)
	r, err := Run(t.Context(), c, func(context.Context, *beam.Pipeline) error { t.Error("a pipeline ran"); return nil })
	check(t, err)
	if r.Made {
		t.Error("it was made again")
	}
	for name, data := range tree(t, c.Output) {
		if there[name] != data && !strings.HasSuffix(name, "run.json") && !strings.Contains(name, "lock") {
			t.Errorf("%s changed", name)
		}
	}
}
