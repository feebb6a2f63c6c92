// Package defaults fills in what a selection that names nothing is made by: how many images, of
// how many clusters, by which strategy.
//
// What lives here: parameters that follow from others and from the number of images. What never
// enters: Beam, Gorgonia, files, printing; what folders decide, which is package selecting's.
package defaults

import (
	"cmp"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/spaces"
)

// Defaults of how many images are picked, and of how many groups.
const (
	Budget   = 100 // and a cluster for each
	Clusters = 20  // where SelectionParameters.Top says how many of each, where groups decide nothing, and where columns divide the clusters

	leastImages = 10 // for each pick, and for each cluster, of a small collection
)

// Parameters returns those of a selection of the images that represent all clusters together.
func Parameters() schemas.SelectionParameters {
	return schemas.SelectionParameters{
		Scopes: []string{schemas.ScopeCluster}, Centers: []string{schemas.CenterMean}, Metrics: []string{schemas.MetricEuclidean}, Space: spaces.Raw,
		Clustering: schemas.ClusteringKMeans, Seed: 1, Restarts: 10, MaxPasses: 50, ResamplingSteps: 10,
		Gate: schemas.GateParameters{Mode: schemas.GateAuto},
	}
}

// Strategy returns the strategy of parameters that name none: representative, which
// docs/method.md shows to win, unless they say something that only the images nearest to
// centers have: how many of each group there are, or what centers and distances are. Groups
// that a column names have a right to picks of their own, which nearest ones give them.
func Strategy(p schemas.SelectionParameters) string {
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

// Fill returns the parameters as a manifest records them: defaults filled in, for so many rows of
// d dimensions, and those left out that decide nothing. earlierSearch is for representative picks
// by the search of earlier versions.
func Fill(p schemas.SelectionParameters, rows int64, d int, earlierSearch bool) schemas.SelectionParameters {
	pick := &p.Picking
	if pick.Strategy = cmp.Or(pick.Strategy, Strategy(p)); pick.Strategy == schemas.StrategyRepresentative && !earlierSearch {
		pick.Search = schemas.SearchGradual
	}
	small := int(min(Budget, (rows-1)/leastImages+1))
	switch {
	case p.Top != 0 || pick.Budget != 0:
	case pick.Strategy == schemas.StrategyRange:
		p.Top = 1
	default:
		pick.Budget = small
	}
	if p.Clusters == 0 && !p.Auto {
		p.Clusters = min(small, Clusters)
		if pick.Budget > 0 && pick.Strategy != schemas.StrategyRepresentative && !p.CrossesClusters() {
			p.Clusters = int(min(int64(pick.Budget), (rows-1)/leastImages+1))
		}
	}
	pick.Duplicates = cmp.Or(pick.Duplicates, schemas.DuplicatesSkip)
	if pick.Candidates == schemas.CandidatesAll {
		pick.Candidates = "" // as in manifests of earlier versions
	}
	if pick.Budget > 0 && pick.Strategy != schemas.StrategyRepresentative {
		pick.Quota = cmp.Or(pick.Quota, schemas.QuotaSqrt)
	}
	return clustering(p, rows, d)
}

// clustering fills in how clusters are made, or leaves it out where there are none.
func clustering(p schemas.SelectionParameters, rows int64, d int) schemas.SelectionParameters {
	if !p.Clustered() {
		p.Clustering, p.FineClusters, p.ResamplingSteps = "", 0, 0
		p.Clusters, p.Auto, p.Restarts, p.MaxPasses, p.SampleSize = 0, false, 0, 0, 0
		if !p.Picking.Sampled() {
			p.Seed = 0
		}
		return p
	}
	p.Clustering = cmp.Or(p.Clustering, schemas.ClusteringKMeans)
	if p.Hierarchical() {
		p.MaxPasses = 0
		if p.FineClusters == 0 && !p.Auto {
			p.FineClusters = kmeans.DefaultFine(p.Clusters, d, rows)
		}
	} else {
		p.ResamplingSteps = 0
	}
	if p.SampleSize == 0 {
		most := max(p.Clusters, p.FineClusters)
		if p.Auto {
			most = kmeans.MaxAuto
		}
		p.SampleSize = kmeans.DefaultSampleSize(most, d)
	}
	return p
}
