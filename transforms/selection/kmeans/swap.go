package kmeans

import (
	"cmp"
	"math"
	"slices"

	"exemplar/model/nearest"
)

// Limits of improve.
const (
	minSwaps, maxSwaps = 2, 10 // rounds: the more, the cheaper they are
	swapTerms          = 1e12  // products of coordinates
	swapIterations     = 5     // of Lloyd after the swaps of a round
	splitRounds        = 4     // of Lloyd within a cluster that is split
)

// improve moves centers from where they are of little use to where they are
// missing, which Lloyd iterations cannot: it splits clusters in two, joins others
// to their neighbors instead, and keeps that where the inertia falls after some
// iterations. That is the search of Fränti ("Efficiency of random swap
// clustering", Journal of Big Data 5, 2018) with the swaps chosen by their gain
// instead of at random, many at a time.
func (f fit) improve(centers []float64, workers int) []float64 {
	if len(centers) != f.k*f.D || f.k < 2 {
		return centers // there are not k different rows
	}
	a := f.assign(centers, workers)
	most := f.k
	round := (swapIterations + 1) * float64(len(f.X)) * float64(f.k)
	for range int(min(max(swapTerms/round, minSwaps), maxSwaps)) {
		swapped, n := f.swap(centers, a, most, workers)
		if n == 0 {
			break
		}
		swapped, _ = f.lloyd(swapped, swapIterations, workers)
		b := f.assign(swapped, workers)
		if b.inertia < a.inertia*(1-tolerance) {
			centers, a, most = swapped, b, f.k
		} else if most = n / 4; most == 0 { // too many at a time
			break
		}
	}
	return centers
}

// assignment is that of the sample to some centers.
type assignment struct {
	labels  []int32
	d2      []float64 // to the nearest center
	next    []float64 // how much larger that to the next one is
	inertia float64
}

func (f fit) assign(centers []float64, workers int) assignment {
	n := f.Len()
	a := assignment{labels: make([]int32, n), d2: make([]float64, n), next: make([]float64, n)}
	index := nearest.New(centers, f.D)
	split(n, workers, func(i, end int) { index.FindTwo(a.labels[i:end], a.d2[i:end], a.next[i:end], f.X[i*f.D:end*f.D]) })
	for i, w := range f.Weights {
		a.inertia += float64(w * a.d2[i])
	}
	return a
}

// swap takes away up to most centers, those that are missed the least, and puts as
// many where they gain more than that. It returns the sorted centers and how many
// were moved.
func (f fit) swap(centers []float64, a assignment, most, workers int) ([]float64, int) {
	members := membersOf(a.labels, f.k)
	loss, gain := make([]float64, f.k), make([]float64, f.k)
	for i, label := range a.labels {
		loss[label] += float64(f.Weights[i] * a.next[i])
	}
	halves := make([][]float64, f.k)
	split(f.k, workers, func(g, end int) {
		for ; g < end; g++ {
			halves[g], gain[g] = f.halve(members[g], a.d2)
		}
	})
	useless, wanting := numbered(f.k), numbered(f.k)
	slices.SortStableFunc(useless, func(x, y int) int { return cmp.Compare(loss[x], loss[y]) })
	slices.SortStableFunc(wanting, func(x, y int) int { return cmp.Compare(gain[y], gain[x]) })
	next, n := slices.Clone(centers), 0
	for i := range min(most, f.k/2) {
		from, to := useless[i], wanting[i]
		if gain[to] <= loss[from] || slices.Contains(useless[:i+1], to) || slices.Contains(wanting[:i+1], from) {
			break
		}
		copy(next[to*f.D:(to+1)*f.D], halves[to][:f.D])
		copy(next[from*f.D:(from+1)*f.D], halves[to][f.D:])
		n++
	}
	return SortRows(next, f.D), n
}

// membersOf returns the rows of each of groups labels.
func membersOf(labels []int32, groups int) [][]int32 {
	members := make([][]int32, groups)
	for i, label := range labels {
		members[label] = append(members[label], int32(i))
	}
	return members
}

// numbered returns 0 to n-1.
func numbered(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// halve splits a cluster, of whose rows d2 tells the squared distances to the
// center, and returns the two centers and by how much the inertia falls. It begins
// with the row farthest from the center and the row farthest from that one.
func (f fit) halve(rows []int32, d2 []float64) (centers []float64, gain float64) {
	if len(rows) < 2 {
		return nil, 0
	}
	before, far := 0.0, rows[0]
	for _, i := range rows {
		before += float64(f.Weights[i] * d2[i])
		if d2[i] > d2[far] {
			far = i
		}
	}
	a := nearest.Widen(f.Row(int(far)))
	other, most := rows[0], -1.0
	for _, i := range rows {
		if v := nearest.SquaredDistance(f.Row(int(i)), a); v > most {
			other, most = i, v
		}
	}
	centers = append(a, nearest.Widen(f.Row(int(other)))...)
	after, sum := math.Inf(1), make([]int64, f.D)
	for range splitRounds {
		var sides [2][]int32
		after = 0
		for _, i := range rows {
			x := f.Row(int(i))
			da, db := nearest.SquaredDistance(x, centers[:f.D]), nearest.SquaredDistance(x, centers[f.D:])
			side := 0
			if db < da {
				side = 1
			}
			sides[side] = append(sides[side], i)
			after += float64(f.Weights[i] * min(da, db))
		}
		if len(sides[0]) == 0 || len(sides[1]) == 0 {
			return nil, 0
		}
		f.mean(centers[:f.D], sides[0], sum)
		f.mean(centers[f.D:], sides[1], sum)
	}
	return centers, before - after
}
