package selecting

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestNaNIsNoGroup: images whose number is NaN are in no group, as those whose text is empty; but
// in that of a selection of an earlier version which is extended.
func TestNaNIsNoGroup(t *testing.T) {
	dir := t.TempDir()
	rows := collection(400)
	for i := range rows {
		if i%4 == 0 {
			rows[i].Metadata[0] = []string{"NaN", "nan"}[i/4%2]
		}
	}
	write(t, dir, rows, 2, "none")
	groups := func(output string) (ids []string) {
		for _, p := range readPicks(t, output) {
			ids = append(ids, p.Scope+" "+p.GroupID)
		}
		slices.Sort(ids)
		return slices.Compact(ids)
	}
	c := config(dir, "Metadata_run", "Metadata_run*label")
	c.Parameters.Top = 2
	m := mustRun(t, c)
	for i, scope := range m.Scopes {
		without := int64(0)
		for k := range rows {
			if eligible := k%10 != 0; eligible && (rows[k].Metadata[0] == "" || k%4 == 0 || i == 1 && !rows[k].HasLabel) {
				without++
			}
		}
		if scope.Ungrouped != without {
			t.Errorf("%s: %d images in no group, want %d", scope.Scope, scope.Ungrouped, without)
		}
	}
	made := groups(c.Output)
	if slices.ContainsFunc(made, func(id string) bool { return schemas.OfNaN("Metadata_run*label", strings.Fields(id)[1]) }) || len(made) < 6 {
		t.Errorf("groups with picks: %q", made)
	}
	c.Extend, c.Output, c.Parameters.Top = c.Output, filepath.Join(dir, "extended"), 3
	mustRun(t, c)
	if extended := groups(c.Output); !slices.Equal(made, extended) {
		t.Errorf("extended: %q, want %q", extended, made)
	}

	o := Options{Parameters: schemas.SelectionParameters{Picking: schemas.PickParameters{Extend: &schemas.EarlierPick{}}}}
	for id, want := range map[string]bool{"run0": false, "NaN": true, "nan": true} {
		if o.Parameters.Picking.Extend.Targets = []schemas.KeptTargets{{Scope: "label", GroupID: "b"}, {Scope: "Metadata_run", GroupID: id}}; o.keepsNaN() != want {
			t.Errorf("extending group %s: NaN stays a group: %v", id, !want)
		}
	}
}
