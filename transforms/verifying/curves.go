package verifying

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// checkCurve checks the table of how much training is enough: that it is the one that model.json names,
// and that its numbers follow from the skills of the folds, the steps and the images.
func checkCurve(ctx context.Context, dir string, m *model.Model, r *Report) error {
	named := m.Training != nil && m.Training.Parameters[schemas.ParameterCurve] != nil
	data, err := store.ReadFile(ctx, store.Join(dir, schemas.CurveFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		r.problemf(schemas.CurveFile, "missing: %s names it", schemas.ModelFile)
		return nil
	case err != nil:
		return err
	case !named:
		r.problemf(schemas.CurveFile, "%s does not name this file", schemas.ModelFile)
		return nil
	}
	if is, want := outdir.SHA256(data), m.Training.Parameters[schemas.ParameterCurve]; is != want {
		r.problemf(schemas.CurveFile, "sha256 is %s, %s says %v", is, schemas.ModelFile, want)
		return nil
	}
	rows, err := curves.Read(data)
	if err == nil {
		err = curveFault(rows, m.Training)
	}
	if err != nil {
		r.problemf(schemas.CurveFile, "%v", err)
		return nil
	}
	r.checkedf("%s: sha256, and %s, of which means, standard errors and differences follow from the skills of the folds", schemas.CurveFile, words.Plural(len(rows), "moment", "moments"))
	r.uncheckedf("the skills and validation errors in %s: the weights of these moments are not kept", schemas.CurveFile)
	return nil
}

// curveFault returns what in a table does not follow from the rest of it, or of model.json.
func curveFault(rows []curves.Row, t *model.Training) error {
	n, _ := t.Parameters[schemas.ParameterCurveImages].(float64)
	if held := t.Metrics["validation_images"]; !(n >= 1) || n > held {
		return fmt.Errorf("%s says that it is of %v of %v images held out", schemas.ModelFile, n, held)
	}
	end := rows[len(rows)-1]
	var before curves.Row
	for i, row := range rows {
		line := i + 2
		planned := math.Round(float64(end.Step) / end.Share) // of the whole run
		switch {
		case row.Step <= before.Step || row.Images <= before.Images:
			return fmt.Errorf("line %d: its steps and images are not more than those before", line)
		case !sameNumber(row.Share, float64(row.Step)/planned) || !(row.Share <= 1):
			return fmt.Errorf("line %d: the share is not that of its steps", line)
		case !sameNumber(row.Epochs, float64(row.Images)/float64(t.Images)):
			return fmt.Errorf("line %d: the epochs are not those of its images", line)
		case len(row.Skills) != 0 && len(row.Skills) != len(end.Skills) && len(end.Skills) != 0:
			return fmt.Errorf("line %d: it has %s of %d", line, words.Plural(len(row.Skills), "fold", "folds"), len(end.Skills))
		}
		mean, off := meanError(row.Skills)
		if !sameNumber(row.Skill, mean) || !sameNumber(row.Error, off) {
			return fmt.Errorf("line %d: skill and skill_error are not mean and standard error of its folds", line)
		}
		var change []float64
		for f := range min(len(row.Skills), len(end.Skills)) {
			change = append(change, end.Skills[f]-row.Skills[f])
		}
		if mean, off = meanError(change); !sameNumber(row.Change, mean) || !sameNumber(row.ChangeError, off) {
			return fmt.Errorf("line %d: change and change_error are not mean and standard error of what its folds lack to those of the last line", line)
		}
		before = row
	}
	return nil
}

// meanError returns a mean and its standard error, by another formula than the table was made with; NaN of none.
func meanError(v []float64) (mean, standardError float64) {
	n, sum, squares := float64(len(v)), 0.0, 0.0
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	for i, x := range v {
		sum += x
		for _, y := range v[:i] {
			squares += float64((x - y) * (x - y)) // n times those of what is less the mean
		}
	}
	return sum / n, math.Sqrt(squares/n/(n-1)) / math.Sqrt(n)
}

// sameNumber compares numbers but for rounding; both may be unknown.
func sameNumber(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-12*max(1, math.Abs(a))
}
