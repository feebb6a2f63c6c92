package publish

import (
	"context"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// pageBytes is about what a page and the files beside it have at most, with pictures
// in it.
const pageBytes = 24 << 20

// need returns about how many bytes the report has at most.
func (c Config) need(e reporting.Extent) int64 {
	bytes := int64(pageBytes)
	if c.DeepZoom && e.Shards != "" {
		bytes += e.Images * sheetBytes
	}
	if c.Link && e.Shards != "" {
		bytes += 4 * e.Picks * int64(e.Image.Bytes())
	}
	return bytes
}

// sheetBytes is about what an image has in the contact sheet and in its smaller
// copies, at 64 pixels a side.
const sheetBytes = 4 << 10

// Plan says what Run would do, and refuses what it would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	c = c.placed()
	source, fingerprint, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	figures, err := c.checkWidgets(ctx, source)
	if err != nil {
		return nil, err
	}
	s, err := openShelf(ctx, c.Output, &written{})
	if err != nil {
		return nil, err
	}
	if err := s.claim(ctx, c.wanted(source.Extent())); err != nil {
		return nil, err
	}
	if size, err := s.finished(ctx, fingerprint); err != nil {
		return nil, err
	} else if size > 0 && !c.Overwrite {
		if figures.wanted() {
			p := &preflight.Plan{Memory: runlog.PeakMemory() + reportBytes}
			p.Note("%s is there already", c.Output)
			figures.tell(p, c.Widgets)
			return p, nil
		}
		return &preflight.Plan{Nothing: c.Output + " is there already."}, nil
	}
	if err := c.replaces(ctx, s); err != nil {
		return nil, err
	}
	e := source.Extent()
	dir := store.Dir(store.Join(c.Output))
	if err := preflight.Room(dir, c.need(e)); err != nil {
		return nil, err
	}
	if err := c.check(ctx, source); err != nil {
		return nil, err
	}
	p := &preflight.Plan{}
	p.Reading("%s, in %s", words.Plural(e.Picks, "pick", "picks"), c.Report.Selection)
	p.Reading("%s of %s, in %s", words.Plural(e.Rows, "latent vector", "latent vectors"), words.Plural(e.Dimension, "dimension", "dimensions"), e.Latents)
	if e.Shards != "" {
		p.Reading("pictures of %s, in %s", e.Image, e.Shards)
	} else {
		p.Note("there are no shards, and so no pictures")
	}
	for _, note := range source.Notes() {
		p.Note("%s", note)
	}
	if e.Model != "" {
		p.Reading("the model, in %s", e.Model)
	}
	p.Writing("a page and what lies beside it, at most about %s: %s%s", progress.Bytes(c.need(e)), c.Output, preflight.Free(dir))
	figures.tell(p, c.Widgets)
	p.Memory = runlog.PeakMemory() + reportBytes + e.Rows*rowBytes + c.Report.MapMemory(e.Rows)
	return p, nil
}

// What a report holds: pictures and pages in the making, and a point of the map for
// every row.
const (
	reportBytes = 96 << 20
	rowBytes    = 100
)

// placed returns the configuration with the names of the page and of the folder of
// pictures beside it.
func (c Config) placed() Config {
	if c.Output == "" {
		c.Output = store.Join(c.Report.Selection, schemas.ReportPage)
	}
	if c.Link {
		c.Report.Link = store.Join(store.Dir(store.Join(c.Output)), schemas.ReportDir)
	}
	return c
}

// open reads what the report is made from.
func (c Config) open(ctx context.Context) (*reporting.Sources, string, error) {
	if err := c.checkOutput(ctx); err != nil {
		return nil, "", err
	}
	source, err := reporting.Open(ctx, c.Report)
	if err != nil {
		return nil, "", err
	}
	if !c.LeaveOut {
		source.CompareScale(c.Figure.PixelsPerMicron)
	}
	fingerprint, err := source.Fingerprint(c.Figure, c.FigureSets, c.LeaveOut, c.DeepZoom, c.Sheet)
	return source, fingerprint, err
}
