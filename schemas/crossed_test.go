package schemas

import (
	"slices"
	"strings"
	"testing"
)

// TestCrossed: which scopes cross columns, and what groups of theirs are called; different
// values are never one group.
func TestCrossed(t *testing.T) {
	for scope, want := range map[string]bool{
		"Metadata_a*Metadata_b": true, "label*Metadata_a*Metadata_b": true,
		"Metadata_a": false, "Metadata_a*": false, "*": false, "Metadata_a*Metadata_a": false, "Metadata_a*b": false,
		"cluster*Metadata_a": false, "global*Metadata_a": false, "Metadata_a**Metadata_b": false, "Metadata_a *Metadata_b": false,
	} {
		if crosses(scope) != want {
			t.Errorf("%s crosses columns: %v", scope, !want)
		}
	}
	if got := Crossed("label*Metadata_b"); !slices.Equal(got, []string{"label", "Metadata_b"}) || Crossed("Metadata_b") != nil {
		t.Errorf("columns %v", got)
	}
	if ShortColumn("label*Metadata_b*Metadata_c") != "label*b*c" || ScopeFolder("label*Metadata_b") != "label_x_Metadata_b" {
		t.Errorf("%s, %s", ShortColumn("label*Metadata_b*Metadata_c"), ScopeFolder("label*Metadata_b"))
	}
	parts := []string{"", "+", `\`, "a", "a+", "+a", `a\`, `\+`, "++"}
	names := map[string][2]string{}
	for _, a := range parts {
		for _, b := range parts {
			name := CrossedValue([]string{a, b})
			if was, twice := names[name]; twice {
				t.Errorf("%q and %q are both %s", was, []string{a, b}, name)
			}
			names[name] = [2]string{a, b}
		}
	}
}

// TestScopesThatCross: what is no crossing of columns is refused with what to do.
func TestScopesThatCross(t *testing.T) {
	for scopes, want := range map[string]string{
		"Metadata_a*Metadata_b,Metadata_a*Metadata_c":   "",
		"cluster*Metadata_a":                            "clusters cannot be crossed with columns: for clusters within each value, make a selection of each with Config.Where",
		"Metadata_a*b":                                  `"Metadata_a*b" is not one of global, cluster, label or a Metadata_ column, or of different columns with * between them`,
		"Metadata_a*Metadata_b,Metadata_a*Metadata_b":   "is there twice",
		"Metadata_a*Metadata_b,Metadata_a_x_Metadata_b": "would share a folder",
	} {
		p := SelectionParameters{Scopes: strings.Split(scopes, ","), Centers: []string{"mean"}, Metrics: []string{"euclidean"}, Top: 1, Gate: GateParameters{Mode: GateAuto},
			Picking: PickParameters{Strategy: StrategyNearest, Duplicates: DuplicatesSkip}}
		if err := p.Validate(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", scopes, err, want)
		}
	}
}
