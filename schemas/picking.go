package schemas

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Values of Strategy, Quota and Duplicates of PickParameters.
const (
	StrategyNearest  = "nearest"  // the images nearest to the center
	StrategyFacility = "facility" // those that stand for a sample of the group, by facility location

	// StrategyRepresentative picks those that stand for a sample of all groups together:
	// near to every image, and distributed as the images are.
	StrategyRepresentative = "representative"

	QuotaEqual        = "equal"
	QuotaProportional = "proportional" // to the images of a group
	QuotaSqrt         = "sqrt"         // to the square root of these

	CandidatesAll    = "all"    // images of the group
	CandidatesMiddle = "middle" // those in the middle half of it in every quality column

	DuplicatesSkip  = "skip"  // images that look like a pick are passed over: equal pixels, or near
	DuplicatesEqual = "equal" // only those that are equal to one: pixels, or vectors
	DuplicatesAllow = "allow"
)

// SearchGradual is the search of StrategyRepresentative that begins with the error alone, and
// gives the other terms of the objective their weights by degrees.
const SearchGradual = "gradual"

// MaxRepresentative is the largest budget of StrategyRepresentative, which compares
// the picks with a sample in memory.
const MaxRepresentative = 2048

// MaxListed is the number of image ids that lists of images to include and to exclude,
// and the selection to extend, may name.
const MaxListed = 100_000

// PickParameters are the choices that decide which candidates of the groups are
// picked.
type PickParameters struct {
	Strategy    string  `json:"strategy"`         // StrategyNearest, StrategyFacility, StrategyRepresentative or StrategyRange
	Budget      int     `json:"budget,omitempty"` // images of all groups, for every center and metric, from 1; SelectionParameters.Top is 0 then
	Quota       string  `json:"quota,omitempty"`  // by which groups share the budget: QuotaEqual, QuotaProportional or QuotaSqrt; "" without one, and for StrategyRepresentative
	MinDistance float64 `json:"min_distance"`     // between picks, from 0: Euclidean, in the unit of the embeddings
	Duplicates  string  `json:"duplicates"`       // DuplicatesSkip, DuplicatesEqual or DuplicatesAllow

	// Balance says of which columns the picks have the values in fixed shares; of
	// StrategyRepresentative.
	Balance Balancing `json:"balance,omitempty"`

	// Search says how StrategyRepresentative searches: SearchGradual, or "", as the first
	// versions did, whose selections are verified and extended.
	Search string `json:"search,omitempty"`

	// Candidates says which images of a group may be picked for being the nearest:
	// CandidatesMiddle, or "", which is CandidatesAll.
	Candidates string `json:"candidates,omitempty"`

	Include []string     `json:"include,omitempty"` // image ids that are picked, sorted
	Exclude []string     `json:"exclude,omitempty"` // that are not
	Extend  *EarlierPick `json:"extend,omitempty"`
}

// EarlierPick names the picks of an earlier selection. They keep their ranks, or
// where that was made from other latents, of a collection that has grown since,
// their order.
type EarlierPick struct {
	Selection string        `json:"selection"` // sha256 of its selection.parquet
	Targets   []KeptTargets `json:"targets"`
}

// EarlierHands says what people named in the selections that one extends, and in
// those that these extended: a pick that was asked for there is kept here like any
// other. It decides nothing and is in no fingerprint.
type EarlierHands struct {
	Include []string `json:"include,omitempty"` // image ids that were asked for, sorted
	Exclude []string `json:"exclude,omitempty"` // that were kept out
	Dropped []string `json:"dropped,omitempty"` // earlier picks that PickParameters.Exclude throws out of this selection

	// Unknown says that one of these selections, which extended others, was made by
	// a version that did not record this.
	Unknown bool `json:"unknown,omitempty"`
}

// None reports whether nobody named an image.
func (h *EarlierHands) None() bool {
	return len(h.Include)+len(h.Exclude)+len(h.Dropped) == 0 && !h.Unknown
}

// KeptTargets are the earlier picks of one group by one center and metric.
type KeptTargets struct {
	Scope    string   `json:"scope"`
	GroupID  string   `json:"group_id,omitempty"` // "": of the group that each is in now
	Center   string   `json:"center"`
	Metric   string   `json:"metric"`
	ImageIDs []string `json:"image_ids"`        // by rank, or by group and rank
	SHA256   []string `json:"sha256,omitempty"` // of their pixels; none where the latents are the same

	// Struck are those that PickParameters.Exclude names, by rank, where the latents are the
	// same: new picks of the group take their ranks. Earlier versions had the others move up.
	Struck []StruckPick `json:"struck,omitempty"`
}

// StruckPick is an earlier pick that is one no more.
type StruckPick struct {
	Rank    int    `json:"rank"` // from 1
	ImageID string `json:"image_id"`
}

