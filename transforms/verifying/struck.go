package verifying

import "exemplar/schemas"

// compareRanks holds the picks against the ranks that were struck out of an earlier
// selection: the picks that stay have the ranks between, and no image that was struck
// out is a pick.
func (s *selection) compareRanks(r *Report) {
	if s.m.Parameters.Picking.Extend == nil {
		return
	}
	type target struct{ scope, group, center, metric string }
	picks := map[target]map[string]int{}
	for _, p := range s.picks {
		t := target{p.Scope, p.GroupID, p.Center, p.Metric}
		if picks[t] == nil {
			picks[t] = map[string]int{}
		}
		picks[t][p.ImageID] = int(p.Rank)
	}
	short := map[target]bool{} // whose picks moved up
	for _, set := range s.m.Sets {
		for _, out := range set.Replaced {
			if out.By == "" {
				short[target{set.Scope, out.GroupID, set.Center, set.Metric}] = true
			}
		}
	}
	for _, t := range s.m.Parameters.Picking.Extend.Targets {
		key := target{t.Scope, t.GroupID, t.Center, t.Metric}
		struck := map[int]bool{}
		for _, out := range t.Struck {
			struck[out.Rank] = true
			if rank, there := picks[key][out.ImageID]; there {
				r.problemf(schemas.SelectionParquet, "%q was struck out of %s %s, and has rank %d", out.ImageID, t.Scope, t.GroupID, rank)
			}
		}
		if len(struck) == 0 || short[key] {
			continue
		}
		rank := 0
		for _, id := range t.ImageIDs {
			for rank++; struck[rank]; rank++ {
			}
			if got := picks[key][id]; got != rank {
				r.problemf(schemas.SelectionParquet, "%q of %s %s has rank %d, and had rank %d in the earlier selection", id, t.Scope, t.GroupID, got, rank)
			}
		}
	}
}
