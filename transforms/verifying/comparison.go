package verifying

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// comparisonCheck is the check of a comparison of models.
type comparisonCheck struct {
	m      schemas.CompareManifest
	data   []byte // of the manifest
	dir    string
	report *Report

	ids    []string // of the images, in their order
	labels []string
	has    []bool // a label
	models []modelErrors

	anomaly []bool // of each image; nil without a condition
	ranges  [][][2]float64
}

// modelErrors are the errors of a model, image by image.
type modelErrors struct{ mse, mae, mse8, mae8 []float32 }

// checkComparison checks a comparison: the hashes of its files, and by errors.parquet the means,
// the ROC and its area; where shards and models are at hand, the errors of some images.
func checkComparison(ctx context.Context, c Config, r *Report) error {
	m, data, ok, err := readJSON[schemas.CompareManifest](ctx, c.Input, schemas.CompareFile, r)
	if err != nil || !ok {
		return err
	}
	k := &comparisonCheck{m: m, data: data, dir: c.Input, report: r}
	if err := k.checkSeal(); err != nil {
		return err
	}
	if ok, err := k.checkFiles(ctx); err != nil || !ok || r.Total > 0 {
		return err
	}
	if err := k.readErrors(ctx); err != nil || r.Total > 0 {
		return err
	}
	if k.checkAnomalies(); r.Total > 0 {
		return nil
	}
	for _, check := range []func(context.Context) error{k.checkModels, k.checkRates, k.checkCodes, k.checkROC} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	what := "means of their errors"
	if k.anomaly != nil {
		what += ", ROC and AUROC"
	}
	r.checkedf("%s on %s: hashes; by %s %s", words.Plural(len(m.Models), "model", "models"), words.Plural(m.Images, "image", "images"), schemas.ErrorsParquet, what)
	r.uncheckedf("what codecs and first components make of the images (%s), correlations, angles between decoders, means and variances of codes, and the pictures: they are not made again", schemas.RateCSV)
	r.uncheckedf("images and seconds of the trainings in %s and %s: they are not trained again", schemas.CompareFile, schemas.ModelsCSV)
	return k.checkAgain(ctx, c)
}

// checkSeal compares the manifest with its own hash and its fingerprint.
func (k *comparisonCheck) checkSeal() error {
	m := &k.m
	if seal, err := outdir.SealComparison(*m); err != nil {
		return err
	} else if seal != m.SHA256 {
		k.report.problemf(schemas.CompareFile, "sha256 without its line \"sha256\" is %s, that line says %s", seal, m.SHA256)
	}
	var models []string
	for _, of := range m.Models {
		models = append(models, of.SHA256, of.Kernel)
	}
	want, err := outdir.Fingerprint(schemas.CompareFormat, m.Shards, m.Image, m.Parameters, models)
	if err == nil && want != m.Fingerprint {
		k.report.problemf(schemas.CompareFile, "fingerprint is %s, shards, models and parameters give %s", m.Fingerprint, want)
	}
	return err
}

// checkFiles compares the files with the manifest.
func (k *comparisonCheck) checkFiles(ctx context.Context) (ok bool, err error) {
	listed, all := map[string]bool{}, true
	for _, f := range k.m.Files {
		listed[f.File] = true
		ok, err := checkFile(ctx, k.dir, f.File, f.Bytes, f.SHA256, schemas.CompareFile, k.report)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, checkStrays(ctx, k.dir, schemas.CompareFile, func(name string) bool { return listed[name] }, k.report, ".csv", ".parquet", ".png")
}

// readErrors reads errors.parquet: the models of the manifest one after the other, each of the
// same images.
func (k *comparisonCheck) readErrors(ctx context.Context) error {
	in, err := store.OpenAt(ctx, store.Join(k.dir, schemas.ErrorsParquet))
	if err != nil {
		return err
	}
	defer in.Close() // only read
	k.models = make([]modelErrors, len(k.m.Models))
	at, row := 0, 0
	err = tables.ImageErrors(in, in.Size(), &k.m, func(e schemas.ImageErrors) error {
		if row == int(k.m.Images) {
			at, row = at+1, 0
		}
		if at == len(k.models) || e.Model != k.m.Models[at].Folder {
			return fmt.Errorf("row %d of model %q is not where %s has it", row, e.Model, schemas.CompareFile)
		}
		label := ""
		if e.Label != nil {
			label = *e.Label
		}
		if at == 0 {
			k.ids, k.labels, k.has = append(k.ids, e.ImageID), append(k.labels, label), append(k.has, e.Label != nil)
		} else if k.ids[row] != e.ImageID || k.labels[row] != label || k.has[row] != (e.Label != nil) {
			return fmt.Errorf("row %d of model %q is of another image than that of the first model", row, e.Model)
		}
		of := &k.models[at]
		for _, column := range []struct {
			to *[]float32
			v  float32
		}{{&of.mse, e.MSE}, {&of.mae, e.MAE}, {&of.mse8, e.MSE8}, {&of.mae8, e.MAE8}} {
			if !(column.v >= 0) || math.IsInf(float64(column.v), 1) {
				return fmt.Errorf("row %d of model %q has the error %v", row, e.Model, column.v)
			}
			*column.to = append(*column.to, column.v)
		}
		row++
		return nil
	})
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		k.report.problemf(schemas.ErrorsParquet, "%v", err)
		return nil
	}
	if at != len(k.models)-1 || row != int(k.m.Images) {
		k.report.problemf(schemas.ErrorsParquet, "ends in row %d of model %d, %s says %d models of %d images", row, at, schemas.CompareFile, len(k.models), k.m.Images)
		return nil
	}
	if sorted := slices.Sorted(slices.Values(k.ids)); len(slices.Compact(sorted)) != len(k.ids) {
		k.report.problemf(schemas.ErrorsParquet, "an image is there twice")
	}
	return nil
}

