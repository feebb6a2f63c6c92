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
		"cluster*Metadata_a": true, "Metadata_a*cluster": true, "label*cluster*Metadata_a": true, "cluster*label": true,
		"cluster*cluster": false, "cluster*": false, "cluster*Metadata_a*cluster": false, "cluster*global": false, "global*Metadata_a": false, "Metadata_a**Metadata_b": false, "Metadata_a *Metadata_b": false,
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
		"cluster*Metadata_a":                            "Config.Clusters=0: must be at least 1",
		"cluster*global":                                `"cluster*global" is not one of`,
		"Metadata_a*b":                                  `"Metadata_a*b" is not one of global, cluster, label or a Metadata_ column, or of different columns, or cluster and columns, with * between them`,
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

// TestCrossedClusters: what the columns, the groups and the centers of scopes are that cross
// clusters, wherever these stand; different values are never one group.
func TestCrossedClusters(t *testing.T) {
	for scope, want := range map[string]struct{ column, group string }{
		"global": {}, "cluster": {}, "label": {column: "label"}, "Metadata_a*label": {column: "Metadata_a*label"},
		"cluster*Metadata_a":                  {"Metadata_a", `c07+x\+y\\`},
		"Metadata_a*cluster":                  {"Metadata_a", `x\+y\\+c07`},
		"cluster*Metadata_a*Metadata_b":       {"Metadata_a*Metadata_b", `c07+x\+y\\+z`},
		"Metadata_a*cluster*Metadata_b":       {"Metadata_a*Metadata_b", `x\+y\\+c07+z`},
		"Metadata_a*Metadata_b*cluster":       {"Metadata_a*Metadata_b", `x\+y\\+z+c07`},
		"label*cluster*Metadata_a*Metadata_b": {column: "label*Metadata_a*Metadata_b"},
	} {
		if got := ColumnOf(scope); got != want.column || CrossesClusters(scope) != (scope != "cluster" && strings.Contains(scope, "cluster")) {
			t.Errorf("%s is of column %q", scope, got)
		}
		value := `x+y\`
		if strings.Contains(want.column, Cross) {
			value = CrossedValue([]string{value, "z"})
		}
		if want.group == "" {
			continue
		}
		if got := CrossedGroup(scope, "07", value); got != want.group {
			t.Errorf("%s: group %s, want %s", scope, got, want.group)
		}
	}
	scopes := []string{"cluster*Metadata_b", "global", "Metadata_b", "cluster*Metadata_a*label", "Metadata_a*label", "label"}
	if got := ColumnsOf(scopes); !slices.Equal(got, []string{"Metadata_b", "Metadata_a*label", "label"}) {
		t.Errorf("columns %v", got)
	}
	if got := CrossedColumns(scopes); !slices.Equal(got, []string{"Metadata_a*label"}) {
		t.Errorf("crossed columns %v", got)
	}
	p := SelectionParameters{Scopes: []string{"cluster*Metadata_b", "label"}, Centers: []string{CenterMedoid}}
	if !p.Clustered() || !slices.Equal(p.CenterScopes(), []string{"cluster*Metadata_b", "label", "cluster"}) || !slices.Equal(p.CentersOf("cluster"), []string{CenterKMeans}) ||
		!slices.Equal(p.CentersOf("cluster*Metadata_b"), []string{CenterMedoid, CenterGeometricMedian}) {
		t.Errorf("centers of %v: %v and %v", p.CenterScopes(), p.CentersOf("cluster"), p.CentersOf("cluster*Metadata_b"))
	}
	p.Scopes = append(p.Scopes, "cluster")
	if !slices.Equal(p.CenterScopes(), p.Scopes) || len(p.CentersOf("cluster")) != 3 {
		t.Errorf("centers of %v: %v", p.CenterScopes(), p.CentersOf("cluster"))
	}
	if p.Scopes = []string{"Metadata_a*label"}; p.Clustered() || len(p.CenterScopes()) != 1 {
		t.Error("columns alone have clusters")
	}
}

// TestOfNaN: which groups, and which values of columns, are of no value.
func TestOfNaN(t *testing.T) {
	for _, c := range []struct {
		scope, group string
		want         bool
	}{
		{"Metadata_a", "NaN", true}, {"Metadata_a", "nan", true}, {"Metadata_a", "NaN+b", false}, {"Metadata_a", "0", false}, {"label", "NaN", true}, {"label", "", false}, {"Metadata_a", "", false},
		{"cluster", "NaN", false}, {"global", "all", false},
		{"Metadata_a*Metadata_b", "x+NaN", true}, {"Metadata_a*Metadata_b", "NaN+x", true}, {"Metadata_a*Metadata_b", `x+NaN\+`, false}, {"Metadata_a*Metadata_b", "x+y", false},
		{"cluster*Metadata_a", "c00+NaN", true}, {"cluster*Metadata_a", "c00+x", false}, {"Metadata_a*cluster", "nan+c00", true}, {"Metadata_a*cluster", "x+c00", false},
	} {
		if OfNaN(c.scope, c.group) != c.want {
			t.Errorf("%s of %s: %v", c.group, c.scope, !c.want)
		}
	}
}
