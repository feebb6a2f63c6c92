package reporting

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/raster"
)

// grouped is a selection in a plane with groups of every kind.
func grouped() *inputs {
	in := &inputs{}
	m := &in.selection
	m.Metadata = []string{"Metadata_roi", "Metadata_run"}
	m.Space.Dimension = 2
	m.Parameters = schemas.SelectionParameters{
		Scopes:  []string{schemas.ScopeGlobal, schemas.ScopeCluster, schemas.ScopeLabel, "Metadata_run"},
		Centers: []string{schemas.CenterMean, schemas.CenterMedian}, Metrics: []string{schemas.MetricEuclidean, schemas.MetricCosine},
	}
	add := func(scope, id, center string, x ...float64) {
		in.centers = append(in.centers, schemas.Center{Scope: scope, GroupID: id, GroupSize: 7, Center: center, Embedding: x})
	}
	add(schemas.ScopeGlobal, "all", schemas.CenterMean, 5, 5)
	for i, x := range []float64{0, 10} {
		id := string(rune('0' + i))
		add(schemas.ScopeCluster, id, schemas.CenterMean, x+1, 0)
		add(schemas.ScopeCluster, id, schemas.CenterKMeans, x, 0)
	}
	add(schemas.ScopeLabel, "round", schemas.CenterMean, 3, 4)
	add("Metadata_run", "1", schemas.CenterMean, 0, 2)
	in.picks = []schemas.Pick{{Scope: schemas.ScopeCluster, GroupID: "1"}, {Scope: schemas.ScopeLabel, GroupID: "round"}}
	return in
}

// TestNamedGroups: groups are named by both of their names, id first.
func TestNamedGroups(t *testing.T) {
	in := grouped()
	in.centers[5].GroupID = "label=flat" // the label's value; its other name is label=label=flat
	in.picks = nil
	g, err := newGrouping(in)
	check(t, err)
	for _, c := range []struct {
		scope int
		names []string
		want  []int // nil: refused
	}{
		{1, []string{"1"}, []int{2}}, {1, []string{"c1", "0"}, []int{1, 2}}, {1, []string{"c0", "0"}, []int{1}}, {1, []string{"c2"}, nil}, {1, []string{"cluster=1"}, nil},
		{2, []string{"label=flat"}, []int{3}}, {2, []string{"label=label=flat"}, []int{3}}, {2, []string{"flat"}, nil},
		{0, []string{"all"}, []int{0}}, {3, []string{"Metadata_run=1"}, []int{4}}, {3, []string{"c1"}, nil},
	} {
		got, err := g.scopes[c.scope].named(g, c.names)
		if numbers := slices.Sorted(maps.Keys(got)); !slices.Equal(numbers, c.want) || (err != nil) != (c.want == nil) {
			t.Errorf("%q of scope %s are groups %v, want %v: %v", c.names, g.scopes[c.scope].name, numbers, c.want, err)
		}
	}
}

// TestGroups: a row is in the group of its nearest cluster, of its label and of its
// metadata, and in none where it has no value or one that is no group.
func TestGroups(t *testing.T) {
	g, err := newGrouping(grouped())
	check(t, err)
	if len(g.groups) != 5 || g.find(schemas.ScopeCluster, "1") != 2 || g.find(schemas.ScopeLabel, "1") != -1 || g.find("Metadata_roi", "1") != -1 {
		t.Fatalf("%d groups, cluster 1 is number %d", len(g.groups), g.find(schemas.ScopeCluster, "1"))
	}
	b := &latents.Batch{N: 4, Label: []string{"round", "round", "flat", ""}, HasLabel: []bool{true, false, true, true},
		Metadata: [][]string{{"1", "1", "1", "1"}, {"1", "", "2", "1"}}}
	got, clusters := g.assign(b, []float32{4, 0, 6, 1, 9, -3, -1, 8})
	want := [][]int32{{0, 0, 0, 0}, {1, 2, 2, 1}, {3, -1, -1, -1}, {4, -1, -1, 4}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("groups %v, want %v", got, want)
	}
	if !slices.Equal(clusters, []int32{0, 1, 1, 0}) {
		t.Errorf("clusters %v", clusters)
	}
	targets := map[int]bool{}
	for i := range g.groups {
		for _, center := range g.p.Centers {
			for _, metric := range g.p.Metrics {
				targets[g.target(i, center, metric)] = true
			}
		}
	}
	if len(targets) != len(g.groups)*g.targets() || targets[-1] || targets[len(g.groups)*g.targets()] {
		t.Errorf("targets have the numbers %v", targets)
	}
	label := &g.groups[3]
	if d := label.distance(schemas.CenterMean, schemas.MetricEuclidean, []float32{0, 0}, 0); d != 5 {
		t.Errorf("the origin is %g from (3,4)", d)
	}
	if d := label.distance(schemas.CenterMean, schemas.MetricCosine, []float32{-4, 3}, 5); math.Abs(d-1) > 1e-12 {
		t.Errorf("the cosine distance of a right angle is %g", d)
	}
}

