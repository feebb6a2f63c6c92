package reporting

import (
	"slices"

	"exemplar/schemas"
)

// Flags of a pick: what is true of few. How near the next candidate is and how sure
// the rank are figures of every pick, beside it.
const (
	FlagAsked  = "asked for"             // in the list of --include
	FlagKept   = "kept"                  // of the selection that --extend names
	FlagMixed  = "mixed group"           // its center averages populations that lie apart
	FlagStands = "stands for duplicates" // images that look like it were passed over
)

type pickKey struct{ scope, center, metric, group string }

// flagger finds the flags of picks.
type flagger struct {
	p      *schemas.PickParameters
	asked  map[string]bool
	mixed  map[[3]string]bool // scope, center, group
	stands map[pickKey]map[string]bool
}

func newFlagger(m *schemas.SelectionManifest) *flagger {
	f := &flagger{p: &m.Parameters.Picking, asked: map[string]bool{}, mixed: map[[3]string]bool{}, stands: map[pickKey]map[string]bool{}}
	for _, id := range f.p.Include {
		f.asked[id] = true
	}
	if m.Grade != nil {
		for _, x := range m.Grade.Mixtures {
			for _, center := range x.Centers {
				f.mixed[[3]string{x.Scope, center, x.Group}] = x.Mixed
			}
		}
	}
	for _, set := range m.Sets {
		for _, d := range set.Duplicates {
			key := pickKey{set.Scope, set.Center, set.Metric, d.GroupID}
			if f.stands[key] == nil {
				f.stands[key] = map[string]bool{}
			}
			f.stands[key][d.Of] = true
		}
	}
	return f
}

func keyOf(p *schemas.Pick) pickKey { return pickKey{p.Scope, p.Center, p.Metric, p.GroupID} }

// of returns the flags of a pick.
func (f *flagger) of(p *schemas.Pick) (flags []string) {
	add := func(flag string, is bool) {
		if is {
			flags = append(flags, flag)
		}
	}
	key := keyOf(p)
	add(FlagAsked, f.asked[p.ImageID])
	add(FlagKept, slices.Contains(f.p.Kept(p.Scope, p.GroupID, p.Center, p.Metric).ImageIDs, p.ImageID))
	add(FlagMixed, f.mixed[[3]string{p.Scope, p.Center, p.GroupID}])
	add(FlagStands, f.stands[key][p.ImageID])
	return flags
}