// readCSV reads a table, whose columns must be these.
func (k *comparisonCheck) readCSV(ctx context.Context, name string, columns []string) ([][]string, error) {
	data, ok, err := readWhole(ctx, k.dir, name, k.report)
	if err != nil || !ok {
		return nil, err
	}
	all, err := lines.NewCSV(strings.NewReader(string(data))).ReadAll()
	if err != nil || len(all) == 0 || !slices.Equal(all[0], columns) {
		k.report.problemf(name, "is no table of the columns %s", strings.Join(columns, ","))
		return nil, nil
	}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(all); err != nil || b.String() != string(data) {
		k.report.problemf(name, "is not as this program writes it")
	}
	return all[1:], nil
}

// checkModels computes the rows of models.csv again.
func (k *comparisonCheck) checkModels(ctx context.Context) error {
	rows, err := k.readCSV(ctx, schemas.ModelsCSV, schemas.ModelsColumns)
	if err != nil {
		return err
	}
	if len(rows) != len(k.m.Models) {
		k.report.problemf(schemas.ModelsCSV, "%d rows, %s says %d models", len(rows), schemas.CompareFile, len(k.m.Models))
		return nil
	}
	pixels := float64(k.m.Image.Height * k.m.Image.Width)
	for i, row := range rows {
		of, e := k.m.Models[i], k.models[i]
		images, seconds := "", ""
		if of.Images > 0 {
			images = fmt.Sprint(of.Images)
		}
		if of.Seconds > 0 {
			seconds = strconv.FormatFloat(of.Seconds, 'g', -1, 64)
		}
		want := map[string]string{"model": of.Folder, "kind": of.Kind, "dimensions": fmt.Sprint(of.Dimensions), "encoder_parameters": fmt.Sprint(of.Encoder),
			"decoder_parameters": fmt.Sprint(of.Decoder), "parameters": fmt.Sprint(of.Encoder + of.Decoder), "training_images": images, "training_seconds": seconds}
		mse := meanOf(e.mse)
		numbers := map[string]float64{"bits_per_pixel": float64(schemas.CodeBits*of.Dimensions) / pixels, "mse": mse, "mae": meanOf(e.mae), "psnr": -10 * math.Log10(mse),
			"mse_8bit": meanOf(e.mse8), "mae_8bit": meanOf(e.mae8), "missed": math.NaN(), "auroc": math.NaN(), "auroc_se": math.NaN()}
		if k.m.Variance > 0 {
			numbers["missed"] = mse / k.m.Variance
		}
		if k.anomaly != nil {
			numbers["auroc"], numbers["auroc_se"] = k.areaOf(i)
		}
		for at, column := range schemas.ModelsColumns {
			text, isText := want[column]
			number, isNumber := numbers[column]
			switch {
			case isText && row[at] != text:
				k.report.problemf(schemas.ModelsCSV, "%s of %s is %q, %s says %q", column, of.Folder, row[at], schemas.CompareFile, text)
			case isNumber && !says(row[at], number):
				k.report.problemf(schemas.ModelsCSV, "%s of %s is %q, %s gives %v", column, of.Folder, row[at], schemas.ErrorsParquet, number)
			}
		}
	}
	return nil
}

