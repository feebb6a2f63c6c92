package publish

import (
	"context"
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/reporting"
	"exemplar/transforms/reporting/widgets"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// widgetsConfig says where the figures go that an article embeds.
func (c Config) widgetsConfig(source *reporting.Sources) widgets.Config {
	r, e := c.Report, source.Extent()
	return widgets.Config{Output: c.Widgets, Selection: store.Base(store.Join(r.Selection)), Title: r.Title, Overwrite: c.Overwrite,
		Reads: []string{r.Selection, e.Latents, e.Shards, e.Model}}
}

// planned is what is to be done about the figures that an article embeds.
type planned struct {
	shown   []string
	missing []reporting.Missing
	done    bool
}

// wanted reports whether there is something to do.
func (p *planned) wanted() bool { return p != nil && !p.done }

// checkWidgets returns the error that the figures would end with, before anything of a page
// is written; nil where there are to be none.
func (c Config) checkWidgets(ctx context.Context, source *reporting.Sources) (*planned, error) {
	if c.Widgets == "" {
		return nil, nil
	}
	if err := c.checkApart(); err != nil {
		return nil, err
	}
	shown, missing, done, err := widgets.Check(ctx, c.widgetsConfig(source), source)
	return &planned{shown, missing, done && !c.Overwrite}, err
}

// checkApart refuses a folder of figures that the page lies in, or a folder of the page's
// in which they would lie.
func (c Config) checkApart() error {
	dir := store.Dir(store.Join(c.Output))
	at := store.Place(c.Widgets)
	if page := store.Place(c.Output); strings.HasPrefix(page, strings.TrimSuffix(at, "/")+"/") {
		return fmt.Errorf("Config.Widgets=%s: the page %s lies in it: name a folder that holds nothing else", c.Widgets, c.Output)
	}
	for _, name := range []string{schemas.StateDir, schemas.ReportDir, schemas.DeepZoomDir} {
		if own := store.Place(store.Join(dir, name)); at == own || strings.HasPrefix(at, own+"/") {
			return fmt.Errorf("Config.Widgets=%s: the page has files of its own in %s: name another folder", c.Widgets, store.Join(dir, name))
		}
	}
	return nil
}

// runWidgets writes the figures.
func (c Config) runWidgets(ctx context.Context, source *reporting.Sources) (*widgets.Result, error) {
	ctx, end := outdir.Step(ctx, widgets.Step)
	result, err := widgets.Run(ctx, c.widgetsConfig(source), source)
	return result, end(err)
}

// tell says in a plan what figures there will be.
func (p *planned) tell(plan *preflight.Plan, dir string) {
	switch {
	case p == nil:
		return
	case p.done:
		plan.Note("%s holds these figures already", dir)
		return
	}
	plan.Writing("figures that an article embeds (%s): %s%s", strings.Join(p.shown, ", "), dir, preflight.Free(dir))
	for _, m := range p.missing {
		plan.Note("%s is left out: %s", m.Figure, m.Why)
	}
}

// widgetsText says which figures there are.
func (r *Result) widgetsText() string {
	w := r.Widgets
	if w == nil {
		return ""
	}
	var b strings.Builder
	var names []string
	for _, f := range w.Manifest.Figures {
		names = append(names, f.Name)
	}
	for _, note := range w.Notes {
		fmt.Fprintln(&b, note)
	}
	for _, m := range w.Manifest.Missing {
		fmt.Fprintf(&b, "figures: %s is left out: %s\n", m.Name, m.Why)
	}
	there := ""
	if !w.Made {
		there = ", there already"
	}
	fmt.Fprintf(&b, "figures: %s, in %s (%s%s); %s shows them\n", words.And(names), w.Dir, progress.Bytes(w.Bytes), there, store.Join(w.Dir, schemas.WidgetsPreview))
	return b.String()
}
