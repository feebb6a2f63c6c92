package selecting

import (
	"exemplar/schemas"
	"exemplar/transforms/selection/picking"
)

// choose picks from the candidates of every target.
func choose(o *Options, groups []group, candidates *pool) ([]schemas.Pick, []schemas.PickSet, error) {
	return picking.Select(&o.Parameters, groupings(groups), func(group, center, metric int) *picking.Listed {
		return &candidates.Targets[o.target(groups[group].number, center, metric)]
	})
}

func groupings(groups []group) []picking.Grouping {
	list := make([]picking.Grouping, len(groups))
	for i, g := range groups {
		list[i] = picking.Grouping{Scope: g.scope, ID: g.id, Size: g.size}
	}
	return list
}
