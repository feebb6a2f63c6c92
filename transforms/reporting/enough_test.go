package reporting

import (
	"encoding/json"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/run/outdir"
)

// TestEnough: what a report has of curve.csv, of a model that names it, and that another one is refused.
func TestEnough(t *testing.T) {
	rows := []curves.Row{{Share: 0.1, Images: 50, Epochs: 0.5, Step: 3, Loss: 0.5, MSE: 0.4, Picks: 7}, {Share: 1, Images: 500, Epochs: 5, Step: 30, Loss: 0.3, MSE: 0.2, Picks: 7, Skills: []float64{0.2, 0.4}}}
	curves.Fill(rows)
	data := curves.CSV(rows)
	m := &model.Model{Training: &model.Training{Parameters: map[string]any{schemas.ParameterCurve: outdir.SHA256(data), schemas.ParameterCurveImages: 120.0}}}
	e, err := enough(m, data)
	if err != nil || e.Images != 120 || len(e.Rows) != 2 || e.Rows[0].Skill != nil || *e.Rows[0].MSE != 0.4 || *e.Rows[1].Change != 0 || e.At != 1 || e.Sentence != curves.Sentence(rows) {
		t.Fatalf("%+v, %v", e, err)
	}
	if text, err := json.Marshal(e); err != nil || !strings.Contains(string(text), `"skill":null`) {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := enough(m, append(data, '\n')); err == nil || !strings.Contains(err.Error(), "is not the one that model.json names") {
		t.Errorf("another table: %v", err)
	}
	if e, err := enough(m, nil); err != nil || len(e.Rows) != 0 || !strings.Contains(e.Sentence, "was not beside it") {
		t.Errorf("no table: %+v, %v", e, err)
	}
	if e, err := enough(&model.Model{Training: &model.Training{}}, data); e != nil || err != nil {
		t.Errorf("not named: %+v, %v", e, err)
	}
}