// Validate reports the first parameter out of range, by its field.
func (p PickParameters) Validate(top int) error {
	if err := cmp.Or(
		chosen("Config.Strategy", []string{p.Strategy}, oneOf(StrategyNearest, StrategyFacility, StrategyRepresentative, StrategyRange), "nearest, facility, representative, range"),
		chosen("Config.Duplicates", []string{p.Duplicates}, oneOf(DuplicatesSkip, DuplicatesEqual, DuplicatesAllow), "skip, equal, allow"),
	); err != nil {
		return err
	}
	if p.Candidates != "" && p.Candidates != CandidatesAll && p.Candidates != CandidatesMiddle {
		return fmt.Errorf("Config.Candidates=%s: choose from all, middle", p.Candidates)
	}
	if p.Strategy == StrategyRange {
		if err := p.validateRange(); err != nil {
			return err
		}
	}
	switch {
	case p.Middle() && p.Strategy != StrategyNearest:
		return fmt.Errorf("Config.Candidates=%s: only Config.Strategy=%s picks by the distance to a center, and so average images; give that, or leave Config.Candidates out", p.Candidates, StrategyNearest)
	case p.Budget < 0:
		return fmt.Errorf("Config.Budget=%d: must be at least 1", p.Budget)
	case p.Budget > 0 && top != 0:
		return fmt.Errorf("Config.Top=%d and Config.Budget=%d: give one of them", top, p.Budget)
	case p.Budget == 0 && top < 1:
		return fmt.Errorf("Config.Top=%d: must be at least 1", top)
	case !(p.MinDistance >= 0) || math.IsInf(p.MinDistance, 0):
		return fmt.Errorf("Config.MinDistance=%g: must be a number from 0 on", p.MinDistance)
	}
	if err := p.ValidateLists(); err != nil {
		return err
	}
	if err := p.Balance.validate(); err != nil {
		return fmt.Errorf("Config.Balance: %w", err)
	}
	if len(p.Balance) > 0 && p.Strategy != StrategyRepresentative {
		return fmt.Errorf("Config.Balance=%s: only Config.Strategy=%s keeps shares of columns, not %s; groups by a column, Config.Scopes, have picks each", p.Balance, StrategyRepresentative, p.Strategy)
	}
	if p.Strategy == StrategyRepresentative {
		return p.validateRepresentative(top)
	}
	if p.Search != "" {
		return fmt.Errorf("search %q: only Config.Strategy=%s has one", p.Search, StrategyRepresentative)
	}
	if p.Budget > 0 {
		return chosen("Config.Quota", []string{p.Quota}, oneOf(QuotaEqual, QuotaProportional, QuotaSqrt), "equal, proportional, sqrt")
	}
	if p.Quota != "" {
		return fmt.Errorf("Config.Quota=%s: groups share a Config.Budget; Config.Top picks the same number of every group", p.Quota)
	}
	return nil
}

// validateRepresentative refuses what decides how many images of each group are picked:
// that follows from what represents all of them best.
func (p PickParameters) validateRepresentative(top int) error {
	switch {
	case top != 0:
		return fmt.Errorf("Config.Top=%d: Config.Strategy=%s decides itself how many images of each group are picked; give Config.Budget", top, p.Strategy)
	case p.Quota != "":
		return fmt.Errorf("Config.Quota=%s: Config.Strategy=%s decides itself how many images of each group are picked; leave Config.Quota out", p.Quota, p.Strategy)
	case p.Search != "" && p.Search != SearchGradual:
		return fmt.Errorf("search %q: it is of another version; use that, or make the selection again", p.Search)
	case p.Budget > MaxRepresentative:
		return fmt.Errorf("Config.Budget=%d: Config.Strategy=%s picks at most %d; choose another for more", p.Budget, p.Strategy, MaxRepresentative)
	}
	return nil
}

// Sampled reports whether picks come from a sample, which Seed decides.
func (p PickParameters) Sampled() bool {
	return p.Strategy == StrategyFacility || p.Strategy == StrategyRepresentative
}

// Middle reports whether only images in the middle of their group are picked for being
// the nearest.
func (p PickParameters) Middle() bool { return p.Candidates == CandidatesMiddle }

// ValidateLists is the part of Validate that is about Include and Exclude.
func (p PickParameters) ValidateLists() error {
	for _, list := range [][]string{p.Include, p.Exclude} {
		if !slices.IsSorted(list) {
			return fmt.Errorf("the image ids of Config.Include and Config.Exclude are not sorted")
		}
	}
	for _, id := range p.Include {
		if _, both := slices.BinarySearch(p.Exclude, id); both {
			return fmt.Errorf("image %q is in the lists of Config.Include and of Config.Exclude", id)
		}
	}
	return p.Extend.validate(p.Exclude)
}

// validate checks that the picks struck out are in order and excluded.
func (e *EarlierPick) validate(exclude []string) error {
	if e == nil {
		return nil
	}
	for _, t := range e.Targets {
		last := 0
		for _, s := range t.Struck {
			if _, out := slices.BinarySearch(exclude, s.ImageID); !out || s.Rank <= last {
				return fmt.Errorf("Config.Extend: image %q of rank %d is struck out of %s %s, but not by Config.Exclude, or not in order", s.ImageID, s.Rank, t.Scope, t.GroupID)
			}
			last = s.Rank
		}
	}
	return nil
}

