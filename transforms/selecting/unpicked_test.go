package selecting

import (
	"path/filepath"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestUnpicked: the groups that no pick is of are named for each set, of a selection that is
// made and of one that is there.
func TestUnpicked(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(400), 2, "none")
	c := config(dir, "Metadata_run", "cluster*label", "global")
	c.Parameters.Top, c.Parameters.Picking.Budget, c.Parameters.Picking.Quota, c.Parameters.Centers = 0, 5, schemas.QuotaSqrt, []string{"mean", "medoid"}
	c.Parameters.Picking.Strategy = schemas.StrategyNearest
	for _, made := range []bool{true, false} {
		r, err := Run(t.Context(), c, runner)
		check(t, err)
		if r.Made != made || len(r.Unpicked) != len(r.Manifest.Sets) {
			t.Fatalf("made %v, %d lists of %d sets", r.Made, len(r.Unpicked), len(r.Manifest.Sets))
		}
		picks := readPicks(t, filepath.Join(dir, "selection"))
		for i, s := range r.Manifest.Sets {
			groups := map[string]bool{}
			for _, p := range picks {
				if p.Scope == s.Scope && p.Center == s.Center {
					groups[p.GroupID] = true
				}
			}
			all := groupCount(r.Manifest, s.Scope)
			if len(groups)+len(r.Unpicked[i]) != all || s.Scope == "cluster*label" && len(r.Unpicked[i]) < 5 || s.Scope != "cluster*label" && len(r.Unpicked[i]) > 0 ||
				slices.ContainsFunc(r.Unpicked[i], func(id string) bool { return groups[id] }) || !slices.IsSorted(r.Unpicked[i]) {
				t.Errorf("%s, %s: %d of %d groups have picks, %q have none", s.Scope, s.Center, len(groups), all, r.Unpicked[i])
			}
		}
	}
	c.Output, c.Parameters.Picking.Strategy, c.Parameters.Picking.Quota, c.Parameters.Centers = filepath.Join(dir, "together"), schemas.StrategyRepresentative, "", []string{"mean"}
	r, err := Run(t.Context(), c, runner)
	check(t, err)
	for _, list := range r.Unpicked {
		if list != nil {
			t.Errorf("representative: %q", list)
		}
	}
}
