package selecting

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/scratch"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/run/step"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/store"
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
	// Strategy says where a strategy is from that was not given, and that a folder decided,
	// and what of an extended selection's way of picking the new picks do not have;
	// "" otherwise.
	Strategy string
	// Formulas are not in the manifest: they say nothing about the data.
	Formulas Formulas
	// Unpicked are the groups of each of the manifest's Sets that no pick is of; nil where all
	// have one, and of representative picks, of which the manifest counts them.
	Unpicked [][]string
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
		r := &Result{Manifest: m, Made: p.made, Damaged: p.damaged, Strategy: p.strategy}
		if r.Formulas, err = findFormulas(ctx, c.Output); err != nil {
			return nil, err
		}
		if r.Unpicked, err = unpicked(ctx, c.Output, m); !p.made {
			err = nil // what is damaged since is for verify to say
		}
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
	if m.Outside > 0 {
		j.Count("outside", m.Outside)
	}
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
	return outdir.Output{Dir: c.Output, Manifest: schemas.SelectionFile, Owns: owns}.Reading(c.Input, c.Shards, c.Extend)
}

// plan is everything a run decides before the first pipeline starts, and what it finds in
// its folder.
type plan struct {
	config   Config
	options  Options
	files    []rows.File // of the latents
	out      outdir.Output
	shape    schemas.ImageShape // of the images in the shards; zero without any
	disputed bool               // selection.json and the result in the state folder are of different runs
	whole    bool               // an interrupted run left all but selection.json
	at       *saved             // what the jobs of an interrupted run found; nil without
	damaged  bool               // they had found something, and it is damaged
	labeled  bool               // the folder holds the table of labels, which may be Config.Labels itself
	made     bool               // selection.json, by this run
	strategy string             // Result.Strategy
}

// work is the plan as package step carries it out. A selection has no parts: its jobs
// save what they find, and the last one leaves what becomes selection.json.
type work = step.Work[struct{}, step.Whole, schemas.SelectionManifest]

func makePlan(ctx context.Context, c Config, run beamrun.Runner) (*plan, *work, error) {
	given := c.Parameters.Picking
	c, decided, err := c.decided(ctx)
	if err != nil {
		return nil, nil, err
	}
	o, files, err := options(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	p := &plan{config: c, options: o, files: files, out: c.output(), strategy: c.said(&decided, given, o.Foreign)}
	if p.labeled, err = o.hasLabels(ctx); err != nil {
		return nil, nil, err
	}
	p.out.Parameters = c.choices(o.Parameters)
	return p, &work{
		Output: p.out, Resume: c.Resume, Overwrite: c.Overwrite,
		Finished: p.finished, Replaces: p.replaces, Left: p.left, Keep: p.keeps, Precheck: p.precheck,
		Need:    func([]struct{}) int64 { return o.need(o.picks(1, 0), p.shape) },
		Execute: func(ctx context.Context, _ []struct{}) error { return p.execute(ctx, run) },
		Merge:   p.merge, Account: account,
	}, nil
}

// finished reports whether the selection that is there is this one, and complete. It is
// disputed where the state folder holds the result of another run, which may have written
// some of the files.
func (p *plan) finished(ctx context.Context, there *schemas.SelectionManifest) (bool, error) {
	if ok, err := p.stands(ctx, there); err != nil || !ok {
		return false, err
	}
	result, ok, err := outdir.ReadManifest[schemas.SelectionManifest](ctx, resultName(p.config.Output))
	p.disputed = ok && result.SHA256 != there.SHA256
	return !p.disputed, err
}

// stands reports whether a manifest is of this selection and whole, and all its files are
// there with their sizes.
func (p *plan) stands(ctx context.Context, m *schemas.SelectionManifest) (bool, error) {
	if o := &p.options; m.Fingerprint != o.Fingerprint && (o.Before == "" || m.Fingerprint != o.Before) || m.Validate() != nil {
		return false, nil
	}
	if seal, err := outdir.SealSelection(*m); err != nil || seal != m.SHA256 {
		return false, err
	}
	for _, f := range m.Files {
		if ok, err := outdir.HasSize(ctx, store.Join(p.config.Output, f.File), f.Bytes); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// result returns what the last job left; nil where it does not stand.
func (p *plan) result(ctx context.Context) (*schemas.SelectionManifest, error) {
	m, ok, err := outdir.ReadManifest[schemas.SelectionManifest](ctx, resultName(p.config.Output))
	if err != nil || !ok {
		return nil, err
	}
	if ok, err = p.stands(ctx, &m); err != nil || !ok {
		return nil, err
	}
	return &m, nil
}

// left finds what an interrupted run left: its result, or what its jobs have found.
func (p *plan) left(ctx context.Context) (whole bool, err error) {
	if p.disputed {
		return false, nil
	}
	m, err := p.result(ctx)
	if p.whole = m != nil; p.whole || err != nil {
		return p.whole, err
	}
	p.at, p.damaged, err = p.options.resumable(ctx)
	return false, err
}

// keeps reports whether a file stays: vectors of another program, and what an interrupted
// run left.
func (p *plan) keeps(name string) bool {
	return ofVectors(name) || name == schemas.LabelsCSV && p.labeled || p.whole && !store.IsPartial(name) || p.at.keeps(p.options, name)
}

// precheck finds the shape of the images, all of whose shards must be there.
func (p *plan) precheck(ctx context.Context, _ []struct{}) (err error) {
	if p.options.limits != nil {
		return p.options.limits
	}
	if !p.whole {
		p.shape, err = p.options.shape(ctx)
	}
	return err
}

// execute runs the pipelines.
func (p *plan) execute(ctx context.Context, run beamrun.Runner) error {
	place := scratch.Place{Run: rand.Text(), Dir: p.options.Scratch}
	if p.options.Scratch == scratchOff {
		place.Run = ""
	}
	defer place.Drop()
	for i := range p.files {
		p.files[i].Scratch = place
	}
	meter := progress.Start(rows.Counter, 0, "rows, over all passes")
	defer meter.Stop()
	return p.options.runJobs(ctx, p.files, p.at, run)
}

// merge takes the result of the last job, and removes what the jobs had saved.
func (p *plan) merge(ctx context.Context, _ iter.Seq2[step.Whole, error]) (*schemas.SelectionManifest, error) {
	m, err := p.result(ctx)
	if err == nil && m == nil {
		err = fmt.Errorf("the pipeline ended, but %s does not hold its result: run the same command again", p.config.Output)
	}
	if err == nil {
		err = spill.Sweep(ctx, p.options.state())
	}
	if err == nil {
		err = store.Remove(ctx, p.options.savedName())
	}
	p.made = err == nil
	return m, err
}
