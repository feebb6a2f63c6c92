package selecting

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/runtest"
)

// TestCrossedScope: a scope that crosses columns has the groups, and of each the picks, of latents
// in which one column holds the values together; an image that lacks one is in none.
func TestCrossedScope(t *testing.T) {
	rows := whereRows(300)
	other := slices.Clone(rows)
	both := 0
	for i := range other {
		r := &other[i]
		value := ""
		if r.HasLabel && r.Metadata[2] != "" {
			value = fmt.Sprintf("%s+%s", r.Metadata[2], r.Label)
			both++
		}
		r.Metadata = append(slices.Clone(r.Metadata[:2]), value, r.Metadata[2])
	}
	if both == 0 || both == len(rows) {
		t.Fatalf("%d images have both values", both)
	}
	crossed, single := t.TempDir(), t.TempDir()
	writeWith(t, crossed, rows, 3, "none", whereColumns...)
	writeWith(t, single, other, 3, "none", append(slices.Clone(whereColumns[:2]), "Metadata_together", whereColumns[2])...)
	scope := "Metadata_well*label"
	for name, change := range map[string]func(c *Config){
		"nearest": func(c *Config) { c.Parameters.Assignments = true },
		"representative": func(c *Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Top, c.Parameters.Picking.Budget = "representative", 0, 20
		},
		"where": func(c *Config) { c.Where = "label!=rest" },
	} {
		c, d := config(crossed, scope, "global"), config(single, "Metadata_together", "global")
		c.Output, d.Output = filepath.Join(crossed, name), filepath.Join(single, name)
		change(&c)
		change(&d)
		m, want := mustRun(t, c), mustRun(t, d)
		got, picks := tableOf(t, c.Output, m), tableOf(t, d.Output, want)
		for i := range picks {
			if picks[i].Scope == "Metadata_together" {
				picks[i].Scope = scope
			}
			picks[i].Metadata, picks[i].RankLow, picks[i].RankHigh = nil, 0, 0 // draws for ranks depend on the scope's name
		}
		for i := range got {
			if last := got[i].Metadata[len(got[i].Metadata)-1]; got[i].Scope == scope && last != got[i].GroupID {
				t.Errorf("%s: %s of group %s has %q", name, got[i].ImageID, got[i].GroupID, last)
			}
			got[i].Metadata, got[i].RankLow, got[i].RankHigh = nil, 0, 0
		}
		if diff := cmp.Diff(picks, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s: picks (-single +crossed):\n%s", name, diff)
		}
		want.Scopes[0].Scope = scope
		if diff := cmp.Diff(want.Scopes, m.Scopes); diff != "" || m.Scopes[0].Ungrouped == 0 {
			t.Errorf("%s: scopes %s", name, diff)
		}
		if last := m.Metadata[len(m.Metadata)-1]; last != scope {
			t.Errorf("%s: the last column is %s", name, last)
		}
	}
	c := config(crossed, "Metadata_well*Metadata_plate")
	if _, err := Run(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), "have no column Metadata_plate: their columns of that kind are [Metadata_area Metadata_odd Metadata_well]") {
		t.Errorf("a column that is not there: %v", err)
	}
}

// tableOf reads the picks of a selection with all columns.
func tableOf(t *testing.T, dir string, m *schemas.SelectionManifest) []schemas.Pick {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, schemas.SelectionParquet))
	check(t, err)
	picks, err := tables.Picks(data, m)
	check(t, err)
	return picks
}

// TestCrossedFolders: every file system takes the folders of crossed scopes, and they are of a
// selection.
func TestCrossedFolders(t *testing.T) {
	for _, scope := range []string{"label*Metadata_a", "Metadata_a*label", "Metadata_a*Metadata_b", "cluster*Metadata_a", "Metadata_a*cluster", "cluster*label"} {
		groups := []group{{scope: scope, id: "x+y"}}
		names := imageNames(groups, []schemas.Pick{{Rank: 1, ImageID: "cell.tif", Scope: scope, GroupID: "x+y", Center: "mean", Metric: "euclidean"}})
		if name := schemas.ImagesDir + "/" + names[0]; strings.Contains(name, "*") || !owns(name) {
			t.Errorf("%s: %s, of a selection: %v", scope, name, owns(name))
		}
	}
}

