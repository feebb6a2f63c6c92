package selecting

import (
	"cmp"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/clustering"
)

// candidates are the nearest images of each group, over some files.
type candidates struct {
	Keep    int                // images a group
	Counts  []int64            // eligible images of each group
	Nearest [][]schemas.Pick   // of each group, nearest first
	Squares clustering.WideSum // of squared distances to the group's centre
}

func newCandidates(groups, keep int) *candidates {
	return &candidates{Keep: keep, Counts: make([]int64, groups), Nearest: make([][]schemas.Pick, groups)}
}

// byDistance orders picks: nearer first, then by image id.
func byDistance(a, b schemas.Pick) int {
	if c := cmp.Compare(a.Distance, b.Distance); c != 0 {
		return c
	}
	return strings.Compare(a.ImageID, b.ImageID)
}

// wants tells whether an image would be kept.
func (c *candidates) wants(group int32, distance float64, id string) bool {
	list := c.Nearest[group]
	return len(list) < c.Keep || byDistance(schemas.Pick{Distance: distance, ImageID: id}, list[len(list)-1]) < 0
}

// offer keeps a pick if it is among the nearest of its group.
func (c *candidates) offer(group int32, p schemas.Pick) {
	list := c.Nearest[group]
	i, _ := slices.BinarySearchFunc(list, p, byDistance)
	list = slices.Insert(list, i, p)
	c.Nearest[group] = list[:min(len(list), c.Keep)]
}

// fold adds the candidates of other files.
func (c *candidates) fold(o *candidates) {
	for g, n := range o.Counts {
		c.Counts[g] += n
		for _, p := range o.Nearest[g] {
			if c.wants(int32(g), p.Distance, p.ImageID) {
				c.offer(int32(g), p)
			}
		}
	}
	c.Squares.Merge(o.Squares)
}
