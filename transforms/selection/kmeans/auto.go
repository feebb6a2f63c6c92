package kmeans

import (
	"math"
	"runtime"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// Limits of the search for the number of clusters.
const (
	MaxAuto      = 200  // clusters
	autoStep     = 1.25 // from one number that is tried to the next
	autoRows     = 20   // of the sample for a cluster, at least
	autoRestarts = 3
)

// ChooseK tries numbers of clusters from 2 to MaxAuto on the sample, and
// returns the one of the largest silhouette, the smallest of several, with the
// figures of all of them. Where the sample has too few rows for 2 clusters, it is 1.
//
// The silhouette is the simplified one (Hruschka, de Castro and Campello 2004;
// Vendramin, Campello and Hruschka, "Relative clustering validity criteria",
// Statistical Analysis and Data Mining 3, 2010): the mean of 1 - a/b, where a and b
// are a row's distances to the nearest and to the second nearest center. The
// stability does not decide: it is the adjusted Rand index (Hubert and Arabie 1985)
// between the clusters of two halves of the sample, both extended to all of it.
func ChooseK(s Sample, seed uint64) (best int, curve []schemas.ClusterChoice) {
	best = 1
	workers, most := runtime.GOMAXPROCS(0), -1.0
	halves := [2]Sample{s.half(0), s.half(1)}
	for _, k := range triedNumbers(s.Len()) {
		centers, inertia := Fit(s, k, seed, autoRestarts)
		c := schemas.ClusterChoice{Clusters: k, Inertia: inertia,
			Silhouette: newFit(s, k).assign(centers, workers).silhouette(s.Weights)}
		var labels [2][]int32
		for i, half := range halves {
			centers, _ := Fit(half, k, seed, autoRestarts)
			labels[i] = make([]int32, s.Len())
			nearest.New(centers, s.D).Find(labels[i], make([]float64, s.Len()), s.X)
		}
		c.Stability = randIndex(s.Weights, labels[0], labels[1], k)
		if c.Silhouette > most {
			best, most = k, c.Silhouette
		}
		curve = append(curve, c)
	}
	return best, curve
}

// triedNumbers returns the numbers of clusters that are tried with a sample of n rows.
func triedNumbers(n int) (list []int) {
	last := 0
	for k := 2.0; int(math.Round(k)) <= min(MaxAuto, n/autoRows); k *= autoStep {
		if v := int(math.Round(k)); v != last {
			list = append(list, v)
			last = v
		}
	}
	return list
}

// half returns every other row, from row i on: rows are in the order of their ids,
// which says nothing about which half one is in.
func (s Sample) half(i int) Sample {
	h := Sample{D: s.D}
	for ; i < s.Len(); i += 2 {
		h.X = append(h.X, s.Row(i)...)
		h.Weights = append(h.Weights, s.Weights[i])
	}
	return h
}

// silhouette returns the weighted mean of the rows' simplified silhouettes.
func (a assignment) silhouette(weights []float64) float64 {
	sum, total := 0.0, 0.0
	for i, w := range weights {
		if near, next := math.Sqrt(a.d2[i]), math.Sqrt(a.d2[i]+a.next[i]); next > 0 {
			sum += float64(w * (1 - near/next))
		}
		total += w
	}
	return sum / total
}

// randIndex returns the adjusted Rand index of two partitions into up to k groups,
// of weighted rows. It is 0 for what chance brings, 1 for equal partitions.
func randIndex(weights []float64, a, b []int32, k int) float64 {
	both, inA, inB, total := make([]float64, k*k), make([]float64, k), make([]float64, k), 0.0
	for i, w := range weights {
		both[int(a[i])*k+int(b[i])] += w
		inA[a[i]] += w
		inB[b[i]] += w
		total += w
	}
	squares := func(list []float64) (sum float64) {
		for _, v := range list {
			sum += float64(v * v)
		}
		return sum
	}
	sa, sb := squares(inA), squares(inB)
	chance, most := sa*sb/(total*total), (sa+sb)/2
	if most == chance {
		return 1 // one group
	}
	return (squares(both) - chance) / (most - chance)
}
