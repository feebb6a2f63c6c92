package selecting

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/defaults"
	"exemplar/transforms/selection/spaces"
	"exemplar/transforms/store"
)

// Sources of a strategy that was not given, and is not that of defaults.Strategy.
const (
	fromFinished = "finished" // of the selection in the output folder
	fromExtended = "extended" // of that in Config.Extend
)

// decision is what folders decide of a selection.
type decision struct {
	strategy string                  // where it is from: fromFinished, fromExtended, or ""
	scores   bool                    // the z-scores are those of the selection in Config.Extend, of an earlier version
	near     string                  // the same of near duplicates, which vectors of another program have no more
	extended *schemas.PickParameters // of the selection in Config.Extend; nil without one
	clusters bool                    // their number is that of the selection in Config.Extend
}

// decided fills in the strategy, the candidates and the number of clusters, where none were given,
// that a folder decides.
func (c Config) decided(ctx context.Context) (_ Config, d decision, err error) {
	finished := schemas.SelectionParameters{}
	if !c.Overwrite {
		m, ok, err := outdir.ReadManifest[schemas.SelectionManifest](ctx, store.Join(c.Output, schemas.SelectionFile))
		if err != nil {
			return c, d, err
		}
		if ok && m.Validate() == nil {
			finished = m.Parameters
		}
	}
	if c.Extend != "" {
		m, err := readEarlier(ctx, c.Extend)
		if err != nil {
			return c, d, err
		}
		d.extended = &m.Parameters.Picking
		d.scores = m.Parameters.Space == spaces.ZScore && m.Parameters.Deviation == "" // others would be other groups
		if is, was := &c.Parameters, &m.Parameters; is.Clusters == 0 && !is.Auto && !was.Auto && is.Clustered() {
			is.Clusters, d.clusters = was.Clusters, was.Clusters > 0 // another budget would give other clusters, and so other groups
		}
	}
	was := &finished.Picking
	c.earlierScores = c.earlierScores || d.scores
	c.earlierSearch = c.earlierSearch || was.Strategy == schemas.StrategyRepresentative && was.Search == ""
	c.earlierScores = c.earlierScores || finished.Space == spaces.ZScore && finished.Deviation == ""
	c.decideStrategy(&d, was)
	c.decideDuplicates(&d, was)
	return c, d, c.decideCandidates(&d)
}

// decideStrategy fills in the strategy: a selection that was finished when nearest was the
// default stays as it is, and one that is extended goes on as it was made.
func (c *Config) decideStrategy(d *decision, finished *schemas.PickParameters) {
	pick, other := &c.Parameters.Picking, defaults.Strategy(c.Parameters)
	if pick.Strategy != "" || c.Balance != "" {
		return
	}
	if finished.Strategy == schemas.StrategyNearest && other != schemas.StrategyNearest {
		pick.Strategy, d.strategy = schemas.StrategyNearest, fromFinished
		if d.extended != nil && d.extended.Strategy == schemas.StrategyNearest {
			d.strategy = fromExtended
		}
		return
	}
	if d.extended != nil && d.extended.Strategy != other {
		pick.Strategy, d.strategy = d.extended.Strategy, fromExtended
	}
}

// decideDuplicates has near duplicates passed over where a folder was made so, which was the default for
// vectors of another program, too.
func (c *Config) decideDuplicates(d *decision, finished *schemas.PickParameters) {
	is := &c.Parameters.Picking
	if is.Duplicates != "" {
		return
	}
	extended := d.extended != nil && d.extended.Duplicates == schemas.DuplicatesSkip
	switch finished.Duplicates {
	case schemas.DuplicatesSkip:
		is.Duplicates, d.near = schemas.DuplicatesSkip, fromFinished
	case "":
		if extended {
			is.Duplicates = schemas.DuplicatesSkip
		}
	}
	if extended && is.Duplicates != "" {
		d.near = fromExtended
	}
}

// decideCandidates takes the candidates of the selection that is extended, which others than
// those that were given there would not go on with.
func (c *Config) decideCandidates(d *decision) error {
	is, was := &c.Parameters.Picking, d.extended
	if was == nil || was.Strategy != schemas.StrategyNearest || c.strategy() != schemas.StrategyNearest {
		return nil // the others pick of all
	}
	switch {
	case is.Candidates == "":
		is.Candidates = was.Candidates
	case is.Middle() != was.Middle():
		return fmt.Errorf("Config.Extend=%s: that selection was made with Config.Candidates=%s, and its new picks cannot be with %s: give what was given there, or leave Config.Candidates out",
			c.Extend, cmp.Or(was.Candidates, schemas.CandidatesAll), is.Candidates)
	}
	return nil
}

// strategy returns the one that is given or decided, or the default. Only representative picks
// keep a balance, whose columns are not in the parameters yet.
func (c *Config) strategy() string {
	if c.Balance != "" {
		return cmp.Or(c.Parameters.Picking.Strategy, schemas.StrategyRepresentative)
	}
	return cmp.Or(c.Parameters.Picking.Strategy, defaults.Strategy(c.Parameters))
}

// said says where a strategy, candidates and clusters are from that were not given, and how an extended
// selection was picked that its new picks are not.
func (c *Config) said(d *decision, given schemas.PickParameters, foreign bool) string {
	var said []string
	switch d.strategy {
	case fromFinished:
		said = append(said, c.Output+" was made with Config.Strategy=nearest, the default then; Config.Overwrite makes it with today's, representative")
	case fromExtended:
		said = append(said, "Config.Strategy="+c.Parameters.Picking.Strategy+", as "+c.Extend+" was made; give Config.Strategy for another")
	}
	if c.earlierSearch && c.strategy() == schemas.StrategyRepresentative {
		said = append(said, c.Output+" was made by the search for representative images of an earlier version; Config.Overwrite makes it with today's")
	}
	if c.earlierScores && c.space() == spaces.ZScore {
		text := c.Output + " was made with the z-scores of an earlier version, by the deviation of a sample (n-1); Config.Overwrite makes it with today's, of the population (n)"
		if d.scores {
			text = "z-scores by the deviation of a sample (n-1), as " + c.Extend + " was made by an earlier version"
		}
		said = append(said, text)
	}
	switch {
	case !foreign:
	case d.near == fromFinished:
		said = append(said, c.Output+" was made with Config.Duplicates=skip, the default then; Config.Overwrite makes it with today's for vectors of another program, equal")
	case d.near == fromExtended:
		said = append(said, "Config.Duplicates=skip, as "+c.Extend+" was made; give Config.Duplicates for another")
	}
	is, was := &c.Parameters.Picking, d.extended
	if was == nil {
		return strings.Join(said, "; ")
	}
	if d.clusters {
		said = append(said, fmt.Sprintf("Config.Clusters=%d, as %s was made", c.Parameters.Clusters, c.Extend))
	}
	if is.Middle() && given.Candidates == "" {
		said = append(said, fmt.Sprintf("Config.Candidates=%s, as %s was made", is.Candidates, c.Extend))
	}
	if len(was.Balance) > 0 && c.Balance == "" {
		said = append(said, fmt.Sprintf("%s was made with Config.Balance=%s, which new picks do not keep unless it is given again", c.Extend, was.Balance))
	}
	if was.Middle() && !is.Middle() {
		said = append(said, fmt.Sprintf("%s was made with Config.Candidates=%s, and new picks are of all: another Config.Strategy than %s knows no others", c.Extend, was.Candidates, schemas.StrategyNearest))
	}
	return strings.Join(said, "; ")
}
