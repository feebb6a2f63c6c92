package schemas

import (
	"fmt"
	"slices"
)

// StrategyRange picks images that show how far a group reaches: at positions among the
// distances of its images to its center, and outliers apart.
const StrategyRange = "range"

// Positions of picks by StrategyRange.
const (
	PositionTypical = "typical" // the nearest to the center
	PositionLower   = "25%"     // of the inliers are at most as far
	PositionUpper   = "75%"
	PositionExtreme = "extreme" // the farthest inlier
	PositionOutlier = "outlier" // the farthest of those beyond Spread.Fence
)

// Positions are all of them, in the order of the ranks.
var Positions = []string{PositionTypical, PositionLower, PositionUpper, PositionExtreme, PositionOutlier}

// ColPosition is the last column of a selection by StrategyRange; others have none.
const ColPosition = "position"

// Ranged reports whether picks have positions.
func Ranged(picks []Pick) bool {
	return slices.ContainsFunc(picks, func(p Pick) bool { return p.Position != "" })
}

// Spread says how the distances of the images of a group to its center spread. A quantile of
// n images is the distance of the one at place ⌈n·p⌉, from 1, of rising distances.
type Spread struct {
	GroupID string  `json:"group_id"`
	Q1      float64 `json:"q1"` // quartiles of all images
	Q3      float64 `json:"q3"`
	// Fence is the distance beyond which images are outliers, see package picking; none
	// where the group has too few images, or the quartiles are equal.
	Fence    float64 `json:"fence,omitempty"`
	Inliers  int64   `json:"inliers"`
	Outliers int64   `json:"outliers,omitempty"`

	P25       float64 `json:"p25"` // quartiles of the inliers
	P75       float64 `json:"p75"`
	NearerP25 int64   `json:"nearer_p25"` // images nearer than P25
	NearerP75 int64   `json:"nearer_p75"`
}

// Inlier reports whether an image at a distance is none of the outliers.
func (s *Spread) Inlier(distance float64) bool { return s.Fence == 0 || distance <= s.Fence }

// validateRange refuses what decides otherwise how many images there are, and picks that have
// no place among the distances.
func (p PickParameters) validateRange() error {
	switch {
	case p.Budget > 0:
		return fmt.Errorf("Config.Budget=%d: Config.Strategy=%s picks at the same positions of every group; give Config.Top, the images at each position", p.Budget, p.Strategy)
	case p.Quota != "":
		return fmt.Errorf("Config.Quota=%s: Config.Strategy=%s picks at the same positions of every group; leave Config.Quota out", p.Quota, p.Strategy)
	case len(p.Include) > 0:
		return fmt.Errorf("Config.Include: Config.Strategy=%s picks images by their position among the distances of their group, and one that is asked for has none; leave Config.Include out, or choose another strategy", p.Strategy)
	case p.Extend != nil:
		return fmt.Errorf("Config.Extend: Config.Strategy=%s picks images by their position among the distances of their group, and earlier picks would not keep theirs; leave Config.Extend out, and name what is not to be picked by Config.Exclude", p.Strategy)
	}
	return nil
}
