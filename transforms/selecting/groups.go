package selecting

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/clustering"
)

// result is a finished selection, before it is written.
type result struct {
	centers []schemas.Center // by group
	picks   []schemas.Pick   // by group, then rank
	groups  []int            // of each pick, its position in centers
	inertia float64
}

// rank turns the candidates of all files into groups and their picks.
func rank(o Options, s clustering.Solution, parts []Candidates) (*result, error) {
	rows := s.Rows()
	groups := len(rows) / s.D
	p := o.Parameters
	total := newCandidates(groups, p.PerGroup+1)
	for _, part := range parts {
		var c candidates
		if err := json.Unmarshal(part.JSON, &c); err != nil {
			return nil, err
		}
		total.fold(&c)
	}
	order := slices.DeleteFunc(numbered(groups), func(g int) bool { return total.Counts[g] == 0 })
	if s.Groups == nil { // centres are sorted: equal sizes keep the order of coordinates
		slices.SortStableFunc(order, func(a, b int) int { return int(total.Counts[b] - total.Counts[a]) })
	}
	r := &result{inertia: total.Squares.Value(s.Scale())}
	for position, g := range order {
		name := ""
		if s.Groups != nil {
			name = s.Groups[g]
		} else {
			name = fmt.Sprintf("%0*d", max(2, len(fmt.Sprint(len(order)-1))), position)
		}
		r.centers = append(r.centers, schemas.Center{Scope: p.Scope, GroupID: name, Center: p.Center,
			GroupSize: total.Counts[g], Embedding: rows[g*s.D : (g+1)*s.D]})
		r.addPicks(p, position, total.Nearest[g])
	}
	return r, nil
}

// numbered returns 0 to n-1.
func numbered(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// addPicks ranks the nearest images of one group.
func (r *result) addPicks(p schemas.SelectionParameters, group int, nearest []schemas.Pick) {
	c := r.centers[group]
	for i, pick := range nearest[:min(len(nearest), p.PerGroup)] {
		pick.Rank = int32(i + 1)
		pick.Scope, pick.GroupID, pick.GroupSize = c.Scope, c.GroupID, c.GroupSize
		pick.Center, pick.Metric = c.Center, p.Metric
		pick.Percentile = 100 * float64(i+1) / float64(c.GroupSize)
		pick.Margin = math.NaN()
		if i+1 < len(nearest) {
			pick.Margin = nearest[i+1].Distance - pick.Distance
		}
		r.picks = append(r.picks, pick)
		r.groups = append(r.groups, group)
	}
}
