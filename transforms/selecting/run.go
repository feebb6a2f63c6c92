package selecting

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/scratch"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/spaces"
	"exemplar/transforms/store"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.SelectionManifest
	// Made says that this run did work; otherwise nothing was to do.
	Made bool
	// Formulas are not in the manifest: they say nothing about the data.
	Formulas Formulas
}

// Run makes a selection. On success the output folder holds every file that
// selection.json lists, and selection.json, written last.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	return Hold(ctx, c, func(ctx context.Context) (*Result, error) {
		r, err := c.run(ctx, run)
		if err != nil {
			return nil, err
		}
		r.Formulas, err = findFormulas(ctx, c.Output)
		return r, err
	})
}

// Hold does work that belongs to a selection, and its Run within, while no other run
// writes the output.
func Hold(ctx context.Context, c Config, work func(ctx context.Context) (*Result, error)) (*Result, error) {
	return outdir.Held(ctx, c.output(), "select", work)
}

// run makes a selection in a folder that nobody else writes.
func (c Config) run(ctx context.Context, run beamrun.Runner) (*Result, error) {
	o, files, err := plan(ctx, c)
	if err != nil {
		return nil, err
	}
	var m *schemas.SelectionManifest
	disputed := false
	if !c.Overwrite {
		if m, disputed, err = finished(ctx, c.Output, o.Fingerprint); err != nil || m != nil && !disputed {
			return &Result{Manifest: m}, err
		}
		m = nil
	}
	resume := c.Resume && !c.Overwrite && !disputed
	if resume {
		if m, err = complete(ctx, c.Output, resultName(c.Output), o.Fingerprint); err != nil {
			return nil, err
		}
	}
	if m != nil && outdir.DryRun(ctx) {
		return nil, outdir.ErrNoJob
	}
	if m == nil {
		out := c.output()
		out.Parameters, out.Overwrite = c.choices(o.Parameters), c.Overwrite
		if err := out.Agrees(ctx, !c.Resume || c.Overwrite); err != nil {
			return nil, err
		}
		if err := c.replaces(ctx, out, &o, files); err != nil {
			return nil, err
		}
		if m, err = produce(ctx, out, o, files, resume, run); err != nil {
			return nil, err
		}
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("the selection in %s does not add up: %w", c.Output, err)
	}
	if err := spill.Sweep(ctx, o.state()); err != nil {
		return nil, err
	}
	if err := store.Remove(ctx, o.savedName()); err != nil {
		return nil, err
	}
	account(ctx, m)
	return &Result{Manifest: m, Made: true}, c.output().Publish(ctx, m)
}

