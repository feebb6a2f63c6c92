// Package publish makes the report of a selection and writes it: the page, and the
// files beside it.
//
// The folder of a page may hold files of anybody, and several pages. So the record
// "_state/report.json" there says what reports wrote, with sizes and hashes: only
// that is ever replaced or removed, everything else under a name that a report needs
// is refused, with Config.Overwrite, too. It is written before the first file, so that the
// files of a run that was killed are known, and once more after the last one. What is
// recorded and no longer what was written, or not there, is made again. Pages that
// earlier versions made have no record: they end in a mark, and say what lies beside
// them. Two pages may share figure and references where these are the same; where
// they would differ, the second page is refused, and so are two with folders of
// pictures.
//
// What lives here: which files there are and what they are called. What never enters:
// Beam, printing, selecting; figures, and how the page looks.
package publish

import (
	"context"
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/reporting"
	"exemplar/transforms/reporting/deepzoom"
	"exemplar/transforms/reporting/figure"
	"exemplar/transforms/reporting/page"
	"exemplar/transforms/reporting/widgets"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Config says what is published and where.
type Config struct {
	Report reporting.Config
	Output string // the page; "" for report.html in the selection
	Link   bool   // pictures lie beside the page

	Figure     reporting.FigureConfig
	LeaveOut   bool     // the figure
	FigureSets []string // scope/center/metric, instead of Figure.Sets

	DeepZoom bool // a contact sheet lies beside the page
	Sheet    reporting.SheetConfig

	// Widgets is a folder for the figures that an article embeds; "" for none. It is no part
	// of the page.
	Widgets string

	Overwrite bool // also where the same page is there
}

// DefaultConfig returns the configuration of a page with a figure and with reduced
// pictures in it; Report is reporting.DefaultConfig.
func DefaultConfig() Config { return Config{Report: reporting.DefaultConfig()} }

// Validate reports the first wrong field.
func (c Config) Validate() error {
	if c.Output != "" && !strings.HasSuffix(c.Output, ".html") {
		return fmt.Errorf("Config.Output=%s: name a file that ends in .html", c.Output)
	}
	if err := figure.CheckNumbers(c.Figure.Width, c.Figure.PixelsPerMicron, c.Figure.PerGroup); err != nil {
		return err
	}
	if _, err := c.sets(); err != nil {
		return err
	}
	switch {
	case c.Sheet.Side < 0 || c.Sheet.Side > 4096:
		return fmt.Errorf("Config.Side=%d: must be 1 to 4096 pixels", c.Sheet.Side)
	case !c.DeepZoom && (c.Sheet.Side > 0 || len(c.Sheet.Groups) > 0 || c.Sheet.By != ""):
		return fmt.Errorf("Config.Side, Config.Groups and Config.Sheet.By are for Config.DeepZoom: give it, too")
	case c.Sheet.By != "" && len(c.Sheet.Groups) > 0:
		return fmt.Errorf("Config.Sheet.By=%s and Config.Groups: choose one, rows for the values of a column or some groups", c.Sheet.By)
	case c.Sheet.Draw < 0 || c.Sheet.Draw > 100_000:
		return fmt.Errorf("Config.Sheet.Draw=%d: must be 1 to 100,000 images", c.Sheet.Draw)
	case c.Sheet.Draw > 0 && c.Sheet.By == "":
		return fmt.Errorf("Config.Sheet.Draw=%d: is of each value of Config.Sheet.By: give it, too", c.Sheet.Draw)
	}
	return c.Report.Validate()
}

// sets reads the names of the sets of the figure.
func (c Config) sets() (list []figure.Set, err error) {
	for _, name := range c.FigureSets {
		set, err := figure.ParseSet(name)
		if err != nil {
			return nil, fmt.Errorf("Config.FigureSets: %w", err)
		}
		list = append(list, set)
	}
	return list, nil
}

// Result is what was published.
type Result struct {
	Report *reporting.Report // nil where nothing was to do
	Page   string            // its name
	Bytes  int64
	Figure bool     // was drawn
	Sheet  int      // images of the contact sheet
	Notes  []string // which folders were found without being named, or are not there

	Widgets *widgets.Result // nil without
}

// Run makes the report and writes its files, the page last, unless the page that
// is there is the same. The figure comes first: it is where a wrong set of picks is
// found.
func Run(ctx context.Context, c Config) (*Result, error) {
	wrote := &written{}
	c = c.placed()
	c.Report.Wrote = wrote.note
	source, fingerprint, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.checkWidgets(ctx, source); err != nil {
		return nil, err
	}
	claim := func(ctx context.Context) (*shelf, error) {
		s, err := openShelf(ctx, c.Output, wrote)
		if err != nil {
			return nil, err
		}
		return s, s.claim(ctx, c.wanted(source.Extent()))
	}
	s, err := claim(ctx)
	if err != nil {
		return nil, err
	}
	result, err := outdir.Locked(ctx, s.dir, reporting.Step, func(ctx context.Context) (*Result, error) {
		s, err := claim(ctx) // another run may have been faster
		if err != nil {
			return nil, err
		}
		return c.run(ctx, s, source, fingerprint)
	})
	if err != nil || c.Widgets == "" {
		return result, err
	}
	result.Widgets, err = c.runWidgets(ctx, source)
	return result, err
}

// Claim returns the error that Run would end with because of what lies beside the page,
// also where there is no selection yet.
func Claim(ctx context.Context, c Config) error {
	c = c.placed()
	if err := c.checkOutput(ctx); err != nil {
		return err
	}
	s, err := openShelf(ctx, c.Output, &written{})
	if err != nil {
		return err
	}
	return s.claim(ctx, c.wanted(reporting.Extent{Shards: "some", Picks: 1}))
}

// run makes the report in a folder that nobody else writes.
func (c Config) run(ctx context.Context, s *shelf, source *reporting.Sources, fingerprint string) (*Result, error) {
	if size, err := s.finished(ctx, fingerprint); err != nil || size > 0 && !c.Overwrite {
		return &Result{Page: c.Output, Bytes: size}, err
	}
	if err := c.replaces(ctx, s); err != nil {
		return nil, err
	}
	if err := preflight.Room(s.dir, c.need(source.Extent())); err != nil {
		return nil, err
	}
	if err := c.check(ctx, source); err != nil {
		return nil, err
	}
	drawn, err := c.draw(ctx, s, source)
	if err != nil {
		return nil, err
	}
	var r *reporting.Report
	if !c.Link { // nothing is written yet
		if r, err = source.Gather(ctx); err != nil {
			return nil, err
		}
		if err := s.checkShared(ctx, schemas.ReportBib, []byte(r.Provenance.BibTeX)); err != nil {
			return nil, err
		}
	}
	if err := s.begin(ctx, fingerprint, c.wanted(source.Extent())); err != nil {
		return nil, err
	}
	for _, f := range drawn {
		if err := s.put(ctx, f.name, f.data); err != nil {
			return nil, err
		}
	}
	result := &Result{Page: c.Output, Figure: drawn != nil, Notes: source.Notes()}
	if c.DeepZoom {
		if result.Sheet, err = source.Sheet(ctx, s.path(schemas.DeepZoomDir), c.Sheet); err != nil {
			return nil, err
		}
	}
	if c.Link {
		if r, err = source.Gather(ctx); err != nil {
			return nil, err
		}
	}
	if err := s.put(ctx, schemas.ReportBib, []byte(r.Provenance.BibTeX)); err != nil {
		return nil, err
	}
	result.Report = r
	result.listBeside()
	j := runlog.From(ctx)
	j.Count("picks", int64(len(r.Picks)))
	j.Count("pictures", int64(len(r.Pictures)))
	if result.Bytes, err = s.writePage(ctx, r, fingerprint); err != nil {
		return nil, err
	}
	return result, s.finish(ctx, fingerprint, given(c.choices()))
}

// wanted are the names of the files that the report may have, relative to the folder
// of the page; those of folders end in a slash.
func (c Config) wanted(e reporting.Extent) []string {
	names := []string{store.Base(c.Output), schemas.ReportBib}
	if !c.LeaveOut && e.Shards != "" && e.Picks > 0 {
		names = append(names, figure.PNGFile, figure.TIFFFile, figure.TextFile)
	}
	if c.Link {
		names = append(names, schemas.ReportDir+"/")
	}
	if c.DeepZoom && e.Shards != "" {
		names = append(names, schemas.DeepZoomDir+"/")
	}
	return names
}

// check refuses what cannot be made, before anything that is there is replaced.
func (c Config) check(ctx context.Context, source *reporting.Sources) (err error) {
	var f *reporting.FigureConfig
	if !c.LeaveOut {
		f = &c.Figure
		if f.Sets, err = c.sets(); err != nil {
			return err
		}
	}
	var sheet *reporting.SheetConfig
	if c.DeepZoom {
		sheet = &c.Sheet
	}
	return source.Check(ctx, f, sheet)
}

// listBeside lists in the page what lies beside it.
func (r *Result) listBeside() {
	add := func(name, value string) {
		r.Report.Beside = append(r.Report.Beside, reporting.Named{Name: name, Value: value})
	}
	if r.Figure {
		add("figure, PNG at 300 dpi", figure.PNGFile)
		add("figure, TIFF at 300 dpi", figure.TIFFFile)
		add("legend of the figure", figure.TextFile)
	}
	if r.Sheet > 0 {
		add("contact sheet of "+words.Plural(r.Sheet, "image", "images"), schemas.DeepZoomDir+"/"+deepzoom.PageFile)
	}
	add("references, BibTeX", schemas.ReportBib)
}

// checkOutput makes sure that the page can be a file.
func (c Config) checkOutput(ctx context.Context) error {
	if folder, err := store.IsFolder(ctx, c.Output); err == nil && folder {
		return fmt.Errorf("Config.Output=%s is a folder: name the file of the page", c.Output)
	}
	folder, err := outdir.Around(ctx, c.Output, c.apart()...)
	if err != nil || folder == "" {
		return err
	}
	if there, err := exists(ctx, c.Output); err != nil || there {
		return err
	}
	return fmt.Errorf("Config.Output=%s would lie in %s, which a step wrote: that step would refuse to go on beside files that are not its own; name another folder, or leave Config.Output out", c.Output, folder)
}

// apart returns the folders in which no new page may lie: those that the report is made from. The
// page that belongs into a selection lies there wherever that is.
func (c Config) apart() []string {
	if store.Place(c.Output) == store.Place(store.Join(c.Report.Selection, schemas.ReportPage)) {
		return nil
	}
	r := c.Report
	return []string{r.Selection, r.Latents, r.Shards, r.Model, r.Beside("latents"), r.Beside("shards"), r.Beside("model")}
}

// named is a file beside the page.
type named struct {
	name string
	data []byte
}

// draw makes the files of the figure, none where there are no images to show. Files
// that another page has, too, must be the same.
func (c Config) draw(ctx context.Context, s *shelf, source *reporting.Sources) ([]named, error) {
	if c.LeaveOut {
		return nil, nil
	}
	sets, err := c.sets()
	if err != nil {
		return nil, err
	}
	c.Figure.Sets = sets
	out, err := source.Draw(ctx, c.Figure)
	if out == nil || err != nil {
		return nil, err
	}
	files := []named{{figure.PNGFile, out.PNG}, {figure.TIFFFile, out.TIFF}, {figure.TextFile, out.Text}}
	for _, f := range files {
		if err := s.checkShared(ctx, f.name, f.data); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// writePage writes the page and returns its size.
func (s *shelf) writePage(ctx context.Context, r *reporting.Report, fingerprint string) (int64, error) {
	name := s.path(s.page)
	f, err := outdir.Create(ctx, name)
	if err != nil {
		return 0, err
	}
	defer f.Abort()
	if err := page.Write(f, r); err != nil {
		return 0, err
	}
	if _, err := fmt.Fprintf(f, mark, fingerprint); err != nil {
		return 0, err
	}
	n, sha256, err := f.Commit()
	s.wrote.add(name, n, sha256)
	return n, err
}

// Summary says in a few lines what the page holds and where it is.
func (r *Result) Summary() string {
	var b strings.Builder
	v := r.Report
	if v == nil {
		fmt.Fprintf(&b, "Nothing to do: %s already is the report of this selection (%s).\n", r.Page, progress.Bytes(r.Bytes))
		b.WriteString(r.widgetsText())
		return b.String()
	}
	fmt.Fprintf(&b, "%s of %s, of %s\n", words.Plural(len(v.Picks), "pick", "picks"), words.Plural(v.Picked, "image", "images"), words.Count(v.Images))
	for _, note := range r.Notes {
		fmt.Fprintln(&b, note)
	}
	switch {
	case v.Vectors:
		fmt.Fprintf(&b, "pictures: none; the vectors have no image shards\n")
	case v.Shape == "":
		fmt.Fprintf(&b, "pictures: none; name the image shards with Config.Shards\n")
	case v.Linked:
		fmt.Fprintf(&b, "pictures: %s at full size, in %s beside the page\n", progress.Count(int64(len(v.Pictures))), schemas.ReportDir)
	case v.Reduction == 1 && v.OtherReduction == 1:
		fmt.Fprintf(&b, "pictures: %s at full size, in the page\n", progress.Count(int64(len(v.Pictures))))
	default:
		fmt.Fprintf(&b, "pictures: %s in the page, picks at 1/%d of their size, others at 1/%d; Config.Link keeps them at full size\n", progress.Count(int64(len(v.Pictures))), v.Reduction, v.OtherReduction)
	}
	switch {
	case len(v.Channels) > 0:
		fmt.Fprintf(&b, "channels: %s, in all pictures\n", composite.Text(v.Channels, v.Full))
	case v.Shape != "":
		fmt.Fprintf(&b, "brightness: %g to %g of %g is shown from black to white, in all of them\n", v.DisplayLow, v.DisplayHigh, v.Full)
	}
	if v.Model == nil && !v.Vectors {
		fmt.Fprintf(&b, "model: none, so no decoded centers; name it with Config.Model\n")
	}
	if m := v.Map; m != nil {
		for _, p := range m.Projections {
			shown := m.Points
			if p.Shown != nil {
				shown = len(p.Shown)
			}
			trust := ""
			if p.Scatter == nil {
				trust = ", trustworthiness " + words.Figure(p.Trustworthiness, 2)
			}
			fmt.Fprintf(&b, "map: %s of %s%s\n", visible.Text(p.Name), words.Plural(shown, "image", "images"), trust)
		}
	}
	if o := v.Orientation; o != nil && o.Advice != "" {
		fmt.Fprintf(&b, "orientation: %s %s\n", o.Sentence, o.Advice)
	}
	if r.Figure {
		fmt.Fprintf(&b, "figure: %s, and .tif, and .txt with the legend\n", store.Join(store.Dir(store.Join(r.Page)), figure.PNGFile))
	}
	if r.Sheet > 0 {
		fmt.Fprintf(&b, "contact sheet: %s, %s\n", words.Plural(r.Sheet, "image", "images"), store.Join(store.Dir(store.Join(r.Page)), schemas.DeepZoomDir, deepzoom.PageFile))
	}
	fmt.Fprintf(&b, "page: %s (%s)\n", r.Page, progress.Bytes(r.Bytes))
	b.WriteString(r.widgetsText())
	return b.String()
}
