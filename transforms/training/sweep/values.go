package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"exemplar/model"
	trainer "exemplar/model/training"
	"exemplar/schemas/words"
	"exemplar/transforms/store"
	"exemplar/transforms/training"
)

// values are the parameters of one run; one that is zero or absent is that of Config.Each.
// Texts are as the flags of the command take them.
type values struct {
	LR      float64 `json:"lr"`
	Batch   int     `json:"batch"`
	Latent  int     `json:"latent"`
	Filters []int   `json:"filters"`

	Loss         string   `json:"loss"`
	Optimizer    string   `json:"optimizer"`
	Momentum     *float64 `json:"momentum"`
	Init         string   `json:"init"`
	InputRange   string   `json:"input_range"`
	Noise        *float64 `json:"noise"`
	L1           *float64 `json:"l1"`
	Dropout      *float64 `json:"dropout"`
	DropoutInput *float64 `json:"dropout_input"`
	Beta         *float64 `json:"beta"`
	Seed         *uint64  `json:"seed"`
}

// grid is the values of each parameter; an empty list is that of Config.Each alone.
type grid struct {
	LR      []float64 `json:"lr"`
	Batch   []int     `json:"batch"`
	Latent  []int     `json:"latent"`
	Filters [][]int   `json:"filters"`

	Loss         []string  `json:"loss"`
	Optimizer    []string  `json:"optimizer"`
	Momentum     []float64 `json:"momentum"`
	Init         []string  `json:"init"`
	InputRange   []string  `json:"input_range"`
	Noise        []float64 `json:"noise"`
	L1           []float64 `json:"l1"`
	Dropout      []float64 `json:"dropout"`
	DropoutInput []float64 `json:"dropout_input"`
	Beta         []float64 `json:"beta"`
	Seed         []uint64  `json:"seed"`
}

// runs returns all combinations; none where nothing is varied.
func (g *grid) runs() []values {
	out := []values{{}}
	out = cross(out, g.LR, func(v *values, x float64) { v.LR = x })
	out = cross(out, g.Batch, func(v *values, x int) { v.Batch = x })
	out = cross(out, g.Latent, func(v *values, x int) { v.Latent = x })
	out = cross(out, g.Filters, func(v *values, x []int) { v.Filters = x })
	out = cross(out, g.Loss, func(v *values, x string) { v.Loss = x })
	out = cross(out, g.Optimizer, func(v *values, x string) { v.Optimizer = x })
	out = cross(out, g.Momentum, func(v *values, x float64) { v.Momentum = &x })
	out = cross(out, g.Init, func(v *values, x string) { v.Init = x })
	out = cross(out, g.InputRange, func(v *values, x string) { v.InputRange = x })
	out = cross(out, g.Noise, func(v *values, x float64) { v.Noise = &x })
	out = cross(out, g.L1, func(v *values, x float64) { v.L1 = &x })
	out = cross(out, g.Dropout, func(v *values, x float64) { v.Dropout = &x })
	out = cross(out, g.DropoutInput, func(v *values, x float64) { v.DropoutInput = &x })
	out = cross(out, g.Beta, func(v *values, x float64) { v.Beta = &x })
	out = cross(out, g.Seed, func(v *values, x uint64) { v.Seed = &x })
	if len(out) == 1 && out[0].name() == "" {
		return nil
	}
	return out
}

// cross returns every run with every value of a list, or as they are with an empty one;
// not many more than maxRuns.
func cross[T any](runs []values, list []T, set func(*values, T)) (out []values) {
	if len(list) == 0 {
		return runs
	}
	for _, v := range runs {
		for _, x := range list {
			w := v
			if set(&w, x); len(out) <= maxRuns {
				out = append(out, w)
			}
		}
	}
	return out
}

// named are the parameters that a run names and the table has a column of its own for, with
// their texts, in the order of values.
func (v values) named() (list [][2]string) {
	text := func(name, x string) {
		if x != "" {
			list = append(list, [2]string{name, x})
		}
	}
	number := func(name string, x *float64) {
		if x != nil {
			text(name, shortest(*x))
		}
	}
	text("loss", v.Loss)
	text("optimizer", v.Optimizer)
	number("momentum", v.Momentum)
	text("init", v.Init)
	text("input_range", v.InputRange)
	number("noise", v.Noise)
	number("l1", v.L1)
	number("dropout", v.Dropout)
	number("dropout_input", v.DropoutInput)
	number("beta", v.Beta)
	if v.Seed != nil {
		text("seed", strconv.FormatUint(*v.Seed, 10))
	}
	return list
}

