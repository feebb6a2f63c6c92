package verifying

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selecting"
)

// where makes the selection of a workflow anew, of the images that satisfy a condition.
func where(t *testing.T, condition string) string {
	t.Helper()
	dir := workflow(t)
	again(t, dir, func(c *selecting.Config) {
		c.Shards, c.Where, c.Parameters.Scopes, c.Parameters.Top = "", condition, []string{"cluster", "Metadata_run"}, 3
		c.Parameters.Clusters, c.Parameters.Centers, c.Parameters.Space = 3, []string{"mean", "medoid"}, "whiten:2"
		c.Parameters.Assignments = true
		c.Parameters.Clustering, c.Parameters.FineClusters, c.Parameters.MaxPasses = schemas.ClusteringHierarchical, 8, 0
	})
	return dir
}

// TestWhereIsRecomputed: a selection of some images holds, with all that is said of it.
func TestWhereIsRecomputed(t *testing.T) {
	for _, condition := range []string{"cell>=020 and cell<1.3e2", "run=run1", "mse>=0 and label in (run0, run1) and image_id!='run0/cell 00.png'", "cell in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20)"} {
		dir := where(t, condition)
		m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(dir, "selection", schemas.SelectionFile))
		check(t, err)
		if m.Outside == 0 || m.Excluded == 0 {
			t.Errorf("%s: %d outside, %d excluded", condition, m.Outside, m.Excluded)
		}
		r, err := Run(t.Context(), Config{Input: filepath.Join(dir, "selection")})
		check(t, err)
		said := slices.ContainsFunc(r.Checked, func(s string) bool { return strings.HasPrefix(s, "the condition "+m.Parameters.Where.String()) })
		if len(r.Problems) > 0 || !said {
			t.Errorf("%s: %s\n%s", condition, strings.Join(r.Problems, "\n"), strings.Join(r.Checked, "\n"))
		}
	}
}

// TestForgedConditionsAreNamed: the condition, how its columns compare and the number
// of the others follow from the latents.
func TestForgedConditionsAreNamed(t *testing.T) {
	made := where(t, "cell>=021 and run=run1")
	for _, c := range []struct {
		name  string
		forge func(m *schemas.SelectionManifest)
		want  string
	}{
		{"the number of those outside", func(m *schemas.SelectionManifest) {
			m.Outside--
			m.Excluded++
			m.Exclusions = append(m.Exclusions, schemas.Exclusion{ImageID: "z", Reason: schemas.ReasonBorder})
		}, "selection.json: outside is "},
		{"those outside told as more images", func(m *schemas.SelectionManifest) { m.Rows, m.Outside = m.Rows+1, m.Outside+1 }, "selection.json: outside is "},
		{"a wider condition", func(m *schemas.SelectionManifest) { m.Parameters.Where[0].Values[0] = "10" }, "selection.json: outside is "},
		{"another operator", func(m *schemas.SelectionManifest) { m.Parameters.Where[0].Op = ">" }, "selection.json: outside is "},
		{"a comparison left out", func(m *schemas.SelectionManifest) { m.Parameters.Where = m.Parameters.Where[:1] }, "selection.json: outside is "},
		{"another column", func(m *schemas.SelectionManifest) { m.Parameters.Where[0].Column = "label" }, "selection.json: outside is "},
		{"no condition", func(m *schemas.SelectionManifest) { m.Parameters.Where = nil }, `selection.json: outside is 80, with the condition ""`},
		{"a comparison repeated", func(m *schemas.SelectionManifest) {
			m.Parameters.Where = append(m.Parameters.Where, m.Parameters.Where[0])
		}, "selection.json: where: Metadata_cell>=021 is there twice"},
		{"an unknown column", func(m *schemas.SelectionManifest) { m.Parameters.Where[1].Column = "Metadata_plate" }, "selection.json: its condition Metadata_plate=run1 names a column that the latents do not have"},
		{"an unknown operator", func(m *schemas.SelectionManifest) { m.Parameters.Where[1].Op = "~" }, `selection.json: where: "~" is none of`},
		{"numbers compared as text", func(m *schemas.SelectionManifest) {
			m.Parameters.Where[0].Op, m.Parameters.Where[0].As = "=", schemas.AsText
		}, "selection.json: Metadata_cell compares as text, by its 140 values that are numbers and 0 that are none it is number"},
		{"text compared as numbers", func(m *schemas.SelectionManifest) {
			m.Parameters.Where[1].Values, m.Parameters.Where[1].As = []string{"1"}, schemas.AsNumber
		}, "selection.json: Metadata_run compares as number, by its 0 values that are numbers and 140 that are none it is text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := forger{t, copyWorkflow(t, made)}
			f.selection(func(m *schemas.SelectionManifest) {
				c.forge(m)
				var err error
				m.Fingerprint, err = outdir.Fingerprint(schemas.SelectionFormat, m.Latents, "", m.Parameters)
				check(t, err)
			})
			problems := verify(t, f.dir, "selection")
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Errorf("problems:\n%s\nwant one with %q", strings.Join(problems, "\n"), c.want)
			}
			t.Log(strings.Join(problems, "\n"))
		})
	}
}

// TestEveryFieldOfAConditionIsChecked changes every field of the manifest of a selection
// with a condition, as TestEveryFieldIsCheckedOrNamed does, and those of the condition all.
func TestEveryFieldOfAConditionIsChecked(t *testing.T) {
	dir := where(t, "cell>=020 and run=run1")
	check(t, os.RemoveAll(filepath.Join(dir, "selection", schemas.StateDir)))
	t.Setenv("EXEMPLAR_FIELDS", "all")
	unnoticed, n := changed(t, dir, "selection", schemas.SelectionFile, ".grade.", func(m *schemas.SelectionManifest) (err error) {
		if m.Fingerprint, err = outdir.Fingerprint(schemas.SelectionFormat, m.Latents, "", m.Parameters); err != nil {
			return err
		}
		m.SHA256, err = outdir.SealSelection(*m)
		return err
	})
	for path := range unnoticed {
		if strings.Contains(path, "where") || strings.Contains(path, "outside") {
			t.Errorf("%s was changed, and not noticed", path)
		}
	}
	if n < 100 {
		t.Errorf("only %d kinds of changes", n)
	}
}
