package selecting

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"exemplar/schemas"
	"exemplar/transforms/data/labels"
)

// relabeled returns rows with labels of their own, every tenth without one.
func relabeled(rows []schemas.Latent) (list []schemas.Latent) {
	for i, r := range rows {
		r.Label, r.HasLabel = fmt.Sprintf("kind %d", i%4), true
		if i%10 == 3 {
			r.Label, r.HasLabel = "", false
		}
		list = append(list, r)
	}
	return list
}

// table writes the labels of rows to a file, with an empty one or no row where there is none.
func table(t *testing.T, name string, rows []schemas.Latent, more string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("label,file_name\n")
	for i, r := range rows {
		if r.HasLabel || i%20 == 3 {
			fmt.Fprintf(&b, "%s,%s\n", r.Label, r.ImageID)
		}
	}
	b.WriteString(more)
	check(t, os.WriteFile(name, []byte(b.String()), 0o666))
	return name
}

// TestLabels: a selection by the labels of a table is that of latents that were encoded with
// these labels, in every use that labels have; the latents' own count for nothing.
func TestLabels(t *testing.T) {
	rows := collection(300)
	other := relabeled(rows)
	for name, change := range map[string]func(c *Config){
		"scope":  func(c *Config) { c.Parameters.Scopes = []string{"label", "cluster"}; c.Parameters.Assignments = true },
		"where":  func(c *Config) { c.Where = "label!='kind 2'" },
		"shares": func(c *Config) { c.Balance, c.Parameters.Top, c.Parameters.Picking.Budget = "label:equal", 0, 16 },
	} {
		t.Run(name, func(t *testing.T) {
			given, encoded := t.TempDir(), t.TempDir()
			write(t, given, rows, 3, "none")
			write(t, encoded, other, 3, "none")
			c, d := config(given, "cluster"), config(encoded, "cluster")
			c.Labels = table(t, filepath.Join(given, "labels.csv"), other, "other,z nowhere\nother,a nowhere\n")
			change(&c)
			change(&d)
			m, want := mustRun(t, c), mustRun(t, d)
			if diff := cmp.Diff(readPicks(t, d.Output), readPicks(t, c.Output), cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("picks (-encoded +given):\n%s", diff)
			}
			if diff := cmp.Diff(want.Scopes, m.Scopes); diff != "" || want.Outside != m.Outside {
				t.Errorf("scopes: %s", diff)
			}
			if diff := cmp.Diff(want.Sets, m.Sets, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("sets: %s", diff)
			}
			if diff := cmp.Diff(want.Grade, m.Grade, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("grade: %s", diff)
			}
			if diff := cmp.Diff(&schemas.GivenLabels{Rows: 287, Images: 285, Empty: 15, Strays: 2, Stray: "a nowhere"}, m.Labels); diff != "" {
				t.Error(diff)
			}
			copied, err := labels.Read(t.Context(), filepath.Join(c.Output, schemas.LabelsCSV))
			check(t, err)
			if m.Parameters.Labels != copied.SHA256 || want.Parameters.Labels != "" || want.Labels != nil {
				t.Errorf("the copy has sha256 %s, parameters say %s", copied.SHA256, m.Parameters.Labels)
			}
		})
	}
}

// TestLabelsAgain: another content is another selection; the copy in the folder may be what
// labels are read from, also where the folder is made anew.
func TestLabelsAgain(t *testing.T) {
	dir := t.TempDir()
	rows := collection(60)
	write(t, dir, rows, 2, "none")
	c := config(dir, "label")
	c.Labels = table(t, filepath.Join(dir, "labels.csv"), relabeled(rows), "")
	plan, err := Plan(t.Context(), c)
	check(t, err)
	if text := strings.Join(plan.Reads, "\n"); !strings.Contains(text, "labels of 57 of these in "+c.Labels+", which has 57 rows") {
		t.Errorf("the plan says %s", text)
	}
	first := mustRun(t, c)
	c.Labels = filepath.Join(c.Output, schemas.LabelsCSV)
	if r, err := Run(t.Context(), c, nil); err != nil || r.Made {
		t.Fatalf("by the copy: %v", err)
	}
	c.Overwrite, c.Parameters.Top = true, 2
	if m := mustRun(t, c); m.Parameters.Labels != first.Parameters.Labels || m.Picks >= first.Picks {
		t.Errorf("made anew: %+v", m.Parameters)
	}
	c.Overwrite, c.Labels = false, table(t, filepath.Join(dir, "other.csv"), rows, "")
	if _, err := Run(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), `Config.Labels is "a table of sha256 `) {
		t.Errorf("another table: %v", err)
	}
	c.Labels = ""
	if _, err := Run(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), "Config.Labels is not given here") {
		t.Errorf("no table: %v", err)
	}
	c.Overwrite = true
	mustRun(t, c)
	if _, err := os.Stat(filepath.Join(c.Output, schemas.LabelsCSV)); !os.IsNotExist(err) {
		t.Errorf("the copy is left: %v", err)
	}
}

// TestLabelsAreRefused before anything is made.
func TestLabelsAreRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	for text, want := range map[string]string{
		"image_id,label\nnowhere,x\n": ` has no row for any of the images: its image_id must hold the ids of the column image_id in `,
		"image_id,label\na,x\na,x\n":  `line 3 names image "a" a second time`,
		"image_id,one,two\na,x,y\n":   "none of its columns is named label",
	} {
		c := config(dir, "label")
		c.Labels = filepath.Join(dir, "labels.csv")
		check(t, os.WriteFile(c.Labels, []byte(text), 0o666))
		_, err := Run(t.Context(), c, nil)
		_, planned := Plan(t.Context(), c)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.HasPrefix(err.Error(), "Config.Labels") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
		}
		if err := c.CheckBefore(t.Context()); (err == nil) != strings.Contains(text, "nowhere") {
			t.Errorf("%q: before there are latents: %v", text, err)
		}
	}
}
