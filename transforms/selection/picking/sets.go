package picking

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"exemplar/schemas"
)

// Entry is a candidate as a selection lists it.
type Entry struct {
	schemas.Pick
	Key float64 // by which the pool was gathered; see KeyOf
	X   []float32

	Quality []float32 // QualityOf the image, of StrategyRepresentative
	Values  []string  // ValuesOf the image
}

// Listed are the candidates of a target: one group, center and metric.
type Listed struct {
	Pool     []Entry   // with the smallest keys, then by image id; none that are excluded by the user
	Fixed    []Entry   // those of Fixed that are in the group
	Excluded []float64 // distances of the group's images that the user excluded, or that are not in its middle

	// At has the candidates of each of schemas.Positions, and no Pool is there; Spread is what
	// they were gathered by, set for Select. Of StrategyRange.
	At     [][]Entry
	Spread *schemas.Spread

	// Values counts the group's images by the columns of PickParameters.Balance: of the
	// first center and metric, for all.
	Values []Tally
}

// Entries are all candidates, in several lists.
func (l *Listed) Entries() [][]Entry { return append([][]Entry{l.Pool, l.Fixed}, l.At...) }

// Trim drops the distances that no percentile needs: those behind the last of keep candidates.
// It is for CandidatesMiddle, by which most images of a group are no candidates.
func (l *Listed) Trim(keep int) {
	if len(l.Pool) >= keep && keep > 0 {
		last := l.Pool[len(l.Pool)-1].Distance
		l.Excluded = slices.DeleteFunc(l.Excluded, func(d float64) bool { return d > last })
	}
}

// Grouping is one group of a scope.
type Grouping struct {
	Scope, ID string
	Size      int64 // eligible images
}

// KeyOf returns what candidates are gathered by, the smallest first: the distance
// to the center, or for a uniform sample a number that the image id decides.
func KeyOf(p *schemas.SelectionParameters, distance, uniform float64) float64 {
	if p.Picking.Sampled() {
		return uniform
	}
	return distance
}

// Below returns for each group the number below which the keys of its candidates are.
// The candidates of StrategyRepresentative are a sample of all images of a scope, of about
// as many as it compares: those whose keys are small enough, whatever the group.
func Below(p *schemas.SelectionParameters, groups []Grouping) (below []float64) {
	for list := range scopes(groups) {
		limit := math.Inf(1)
		if p.Picking.Strategy == schemas.StrategyRepresentative {
			limit = float64(representatives(p)) / float64(total(list))
		}
		for range list {
			below = append(below, limit)
		}
	}
	return below
}

// representatives returns the size of the sample of StrategyRepresentative.
func representatives(p *schemas.SelectionParameters) int {
	return min(max(leastSample, sampleOfPick*p.Picking.Budget), mostSample)
}

// total returns the images of some groups.
func total(groups []Grouping) (n int64) {
	for _, g := range groups {
		n += g.Size
	}
	return n
}

// compares reports whether picking compares candidates with each other.
func compares(p *schemas.SelectionParameters) bool {
	q := &p.Picking
	return q.Sampled() || q.Duplicates != schemas.DuplicatesAllow || q.MinDistance > 0
}

// Fixed returns the image ids that are picked whatever their distance: those that
// were asked for, and those of the earlier selection.
func Fixed(p *schemas.SelectionParameters) map[string]bool {
	ids := map[string]bool{}
	for _, id := range p.Picking.Include {
		ids[id] = true
	}
	if p.Picking.Extend != nil {
		for _, t := range p.Picking.Extend.Targets {
			for _, id := range t.ImageIDs {
				ids[id] = true
			}
		}
	}
	return ids
}

// struck returns the number of earlier picks whose ranks others take.
func struck(p *schemas.SelectionParameters) (n int) {
	if p.Picking.Extend != nil {
		for _, t := range p.Picking.Extend.Targets {
			n += len(t.Struck)
		}
	}
	return n
}

// ConfigOf translates the parameters of a selection, for a set by one metric.
func ConfigOf(p *schemas.SelectionParameters, metric string) Config {
	q := &p.Picking
	return Config{Strategy: q.Strategy, Cosine: metric == schemas.MetricCosine, Top: p.Top, Budget: q.Budget, Quota: q.Quota,
		MinDistance: q.MinDistance, Duplicates: q.Duplicates == schemas.DuplicatesAllow, Equal: q.Duplicates == schemas.DuplicatesEqual, Balance: q.Balance, Search: q.Search}
}

