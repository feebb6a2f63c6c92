package verifying

import (
	"context"
	"math"
	"slices"
	"sort"
	"strconv"

	"exemplar/schemas"
)

// checkAnomalies finds which images satisfy the condition.
func (k *comparisonCheck) checkAnomalies() {
	m, r := &k.m, k.report
	if len(m.Condition) == 0 {
		if m.Unlabeled != 0 {
			r.problemf(schemas.CompareFile, "unlabelled is %d, and there is no condition", m.Unlabeled)
		}
		return
	}
	var parts []comparison
	for _, p := range m.Condition {
		c := comparison{Comparison: p}
		for _, text := range p.Values {
			c.values = append(c.values, valueOf(text))
		}
		if want := k.comparesAs(p.Column); p.As != want {
			r.problemf(schemas.CompareFile, "the condition compares %s as %s, by what %s holds it is %s", p.Column, p.As, schemas.ErrorsParquet, want)
			return
		}
		parts = append(parts, c)
	}
	var positives, unlabeled int64
	k.anomaly = make([]bool, len(k.ids))
	for i := range k.ids {
		k.anomaly[i] = !slices.ContainsFunc(parts, func(c comparison) bool { return !c.satisfied(k.valueIn(c.Column, i)) })
		if k.anomaly[i] {
			positives++
		}
		if !k.has[i] {
			unlabeled++
		}
	}
	if !slices.ContainsFunc(m.Condition, func(p schemas.Comparison) bool { return p.Column == schemas.ColLabel }) {
		unlabeled = 0
	}
	if positives != m.Positives || unlabeled != m.Unlabeled {
		r.problemf(schemas.CompareFile, "%d anomalies and %d images without a label, %s gives %d and %d", m.Positives, m.Unlabeled, schemas.ErrorsParquet, positives, unlabeled)
	}
}

// comparesAs says how a column compares: as numbers where it holds some and nothing else.
func (k *comparisonCheck) comparesAs(column string) string {
	as := schemas.AsText
	for i := range k.ids {
		switch v := k.valueIn(column, i); {
		case column == schemas.ColImageID || !missing(v.text) && math.IsNaN(v.number):
			return schemas.AsText
		case !missing(v.text):
			as = schemas.AsNumber
		}
	}
	return as
}

// valueIn is what an image has in a column.
func (k *comparisonCheck) valueIn(column string, i int) value {
	if column == schemas.ColImageID {
		return value{k.ids[i], math.NaN()}
	}
	return valueOf(k.labels[i])
}

// sides returns the errors of the anomalies and of the others, sorted.
func (k *comparisonCheck) sides(model int) (anomalies, others []float64) {
	for i, v := range k.models[model].mse {
		if k.anomaly[i] {
			anomalies = append(anomalies, float64(v))
		} else {
			others = append(others, float64(v))
		}
	}
	slices.Sort(anomalies)
	slices.Sort(others)
	return anomalies, others
}

// share returns which share of sorted numbers is below v, those equal to it half.
func share(sorted []float64, v float64) float64 {
	below := sort.SearchFloat64s(sorted, v)
	upTo := sort.Search(len(sorted), func(i int) bool { return sorted[i] > v })
	return (float64(below) + float64(upTo-below)/2) / float64(len(sorted))
}

// areaOf measures the area below an ROC, and its standard error, from the place that each image
// has among those of the other side.
func (k *comparisonCheck) areaOf(model int) (area, se float64) {
	anomalies, others := k.sides(model)
	spread := func(of, among []float64) (mean, variance float64) {
		places := make([]float64, len(of))
		for i, v := range of {
			places[i] = share(among, v)
			mean += places[i] / float64(len(of))
		}
		for _, p := range places {
			variance += (p - mean) * (p - mean) / float64(len(of)-1)
		}
		return mean, variance
	}
	area, ofAnomalies := spread(anomalies, others)
	_, ofOthers := spread(others, anomalies)
	return area, math.Sqrt(ofAnomalies/float64(len(anomalies)) + ofOthers/float64(len(others)))
}

// checkROC checks each corner of roc.csv, and that none is missing: the area below them is the
// AUROC.
func (k *comparisonCheck) checkROC(ctx context.Context) error {
	if k.anomaly == nil {
		return nil
	}
	rows, err := k.readCSV(ctx, schemas.ROCCSV, schemas.ROCColumns)
	if err != nil {
		return err
	}
	for i, of := range k.m.Models {
		n := 0
		for n < len(rows) && rows[n][0] == of.Folder {
			n++
		}
		k.checkCurve(i, rows[:n])
		rows = rows[n:]
	}
	if len(rows) > 0 {
		k.report.problemf(schemas.ROCCSV, "the row of %q is not in its place", rows[0][0])
	}
	return nil
}

// point is a row of roc.csv.
type point struct{ threshold, falses, trues float64 }

// checkCurve checks the corners of one model.
func (k *comparisonCheck) checkCurve(model int, rows [][]string) {
	name := k.m.Models[model].Folder
	problem := func(format string, args ...any) {
		k.report.problemf(schemas.ROCCSV, "%s: "+format, append([]any{name}, args...)...)
	}
	anomalies, others := k.sides(model)
	from := func(sorted []float64, threshold float64) float64 {
		return float64(len(sorted)-sort.SearchFloat64s(sorted, threshold)) / float64(len(sorted))
	}
	var points []point
	area := 0.0
	for i, row := range rows {
		var p point
		for at, to := range []*float64{&p.threshold, &p.falses, &p.trues} {
			v, err := strconv.ParseFloat(row[1+at], 64)
			if err != nil || v != v {
				problem("%q is no number", row[1+at])
				return
			}
			*to = v
		}
		if math.Abs(p.falses-from(others, p.threshold)) > 1e-9 || math.Abs(p.trues-from(anomalies, p.threshold)) > 1e-9 {
			problem("at the threshold %v the rates are %v and %v, %s gives %v and %v", p.threshold, p.falses, p.trues, schemas.ErrorsParquet, from(others, p.threshold), from(anomalies, p.threshold))
		}
		if i > 0 {
			before := points[i-1]
			if !(p.threshold < before.threshold) {
				problem("the threshold %v comes after %v", p.threshold, before.threshold)
			}
			area += (p.falses - before.falses) * (p.trues + before.trues) / 2
		}
		if points = append(points, p); i > 1 && straight(points[i-2:], len(others), len(anomalies)) {
			problem("the point at the threshold %v is no corner", points[i-1].threshold)
		}
	}
	if len(points) < 2 || points[0] != (point{math.Inf(1), 0, 0}) || points[len(points)-1].falses != 1 || points[len(points)-1].trues != 1 {
		problem("the curve does not go from 0, 0 to 1, 1")
		return
	}
	if want, _ := k.areaOf(model); math.Abs(area-want) > 1e-9 {
		problem("the area below its corners is %v, that of all errors %v", area, want)
	}
}

// straight reports whether the second of three points lies on the line between the others, in
// numbers of images.
func straight(p []point, others, anomalies int) bool {
	x := func(i int) int64 { return int64(math.Round(p[i].falses * float64(others))) }
	y := func(i int) int64 { return int64(math.Round(p[i].trues * float64(anomalies))) }
	return (x(1)-x(0))*(y(2)-y(1)) == (x(2)-x(1))*(y(1)-y(0))
}
