package selecting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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

// decided fills in the strategy and the candidates, where none were given, that a folder decides,
// and says where the strategy is from.
func (c Config) decided(ctx context.Context) (Config, string, error) {
	c, from, err := c.decidedStrategy(ctx)
	if err != nil || c.Extend == "" {
		return c, from, err
	}
	c, err = c.decidedCandidates(ctx)
	return c, from, err
}

// decidedCandidates takes the candidates of the selection that is extended, which others than
// those that were given there would not go on with.
func (c Config) decidedCandidates(ctx context.Context) (Config, error) {
	m, err := readEarlier(ctx, c.Extend)
	if err != nil {
		return c, err
	}
	is, was := &c.Parameters.Picking, &m.Parameters.Picking
	if was.Strategy != schemas.StrategyNearest || c.Balance != "" || cmp.Or(is.Strategy, defaultStrategy(c.Parameters)) != schemas.StrategyNearest {
		return c, nil // the others pick of all
	}
	switch {
	case is.Candidates == "":
		is.Candidates = was.Candidates
	case is.Middle() != was.Middle():
		return c, fmt.Errorf("Config.Extend=%s: that selection was made with Config.Candidates=%s, and its new picks cannot be with %s: give what was given there, or leave Config.Candidates out",
			c.Extend, cmp.Or(was.Candidates, schemas.CandidatesAll), is.Candidates)
	}
	return c, nil
}

// decidedStrategy fills in the strategy: a selection that was finished when nearest was the
// default, or by the search of an earlier version, stays as it is, and one that is extended
// goes on as it was made.
func (c Config) decidedStrategy(ctx context.Context) (Config, string, error) {
	pick, was := &c.Parameters.Picking, schemas.PickParameters{}
	if !c.Overwrite {
		m, ok, err := outdir.ReadManifest[schemas.SelectionManifest](ctx, store.Join(c.Output, schemas.SelectionFile))
		if err != nil {
			return c, "", err
		}
		if ok && m.Validate() == nil {
			was = m.Parameters.Picking
		}
	}
	c.earlierSearch = c.earlierSearch || was.Strategy == schemas.StrategyRepresentative && was.Search == ""
	if pick.Strategy != "" || c.Balance != "" {
		return c, "", nil
	}
	if was.Strategy == schemas.StrategyNearest && defaultStrategy(c.Parameters) != schemas.StrategyNearest {
		pick.Strategy = schemas.StrategyNearest
		if c.Extend == "" {
			return c, fromFinished, nil
		}
		earlier, err := readEarlier(ctx, c.Extend)
		if err == nil && earlier.Parameters.Picking.Strategy == schemas.StrategyNearest {
			return c, fromExtended, nil
		}
		return c, fromFinished, err
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

// saidOf says where a strategy and candidates are from that were not given, and how an extended
// selection was picked that its new picks are not.
func (c Config) saidOf(ctx context.Context, source string, given schemas.PickParameters) (string, error) {
	var said []string
	switch source {
	case fromFinished:
		said = append(said, c.Output+" was made with Config.Strategy=nearest, the default then; Config.Overwrite makes it with today's, representative")
	case fromExtended:
		said = append(said, "Config.Strategy="+c.Parameters.Picking.Strategy+", as "+c.Extend+" was made; give Config.Strategy for another")
	}
	if c.earlierSearch && (c.Balance != "" || cmp.Or(c.Parameters.Picking.Strategy, defaultStrategy(c.Parameters)) == schemas.StrategyRepresentative) {
		said = append(said, c.Output+" was made by the search for representative images of an earlier version; Config.Overwrite makes it with today's")
	}
	if c.Extend == "" {
		return strings.Join(said, "; "), nil
	}
	m, err := readEarlier(ctx, c.Extend)
	if err != nil {
		return "", err
	}
	is, was := &c.Parameters.Picking, &m.Parameters.Picking
	if is.Middle() && given.Candidates == "" {
		said = append(said, fmt.Sprintf("Config.Candidates=%s, as %s was made", is.Candidates, c.Extend))
	}
	if len(was.Balance) > 0 && c.Balance == "" {
		said = append(said, fmt.Sprintf("%s was made with Config.Balance=%s, which new picks do not keep unless it is given again", c.Extend, was.Balance))
	}
	if was.Middle() && !is.Middle() {
		said = append(said, fmt.Sprintf("%s was made with Config.Candidates=%s, and new picks are of all: another Config.Strategy than %s knows no others", c.Extend, was.Candidates, schemas.StrategyNearest))
	}
	return strings.Join(said, "; "), nil
}
