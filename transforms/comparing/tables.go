package comparing

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// number writes v as the shortest decimal that reads back as it; NaN is nothing.
func number(v float64) string {
	switch {
	case v != v:
		return ""
	case math.IsInf(v, 1):
		return "inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// writeCSV renders lines below the names of their columns.
func writeCSV(columns []string, lines [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(columns); err != nil {
		return nil, err
	}
	err := w.WriteAll(lines)
	return b.Bytes(), err
}

// tables renders the tables.
func (p *plan) tables() error {
	for _, t := range []struct {
		name    string
		columns []string
		lines   [][]string
	}{
		{schemas.ModelsCSV, schemas.ModelsColumns, p.modelLines()},
		{schemas.RateCSV, schemas.RateColumns, p.rateLines()},
		{schemas.CodesCSV, schemas.CodesColumns, p.codeLines()},
		{schemas.CorrelationCSV, schemas.CorrelationColumns, p.correlationLines()},
		{schemas.SubspaceCSV, schemas.SubspaceColumns, p.angleLines()},
		{schemas.ROCCSV, schemas.ROCColumns, p.rocLines()},
	} {
		if t.name == schemas.ROCCSV && p.anomaly == nil {
			continue
		}
		var err error
		if p.files[t.name], err = writeCSV(t.columns, t.lines); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) modelLines() (lines [][]string) {
	for _, m := range p.models {
		images, seconds := "", ""
		if m.Images > 0 {
			images = fmt.Sprint(m.Images)
		}
		if m.Seconds > 0 {
			seconds = number(m.Seconds)
		}
		lines = append(lines, []string{m.Folder, m.Kind, fmt.Sprint(m.Dimensions), fmt.Sprint(m.Encoder), fmt.Sprint(m.Decoder), fmt.Sprint(m.Encoder + m.Decoder), images,
			number(m.BitsPerPixel), number(m.MSE), number(m.MAE), number(PSNR(m.MSE)), number(m.MSE8), number(m.MAE8), number(m.Missed), number(m.AUROC), number(m.SE), number(m.Cosine), seconds})
	}
	return lines
}

func (p *plan) rateLines() (lines [][]string) {
	for _, r := range p.rates {
		lines = append(lines, []string{r.Method, r.Model, fmt.Sprint(r.Parameter), number(r.Bits), number(r.MSE), number(r.MAE), number(PSNR(r.MSE))})
	}
	return lines
}

func (p *plan) codeLines() (lines [][]string) {
	for i, m := range p.moments {
		c := &p.found.codes[i]
		for d := range m.mean {
			lines = append(lines, []string{p.models[i].Folder, fmt.Sprint(d), number(m.mean[d]), number(m.variance[d]), fmt.Sprint(c.zeros[d]), number(c.ranges[d].Low), number(c.ranges[d].High)})
		}
	}
	return lines
}

func (p *plan) correlationLines() (lines [][]string) {
	for at, m := range p.moments {
		for i, row := range m.r {
			for k, r := range row {
				lines = append(lines, []string{p.models[at].Folder, fmt.Sprint(i), fmt.Sprint(i + 1 + k), number(r)})
			}
		}
	}
	return lines
}

func (p *plan) angleLines() (lines [][]string) {
	for _, a := range p.angles {
		for i, v := range a.Degrees {
			lines = append(lines, []string{a.Model, a.Other, fmt.Sprint(i), number(v)})
		}
	}
	return lines
}

func (p *plan) rocLines() (lines [][]string) {
	for i, r := range p.rocs {
		for _, c := range r.corners {
			lines = append(lines, []string{p.models[i].Folder, number(c.threshold), number(float64(c.falses) / float64(r.negatives)), number(float64(c.all) / float64(r.positives))})
		}
	}
	return lines
}

// rowGroup is the number of rows of a row group of errors.parquet.
const rowGroup = 1 << 16

// writeErrors writes errors.parquet, a model after the other, its images in the order of the
// shards.
func (p *plan) writeErrors(out io.Writer) error {
	w := parquet.NewGenericWriter[schemas.ImageErrors](out, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowGroup),
		parquet.KeyValueMetadata(schemas.FooterFormat, schemas.CompareFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	rows := make([]schemas.ImageErrors, 0, 1024)
	for i, m := range p.models {
		for k, e := range p.measured.errors[i] {
			rows = append(rows, schemas.ImageErrors{ImageID: p.found.ids[k], Label: p.found.labels[k], Model: m.Folder, MSE: e.mse, MAE: e.mae, MSE8: e.mse8, MAE8: e.mae8})
			if len(rows) < cap(rows) && k < len(p.found.ids)-1 {
				continue
			}
			if _, err := w.Write(rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return w.Close()
}
