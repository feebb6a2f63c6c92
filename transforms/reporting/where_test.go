package reporting

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

// TestWhereIsTold: the page, the methods and the map say which images a selection is of,
// its figures add up without the others, and the command that repeats it gives the
// condition.
func TestWhereIsTold(t *testing.T) {
	c := linear(t)
	c.Selection = c.beside("where")
	s := selecting.DefaultConfig()
	s.Input, s.Shards, s.Output, s.Where = c.Latents, c.Shards, c.Selection, "run!='' and mse>=0"
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "an empty value") {
		t.Fatal(err)
	}
	s.Where, s.Parameters.Space = "run=run01 and mean>0.01", "whiten:2"
	s.Parameters.Clusters, s.Parameters.Top, s.Parameters.Scopes = 3, 2, []string{"cluster", "label"}
	if _, err := selecting.Run(t.Context(), s, runtest.Direct); err != nil {
		t.Fatal(err)
	}
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(c.Selection, schemas.SelectionFile))
	check(t, err)
	if m.Outside == 0 || m.Rows != 48 || m.Eligible+m.Excluded+m.Outside != 48 {
		t.Fatalf("%d outside, %d eligible", m.Outside, m.Eligible)
	}
	sources, err := Open(t.Context(), c)
	check(t, err)
	r, err := sources.Gather(t.Context()) // compares the sizes of all groups, and the space
	check(t, err)
	condition := "Metadata_run=run01 and mean>0.01"
	if r.Where != condition || r.Outside != m.Outside || r.Images != 48 {
		t.Errorf("where %q, %d outside of %d", r.Where, r.Outside, r.Images)
	}
	want := "made of " + words.Plural(m.Inside(), "image", "images") + " with " + condition + " (mean as numbers, Metadata_run as text)"
	if !strings.Contains(r.Provenance.Methods, want) {
		t.Errorf("the methods lack %q: %s", want, r.Provenance.Methods)
	}
	if !slices.ContainsFunc(r.Provenance.Commands, func(s string) bool { return strings.Contains(s, " --where='"+condition+"'") }) {
		t.Errorf("commands %q", r.Provenance.Commands)
	}
	for _, p := range r.Provenance.Counts {
		sum := int64(0)
		for _, part := range p.Parts {
			sum += part.Images
		}
		if sum != p.Total.Images {
			t.Errorf("%+v does not add up", p)
		}
	}
	outside := 0
	for _, column := range r.Map.Columns {
		if column.Name != "condition" {
			continue
		}
		not := uint16(slices.Index(column.Categories, "not satisfied"))
		for values := unpacked(t, column.Values); len(values) > 0; values = values[2:] {
			if binary.LittleEndian.Uint16(values) == not {
				outside++
			}
		}
	}
	if int64(outside) != m.Outside {
		t.Errorf("the map has %d images outside the condition, want %d", outside, m.Outside)
	}
	g := &gatherer{inputs: sources.in, gallery: newGallery(sources.in)}
	if g.groups, err = newGrouping(g.inputs); err != nil {
		t.Fatal(err)
	}
	placed, err := g.place(t.Context(), g.dividing(), false, nil)
	check(t, err)
	groups := g.sheetGroups(placed)
	if last := groups[len(groups)-1]; last.Name != "outside the condition: "+condition || int64(len(last.Images)) != m.Outside || len(placed) != 48 {
		t.Errorf("the last group of the sheet is %q with %d images, of %d", last.Name, len(last.Images), len(placed))
	}
}

// TestCrossedClustersAreTold: the page has the groups of a scope that crosses clusters, of each
// pick its cluster, colors for both, and says how the clusters were found.
func TestCrossedClustersAreTold(t *testing.T) {
	c := linear(t)
	c.Selection = c.beside("crossed")
	s := selecting.DefaultConfig()
	s.Input, s.Shards, s.Output = c.Latents, c.Shards, c.Selection
	s.Parameters.Clusters, s.Parameters.Top, s.Parameters.Scopes = 3, 2, []string{"cluster*Metadata_run"}
	if _, err := selecting.Run(t.Context(), s, runtest.Direct); err != nil {
		t.Fatal(err)
	}
	sources, err := Open(t.Context(), c)
	check(t, err)
	r, err := sources.Gather(t.Context()) // compares the sizes of all groups
	check(t, err)
	if n := r.Scopes[0].Groups; n < 4 || len(r.Groups) != n {
		t.Errorf("%d groups of %+v", len(r.Groups), r.Scopes)
	}
	for _, p := range r.Picks {
		if g := r.Groups[p.Group]; g.Scope != "cluster*Metadata_run" || !strings.HasPrefix(g.ID, "c"+p.Cluster+"+run") {
			t.Errorf("pick %s of cluster %q is in %s of scope %s", p.ImageID, p.Cluster, g.ID, g.Scope)
		}
	}
	for _, name := range []string{"cluster", "cluster*Metadata_run", "Metadata_run"} {
		if !slices.ContainsFunc(r.Map.Columns, func(c Column) bool { return c.Name == name }) {
			t.Errorf("the map has no colors of %s", name)
		}
	}
	for _, want := range []string{" images were divided into 3 clusters by k-means", " groups by their cluster and run"} {
		if !strings.Contains(r.Provenance.Methods, want) {
			t.Errorf("the methods lack %q: %s", want, r.Provenance.Methods)
		}
	}
	if !slices.ContainsFunc(r.Provenance.Commands, func(s string) bool {
		return strings.Contains(s, " --scope='cluster*Metadata_run'") && strings.Contains(s, "--clusters=3")
	}) {
		t.Errorf("commands %q", r.Provenance.Commands)
	}
}
