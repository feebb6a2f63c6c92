package fit

import (
	"context"
	"fmt"
	"iter"
	"math"

	"exemplar/model"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/progress"
)

// CurveShares are the shares of the steps of a run after which Config.Curve measures: what is learned
// first is learned fast, and who asks whether a tenth is enough wants to see that and what is before it, so
// they are nearly even on a logarithmic axis; behind the half, where a run is long, they are closer together.
var CurveShares = []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1}

// Curve measures a run at some moments.
type Curve struct {
	// Images are those that the losses of a moment are means of, the same ones each time.
	Images func(context.Context) iter.Seq2[records.Image, error]
	// Skills grades picks by the latents of the present weights, see curves.Row.
	Skills func(context.Context, *model.Model) (skills []float64, picks float64, err error)
}

// Point is a moment of the run that was measured.
type Point struct {
	Step   int64     `json:"step"`   // steps that were made
	Images int64     `json:"images"` // that were seen
	Held   sums      `json:"held"`   // of Curve.Images
	Picks  float64   `json:"picks"`
	Skills []float64 `json:"skills,omitempty"`
}

// planned returns the steps of the run.
func (r *run) planned() int64 {
	if r.Steps > 0 {
		return r.Steps
	}
	return int64(r.Epochs) * r.stepsPerEpoch()
}

// due reports whether the moment after a step is one of the curve. Of few steps several shares are one.
func (r *run) due(step int64) bool {
	for _, share := range CurveShares {
		if step == max(1, int64(math.Ceil(share*float64(r.planned())))) {
			return true
		}
	}
	return false
}

// point measures the present weights, if this is a moment of the curve, or in any case at the end.
func (r *run) point(ctx context.Context, end bool) error {
	n := len(r.at.Curve)
	if r.Curve == nil || n > 0 && r.at.Curve[n-1].Step == r.at.Step || !end && !r.due(r.at.Step) {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	p := Point{Step: r.at.Step, Images: int64(r.at.Epoch)*r.data.Training + r.at.Images}
	for batch, err := range dataset.Batches(r.Curve.Images(ctx), r.Batch, readAhead) {
		if err == nil {
			err = r.label(batch)
		}
		if err != nil {
			return err
		}
		losses, err := r.learner.Evaluate(pixels(batch))
		if err != nil {
			return err
		}
		p.Held.add(losses)
	}
	if p.Held = p.Held.mean(); !finite(p.Held.Loss, p.Held.MSE, p.Held.KL, p.Held.L1) {
		return nil // the guard ends such a run
	}
	var err error
	if p.Skills, p.Picks, err = r.Curve.Skills(ctx, r.learner.Model()); err != nil {
		return err
	}
	r.at.Curve = append(r.at.Curve, p)
	row := r.curve()[n]
	r.meter.Println(r.Out, fmt.Sprintf("%s of the run, %s %s seen: val_loss %.5g, skill of the picks %s", curves.Percent(row.Share), progress.Count(row.Images), r.things(), row.Loss, row.Text()))
	return nil
}

// curve returns the rows of the moments that were measured.
func (r *run) curve() (rows []curves.Row) {
	for _, p := range r.at.Curve {
		row := curves.Row{Share: float64(p.Step) / float64(r.planned()), Images: p.Images, Epochs: float64(p.Images) / float64(r.data.Training), Step: p.Step,
			Loss: p.Held.Loss, MSE: p.Held.MSE, Picks: p.Picks, Skills: p.Skills}
		if p.Held.Classified {
			row.MSE = math.NaN()
		}
		rows = append(rows, row)
	}
	curves.Fill(rows)
	return rows
}