func shortest(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// name returns the folder of the run: run-lr0.001-latent16-filters8x16-lossmae.
func (v values) name() string {
	var b strings.Builder
	if v.LR != 0 {
		b.WriteString("-lr" + shortest(v.LR))
	}
	if v.Batch != 0 {
		fmt.Fprintf(&b, "-batch%d", v.Batch)
	}
	if v.Latent != 0 {
		fmt.Fprintf(&b, "-latent%d", v.Latent)
	}
	if len(v.Filters) > 0 {
		b.WriteString("-filters" + words.Joined(v.Filters, "x"))
	}
	for _, p := range v.named() {
		b.WriteString("-" + p[0] + inNames.Replace(p[1]))
	}
	if b.Len() == 0 {
		return ""
	}
	return prefix + b.String()
}

// inNames takes what is no part of a folder's name out of texts: normal:0.05, -1,1.
var inNames = strings.NewReplacer(":", "", ",", "to")

// check reports the first value that no run can have, whatever the others are.
func (v values) check() error {
	if v.LR < 0 || v.Batch < 0 || v.Latent < 0 || slices.ContainsFunc(v.Filters, func(f int) bool { return f < 1 }) {
		return errors.New("numbers must be positive")
	}
	for name, x := range map[string]*float64{"noise": v.Noise, "l1": v.L1, "dropout": v.Dropout, "dropout_input": v.DropoutInput, "beta": v.Beta, "momentum": v.Momentum} {
		if x != nil && *x < 0 {
			return fmt.Errorf("%s %g: must be 0 or more", name, *x)
		}
	}
	for name, list := range map[string]struct {
		is    string
		known []string
	}{
		"loss":      {v.Loss, []string{trainer.LossMSE, trainer.LossMAE, trainer.LossBCE}},
		"optimizer": {v.Optimizer, []string{trainer.OptimizerAdam, trainer.OptimizerSGD}},
	} {
		if list.is != "" && !slices.Contains(list.known, list.is) {
			return fmt.Errorf("%s %q: must be one of %s", name, list.is, strings.Join(list.known, ", "))
		}
	}
	if _, err := trainer.ParseInit(cmp.Or(v.Init, trainer.InitGlorot)); err != nil {
		return fmt.Errorf("init %q: %w", v.Init, err)
	}
	if v.InputRange != "" {
		if _, err := model.ParseRange(v.InputRange); err != nil {
			return fmt.Errorf("input_range %q: %w", v.InputRange, err)
		}
	}
	return nil
}

// config returns the training of a run, of which check has found nothing.
func (v values) config(c training.Config) training.Config {
	c.Output = store.Join(c.Output, v.name())
	c.Fit.LR = cmp.Or(v.LR, c.Fit.LR)
	c.Fit.Batch = cmp.Or(v.Batch, c.Fit.Batch)
	c.Latent = cmp.Or(v.Latent, c.Latent)
	if len(v.Filters) > 0 {
		c.Change.Filters = v.Filters
	}
	l := &c.Learner
	l.Loss = cmp.Or(v.Loss, l.Loss)
	if v.Optimizer != "" {
		if was := cmp.Or(l.Optimizer, trainer.OptimizerAdam); was != v.Optimizer {
			l.Momentum = 0
			if v.Optimizer == trainer.OptimizerSGD {
				l.Momentum = trainer.DefaultMomentum
			}
		}
		l.Optimizer = v.Optimizer
	}
	if v.Init != "" {
		l.InitNormal, _ = trainer.ParseInit(v.Init)
	}
	if v.InputRange != "" {
		c.Change.Scale, _ = model.ParseRange(v.InputRange)
	}
	for _, p := range []struct {
		to *float64
		by *float64
	}{{&l.Momentum, v.Momentum}, {&l.Noise, v.Noise}, {&l.L1, v.L1}, {&l.Dropout, v.Dropout}, {&l.DropoutInput, v.DropoutInput}, {&l.Beta, v.Beta}} {
		if p.by != nil {
			*p.to = *p.by
		}
	}
	if v.Seed != nil {
		c.Seed = *v.Seed
	}
	return c
}
