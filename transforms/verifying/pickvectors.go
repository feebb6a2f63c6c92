package verifying

import (
	"exemplar/model/nearest"
	"exemplar/schemas"
)

// vectors are those of the candidates of groups, by image, as far as they were asked for.
type vectors struct {
	s    *selection
	byID map[[2]int]map[string][]float32 // of a group, and a center and metric
}

func newVectors(s *selection) *vectors {
	return &vectors{s: s, byID: map[[2]int]map[string][]float32{}}
}

// of returns the vector of a pick; ok is false where it is none of the candidates of its group.
func (v *vectors) of(scope, target int, pick *schemas.Pick) (x []float64, ok bool) {
	g, ok := v.s.scopes[scope].byID[pick.GroupID]
	if !ok || v.s.groups[g].listed == nil { // there is no such group, or it has no image
		return nil, false
	}
	at := [2]int{g, target}
	if v.byID[at] == nil {
		v.byID[at] = map[string][]float32{}
		for _, list := range v.s.groups[g].listed[target].Entries() {
			for i := range list {
				if _, there := v.byID[at][list[i].ImageID]; !there {
					v.byID[at][list[i].ImageID] = list[i].X
				}
			}
		}
	}
	if narrow, there := v.byID[at][pick.ImageID]; there {
		return nearest.Widen(narrow), true
	}
	return nil, false
}
