package querying

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// Result is what a run found.
type Result struct {
	Manifest *schemas.QueryManifest
	Made     bool // false: the output held this query already
	// Neighbours or Tails are the rows of the table; nil where nothing was made.
	Neighbours []schemas.Neighbour
	Tails      []schemas.Tail
	// Zero is the number of images whose vector is zero and has no direction, where cosine
	// distances were measured: they are ranked at 1. It is 0 where nothing was made.
	Zero int64
	// Notes say what was done to read the image where it is a file, and what its pixels are.
	Notes []string
}

// plan is a query before anything is written, and then what it found.
type plan struct {
	config   Config
	in       *input
	query    *query      // nil with Config.Tails
	shards   *shards     // for the contact sheet; nil without
	decoder  *model.Plan // for that of Config.Tails; nil without
	manifest schemas.QueryManifest

	files      map[string][]byte // what is written
	neighbours []schemas.Neighbour
	tails      []schemas.Tail
	zero       int64
}

// work is the plan as package step carries it out.
type work = step.Work[struct{}, step.Whole, schemas.QueryManifest]

// makePlan reads what is compared, and decides what stands for the query.
func (c Config) makePlan(ctx context.Context) (*plan, *work, error) {
	in, err := openInput(ctx, c.Input)
	if err != nil {
		return nil, nil, err
	}
	p := &plan{config: c, in: in, manifest: schemas.QueryManifest{Format: schemas.QueryFormat, CodeVersion: schemas.CodeVersion,
		Latents: in.sha, ModelSHA256: in.manifest.Spec.ModelSHA256, Dimension: in.manifest.Spec.Dimension, Rows: in.manifest.Rows, Parameters: c.parameters()}}
	if err := c.checkModel(ctx, in); err != nil {
		return nil, nil, err
	}
	if err := p.readSheet(ctx); err != nil {
		return nil, nil, err
	}
	if c.Tails == "" {
		if p.query, err = c.resolve(ctx, in); err != nil {
			return nil, nil, err
		}
		p.manifest.Parameters.Image, p.manifest.Query = p.query.name, &p.query.image
	} else if !in.manifest.Spec.Reconstruct {
		return nil, nil, fmt.Errorf("Config.Tails=%s: the latents in %s have no column %s, which encode writes where encoding.Config.Reconstruct asks for it", c.Tails, c.Input, schemas.ColMSE)
	}
	m := &p.manifest
	if m.Fingerprint, err = Fingerprint(m); err != nil {
		return nil, nil, err
	}
	out := c.output()
	out.Parameters = choices(m.Parameters, m.Shards != "")
	return p, &work{
		Output: out, Resume: true, Overwrite: c.Overwrite, Finished: p.finished, Replaces: p.replaces,
		Need: func([]struct{}) int64 { return p.need() }, Compute: p.compute, Execute: p.execute, Merge: p.merge, Account: account,
	}, nil
}

// Fingerprint stands for everything that decides the files of a query.
func Fingerprint(m *schemas.QueryManifest) (string, error) {
	return outdir.Fingerprint(schemas.QueryFormat, schemas.FingerprintVersion, m.Latents, m.Parameters, m.Query, m.Shards)
}

// readSheet reads what a contact sheet is made of, where one is asked for.
func (p *plan) readSheet(ctx context.Context) (err error) {
	c := p.config
	if c.Shards == "" {
		return nil
	}
	if p.shards, err = c.readShards(ctx, p.in); err != nil {
		return err
	}
	if err := outdir.ShardsThere(ctx, c.Shards); err != nil {
		return err
	}
	p.manifest.Shards = p.in.manifest.Shards
	if c.Tails != "" {
		p.decoder, err = c.readModel(ctx, p.in, "the contact sheet that Config.Shards asks for", true)
	}
	return err
}

// need returns about how many bytes are written.
func (p *plan) need() int64 {
	bytes := int64(p.config.Top)*200 + 4*int64(p.manifest.Dimension) + 1<<16
	if p.shards != nil {
		bytes += 4 * SheetMost * largest * largest
	}
	return bytes
}