const (
	poolBytes   = 64 << 20 // of the vectors of all candidates, where that leaves enough to pick from
	sample      = 4096     // largest sample for facility location of a group
	sampleTotal = 8192     // of all groups of a set

	// Of the sample of StrategyRepresentative: images for each pick, and of all.
	sampleOfPick, leastSample, mostSample = 8, 4096, 8192

	spare   = 31 // candidates at least that take the place of duplicates
	sparser = 8  // times as many where a minimum distance is kept
)

// Keep returns how many candidates are gathered for each target of a group, where
// groups has those of each scope together, none of them empty, and vectors have d
// dimensions.
func Keep(p *schemas.SelectionParameters, groups []Grouping, d int) []int {
	var keep []int
	fixed := len(Fixed(p)) + struck(p)
	affordable := poolBytes / (4 * d * max(1, len(groups)*len(p.Centers)*len(p.Metrics)))
	if p.Picking.Strategy == schemas.StrategyRange {
		affordable /= len(schemas.Positions)
	}
	for list := range scopes(groups) {
		sizes := make([]int64, len(list))
		for i, g := range list {
			sizes[i] = g.Size
		}
		if p.Picking.Strategy == schemas.StrategyRepresentative { // Below is the limit
			for _, n := range sizes {
				keep = append(keep, int(min(n, 2*mostSample)))
			}
			continue
		}
		for g, n := range Quotas(ConfigOf(p, ""), sizes, make([]int, len(sizes))) {
			if p.Picking.Strategy == schemas.StrategyRange { // others may take what one position has
				n = int(min(4*int64(n), sizes[g]))
			}
			n += fixed + 1 // one more for the margin of the last
			more := 0
			switch {
			case p.Picking.Strategy == schemas.StrategyFacility:
				more = min(sample, sampleTotal/len(sizes)) - n
			case p.Picking.MinDistance > 0:
				more = sparser * (n + spare)
			case compares(p):
				more = n + spare
			}
			keep = append(keep, n+max(0, min(more, affordable-n)))
		}
	}
	return keep
}

// Memory returns about how many bytes picking from so many images takes: the distances
// in a sample, and those of the set before, which may still be there.
func Memory(p *schemas.SelectionParameters, images int64) int64 {
	rows := int64(0)
	switch p.Picking.Strategy {
	case schemas.StrategyFacility:
		rows = sample
	case schemas.StrategyRepresentative:
		rows = int64(representatives(p))
	}
	rows = min(rows, images)
	return 2 * 4 * rows * rows
}

// scopes yields the groups of each scope.
func scopes(groups []Grouping) iter.Seq[[]Grouping] {
	return func(yield func([]Grouping) bool) {
		for len(groups) > 0 {
			n := 1
			for n < len(groups) && groups[n].Scope == groups[0].Scope {
				n++
			}
			if !yield(groups[:n]) {
				return
			}
			groups = groups[n:]
		}
	}
}

// Select picks from the candidates of all targets: groups has those of each scope
// together, and target gives the candidates of a group by the positions of center
// and metric. Picks are ordered by group, center, metric and rank. columns are those whose
// distribution representative picks share, BalancedColumns but for the selections that
// earlier versions made. Its errors are the user's, one line.
func Select(p *schemas.SelectionParameters, columns []string, groups []Grouping, target func(group, center, metric int) *Listed) ([]schemas.Pick, []schemas.PickSet, error) {
	if err := found(p, groups, target); err != nil {
		return nil, nil, err
	}
	targets := len(p.Centers) * len(p.Metrics)
	byTarget := make([][]schemas.Pick, len(groups)*targets)
	var sets []schemas.PickSet
	first := 0
	for scope := range scopes(groups) {
		n := len(scope)
		for c := range p.Centers {
			for m := range p.Metrics {
				s := &setOf{p: p, columns: columns, groups: scope, center: p.Centers[c], metric: p.Metrics[m]}
				for g := range n {
					s.listed = append(s.listed, target(first+g, c, m))
					s.values = append(s.values, target(first+g, 0, 0).Values)
				}
				picks, set, err := s.pick()
				if err != nil {
					return nil, nil, err
				}
				sets = append(sets, set)
				for g := range n {
					byTarget[(first+g)*targets+c*len(p.Metrics)+m] = picks[g]
				}
			}
		}
		first += n
	}
	return slices.Concat(byTarget...), sets, nil
}

