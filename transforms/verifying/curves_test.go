package verifying

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
)

// TestCurve: the table of how much training is enough holds, and every change of it is reported, also
// where the model was adapted to it.
func TestCurve(t *testing.T) {
	dir := headedModel(t)
	verify := func() []string {
		t.Helper()
		r, err := Run(t.Context(), Config{Input: dir})
		check(t, err)
		return r.Problems
	}
	name := filepath.Join(dir, schemas.CurveFile)
	rows := []curves.Row{
		{Share: 0.1, Images: 50, Epochs: 0.5, Step: 3, Loss: 0.5, MSE: 0.5, Picks: 7, Skills: []float64{0.1, 0.2, 0.4}},
		{Share: 0.5, Images: 200, Epochs: 2, Step: 15, Loss: 0.4, MSE: 0.4, Picks: 7},
		{Share: 1, Images: 400, Epochs: 4, Step: 30, Loss: 0.3, MSE: 0.3, Picks: 7, Skills: []float64{0.2, 0.5, 0.4}},
	}
	curves.Fill(rows)
	// put writes a table, and a model that names it.
	put := func(data string, change func(*model.Training)) {
		t.Helper()
		check(t, os.WriteFile(name, []byte(data), 0o666))
		m, _, err := modeldir.Read(t.Context(), dir, true)
		check(t, err)
		m.Training.Images, m.Training.Metrics["validation_images"], m.Training.Metrics[schemas.MetricAccuracy] = 100, 10, 0.7
		m.Training.Parameters = map[string]any{"head": "label", schemas.ParameterCurve: outdir.SHA256([]byte(data)), schemas.ParameterCurveImages: 8.0}
		if change != nil {
			change(m.Training)
		}
		files, err := m.Marshal()
		check(t, err)
		for name, data := range files {
			check(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
		}
	}
	table := string(curves.CSV(rows))
	put(table, nil)
	if problems := verify(); len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	for _, c := range []struct{ old, new, want string }{
		{"0.1,50,", "0.2,50,", "line 2: the share is not that of its steps"},
		{",50,", ",60,", "line 2: the epochs are not those of its images"},
		{"0.5,200,2,15", "0.5,20,2,15", "line 3: its steps and images are not more"},
		{"200,2,15", "200,2,2", "line 3: its steps and images are not more"},
		{",0.1,0.2,0.4\n", ",0.1,0.2,0.3\n", "line 2: skill and skill_error are not mean and standard error of its folds"},
		{",0.1,0.2,0.4\n", ",0.1,0.2,\n", "line 2: it has 2 folds of 3"},
		{",0,0,0.2,0.5,0.4", ",0.1,0,0.2,0.5,0.4", "line 4: change and change_error are not"},
		{"skill_error", "skill_off", "its columns are not"},
	} {
		if !strings.Contains(table, c.old) {
			t.Fatalf("no %q in\n%s", c.old, table)
		}
		forged := strings.Replace(table, c.old, c.new, 1)
		check(t, os.WriteFile(name, []byte(forged), 0o666))
		if problems := verify(); len(problems) != 1 || !strings.Contains(problems[0], schemas.CurveFile+": sha256 is ") {
			t.Errorf("%s: %v", c.new, problems)
		}
		put(forged, nil)
		if problems := verify(); len(problems) != 1 || !strings.Contains(problems[0], c.want) {
			t.Errorf("%s with its model: %v, want %q", c.new, problems, c.want)
		}
		put(table, nil)
	}
	put(table, func(m *model.Training) { m.Parameters[schemas.ParameterCurveImages] = 11.0 })
	if problems := verify(); !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, "says that it is of 11 of 10 images held out") }) {
		t.Errorf("of more than were held out: %v", problems)
	}
	put(table, nil)
	check(t, os.Remove(name))
	if problems := verify(); len(problems) != 1 || !strings.Contains(problems[0], "missing: model.json names it") {
		t.Errorf("without: %v", problems)
	}
	put(table, func(m *model.Training) { delete(m.Parameters, schemas.ParameterCurve) })
	if problems := verify(); len(problems) != 1 || !strings.Contains(problems[0], "model.json does not name this file") {
		t.Errorf("not named: %v", problems)
	}
}
