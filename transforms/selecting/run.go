package selecting

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
)

// stepName is what those read who find the folder held.
const stepName = "select"

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.SelectionManifest
	// Made says that this run did work; otherwise nothing was to do.
	Made bool
	// Damaged says that what an interrupted run had found was damaged, so that this one
	// began at the beginning.
	Damaged bool
	// Formulas are not in the manifest: they say nothing about the data.
	Formulas Formulas
}

// Run makes a selection. On success the output folder holds every file that
// selection.json lists, and selection.json, written last.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	return Hold(ctx, c, func(ctx context.Context) (*Result, error) {
		p, m, _, err := step.Run(ctx, c.output(), stepName, func(ctx context.Context) (*plan, *work, error) {
			return makePlan(ctx, c, run)
		})
		if err != nil {
			return nil, err
		}
		r := &Result{Manifest: m, Made: p.made, Damaged: p.damaged}
		r.Formulas, err = findFormulas(ctx, c.Output)
		return r, err
	})
}

// Hold does work that belongs to a selection, and its Run within, while no other run
// writes the output.
func Hold(ctx context.Context, c Config, work func(ctx context.Context) (*Result, error)) (*Result, error) {
	return outdir.Held(ctx, c.output(), stepName, work)
}

// account tells of a run in its journal.
func account(j *runlog.Step, m *schemas.SelectionManifest, _ int) {
	j.Count("images", m.Rows)
	j.Count("eligible", m.Eligible)
	j.Count("excluded", m.Excluded)
	j.Count("picks", m.Picks)
	j.Count("images_picked", m.Picked)
	j.Count("files", int64(len(m.Files)))
	hands := map[string]int{"excluded_by_name": len(m.Parameters.Picking.Exclude), "asked_for_by_name": len(m.Parameters.Picking.Include)}
	if h := m.EarlierHands; h != nil {
		hands["thrown_out_by_name"] = len(h.Dropped)
	}
	if e := m.Parameters.Picking.Extend; e != nil {
		for _, t := range e.Targets {
			hands["kept_picks"] += len(t.ImageIDs)
		}
	}
	for name, n := range hands {
		if n > 0 {
			j.Count(name, int64(n))
		}
	}
	if c := m.Clustering; c != nil {
		j.Count("clusters", int64(c.Clusters))
		j.Count("passes", int64(c.Passes))
	}
}

// Claim returns the error that Run would end with because of what lies in its output.
func Claim(ctx context.Context, c Config) error { return c.output().Claim(ctx) }

func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.SelectionFile, Owns: owns}
}
