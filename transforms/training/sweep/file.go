package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Largest sweeps that are read.
const (
	maxFile = 1 << 20 // bytes
	maxRuns = 1000
)

// read returns the runs of the file, in its order, each of them sound; of a grid the last
// parameter changes fastest.
func (c Config) read(ctx context.Context) ([]values, error) {
	runs, err := readFile(ctx, c.File)
	if err != nil {
		return nil, err
	}
	for _, v := range runs {
		if err := v.config(c.Each).Validate(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.File, v.name(), err)
		}
	}
	return runs, nil
}

// Named returns the names of the parameters that runs of a file name, sorted.
func Named(ctx context.Context, file string) ([]string, error) {
	runs, err := readFile(ctx, file)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, v := range runs {
		for name, is := range map[string]bool{"lr": v.LR != 0, "batch": v.Batch != 0, "latent": v.Latent != 0, "filters": len(v.Filters) > 0} {
			names[name] = names[name] || is
		}
		for _, p := range v.named() {
			names[p[0]] = true
		}
	}
	maps.DeleteFunc(names, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(names)), nil
}

func readFile(ctx context.Context, file string) ([]values, error) {
	data, err := store.ReadFileLimit(ctx, file, maxFile)
	if err != nil {
		return nil, err
	}
	runs, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("Config.File: %s: %w", file, err)
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
		case v.check() != nil:
			return nil, fmt.Errorf("%s: %w", name, v.check())
		case name == "":
			return nil, errors.New("a run names no value: it needs lr, batch, latent or another of the parameters that differ")
		case seen[name]:
			return nil, fmt.Errorf("%s is there twice", name)
		default:
			seen[name] = true
		}
	}
	return runs, nil
}
