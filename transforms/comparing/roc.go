package comparing

import (
	"cmp"
	"math"
	"slices"
)

// corner is a point of an ROC where it changes its direction: images with at least the
// threshold's error are called anomalies.
type corner struct {
	threshold   float64 // +Inf at the beginning
	falses, all int64   // of the others, and of the anomalies, that are called so
}

// roc is how well errors tell anomalies from the others.
type roc struct {
	positives, negatives int64
	corners              []corner
	auc, se              float64 // area, and its standard error; NaN where that is not known
}

// newROC orders errors. The area is the share of pairs of an anomaly and another image of
// which the anomaly has the larger error, equal ones counting half (Mann & Whitney 1947),
// counted in integers; its standard error is that of DeLong, DeLong & Clarke-Pearson (1988).
func newROC(errors []float32, anomaly []bool) *roc {
	order := make([]int, len(errors))
	r := &roc{}
	for i := range order {
		order[i] = i
		if anomaly[i] {
			r.positives++
		} else {
			r.negatives++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(errors[b], errors[a]), cmp.Compare(a, b)) })
	at := corner{threshold: math.Inf(1)}
	r.corners = []corner{at}
	var halves uint64    // of pairs: two where the anomaly's error is larger, one where they are equal
	var places [2]spread // of the anomalies among the others, and of the others among the anomalies
	for len(order) > 0 {
		before := at
		at.threshold = float64(errors[order[0]])
		for len(order) > 0 && float64(errors[order[0]]) == at.threshold {
			if anomaly[order[0]] {
				at.all++
			} else {
				at.falses++
			}
			order = order[1:]
		}
		up, right := at.all-before.all, at.falses-before.falses
		below := 2*(r.negatives-at.falses) + right // of the others, in halves
		halves += uint64(up) * uint64(below)
		places[0].add(float64(below)/2/float64(r.negatives), up)
		places[1].add((float64(before.all)+float64(up)/2)/float64(r.positives), right)
		r.turn(at)
	}
	r.auc = float64(halves) / 2 / float64(r.positives) / float64(r.negatives)
	r.se = math.Sqrt(places[0].of()/float64(r.positives) + places[1].of()/float64(r.negatives))
	return r
}

// turn adds a point, and takes the last one away if it lies on the line to this one.
func (r *roc) turn(at corner) {
	if n := len(r.corners); n > 1 {
		a, b := r.corners[n-2], r.corners[n-1]
		if (b.falses-a.falses)*(at.all-b.all) == (at.falses-b.falses)*(b.all-a.all) {
			r.corners = r.corners[:n-1]
		}
	}
	r.corners = append(r.corners, at)
}

// spread is the variance of a sample, with each value counted so many times (Welford 1962).
type spread struct {
	n             int64
	mean, squares float64
}

func (v *spread) add(x float64, times int64) {
	if times == 0 {
		return
	}
	d := x - v.mean
	v.n += times
	v.mean += float64(d * float64(times) / float64(v.n))
	v.squares += float64(float64(times) * d * (x - v.mean))
}

// of returns it; NaN of a single value.
func (v *spread) of() float64 {
	if v.n < 2 {
		return math.NaN()
	}
	return v.squares / float64(v.n-1)
}
