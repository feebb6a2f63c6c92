package selecting

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
)

// TestCrossedScope: a scope that crosses columns has the groups, and of each the picks, of latents
// in which one column holds the values together; an image that lacks one is in none.
func TestCrossedScope(t *testing.T) {
	rows := whereRows(300)
	other := slices.Clone(rows)
	both := 0
	for i := range other {
		r := &other[i]
		value := ""
		if r.HasLabel && r.Metadata[2] != "" {
			value = fmt.Sprintf("%s+%s", r.Metadata[2], r.Label)
			both++
		}
		r.Metadata = append(slices.Clone(r.Metadata[:2]), value, r.Metadata[2])
	}
	if both == 0 || both == len(rows) {
		t.Fatalf("%d images have both values", both)
	}
	crossed, single := t.TempDir(), t.TempDir()
	writeWith(t, crossed, rows, 3, "none", whereColumns...)
	writeWith(t, single, other, 3, "none", append(slices.Clone(whereColumns[:2]), "Metadata_together", whereColumns[2])...)
	scope := "Metadata_well*label"
	for name, change := range map[string]func(c *Config){
		"nearest": func(c *Config) { c.Parameters.Assignments = true },
		"representative": func(c *Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Top, c.Parameters.Picking.Budget = "representative", 0, 20
		},
		"where": func(c *Config) { c.Where = "label!=rest" },
	} {
		c, d := config(crossed, scope, "global"), config(single, "Metadata_together", "global")
		c.Output, d.Output = filepath.Join(crossed, name), filepath.Join(single, name)
		change(&c)
		change(&d)
		m, want := mustRun(t, c), mustRun(t, d)
		got, picks := tableOf(t, c.Output, m), tableOf(t, d.Output, want)
		for i := range picks {
			if picks[i].Scope == "Metadata_together" {
				picks[i].Scope = scope
			}
			picks[i].Metadata, picks[i].RankLow, picks[i].RankHigh = nil, 0, 0 // draws for ranks depend on the scope's name
		}
		for i := range got {
			if last := got[i].Metadata[len(got[i].Metadata)-1]; got[i].Scope == scope && last != got[i].GroupID {
				t.Errorf("%s: %s of group %s has %q", name, got[i].ImageID, got[i].GroupID, last)
			}
			got[i].Metadata, got[i].RankLow, got[i].RankHigh = nil, 0, 0
		}
		if diff := cmp.Diff(picks, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: picks (-single +crossed):\n%s", name, diff)
		}
		want.Scopes[0].Scope = scope
		if diff := cmp.Diff(want.Scopes, m.Scopes); diff != "" || m.Scopes[0].Ungrouped == 0 {
			t.Errorf("%s: scopes %s", name, diff)
		}
		if last := m.Metadata[len(m.Metadata)-1]; last != scope {
			t.Errorf("%s: the last column is %s", name, last)
		}
	}
	c := config(crossed, "Metadata_well*Metadata_plate")
	if _, err := Run(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), "have no column Metadata_plate: their columns of that kind are [Metadata_area Metadata_odd Metadata_well]") {
		t.Errorf("a column that is not there: %v", err)
	}
}

// tableOf reads the picks of a selection with all columns.
func tableOf(t *testing.T, dir string, m *schemas.SelectionManifest) []schemas.Pick {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, schemas.SelectionParquet))
	check(t, err)
	picks, err := tables.Picks(data, m)
	check(t, err)
	return picks
}

// TestCrossedFolders: every file system takes the folders of crossed scopes, and they are of a
// selection.
func TestCrossedFolders(t *testing.T) {
	for _, scope := range []string{"label*Metadata_a", "Metadata_a*label", "Metadata_a*Metadata_b"} {
		groups := []group{{scope: scope, id: "x+y"}}
		names := imageNames(groups, []schemas.Pick{{Rank: 1, ImageID: "cell.tif", Scope: scope, GroupID: "x+y", Center: "mean", Metric: "euclidean"}})
		if name := schemas.ImagesDir + "/" + names[0]; strings.Contains(name, "*") || !owns(name) {
			t.Errorf("%s: %s, of a selection: %v", scope, name, owns(name))
		}
	}
}