// compute finds the images and makes all files in memory.
func (p *plan) compute(ctx context.Context) (err error) {
	m := &p.manifest
	p.files = map[string][]byte{}
	var found lists
	titles := m.Parameters.Metrics
	var lines [][]string
	csv, parquet := m.Table()
	if p.query != nil {
		if found, p.zero, err = p.in.neighbors(ctx, p.query, m.Parameters); err != nil {
			return err
		}
		p.neighbours = neighborRows(found, m.Parameters.Metrics)
		lines = tables.NeighbourLines(m, p.neighbours)
		p.files[schemas.QueryVector] = writeVector(p.query.x)
		p.files[parquet], err = writeParquet(p.neighbours)
	} else {
		if found, err = p.in.tails(ctx, m.Parameters.Top); err != nil {
			return err
		}
		titles = []string{"best: original, reconstruction, difference", "worst: original, reconstruction, difference"}
		p.tails = tailRows(found)
		lines = tables.TailLines(m, p.tails)
		p.files[parquet], err = writeParquet(p.tails)
	}
	if err != nil {
		return err
	}
	m.Found = int64(len(lines) - 1)
	if p.files[csv], err = writeCSV(lines); err != nil || p.shards == nil {
		return err
	}
	return p.drawSheet(ctx, titles, found)
}

// drawSheet makes the contact sheet.
func (p *plan) drawSheet(ctx context.Context, titles []string, found lists) error {
	s, err := newSheet(ctx, p.in, p.shards, titles, found)
	if err != nil {
		return err
	}
	s.plan = p.decoder
	if p.query != nil {
		s.ask(p.query)
	}
	p.files[schemas.ContactSheet], p.manifest.Sheet, err = s.draw(ctx)
	return err
}

// execute writes the files.
func (p *plan) execute(ctx context.Context, _ []struct{}) error {
	for _, name := range p.manifest.Names() {
		if err := store.WriteFile(ctx, store.Join(p.config.Output, name), p.files[name]); err != nil {
			return err
		}
	}
	return nil
}

// merge lists the files in the manifest and seals it.
func (p *plan) merge(context.Context, iter.Seq2[step.Whole, error]) (*schemas.QueryManifest, error) {
	m := &p.manifest
	for _, name := range m.Names() {
		data := p.files[name]
		m.Files = append(m.Files, schemas.FileInfo{File: name, Bytes: int64(len(data)), SHA256: outdir.SHA256(data)})
	}
	var err error
	m.SHA256, err = outdir.SealQuery(*m)
	return m, err
}

// account tells of a query in its journal.
func account(j *runlog.Step, m *schemas.QueryManifest, _ int) {
	j.Count("images", m.Rows)
	j.Count("found", m.Found)
}

// Plan says what Run would do, and refuses what it would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, _, done, err := step.Check(ctx, c.output(), c.makePlan)
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: c.Output + " already holds this query."}, nil
	}
	m := &p.manifest
	text := &preflight.Plan{Memory: runlog.PeakMemory() + p.memory()}
	text.Reading("%s of %s in %s, once, in %s", words.Plural(m.Rows, "latent vector", "latent vectors"), words.Plural(m.Dimension, "dimension", "dimensions"), words.Plural(len(p.in.files), "file", "files"), c.Input)
	what := "the nearest images of each of " + strings.Join(m.Parameters.Metrics, ", ")
	if c.Tails != "" {
		what = "the images that are reconstructed best, and those that are worst"
	}
	if p.shards != nil {
		text.Reading("the images of the contact sheet, of %s, in %s", p.shards.manifest.Image, c.Shards)
	}
	if p.query != nil {
		text.Notes = p.query.notes
	}
	text.Writing("%s, %d of each at most: %s, about %s, in %s%s", what, c.Top, strings.Join(p.names(), ", "), progress.Bytes(p.need()), c.Output, preflight.Free(c.Output))
	return text, nil
}

// names returns the files that will be written.
func (p *plan) names() []string {
	m := p.manifest
	if p.shards != nil {
		m.Sheet = &schemas.QuerySheet{}
	}
	return m.Names()
}

// memory returns about what a run holds: a batch of each file that is open, the lists, and
// the pictures of the contact sheet.
func (p *plan) memory() int64 {
	bytes := int64(filesAhead()+2) * (36<<20 + 200*int64(p.config.Top))
	if p.shards != nil {
		bytes += 2 * SheetMost * 8 * largest * largest * int64(p.shards.manifest.Image.Channels)
	}
	return bytes
}

// Run finds the images. On success the output folder holds every file that query.json
// lists, and query.json, written last.
func Run(ctx context.Context, c Config) (*Result, error) {
	p, m, made, err := step.Run(ctx, c.output(), Step, c.makePlan)
	if err != nil {
		return nil, err
	}
	r := &Result{Manifest: m, Made: made > 0, Neighbours: p.neighbours, Tails: p.tails, Zero: p.zero}
	if p.query != nil {
		r.Notes = p.query.notes
	}
	return r, nil
}
