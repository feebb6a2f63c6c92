package sweep

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/store"
	"exemplar/transforms/training"
)

// Largest sweeps that are read.
const (
	maxFile = 1 << 20 // bytes
	maxRuns = 1000
)

// values are the parameters of one run; a zero one is that of Config.Each.
type values struct {
	LR      float64 `json:"lr"`
	Batch   int     `json:"batch"`
	Latent  int     `json:"latent"`
	Filters []int   `json:"filters"`
}

// grid is the values of each parameter; an empty list is that of Config.Each alone.
type grid struct {
	LR      []float64 `json:"lr"`
	Batch   []int     `json:"batch"`
	Latent  []int     `json:"latent"`
	Filters [][]int   `json:"filters"`
}

// read returns the runs of the file, in its order, each of them sound; of a grid the last
// parameter changes fastest.
func (c Config) read(ctx context.Context) ([]values, error) {
	data, err := store.ReadFileLimit(ctx, c.File, maxFile)
	if err != nil {
		return nil, err
	}
	runs, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("Config.File: %s: %w", c.File, err)
	}
	for _, v := range runs {
		if err := v.config(c.Each).Validate(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.File, v.name(), err)
		}
	}
	return runs, nil
}

func parse(data []byte) ([]values, error) {
	var file struct {
		Grid *grid    `json:"grid"`
		Runs []values `json:"runs"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, schemas.JSONError(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("data after the JSON object")
	}
	runs := file.Runs
	if file.Grid != nil {
		if len(runs) > 0 {
			return nil, errors.New("it has grid and runs: one of them is enough")
		}
		runs = file.Grid.runs()
	}
	if len(runs) == 0 || len(runs) > maxRuns {
		return nil, fmt.Errorf("it has %d runs: must be 1 to %d", len(runs), maxRuns)
	}
	seen := map[string]bool{}
	for _, v := range runs {
		switch name := v.name(); {
		case v.LR < 0 || v.Batch < 0 || v.Latent < 0 || slices.ContainsFunc(v.Filters, func(f int) bool { return f < 1 }):
			return nil, fmt.Errorf("run %+v: numbers must be positive", v)
		case name == "":
			return nil, errors.New("a run names no value: it needs lr, batch, latent or filters")
		case seen[name]:
			return nil, fmt.Errorf("%s is there twice", name)
		default:
			seen[name] = true
		}
	}
	return runs, nil
}

// runs returns all combinations; none where nothing is varied.
func (g *grid) runs() (out []values) {
	if len(g.LR)+len(g.Batch)+len(g.Latent)+len(g.Filters) == 0 {
		return nil
	}
	for _, lr := range orZero(g.LR) {
		for _, batch := range orZero(g.Batch) {
			for _, latent := range orZero(g.Latent) {
				for _, filters := range orZero(g.Filters) {
					if out = append(out, values{lr, batch, latent, filters}); len(out) > maxRuns {
						return out
					}
				}
			}
		}
	}
	return out
}

// orZero returns the list, or for an empty one its zero value alone.
func orZero[T any](list []T) []T {
	if len(list) == 0 {
		return make([]T, 1)
	}
	return list
}

// name returns the folder of the run: run-lr0.001-latent16-filters8x16.
func (v values) name() string {
	var b strings.Builder
	if v.LR != 0 {
		b.WriteString("-lr" + strconv.FormatFloat(v.LR, 'g', -1, 64))
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
	if b.Len() == 0 {
		return ""
	}
	return prefix + b.String()
}

// config returns the training of a run.
func (v values) config(c training.Config) training.Config {
	c.Output = store.Join(c.Output, v.name())
	c.Fit.LR = cmp.Or(v.LR, c.Fit.LR)
	c.Fit.Batch = cmp.Or(v.Batch, c.Fit.Batch)
	c.Latent = cmp.Or(v.Latent, c.Latent)
	if len(v.Filters) > 0 {
		c.Change.Filters = v.Filters
	}
	return c
}