// found checks that every image that was asked for, or picked earlier from other
// latents, is in a group.
func found(p *schemas.SelectionParameters, groups []Grouping, target func(group, center, metric int) *Listed) error {
	have := map[string]bool{}
	member := map[[2]string]bool{}
	for g := range groups {
		for _, e := range target(g, 0, 0).Fixed {
			have[e.ImageID] = true
			member[[2]string{groups[g].Scope, e.ImageID}] = true
		}
	}
	in := func(scope, id string) bool { return member[[2]string{scope, id}] }
	if p.Picking.Extend != nil {
		for _, t := range p.Picking.Extend.Targets {
			if len(t.SHA256) > 0 && len(t.SHA256) != len(t.ImageIDs) {
				return fmt.Errorf("Config.Extend: %d earlier picks with the hashes of %d", len(t.ImageIDs), len(t.SHA256))
			}
			for _, id := range t.ImageIDs {
				if t.GroupID == "" && !in(t.Scope, id) {
					return fmt.Errorf("Config.Extend: image %q, an earlier pick, is kept out by the quality gate now, or in no group of scope %s: change Config.Gate.Mode or that image's label", id, t.Scope)
				}
			}
		}
	}
	for _, id := range p.Picking.Include {
		if !have[id] {
			return fmt.Errorf("Config.Include: image %q is kept out by the quality gate, or in no group of Config.Scopes: take it off the list, or change these flags", id)
		}
	}
	return nil
}

// setOf is one scope, center and metric.
type setOf struct {
	p              *schemas.SelectionParameters
	groups         []Grouping
	center, metric string
	columns        []string // of picks that are representative
	listed         []*Listed
	values         [][]Tally // of each group
}

func (s *setOf) pick() ([][]schemas.Pick, schemas.PickSet, error) {
	set := schemas.PickSet{Scope: s.groups[0].Scope, Center: s.center, Metric: s.metric}
	groups := make([]Group, len(s.groups))
	entries := make([]map[string]*Entry, len(s.groups))
	sizes, counts := make([]int64, len(groups)), make([]int, len(groups))
	for g, list := range s.listed {
		entries[g] = map[string]*Entry{}
		for _, from := range list.Entries() {
			for i := range from {
				entries[g][from[i].ImageID] = &from[i]
			}
		}
		fixed, err := s.fixed(g)
		if err != nil {
			return nil, set, err
		}
		groups[g] = Group{Size: s.groups[g].Size, Pool: candidates(list.Pool), Fixed: candidates(fixed), Values: s.values[g]}
		if s.p.Picking.Strategy == schemas.StrategyRange {
			groups[g].Reach = list.Spread
			set.Spreads = append(set.Spreads, *list.Spread)
			set.Spreads[g].GroupID = s.groups[g].ID
			groups[g].At = make([][]Candidate, len(schemas.Positions))
			for position, from := range list.At {
				groups[g].At[position] = candidates(from)
			}
			groups[g].Pool = groups[g].At[0]
		}
		if kept := s.kept(g); len(kept.Struck) > 0 {
			groups[g].Kept = len(kept.ImageIDs)
			for _, out := range kept.Struck {
				groups[g].Struck = append(groups[g].Struck, out.Rank-1)
			}
		}
		sizes[g], counts[g] = s.groups[g].Size, len(fixed)
		set.Candidates += len(entries[g])
	}
	c := ConfigOf(s.p, s.metric)
	c.Columns = s.columns
	r := Choose(c, groups)
	due := s.due(c, groups, sizes, counts)
	picks := make([][]schemas.Pick, len(groups))
	for g, chosen := range r.Picks {
		for i, p := range chosen {
			picks[g] = append(picks[g], s.row(g, i+1, p, entries[g][p.ID]))
			if p.Fixed {
				set.Fixed++
			}
		}
		set.Picks += len(chosen)
		set.Replaced = append(set.Replaced, s.replaced(g, chosen)...)
		if c.Strategy == Representative && len(chosen) == 0 {
			set.Empty++
		}
		if len(chosen) < due[g] {
			set.Short++
		}
	}
	set.Balance = r.Balance
	if set.Objective = r.Objective; c.Strategy == Representative && set.Picks < c.Budget {
		set.Short = len(groups)
	}
	set.NeighborDistance, set.DuplicateDistance, set.TooNear = r.Neighbor, r.Threshold, r.TooNear
	for _, d := range r.Duplicates {
		set.Duplicates = append(set.Duplicates, schemas.Duplicate{GroupID: s.groups[d.Group].ID, ImageID: d.ID, Reason: d.Reason, Of: d.Of, Distance: d.Distance})
	}
	return picks, set, nil
}

// due returns how many picks each group gets where there are enough candidates.
func (s *setOf) due(c Config, groups []Group, sizes []int64, fixed []int) []int {
	if c.Strategy == Spread {
		for g := range groups {
			for _, n := range dueAt(c.Top, groups[g].Reach) {
				fixed[g] += n
			}
		}
		return fixed
	}
	total := 0
	for _, n := range fixed {
		total += n
	}
	refill := &set{Config: c, groups: groups}
	for g := range fixed {
		more := max(0, min(refill.vacant(g, fixed[g]), c.picks(groups)-total))
		fixed[g], total = fixed[g]+more, total+more
	}
	if c.Strategy == Representative {
		return fixed // at least
	}
	return Quotas(c, sizes, fixed)
}

