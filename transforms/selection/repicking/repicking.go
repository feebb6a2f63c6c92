// Package repicking picks again, from a sample in memory, by the rule of a selection: what
// the picks would have been, had the collection been another one.
//
// What lives here: groups, centers and candidates of rows in memory. What never enters:
// Beam, files, printing; which images are picked of candidates, which is package picking's;
// what follows from the picks, which is package grading's.
package repicking

import (
	"cmp"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/picking"
)

// Row is an image of the sample.
type Row struct {
	ID      string
	Group   string // in the scope; not of clusters, which are made again: what they are crossed with
	X       []float32
	Quality []float32 // picking.QualityOf the image; may be nil
	Values  []string  // picking.ValuesOf it
}

// Rule is how the picks of one scope and metric are made.
type Rule struct {
	Parameters    *schemas.SelectionParameters
	Scope, Metric string
	Clusters      int              // that the selection found, where the scope has clusters
	Hierarchy     kmeans.Hierarchy // that makes them, where it has fine clusters

	// Center returns the center of rows of d numbers.
	Center func(x []float32, d int) []float64
}

// clusterTries is the number of seedings of k-means.
const clusterTries = 3

// Least images of a cluster, on average, from which clusters are made.
const leastCluster = 4

// Refuses says why so many images are too few, or cannot be picked from like this, or "".
func (r Rule) Refuses(images int) string {
	p := &r.Parameters.Picking
	switch {
	case p.Extend != nil || len(p.Include) > 0:
		return "images were kept, or asked for by name"
	case r.clustered() && images < leastCluster*r.Clusters:
		return "there are too many clusters for the sample"
	}
	return ""
}

// clustered reports whether picks depend on clusters. Representative ones do not.
func (r Rule) clustered() bool {
	return r.hasClusters() && r.Parameters.Picking.Strategy != schemas.StrategyRepresentative
}

// hasClusters reports whether groups are clusters, or parts of them.
func (r Rule) hasClusters() bool {
	return r.Scope == schemas.ScopeCluster || schemas.CrossesClusters(r.Scope)
}

// Pick returns the places of the rows that are picked, in their order. Clusters are made
// with the seed.
func (r Rule) Pick(rows []Row, seed uint64) (picked []int) {
	groups := r.groups(rows, seed)
	place := make(map[string]int, len(rows))
	for i := range rows {
		place[rows[i].ID] = i
	}
	for _, picks := range picking.Choose(picking.ConfigOf(r.Parameters, r.Metric), groups).Picks {
		for _, p := range picks {
			picked = append(picked, place[p.ID])
		}
	}
	slices.Sort(picked)
	return picked
}

// groups returns the candidates of all groups, these in the order of their names.
func (r Rule) groups(rows []Row, seed uint64) []picking.Group {
	number, n := r.members(rows, seed)
	groups := make([]picking.Group, n)
	for g := range groups {
		groups[g] = r.group(rows, number, g)
	}
	if r.Parameters.Picking.Middle() {
		r.middle(groups)
	}
	if r.Parameters.Picking.Strategy == schemas.StrategyRange {
		for g := range groups {
			groups[g].Spread(r.Metric)
		}
	}
	return slices.DeleteFunc(groups, func(g picking.Group) bool { return g.Size == 0 })
}

// middle leaves the candidates in the middle of their groups.
func (r Rule) middle(groups []picking.Group) {
	list, images := make([]picking.Grouping, len(groups)), make([][]picking.MiddleRow, len(groups))
	for g := range groups {
		list[g] = picking.Grouping{Scope: r.Scope, Size: groups[g].Size}
		for _, c := range groups[g].Pool {
			images[g] = append(images[g], picking.MiddleRow{Free: true, Quality: c.Quality})
		}
	}
	ranges, _ := picking.Middles(r.Parameters, list, images)
	for g := range groups {
		groups[g].Pool = slices.DeleteFunc(groups[g].Pool, func(c picking.Candidate) bool { return !ranges[g].Has(c.Quality) })
	}
}

// members returns the number of the group of each row, and how many groups there are.
func (r Rule) members(rows []Row, seed uint64) (number []int32, n int) {
	switch {
	case r.Parameters.Picking.Strategy == schemas.StrategyRepresentative:
		return make([]int32, len(rows)), 1
	case !r.hasClusters():
		return named(rows)
	}
	number = make([]int32, len(rows))
	d := len(rows[0].X)
	sample := kmeans.Sample{D: d, Weights: slices.Repeat([]float64{1}, len(rows))}
	for i := range rows {
		sample.X = append(sample.X, rows[i].X...)
	}
	index := nearest.New(r.cluster(sample, seed), d)
	index.Find(number, make([]float64, len(rows)), sample.X)
	if r.Scope == schemas.ScopeCluster {
		return number, index.Len()
	}
	values, n := named(rows)
	for i, value := range values {
		number[i] = number[i]*int32(n) + value
	}
	return number, index.Len() * n
}

// named numbers the groups of rows by their names.
func named(rows []Row) (number []int32, n int) {
	number = make([]int32, len(rows))
	var names []string
	for i := range rows {
		names = append(names, rows[i].Group)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for i := range rows {
		at, _ := slices.BinarySearch(names, rows[i].Group)
		number[i] = int32(at)
	}
	return number, len(names)
}

// cluster makes the clusters. A sample of few rows has fewer fine clusters.
func (r Rule) cluster(s kmeans.Sample, seed uint64) (centers []float64) {
	if h := r.Hierarchy; h.Fine > 0 {
		h.Clusters, h.Fine, h.Seed, h.Restarts = r.Clusters, min(h.Fine, kmeans.DefaultFine(r.Clusters, s.D, int64(s.Len()))), seed, clusterTries
		centers, _ = h.Fit(s)
		return centers
	}
	centers, _ = kmeans.Fit(s, r.Clusters, seed, clusterTries)
	return centers
}

// group returns the candidates of one group with their distances to its center.
func (r Rule) group(rows []Row, number []int32, g int) (group picking.Group) {
	var x []float32
	for i, row := range rows {
		if int(number[i]) == g {
			group.Pool = append(group.Pool, picking.Candidate{ID: row.ID, X: row.X, Quality: row.Quality, Values: row.Values})
			group.Values = picking.Count(group.Values, row.Values)
			x = append(x, row.X...)
		}
	}
	if group.Size = int64(len(group.Pool)); group.Size == 0 {
		return group
	}
	center := r.Center(x, len(group.Pool[0].X))
	for i := range group.Pool {
		group.Pool[i].Distance = kmeans.Distance(r.Metric, group.Pool[i].X, center)
	}
	slices.SortFunc(group.Pool, func(a, b picking.Candidate) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.ID, b.ID))
	})
	return group
}