// account tells of a run in its journal.
func account(ctx context.Context, m *schemas.SelectionManifest) {
	j := runlog.From(ctx)
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

// plan reads what is selected from and checks it.
func plan(ctx context.Context, c Config) (Options, []rows.File, error) {
	if err := c.checkScratch(); err != nil {
		return Options{}, nil, err
	}
	m, data, err := outdir.ReadJSON[schemas.LatentsManifest](ctx, store.Join(c.Input, schemas.LatentsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Options{}, nil, fmt.Errorf("%s holds no %s: name a folder that encode has finished, or the columns of another program's vectors with --id_column and --vector_column", c.Input, schemas.LatentsFile)
	}
	if err != nil {
		return Options{}, nil, err
	}
	if err := m.Validate(); err != nil {
		return Options{}, nil, fmt.Errorf("%s: %w", store.Join(c.Input, schemas.LatentsFile), err)
	}
	kind, d, err := spaces.Parse(c.space(), m.Spec.Dimension)
	if err != nil {
		return Options{}, nil, err
	}
	o := Options{
		Output: c.Output, Shards: c.Shards, Scratch: c.Scratch, Latents: outdir.SHA256(data), ModelSHA256: m.Spec.ModelSHA256,
		Space: kind, Dimension: d, Encoded: m.Spec.Dimension, Rows: m.Rows, Metadata: m.Spec.Metadata,
		Parameters: c.parameters(m.Rows, d), Learnt: m.Learnt(),
	}
	if int64(o.Parameters.Clusters) > m.Rows {
		return o, nil, fmt.Errorf("--clusters=%d is more than the %d images in %s: ask for fewer clusters", o.Parameters.Clusters, m.Rows, c.Input)
	}
	if int64(o.Parameters.FineClusters) > m.Rows {
		return o, nil, fmt.Errorf("--fine_clusters=%d is more than the %d images in %s: ask for fewer", o.Parameters.FineClusters, m.Rows, c.Input)
	}
	for _, column := range centering.Grouped(o.Parameters.Scopes) {
		if column != schemas.ScopeLabel && !slices.Contains(o.Metadata, column) {
			return o, nil, fmt.Errorf("--scope=%s: the latents in %s have no such column: their columns of that kind are %v", column, c.Input, o.Metadata)
		}
	}
	if err := checkShards(ctx, c, &m); err != nil {
		return o, nil, err
	}
	shards := ""
	if c.Shards != "" {
		shards = m.Shards
	}
	files, err := checkFiles(ctx, c.Input, &m)
	if err == nil {
		err = c.readLists(ctx, &o, files)
	}
	if err == nil {
		o.Fingerprint, err = outdir.Fingerprint(schemas.SelectionFormat, o.Latents, shards, o.Parameters)
	}
	return o, files, err
}

// defaultSample returns the rows of the seeding sample.
func defaultSample(p schemas.SelectionParameters, d int) int {
	if p.Auto {
		return kmeans.DefaultSampleSize(kmeans.MaxAuto, d)
	}
	return kmeans.DefaultSampleSize(max(p.Clusters, p.FineClusters), d)
}

// checkShards makes sure that the folder of shards is the one that was encoded.
func checkShards(ctx context.Context, c Config, m *schemas.LatentsManifest) error {
	if c.Shards == "" {
		return nil
	}
	name := store.Join(c.Shards, schemas.ShardsFile)
	_, data, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds no %s: name the folder of the shards that were encoded", c.Shards, schemas.ShardsFile)
	}
	if err != nil {
		return err
	}
	if outdir.SHA256(data) != m.Shards {
		return fmt.Errorf("%s is not the one that %s was encoded from: name the folder of those shards, or encode again", name, c.Input)
	}
	return nil
}

// filesAtOnce is the number of footers that are read at the same time.
const filesAtOnce = 16

// checkFiles looks at the footer of every latents file.
func checkFiles(ctx context.Context, dir string, m *schemas.LatentsManifest) ([]rows.File, error) {
	files := make([]rows.File, len(m.Files))
	errs := make([]error, len(m.Files))
	group, _ := caught.NewTasks(ctx, filesAtOnce)
	for i, info := range m.Files {
		files[i] = rows.File{Path: store.Join(dir, info.File), Rows: info.Rows,
			Dimension: m.Spec.Dimension, ModelSHA256: m.Spec.ModelSHA256, SHA256: info.SHA256}
		group.Go(func() error {
			_, closer, err := rows.OpenFile(ctx, files[i])
			if err == nil {
				err = closer.Close()
			}
			errs[i] = err
			return nil
		})
	}
	group.Wait() // its functions keep their errors in errs, so that the first file is named
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// finished returns the manifest of a selection that is complete and has the
// fingerprint. It is disputed where the state folder holds the result of another
// run, which may have written some of the files.
func finished(ctx context.Context, dir, fingerprint string) (m *schemas.SelectionManifest, disputed bool, err error) {
	if m, err = complete(ctx, dir, store.Join(dir, schemas.SelectionFile), fingerprint); m == nil || err != nil {
		return nil, false, err
	}
	result, ok, err := outdir.ReadManifest[schemas.SelectionManifest](ctx, resultName(dir))
	return m, ok && result.SHA256 != m.SHA256, err
}

// complete returns the manifest in the named file if it is whole, has the
// fingerprint, and all its files are there with their sizes; otherwise nil.
func complete(ctx context.Context, dir, name, fingerprint string) (*schemas.SelectionManifest, error) {
	m, ok, err := outdir.ReadPart(ctx, name, fingerprint, func(m schemas.SelectionManifest) string { return m.Fingerprint })
	if err != nil || !ok || m.Validate() != nil {
		return nil, err
	}
	if seal, err := outdir.SealSelection(m); err != nil || seal != m.SHA256 {
		return nil, err
	}
	for _, f := range m.Files {
		if ok, err := outdir.HasSize(ctx, store.Join(dir, f.File), f.Bytes); err != nil || !ok {
			return nil, err
		}
	}
	return &m, nil
}

// produce removes what an earlier run left but what it goes on with, if it is to resume,
// runs the pipelines and returns their result.
func produce(ctx context.Context, out outdir.Output, o Options, files []rows.File, resume bool, run beamrun.Runner) (*schemas.SelectionManifest, error) {
	shape, err := o.shape(ctx)
	if err != nil {
		return nil, err
	}
	out.Need, out.Missing = o.need(o.picks(1), shape), 1
	var at *saved
	if resume && !outdir.DryRun(ctx) {
		if at, err = o.resumable(ctx); err != nil {
			return nil, err
		}
	}
	if err := out.Clean(ctx, func(name string) bool { return ofVectors(name) || at.keeps(o, name) }); err != nil {
		return nil, err
	}
	place := scratch.Place{Run: rand.Text(), Dir: o.Scratch}
	if o.Scratch == scratchOff {
		place.Run = ""
	}
	defer place.Drop()
	for i := range files {
		files[i].Scratch = place
	}
	meter := progress.Start(rows.Counter, 0, "rows, over all passes")
	defer meter.Stop()

	if err := o.runJobs(ctx, files, at, run); err != nil {
		return nil, err
	}
	m, err := complete(ctx, o.Output, resultName(o.Output), o.Fingerprint)
	if err == nil && m == nil {
		err = fmt.Errorf("the pipeline ended, but %s does not hold its result: run the same command again", o.Output)
	}
	return m, err
}
