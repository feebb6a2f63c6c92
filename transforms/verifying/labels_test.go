package verifying

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/selecting"
)

// TestGivenLabels: a selection by the labels of a table is recomputed with its copy of it, and
// what is said of the table is counted again.
func TestGivenLabels(t *testing.T) {
	dir := workflow(t)
	table := filepath.Join(dir, "labels.csv")
	var b strings.Builder
	b.WriteString("image_id,label\nnowhere,x\n")
	for i := range 120 {
		fmt.Fprintf(&b, "run%d/cell %02d.png,%s\n", i%2, i, []string{"x", "y", ""}[i%3])
	}
	check(t, os.WriteFile(table, []byte(b.String()), 0o666))
	picks := again(t, dir, func(c *selecting.Config) { c.Labels, c.Parameters.Scopes = table, []string{"label", "global"} })
	check(t, os.Remove(table))
	groups := map[string]int{}
	for _, p := range picks {
		groups[p.Scope+" "+p.GroupID+" "+p.Label]++
	}
	if groups["label x x"] != 6 || groups["label y y"] != 6 || len(groups) < 4 {
		t.Errorf("picks are of %v", groups)
	}
	if problems := verify(t, dir, "selection"); len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
	for want, forge := range map[string]func(m *schemas.SelectionManifest){
		"labels are {Rows:122 ":         func(m *schemas.SelectionManifest) { m.Labels.Rows++ },
		"Images:111 ":                   func(m *schemas.SelectionManifest) { m.Labels.Images-- },
		"Empty:0 Strays:9 ":             func(m *schemas.SelectionManifest) { m.Labels.Empty = 0 },
		"Strays:10 ":                    func(m *schemas.SelectionManifest) { m.Labels.Strays++ },
		"Stray:somewhere}":              func(m *schemas.SelectionManifest) { m.Labels.Stray = "somewhere" },
		"labels of a table are counted": func(m *schemas.SelectionManifest) { m.Labels = nil },
		", parameters say 00":           func(m *schemas.SelectionManifest) { m.Parameters.Labels = strings.Repeat("0", 64) },
		"want \"selection_labels.csv\"": func(m *schemas.SelectionManifest) { m.Files[4].File = "labels.csv" },
	} {
		forged := t.TempDir()
		check(t, os.CopyFS(forged, os.DirFS(dir)))
		f := forger{t, forged}
		f.selection(forge)
		if problems := verify(t, forged, "selection"); !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%q is not among the problems %q", want, problems)
		}
	}
	f := forger{t, dir}
	f.selection(func(m *schemas.SelectionManifest) { // the first images change places
		m.Files[6].File, m.Files[7].File = m.Files[7].File, m.Files[6].File
	})
	if problems := strings.Join(verify(t, dir, "selection"), "\n"); !strings.Contains(problems, "is in the place of image") {
		t.Errorf("the images were not looked at: %s", problems)
	}
	name := filepath.Join(dir, "selection", schemas.LabelsCSV)
	check(t, os.WriteFile(name, []byte(strings.Replace(b.String(), "01.png,y", "01.png,x", 1)), 0o666))
	if problems := strings.Join(verify(t, dir, "selection"), "\n"); !strings.Contains(problems, schemas.LabelsCSV+": ") {
		t.Errorf("a changed table: %s", problems)
	}
}