// kept returns the earlier picks of a group.
func (s *setOf) kept(g int) schemas.KeptTargets {
	return s.p.Picking.Kept(s.groups[g].Scope, s.groups[g].ID, s.center, s.metric)
}

// replaced says which of a group's picks have the ranks of those that were struck out.
func (s *setOf) replaced(g int, chosen []Pick) (list []schemas.ReplacedPick) {
	kept := s.kept(g)
	for _, out := range kept.Struck {
		r := schemas.ReplacedPick{GroupID: s.groups[g].ID, StruckPick: out}
		if at := out.Rank - 1; at < len(chosen) && !slices.Contains(kept.ImageIDs, chosen[at].ID) {
			r.By = chosen[at].ID
		}
		list = append(list, r)
	}
	return list
}

// fixed returns the first picks of a group: those of the earlier selection in
// their order, and then those that were asked for, the nearest first.
func (s *setOf) fixed(g int) (list []Entry, err error) {
	rest := slices.Clone(s.listed[g].Fixed)
	kept := s.kept(g)
	for i, id := range kept.ImageIDs {
		at := slices.IndexFunc(rest, func(e Entry) bool { return e.ImageID == id })
		switch {
		case at >= 0 && kept.SHA256 != nil && rest[at].SHA256 != kept.SHA256[i]:
			return nil, fmt.Errorf("Config.Extend: image %q is another one now: its pixels have sha256 %s, the earlier pick's %s", id, rest[at].SHA256, kept.SHA256[i])
		case at < 0 && kept.GroupID == "":
			continue // in another group
		case at < 0:
			return nil, fmt.Errorf("Config.Extend: image %q is not in group %s of scope %s any more: extend a selection of the same latents, made with the same flags for clusters and gate",
				id, s.groups[g].ID, s.groups[g].Scope)
		}
		list = append(list, rest[at])
		rest = slices.Delete(rest, at, at+1)
	}
	rest = slices.DeleteFunc(rest, func(e Entry) bool {
		_, asked := slices.BinarySearch(s.p.Picking.Include, e.ImageID)
		return !asked
	})
	slices.SortFunc(rest, func(a, b Entry) int { return ByDistance(a.Pick, b.Pick) })
	return append(list, rest...), nil
}

func candidates(entries []Entry) []Candidate {
	list := make([]Candidate, len(entries))
	for i, e := range entries {
		list[i] = Candidate{ID: e.ImageID, Distance: e.Distance, X: e.X, SHA256: e.SHA256, Quality: e.Quality, Values: e.Values}
	}
	return list
}

// row returns the row of a pick.
func (s *setOf) row(g, rank int, p Pick, e *Entry) schemas.Pick {
	group := s.groups[g]
	row := e.Pick
	row.Rank, row.Scope, row.GroupID, row.GroupSize = int32(rank), group.Scope, group.ID, group.Size
	row.Center, row.Metric = s.center, s.metric
	row.Position = p.Position
	if row.Position != "" {
		row.Percentile = percentileAt(s.listed[g], group.Size, e, p.Position)
	} else {
		row.Percentile = percentile(s.p, s.listed[g], group.Size, e)
	}
	row.Margin = math.NaN()
	if p.Next != nil {
		row.Margin, row.NextID = p.Next.Distance-p.Distance, p.Next.ID
	}
	return row
}

// percentile returns the share of a group's images that are at most as far as an
// entry, in percent. It is exact where the candidates tell: for those among the
// nearest of the group, and where these are all. Where picks come from a sample it is that
// of the sample; an image that was asked for, and that lies behind the nearest
// candidates, has NaN.
func percentile(p *schemas.SelectionParameters, l *Listed, size int64, e *Entry) float64 {
	near := 0
	farthest := false
	if p.Picking.Middle() && !slices.ContainsFunc(l.Pool, func(c Entry) bool { return c.ImageID == e.ImageID }) {
		near++ // itself, which was asked for, and is not in the middle
	}
	for i := range l.Pool {
		if c := ByDistance(l.Pool[i].Pick, e.Pick); c <= 0 {
			near++
		}
		farthest = farthest || ByDistance(l.Pool[i].Pick, e.Pick) >= 0
	}
	excluded := 0
	for _, d := range l.Excluded {
		if d < e.Distance {
			excluded++
		}
	}
	switch {
	case int64(len(l.Pool)+len(l.Excluded)) == size:
	case p.Picking.Sampled():
		return 100 * float64(near) / float64(len(l.Pool))
	case !farthest:
		return math.NaN()
	}
	return 100 * float64(near+excluded) / float64(size)
}
