package fit

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"exemplar/transforms/run/progress"
)

// Report is the losses of the steps since the report before: means an image, each before
// its step.
type Report struct {
	Step  int64   `json:"step"`  // the last of them, from 1
	Train sums    `json:"train"` // their images and losses
	LR    float64 `json:"lr"`    // of the last
}

// report takes the losses of a step; the first, every ReportSteps-th and the last of
// Config.Steps end a report.
func (r *run) report(l Losses) {
	if r.ReportSteps == 0 {
		return
	}
	r.at.Block.add(l)
	if step := r.at.Step; step != 1 && step%r.ReportSteps != 0 && !r.over() {
		return
	}
	row := Report{Step: r.at.Step, Train: r.at.Block.mean(), LR: r.rate(r.at.Step-1, r.stepsPerEpoch(), r.at.Halvings)}
	r.at.Reports, r.at.Block = append(r.at.Reports, row), sums{}
	of := ""
	if r.Steps > 0 {
		of = " of " + progress.Count(r.Steps)
	}
	r.meter.Println(r.Out, fmt.Sprintf("step %s%s: loss %.5g", progress.Count(row.Step), of, row.Train.Loss))
}

// ReportsCSV returns reports as a table: step, loss, mse and lr, then KL and L1 of the code
// where the loss has them, and the accuracy of a head, which has no mse.
func ReportsCSV(rows []Report) []byte {
	var kl, l1, classes bool
	for _, r := range rows {
		kl, l1, classes = kl || r.Train.KL != 0, l1 || r.Train.L1 != 0, classes || r.Train.Classified
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	line := func(step, loss, mse, lr, divergence, size, accuracy string) {
		fields := []string{step, loss, mse, lr}
		if kl {
			fields = append(fields, divergence)
		}
		if l1 {
			fields = append(fields, size)
		}
		if classes {
			fields = append(fields, accuracy)
		}
		_ = w.Write(fields) // a bytes.Buffer takes everything
	}
	line("step", "loss", "mse", "lr", "kl", "l1", "accuracy")
	for _, r := range rows {
		mse := shortest(r.Train.MSE)
		if classes {
			mse = ""
		}
		line(strconv.FormatInt(r.Step, 10), shortest(r.Train.Loss), mse, shortest(r.LR), shortest(r.Train.KL), shortest(r.Train.L1), shortest(r.Train.Right))
	}
	w.Flush()
	return out.Bytes()
}