func oneOf(values ...string) func(string) bool {
	return func(v string) bool { return slices.Contains(values, v) }
}

// Kept returns the earlier picks of a target.
func (p PickParameters) Kept(scope, group, center, metric string) (t KeptTargets) {
	if p.Extend == nil {
		return t
	}
	for _, t := range p.Extend.Targets {
		if t.Scope == scope && (t.GroupID == group || t.GroupID == "") && t.Center == center && t.Metric == metric {
			return t
		}
	}
	return t
}

// PickSet says how the images of one scope, center and metric were picked.
type PickSet struct {
	Scope  string `json:"scope"`
	Center string `json:"center"`
	Metric string `json:"metric"`
	Picks  int    `json:"picks"`
	Fixed  int    `json:"fixed,omitempty"` // picks of the earlier selection, and those that were asked for
	// Short is the number of groups that ran out of candidates before they had the
	// picks they were due.
	Short int `json:"short,omitempty"`
	// Replaced are the earlier picks that were struck out, by group and rank.
	Replaced []ReplacedPick `json:"replaced,omitempty"`

	// Objective is what picks by StrategyRepresentative reach, and Empty the number of
	// groups that have none of them.
	Objective *Objective `json:"objective,omitempty"`
	Empty     int        `json:"empty,omitempty"`
	// Balance is there where PickParameters.Balance is, by its columns.
	Balance []ColumnBalance `json:"balance,omitempty"`

	// Spreads are those of the groups, in their order; of StrategyRange.
	Spreads []Spread `json:"spreads,omitempty"`

	// Candidates is the number of images that were looked at: the nearest of every
	// group, those at its positions, or a sample.
	Candidates int `json:"candidates"`
	// Middle is there where PickParameters.Candidates is CandidatesMiddle.
	Middle *Middle `json:"middle,omitempty"`
	// NeighborDistance is the median Euclidean distance of a candidate to the
	// nearest other one of its group, and DuplicateDistance, which follows from how
	// these distances spread, that up to which two images count as near duplicates.
	NeighborDistance  float64 `json:"neighbour_distance,omitempty"`
	DuplicateDistance float64 `json:"duplicate_distance,omitempty"`
	// TooNear counts candidates passed over for PickParameters.MinDistance.
	TooNear int `json:"too_near,omitempty"`
	// Duplicates are the candidates passed over because they look like a pick.
	Duplicates []Duplicate `json:"duplicates,omitempty"`
}

// ReplacedPick is an earlier pick that was struck out, and the image that has its rank now.
type ReplacedPick struct {
	GroupID string `json:"group_id"`
	StruckPick
	By string `json:"by,omitempty"` // "" where the group has no other candidate: those behind it move up
}

// Middle says which images are in the middle of their groups: in every column their
// percentile within the group is from 25 to 75.
type Middle struct {
	Columns []string `json:"columns"` // of the quality, that are known of all images and not constant
	Rows    int64    `json:"rows"`    // images that the quartiles are of: all of a small group, a sample of a large one
	// Widened counts the groups with fewer such images than picks, whose middle is as
	// much wider as it takes, in all columns alike. Widest is how far the widest reaches on both sides of
	// the median, in points of the percentile: more than 25, and 50 for all images.
	Widened int     `json:"widened,omitempty"`
	Widest  float64 `json:"widest,omitempty"`
}

// Objective is what the search for representative picks lowers, measured on the sample that
// it compares them with. Each figure is a share of what as many random images of the
// sample have on average: 0 is perfect, 1 is chance.
type Objective struct {
	Rows     int      `json:"rows"`               // images of the sample
	Error    float64  `json:"error"`              // mean squared distance to the nearest pick
	Energy   float64  `json:"energy"`             // energy distance between the picks and the sample
	Whitened float64  `json:"whitened,omitempty"` // the same of their leading principal components, each of variance 1; of SearchGradual
	Quality  float64  `json:"quality,omitempty"`  // the same of the quality columns, as ranks within coarse clusters, or normal scores without SearchGradual
	Columns  []string `json:"columns,omitempty"`  // quality columns that are known and not constant

	// Free is what the search reached before PickParameters.Balance was kept: what that costs.
	Free *Figures `json:"without_balance,omitempty"`
}

// Figures returns those that Free has.
func (o *Objective) Figures() Figures { return Figures{o.Error, o.Energy, o.Whitened, o.Quality} }

// Duplicate is an image that was passed over because it looks like a pick.
type Duplicate struct {
	GroupID  string  `json:"group_id"`
	ImageID  string  `json:"image_id"`
	Reason   string  `json:"reason"` // pixels (equal sha256) or near
	Of       string  `json:"of"`     // image id of the pick
	Distance float64 `json:"distance,omitempty"`
}
