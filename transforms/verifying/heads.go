package verifying

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"slices"
	"strconv"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/store"
)

// checkHead checks what a training says of the labels that a model finds: the table has a row and a
// column for each class, and its numbers add up to those of model.json.
func checkHead(ctx context.Context, dir string, m *model.Model, r *Report) error {
	data, err := store.ReadFile(ctx, store.Join(dir, schemas.ConfusionFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if m.Training != nil {
			r.problemf(schemas.ConfusionFile, "missing: the model has a head, and its training wrote this table")
		}
		return nil
	case err != nil:
		return err
	}
	images, right, fault := readConfusion(data, m.Head.Classes)
	if fault != "" {
		r.problemf(schemas.ConfusionFile, "%s", fault)
		return nil
	}
	if m.Training == nil {
		return nil
	}
	of, share := m.Training.Metrics["validation_images"], m.Training.Metrics[schemas.MetricAccuracy]
	if float64(images) != of || !(math.Abs(float64(right)/float64(images)-share) <= 1e-12) {
		r.problemf(schemas.ConfusionFile, "it has %s of %s on the diagonal, %s says %v of %v", words.Count(right), words.Count(images), schemas.ModelFile, share, of)
		return nil
	}
	r.checkedf("%s: its numbers add up, to the accuracy in %s", schemas.ConfusionFile, schemas.ModelFile)
	return nil
}

// readConfusion returns the sum of all numbers of a table and of those on its diagonal, or what is
// wrong with it.
func readConfusion(data []byte, classes []string) (images, right int64, fault string) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return 0, 0, "no CSV: " + err.Error()
	}
	want := []string{"label", "images", "recall"}
	for _, name := range classes {
		want = append(want, "predicted_"+name)
	}
	if len(rows) != len(classes)+1 || !slices.Equal(rows[0], want) {
		return 0, 0, "its rows and columns are not the classes of " + schemas.ModelFile
	}
	for i, row := range rows[1:] {
		if row[0] != classes[i] {
			return 0, 0, "its rows are not the classes of " + schemas.ModelFile
		}
		total, hit := int64(0), int64(0)
		for k, text := range row[3:] {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < 0 {
				return 0, 0, "row " + row[0] + ": " + strconv.Quote(text) + " is no number of images"
			}
			if total += n; k == i {
				hit = n
			}
		}
		recall := ""
		if total > 0 {
			recall = strconv.FormatFloat(float64(hit)/float64(total), 'g', 6, 64)
		}
		if row[1] != strconv.FormatInt(total, 10) || row[2] != recall {
			return 0, 0, "row " + row[0] + ": images and recall are not those of its numbers"
		}
		images, right = images+total, right+hit
	}
	return images, right, ""
}
