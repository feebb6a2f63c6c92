package selecting

import (
	"context"
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/store"
)

// unpicked returns the groups of each set of a manifest that no pick is of. They are not in
// the manifest: the tables say it. Of representative picks, which are of all groups together, the
// manifest counts them.
func unpicked(ctx context.Context, dir string, m *schemas.SelectionManifest) ([][]string, error) {
	lists := make([][]string, len(m.Sets))
	if m.Parameters.Picking.Strategy == schemas.StrategyRepresentative {
		return lists, nil
	}
	data, err := store.ReadFile(ctx, store.Join(dir, schemas.SelectionParquet))
	if err != nil {
		return nil, err
	}
	picks, err := tables.Picks(data, m)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", store.Join(dir, schemas.SelectionParquet), err)
	}
	picked := make([]map[string]bool, len(m.Sets)) // groups of each set
	some := false
	for i, s := range m.Sets {
		picked[i] = map[string]bool{}
		for _, p := range picks {
			if p.Scope == s.Scope && p.Center == s.Center && p.Metric == s.Metric {
				picked[i][p.GroupID] = true
			}
		}
		some = some || len(picked[i]) < groupCount(m, s.Scope)
	}
	if !some {
		return lists, nil
	}
	if data, err = store.ReadFile(ctx, store.Join(dir, schemas.CentersParquet)); err != nil {
		return nil, err
	}
	centers, err := tables.Centers(data, m, m.Space.Dimension)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", store.Join(dir, schemas.CentersParquet), err)
	}
	for i, s := range m.Sets {
		for _, c := range centers {
			if c.Scope == s.Scope && c.Center == s.Center && !picked[i][c.GroupID] {
				lists[i] = append(lists[i], c.GroupID)
			}
		}
		slices.Sort(lists[i])
	}
	return lists, nil
}

// groupCount returns the number of groups of a scope.
func groupCount(m *schemas.SelectionManifest, scope string) int {
	for _, s := range m.Scopes {
		if s.Scope == scope {
			return s.Groups
		}
	}
	return 0
}