// crossedClusters are rows with values of a column that the names of groups have to escape, and
// one that is only in one corner of the collection, so that not all clusters have it.
func crossedClusters() []schemas.Latent {
	rows := whereRows(300)
	for i := range rows {
		switch r := &rows[i]; {
		case r.Embedding[0] > 10 && i%2 == 0:
			r.Metadata[2] = "rare"
		case r.Metadata[2] == "B 1":
			r.Metadata[2] = `B+1\`
		}
	}
	return rows
}

// TestCrossedClusters: a group of a scope that crosses clusters is the images of one cluster, as
// these are without columns, that have one value; its centers are those of these images, wherever
// the clusters stand in the scope; groups of no image are named.
func TestCrossedClusters(t *testing.T) {
	rows := crossedClusters()
	dir := t.TempDir()
	writeWith(t, dir, rows, 3, "none", whereColumns...)
	scope := "cluster*Metadata_well"
	c := config(dir, scope, "Metadata_well*cluster", "cluster", "cluster*Metadata_well*label")
	c.Parameters.Centers, c.Parameters.Assignments = []string{"mean", "median"}, true
	m := mustRun(t, c)

	byID, members := map[string]*schemas.Latent{}, map[string][]*schemas.Latent{}
	for i := range rows {
		byID[rows[i].ImageID] = &rows[i]
	}
	clusters, none := map[string]string{}, int64(0)
	assigned := readAssignments(t, m, c.Output)
	for _, a := range assigned {
		if a.Scope == "cluster" && a.Center == "mean" {
			clusters[a.ImageID] = a.GroupID
			if byID[a.ImageID].Metadata[2] == "" {
				none++
			}
		}
	}
	group := map[string]func(cluster string, r *schemas.Latent) string{
		scope:                   func(cluster string, r *schemas.Latent) string { return "c" + cluster + "+" + escape(r.Metadata[2]) },
		"Metadata_well*cluster": func(cluster string, r *schemas.Latent) string { return escape(r.Metadata[2]) + "+c" + cluster },
		"cluster*Metadata_well*label": func(cluster string, r *schemas.Latent) string {
			return "c" + cluster + "+" + escape(r.Metadata[2]) + "+" + r.Label
		},
	}
	seen := 0
	for _, a := range assigned {
		of := group[a.Scope]
		if of == nil || a.Center != "mean" {
			continue
		}
		r := byID[a.ImageID]
		if want := of(clusters[a.ImageID], r); a.GroupID != want || r.Metadata[2] == "" {
			t.Fatalf("%s, of cluster %s and %q, is in %s of scope %s", a.ImageID, clusters[a.ImageID], r.Metadata[2], a.GroupID, a.Scope)
		}
		if seen++; a.Scope == scope {
			members[a.GroupID] = append(members[a.GroupID], r)
		}
	}
	if seen == 0 || none == 0 || m.Scopes[0].Ungrouped != none || m.Scopes[0].Groups != len(members) || m.Scopes[0].Groups == m.Scopes[3].Groups {
		t.Errorf("%d images, %d without a value, %d groups: %+v", seen, none, len(members), m.Scopes)
	}
	empty := m.Scopes[0].Empty
	if len(empty) == 0 || len(empty)+len(members) != 7*5 || !slices.IsSorted(empty) || slices.ContainsFunc(empty, func(id string) bool { return members[id] != nil || !strings.HasSuffix(id, "+rare") }) {
		t.Errorf("empty are %q, beside %d groups", empty, len(members))
	}

	for _, center := range centersOf(t, c.Output, m) {
		if center.Scope != scope {
			continue
		}
		list := members[center.GroupID]
		if center.GroupSize != int64(len(list)) {
			t.Errorf("group %s has %d images, want %d", center.GroupID, center.GroupSize, len(list))
		}
		for j, got := range center.Embedding {
			sum, values := 0.0, []float64(nil)
			for _, r := range list {
				sum, values = sum+float64(r.Embedding[j]), append(values, float64(r.Embedding[j]))
			}
			slices.Sort(values)
			want := sum / float64(len(list))
			if center.Center == "median" {
				want = (values[(len(values)-1)/2] + values[len(values)/2]) / 2
			}
			if !(math.Abs(got-want) < 1e-9*100) { // of sums of numbers up to 100
				t.Errorf("coordinate %d of the %s of %s is %v, want %v", j, center.Center, center.GroupID, got, want)
			}
		}
	}

	picks := map[string][]string{}
	for _, p := range tableOf(t, c.Output, m) {
		if group[p.Scope] != nil {
			id := group[scope](clusters[p.ImageID], byID[p.ImageID])
			picks[p.Scope] = append(picks[p.Scope], fmt.Sprintf("%s of %s by %s, rank %d: %v", p.ImageID, id, p.Center, p.Rank, p.Distance))
		}
	}
	for _, list := range picks {
		slices.Sort(list)
	}
	if len(picks[scope]) == 0 || !slices.Equal(picks[scope], picks["Metadata_well*cluster"]) {
		t.Errorf("the order of a scope decides its picks:\n%s", cmp.Diff(picks[scope], picks["Metadata_well*cluster"]))
	}
}

// escape is the name of a value within a group.
func escape(value string) string {
	return strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), "+", `\+`)
}

func centersOf(t *testing.T, dir string, m *schemas.SelectionManifest) []schemas.Center {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, schemas.CentersParquet))
	check(t, err)
	centers, err := tables.Centers(data, m, dim)
	check(t, err)
	return centers
}

// TestCrossedClustersAlone: clusters that are only crossed are the same as those of a scope of
// their own, and what they are is in the centers; neither processors nor jobs change a byte.
func TestCrossedClustersAlone(t *testing.T) {
	dir := t.TempDir()
	writeWith(t, dir, crossedClusters(), 4, "none", whereColumns...)
	c, both := config(dir, "cluster*Metadata_well"), config(dir, "cluster*Metadata_well", "cluster")
	c.Parameters.Centers, c.Parameters.Metrics, c.Parameters.Assignments = schemas.Centers, schemas.Metrics, true
	both.Parameters.Centers, both.Parameters.Metrics = schemas.Centers, schemas.Metrics
	both.Output = filepath.Join(dir, "both")
	m, with := mustRun(t, c), mustRun(t, both)
	if m.Clustering == nil || m.Clustering.Inertia != with.Clustering.Inertia {
		t.Errorf("clustering %+v, want %+v", m.Clustering, with.Clustering)
	}
	rest := slices.DeleteFunc(centersOf(t, both.Output, with), func(c schemas.Center) bool { return c.Scope == "cluster" && c.Center != "kmeans" })
	if diff := cmp.Diff(rest, centersOf(t, c.Output, m)); diff != "" {
		t.Errorf("centers (-with +without the scope cluster):\n%s", diff)
	}
	picks := slices.DeleteFunc(tableOf(t, both.Output, with), func(p schemas.Pick) bool { return p.Scope == "cluster" })
	if diff := cmp.Diff(picks, tableOf(t, c.Output, m), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("picks (-with +without the scope cluster):\n%s", diff)
	}

	want := tree(t, c.Output)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	c.Output = filepath.Join(dir, "again")
	_, err := Run(t.Context(), c, runtest.Prism)
	check(t, err)
	if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
		t.Errorf("another number of processors and another runner change the output:\n%s", diff)
	}
}

// TestCrossedClustersAreBounded: too many groups are refused, as soon as their number is known.
func TestCrossedClustersAreBounded(t *testing.T) {
	dir := t.TempDir()
	writeWith(t, dir, whereRows(300), 3, "none", whereColumns...)
	c := config(dir, "cluster*Metadata_odd")
	c.Parameters.Clusters = 50
	if _, err := Run(t.Context(), c, runner); err == nil || !strings.Contains(err.Error(),
		"Config.Scopes=cluster*Metadata_odd: 50 clusters of 270 values are more than 10000 groups: ask for at most 37 with Config.Clusters, or cross a column of fewer values") {
		t.Errorf("50 clusters of each image: %v", err)
	}
	c.Parameters.Clusters, c.Parameters.Top, c.Output = 7, 2, filepath.Join(dir, "planned")
	for _, auto := range []bool{false, true} {
		want := "14 picks, and as many more for every further value of the columns, and no images"
		if auto {
			c.Parameters.Clusters, c.Parameters.Auto = 0, true
			want = "up to 300 picks, and as many more" // no more than there are images
		}
		plan, err := Plan(t.Context(), c)
		check(t, err)
		note := "clusters are found over all images that may be picked, then divided by the values of Metadata_odd (Config.Scopes=cluster*Metadata_odd)"
		if !strings.HasPrefix(plan.Writes[0], want) || !slices.Contains(plan.Notes, note) {
			t.Errorf("auto %v: the plan writes %q and notes %q", auto, plan.Writes, plan.Notes)
		}
	}
	c = config(dir, "cluster*Metadata_plate")
	if _, err := Run(t.Context(), c, runner); err == nil || !strings.Contains(err.Error(), "have no column Metadata_plate") {
		t.Errorf("a column that is not there: %v", err)
	}
}
