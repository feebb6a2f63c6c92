package selecting

import (
	"context"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// defaultStrategy returns the strategy of parameters that name none: representative, which
// docs/method.md shows to win, unless they say something that only the images nearest to
// centers have: how many of each group there are, or what centers and distances are. Groups
// that a column names have a right to picks of their own, which nearest ones give them.
func defaultStrategy(p schemas.SelectionParameters) string {
	found := func(scope string) bool { return scope == schemas.ScopeCluster || scope == schemas.ScopeGlobal }
	switch {
	case len(p.Picking.Balance) > 0: // which only representative picks keep
	case p.Top > 0, p.Picking.Quota != "", p.Picking.Budget > schemas.MaxRepresentative,
		!slices.Equal(p.Centers, []string{schemas.CenterMean}), !slices.Equal(p.Metrics, []string{schemas.MetricEuclidean}),
		p.Hierarchical(), slices.ContainsFunc(p.Scopes, func(s string) bool { return !found(s) }):
		return schemas.StrategyNearest
	}
	return schemas.StrategyRepresentative
}

// Sources of a strategy that was not given, and is not that of defaultStrategy.
const (
	fromFinished = "finished" // of the selection in the output folder
	fromExtended = "extended" // of that in Config.Extend
)

// decided fills in the strategy, where none was given, that a folder decides, and says which:
// a selection that was finished when nearest was the default stays as it is, and one that
// is extended goes on as it was made.
func (c Config) decided(ctx context.Context) (Config, string, error) {
	pick := &c.Parameters.Picking
	if pick.Strategy != "" || c.Balance != "" {
		return c, "", nil
	}
	if !c.Overwrite {
		m, ok, err := outdir.ReadManifest[schemas.SelectionManifest](ctx, store.Join(c.Output, schemas.SelectionFile))
		if err != nil {
			return c, "", err
		}
		if ok && m.Validate() == nil && m.Parameters.Picking.Strategy == schemas.StrategyNearest && defaultStrategy(c.Parameters) != schemas.StrategyNearest {
			pick.Strategy = schemas.StrategyNearest
			return c, fromFinished, nil
		}
	}
	if c.Extend == "" {
		return c, "", nil
	}
	m, err := readEarlier(ctx, c.Extend)
	if err != nil || m.Parameters.Picking.Strategy == defaultStrategy(c.Parameters) {
		return c, "", err
	}
	pick.Strategy = m.Parameters.Picking.Strategy
	return c, fromExtended, nil
}

// saidOf says where a strategy is from that was not given.
func (c Config) saidOf(source string) string {
	switch source {
	case fromFinished:
		return c.Output + " was made with Config.Strategy=nearest, the default then; Config.Overwrite makes it with today's, representative"
	case fromExtended:
		return "Config.Strategy=" + c.Parameters.Picking.Strategy + ", as " + c.Extend + " was made; give Config.Strategy for another"
	}
	return ""
}