// says reports whether a text is a number, but for rounding; NaN is no text.
func says(text string, v float64) bool {
	if v != v || text == "" {
		return v != v && text == ""
	}
	got, err := strconv.ParseFloat(text, 64)
	return err == nil && (got == v || math.Abs(got-v) <= 1e-9*math.Abs(v))
}

func meanOf(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v)
	}
	return sum / float64(len(x))
}

// checkRates checks the rows of models in rate.csv, which models.csv has, too, and those of all
// the components of linear ones.
func (k *comparisonCheck) checkRates(ctx context.Context) error {
	rows, err := k.readCSV(ctx, schemas.RateCSV, schemas.RateColumns)
	if err != nil {
		return err
	}
	pixels, seen := float64(k.m.Image.Height*k.m.Image.Width), map[string]bool{}
	for _, row := range rows {
		at := slices.IndexFunc(k.m.Models, func(of schemas.ComparedModel) bool { return of.Folder == row[1] })
		own := row[0] == schemas.MethodModel || row[0] == schemas.MethodPCA
		switch {
		case own != (at >= 0), !own && !slices.Contains([]string{schemas.MethodJPEG, schemas.MethodDCT, schemas.MethodDCTPositions}, row[0]):
			k.report.problemf(schemas.RateCSV, "%s of %q is no method", row[0], row[1])
			continue
		case !own && !k.m.Has(strings.TrimSuffix(row[0], "_positions")):
			k.report.problemf(schemas.RateCSV, "%s is there, %s has no such codec", row[0], schemas.CompareFile)
		}
		mse, merr := strconv.ParseFloat(row[4], 64)
		if _, err := strconv.ParseFloat(row[5], 64); merr != nil || err != nil || !says(row[6], -10*math.Log10(mse)) {
			k.report.problemf(schemas.RateCSV, "the errors of %s at %s do not fit together: %s, %s, %s", row[0], row[2], row[4], row[5], row[6])
		}
		if !own || row[2] != fmt.Sprint(k.m.Models[at].Dimensions) {
			continue
		}
		seen[row[0]+row[1]] = true
		of := k.models[at]
		if !says(row[3], float64(schemas.CodeBits*k.m.Models[at].Dimensions)/pixels) || !says(row[4], meanOf(of.mse8)) || !says(row[5], meanOf(of.mae8)) {
			k.report.problemf(schemas.RateCSV, "%s of %s is %s, %s gives other means", row[0], row[1], strings.Join(row[3:6], ", "), schemas.ErrorsParquet)
		}
	}
	for _, of := range k.m.Models {
		if !seen[schemas.MethodModel+of.Folder] {
			k.report.problemf(schemas.RateCSV, "has no row of the model %s", of.Folder)
		}
	}
	return nil
}

// checkCodes reads the ranges of the codes.
func (k *comparisonCheck) checkCodes(ctx context.Context) error {
	rows, err := k.readCSV(ctx, schemas.CodesCSV, schemas.CodesColumns)
	if err != nil {
		return err
	}
	for _, of := range k.m.Models {
		var ranges [][2]float64
		for d := range of.Dimensions {
			if len(rows) == 0 || rows[0][0] != of.Folder || rows[0][1] != fmt.Sprint(d) {
				k.report.problemf(schemas.CodesCSV, "has no row of dimension %d of %s in its place", d, of.Folder)
				return nil
			}
			var v [5]float64
			for i := range v {
				if v[i], err = strconv.ParseFloat(rows[0][2+i], 64); err != nil {
					k.report.problemf(schemas.CodesCSV, "dimension %d of %s: %q is no number", d, of.Folder, rows[0][2+i])
					return nil
				}
			}
			mean, variance, zeros, low, high := v[0], v[1], v[2], v[3], v[4]
			slack := 1e-9 * (math.Abs(low) + math.Abs(high))
			if !(low-slack <= mean && mean <= high+slack && variance >= 0 && variance <= (high-low)*(high-low)+slack && zeros <= float64(k.m.Images)) {
				k.report.problemf(schemas.CodesCSV, "dimension %d of %s: %s cannot be", d, of.Folder, strings.Join(rows[0][2:], ", "))
			}
			ranges = append(ranges, [2]float64{low, high})
			rows = rows[1:]
		}
		k.ranges = append(k.ranges, ranges)
	}
	if len(rows) > 0 {
		k.report.problemf(schemas.CodesCSV, "%d rows more than the models have dimensions", len(rows))
	}
	return nil
}
