package grading

import (
	"fmt"
	"maps"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// fewestGroup is the number of images of a group below which it has no grade.
const fewestGroup = 10

// members are the rows of a group.
type members struct {
	picks     []int32   // rows of the set's picks
	evaluated []int32   // rows of the sample
	self      []int32   // of each pick, its place in evaluated, or -1
	draws     [][]int32 // rows of the sample: as many as picks, or all there are
}

// members sorts the images of a set's scope by group; only groups with picks
// are there.
func (g *grader) members(set int) map[string]*members {
	name := g.Sets[set].Scope
	all := map[string]*members{}
	for i, group := range g.groups[set] {
		if all[group] == nil {
			all[group] = &members{draws: make([][]int32, g.Draws)}
		}
		all[group].picks = append(all[group].picks, int32(i))
	}
	at := map[string]int32{} // of an image among its group's
	for i := range g.evaluated {
		if group, ok := g.group(name, &g.Sample.Images[i]); ok && all[group] != nil {
			at[g.Sample.Images[i].ID] = int32(len(all[group].evaluated))
			all[group].evaluated = append(all[group].evaluated, int32(i))
		}
	}
	for _, m := range all {
		for _, i := range m.picks {
			place, ok := at[g.picks[set].Images[i].ID]
			if !ok {
				place = -1
			}
			m.self = append(m.self, place)
		}
	}
	sc := g.scopeOf(name)
	for r, draw := range sc.draws {
		for _, j := range draw {
			row := sc.row(j)
			group, _ := g.group(name, &g.Sample.Images[row])
			if m := all[group]; m != nil && len(m.draws[r]) < len(m.picks) {
				m.draws[r] = append(m.draws[r], int32(row))
			}
		}
	}
	return all
}

// gradeGroups grades the picks of each group of a set against random images of
// the group. x and picks are vectors of d dimensions. A scope of one group has
// the grade of its set.
func (g *grader) gradeGroups(set int, x, picks []float32, d int) []schemas.GroupGrade {
	if g.Sets[set].Scope == schemas.ScopeGlobal {
		return nil
	}
	all := g.members(set)
	names := slices.Sorted(maps.Keys(all))
	out := make([]schemas.GroupGrade, len(names))
	parallel.All(len(names), func(i int) {
		m := all[names[i]]
		out[i] = schemas.GroupGrade{Group: names[i], Picks: len(m.picks), Evaluated: len(m.evaluated)}
		switch {
		case len(m.evaluated) < fewestGroup:
			out[i].Reason = "too few images of the group are in the sample"
		case len(m.draws[0]) < len(m.picks):
			out[i].Reason = fmt.Sprintf("its picks are more than the %d images that random selections are drawn from", len(m.draws[0]))
		default:
			m.grade(&out[i], x, picks, d)
		}
	})
	return out
}

func (m *members) grade(out *schemas.GroupGrade, x, picks []float32, d int) {
	p := &panel{d: d}
	rows := gathered(x, d, m.evaluated)
	random := make([]float64, len(m.draws))
	for r, draw := range m.draws {
		random[r] = mean(p.distances(rows, gathered(x, d, draw), nil))
	}
	square := p.distances(rows, gathered(picks, d, m.picks), m.self)
	out.Quantization = score(finiteMean(square), random)
	out.Skill = skill(out.Quantization)
	out.RadiusP50, out.RadiusP99, out.RadiusMax = radii(square)
}