// TestGroupsLack: centers that are missing are an error, and picks of a group without.
func TestGroupsLack(t *testing.T) {
	for want, change := range map[string]func(in *inputs){
		"centers.parquet lacks centers of clusters":                                                         func(in *inputs) { in.centers = slices.Delete(in.centers, 2, 3) },
		`centers.parquet has no group "round" of scope label, which there are picks of: make the selection`: func(in *inputs) { in.centers = slices.Delete(in.centers, 5, 6) },
	} {
		in := grouped()
		change(in)
		if _, err := newGrouping(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// TestQuantiles: the value below which a share lies, of numbers and of pixels.
func TestQuantiles(t *testing.T) {
	var b bins
	if !math.IsNaN(b.quantile(0.5)) || len(b.histogram().Counts) != 0 {
		t.Error("bins of nothing have a median")
	}
	for i := range 1000 {
		b.add(float64(i))
	}
	for _, q := range []float64{0.01, 0.5, 0.99} {
		if got := b.quantile(q); math.Abs(got-1000*q) > b.width {
			t.Errorf("quantile %g of 0 to 999 is %g", q, got)
		}
	}
	counts := raster.NewCounts(8)
	counts[10], counts[20] = 3, 1
	more := raster.NewCounts(8)
	more[20] = 4
	counts.Merge(more)
	for q, want := range map[float64]int{0: 10, 0.375: 10, 0.376: 20, 1: 20} {
		if got := counts.Quantile(q); got != want {
			t.Errorf("quantile %g of pixels is %d, want %d", q, got, want)
		}
	}
	if got := raster.NewCounts(8).Quantile(0.5); got != 255 {
		t.Errorf("the median of no pixels is %d", got)
	}
}

// TestCrossedGroups: a row is in the group of its nearest cluster and its value, also where
// clusters are only crossed; in none without a value.
func TestCrossedGroups(t *testing.T) {
	for _, alone := range []bool{false, true} {
		in := grouped()
		in.selection.Parameters.Scopes[3] = "cluster*Metadata_run"
		in.centers = in.centers[:len(in.centers)-1]
		for _, id := range []string{"c0+1", "c1+1", "c1+2"} {
			in.centers = append(in.centers, schemas.Center{Scope: "cluster*Metadata_run", GroupID: id, Center: schemas.CenterMean, Embedding: []float64{1, 1}})
		}
		if alone {
			in.selection.Parameters.Scopes = in.selection.Parameters.Scopes[3:]
			in.picks = []schemas.Pick{{Scope: "cluster*Metadata_run", GroupID: "c1+2"}}
		}
		g, err := newGrouping(in)
		check(t, err)
		b := &latents.Batch{N: 5, Label: make([]string, 5), HasLabel: make([]bool, 5), Metadata: [][]string{{"", "", "", "", ""}, {"1", "1", "2", "2", ""}}}
		groups, clusters := g.assign(b, []float32{4, 0, 6, 1, 9, -3, -1, 8, 0, 0})
		at := func(id string) int32 { return int32(g.find("cluster*Metadata_run", id)) }
		want := []int32{at("c0+1"), at("c1+1"), at("c1+2"), -1, -1} // c0+2 has no image
		if got := groups[len(groups)-1]; !slices.Equal(got, want) || slices.Contains(want[:3], -1) || !slices.Equal(clusters, []int32{0, 1, 1, 0, 0}) {
			t.Errorf("alone %v: groups %v, want %v, clusters %v", alone, got, want, clusters)
		}
	}
}
