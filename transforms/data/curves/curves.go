// Package curves reads and writes the table of how much training is enough, curve.csv of a model: the
// validation error, and the skill of picks, at some moments of the training.
//
// What lives here: its columns, and what they say together. What never enters: Beam, Parquet,
// Gorgonia, files, flags, printing; how the numbers come about (packages of training).
package curves

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Row is one moment of a training.
type Row struct {
	Share  float64 // of the steps of the run that were made
	Images int64   // that the training has seen, each as often as it came
	Epochs float64 // Images, in passes over the images for training
	Step   int64   // steps that were made

	Loss float64 // of the images that are held out
	MSE  float64 // of them; NaN with a head, which reconstructs nothing

	Picks  float64   // mean number of picks of a fold
	Skills []float64 // of each fold; none where the latents were no numbers to pick by

	// What follows from the skills of all folds, see Fill: their mean and its standard error; by how
	// much it is higher at the end, and the standard error of this difference. NaN where not known.
	Skill, Error        float64
	Change, ChangeError float64
}

// columns are those before the folds.
var columns = []string{"share", "images_seen", "epochs", "step", "val_loss", "val_mse", "picks", "skill", "skill_error", "change", "change_error"}

// Fill fills in what follows from the skills of the folds. The standard error is that of a mean over
// folds; of the difference, of the mean of the differences fold by fold.
func Fill(rows []Row) {
	for i := range rows {
		r := &rows[i]
		r.Skill, r.Error = Mean(r.Skills)
		end := rows[len(rows)-1].Skills
		var change []float64
		for f, skill := range r.Skills {
			if f < len(end) {
				change = append(change, end[f]-skill)
			}
		}
		r.Change, r.ChangeError = Mean(change)
	}
}

// Mean returns the mean of some numbers and its standard error; NaN of none, and an error of NaN of one.
func Mean(v []float64) (mean, standardError float64) {
	n := float64(len(v))
	for _, x := range v {
		mean += x
	}
	mean /= n
	squares := 0.0
	for _, x := range v {
		squares += float64((x - mean) * (x - mean))
	}
	return mean, math.Sqrt(squares / (n - 1) / n)
}

// CSV returns the table: the rows of Fill, and the skills of the folds behind. A number that is not
// known is empty.
func CSV(rows []Row) []byte {
	folds := 0
	for _, r := range rows {
		folds = max(folds, len(r.Skills))
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	head := slices.Clone(columns)
	for f := range folds {
		head = append(head, foldColumn(f))
	}
	_ = w.Write(head) // a bytes.Buffer takes everything
	for _, r := range rows {
		line := []string{text(r.Share), strconv.FormatInt(r.Images, 10), text(r.Epochs), strconv.FormatInt(r.Step, 10)}
		for _, v := range []float64{r.Loss, r.MSE, r.Picks, r.Skill, r.Error, r.Change, r.ChangeError} {
			line = append(line, text(v))
		}
		for f := range folds {
			if f < len(r.Skills) {
				line = append(line, text(r.Skills[f]))
			} else {
				line = append(line, "")
			}
		}
		_ = w.Write(line)
	}
	w.Flush()
	return out.Bytes()
}

func foldColumn(f int) string { return fmt.Sprintf("skill_%d", f+1) }

// text is a number as the table has it; a number that is not known is empty.
func text(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Read reads what CSV wrote. The error says which line is none.
func Read(data []byte) ([]Row, error) {
	lines, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("no CSV: %w", err)
	}
	if len(lines) < 2 {
		return nil, fmt.Errorf("it has no rows")
	}
	head := lines[0]
	folds := len(head) - len(columns)
	for f := range max(folds, 0) {
		if head[len(columns)+f] != foldColumn(f) {
			folds = -1
			break
		}
	}
	if folds < 0 || !slices.Equal(head[:len(columns)], columns) {
		return nil, fmt.Errorf("its columns are not %q, and the folds behind", columns)
	}
	var rows []Row
	for i, line := range lines[1:] {
		r, err := readRow(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+2, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// readRow reads the fields of a line.
func readRow(line []string) (r Row, err error) {
	number := func(column int) float64 {
		if line[column] == "" {
			return math.NaN()
		}
		v, fault := strconv.ParseFloat(line[column], 64)
		if fault == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			fault = strconv.ErrRange
		}
		if fault != nil && err == nil {
			err = fmt.Errorf("%q is no number", line[column])
		}
		return v
	}
	whole := func(column int) int64 {
		n, fault := strconv.ParseInt(line[column], 10, 64)
		if fault != nil && err == nil {
			err = fmt.Errorf("%q is no whole number", line[column])
		}
		return n
	}
	r = Row{Share: number(0), Images: whole(1), Epochs: number(2), Step: whole(3), Loss: number(4), MSE: number(5), Picks: number(6),
		Skill: number(7), Error: number(8), Change: number(9), ChangeError: number(10)}
	for column := len(columns); column < len(line); column++ {
		if line[column] != "" {
			r.Skills = append(r.Skills, number(column))
		}
	}
	return r, err
}
