package reporting

import (
	"fmt"
	"math"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/run/outdir"
)

// Enough is how much training is enough for the picks, of curve.csv.
type Enough struct {
	Images   int64       `json:"images"`   // held out, that it was measured on
	Rows     []EnoughRow `json:"rows"`     // none where the table is not at hand
	At       int         `json:"at"`       // the row from which on more training gave no better picks; -1 where that is not known
	Sentence string      `json:"sentence"` // says so
}

// EnoughRow is one moment. What is not known is null.
type EnoughRow struct {
	Share       float64  `json:"share"` // of the run
	Images      int64    `json:"images"`
	Epochs      float64  `json:"epochs"`
	Loss        float64  `json:"loss"`
	MSE         *float64 `json:"mse"`
	Picks       float64  `json:"picks"`
	Skill       *float64 `json:"skill"`
	Error       *float64 `json:"error"`
	Change      *float64 `json:"change"`
	ChangeError *float64 `json:"change_error"`
}

// measured reports whether a training measured how much of it is enough.
func measured(m *model.Model) bool {
	return m != nil && m.Training != nil && m.Training.Parameters[schemas.ParameterCurve] != nil
}

// enough reads curve.csv, where model.json names one.
func enough(m *model.Model, data []byte) (*Enough, error) {
	if !measured(m) {
		return nil, nil
	}
	n, _ := m.Training.Parameters[schemas.ParameterCurveImages].(float64)
	e := &Enough{Images: int64(n), Rows: []EnoughRow{}, At: -1}
	if data == nil {
		e.Sentence = schemas.CurveFile + ", which the model names, was not beside it."
		return e, nil
	}
	if outdir.SHA256(data) != m.Training.Parameters[schemas.ParameterCurve] {
		return nil, fmt.Errorf("%s beside the model is not the one that %s names: take the one of its training, or take it away", schemas.CurveFile, schemas.ModelFile)
	}
	rows, err := curves.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s beside the model: %w", schemas.CurveFile, err)
	}
	known := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	for _, r := range rows {
		e.Rows = append(e.Rows, EnoughRow{r.Share, r.Images, r.Epochs, r.Loss, known(r.MSE), r.Picks, known(r.Skill), known(r.Error), known(r.Change), known(r.ChangeError)})
	}
	e.At, e.Sentence = curves.Enough(rows), curves.Sentence(rows)
	return e, nil
}
