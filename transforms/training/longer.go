package training

import (
	"context"
	"fmt"
	"slices"

	"exemplar/model"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/training/fit"
)

// modelOf is the fingerprint of the model of so many epochs of steps with a fingerprint.
func (p *plan) modelOf(steps string, epochs int) (string, error) {
	if p.Baseline {
		return outdir.Fingerprint(steps, epochs, p.linear)
	}
	return outdir.Fingerprint(steps, epochs)
}

// longer reports whether a model that is there stands though it was trained for more epochs,
// by the same steps: where nobody asked for fewer. Where somebody did, it is refused.
func (p *plan) longer(t *model.Training) (epochs int, err error) {
	number := func(v any) int { f, _ := v.(float64); return int(f) }
	asked, made := number(t.Parameters["epochs"]), number(t.Metrics["epochs"])
	if p.Fit.Steps > 0 || made <= p.Fit.Epochs {
		return 0, nil
	}
	var of []string
	for _, steps := range []string{p.steps, p.earlierSteps} {
		if steps == "" {
			continue
		}
		fingerprint, err := p.modelOf(steps, asked)
		if err != nil {
			return 0, err
		}
		of = append(of, fingerprint)
	}
	if is, _ := t.Parameters[parameterFingerprint].(string); !slices.Contains(of, is) {
		return 0, nil
	}
	if !p.Longer {
		return 0, p.output().Refuse([]string{fmt.Sprintf("Config.Epochs is %d here and was %d there", p.Fit.Epochs, asked)})
	}
	return made, nil
}

// beyond refuses the checkpoint of an unfinished training that has more epochs behind it
// than there are to be: it would start again.
func (p *plan) beyond(ctx context.Context) error {
	epochs, err := fit.Beyond(ctx, p.fitConfig())
	if err != nil || epochs == 0 {
		return err
	}
	return fmt.Errorf("output folder %s holds an unfinished training with %d epochs behind it, and Config.Epochs is %d here: give Config.Epochs=%[2]d or more to go on, choose another Config.Output, or Config.Overwrite to train again",
		p.Output, epochs, p.Fit.Epochs)
}
