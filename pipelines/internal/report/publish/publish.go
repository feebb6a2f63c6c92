// Package publish makes the report of a selection and writes it: the page, and the
// files beside it.
//
// What lives here: which files there are and what they are called. What never
// enters: figures, and how the page looks.
package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"exemplar/pipelines/internal/report"
	"exemplar/pipelines/internal/report/deepzoom"
	"exemplar/pipelines/internal/report/figure"
	"exemplar/pipelines/internal/report/page"
	"exemplar/schemas"
	"exemplar/transforms/journal"
	"exemplar/transforms/preflight"
	"exemplar/transforms/progress"
	"exemplar/transforms/store"
)

// Config says what is published and where.
type Config struct {
	Report report.Config
	Output string // the page; "" for report.html in the selection
	Link   bool   // pictures lie beside the page

	Figure     report.FigureConfig
	LeaveOut   bool     // the figure
	FigureSets []string // scope/center/metric, instead of Figure.Sets

	DeepZoom bool // a contact sheet lies beside the page
	Sheet    report.SheetConfig

	Overwrite bool // also where the same page is there
}

// Validate reports the first wrong flag.
func (c Config) Validate() error {
	if c.Output != "" && !strings.HasSuffix(c.Output, ".html") {
		return fmt.Errorf("--output=%s: name a file that ends in .html", c.Output)
	}
	if err := figure.CheckFlags(c.Figure.Width, c.Figure.PixelsPerMicron, c.Figure.PerGroup); err != nil {
		return err
	}
	if _, err := c.sets(); err != nil {
		return err
	}
	switch {
	case c.Sheet.Side < 0 || c.Sheet.Side > 4096:
		return fmt.Errorf("--deepzoom_side=%d: must be 1 to 4096 pixels", c.Sheet.Side)
	case !c.DeepZoom && (c.Sheet.Side > 0 || len(c.Sheet.Groups) > 0):
		return fmt.Errorf("--deepzoom_side and --deepzoom_groups are for --deepzoom: give it, too")
	}
	return c.Report.Validate()
}

// sets reads the names of the sets of the figure.
func (c Config) sets() (list []figure.Set, err error) {
	for _, name := range c.FigureSets {
		set, err := figure.ParseSet(name)
		if err != nil {
			return nil, fmt.Errorf("--figure_sets: %w", err)
		}
		list = append(list, set)
	}
	return list, nil
}

// Result is what was published.
type Result struct {
	Report *report.Report // nil where nothing was to do
	Page   string         // its name
	Bytes  int64
	Figure bool // was drawn
	Sheet  int  // images of the contact sheet
}

// Run makes the report and writes its files, the page last, unless the page that
// is there is the same. The figure comes first: it is where a wrong set of picks is
// found.
func Run(ctx context.Context, c Config) (*Result, error) {
	source, fingerprint, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	dir := store.Dir(store.Join(c.Output))
	pictures := store.Join(dir, schemas.ReportDir)
	if size, err := finished(ctx, c.Output, fingerprint); err != nil || size > 0 && !c.Overwrite {
		return &Result{Page: c.Output, Bytes: size}, err
	}
	if err := preflight.Room(dir, c.need(source.Extent())); err != nil {
		return nil, err
	}
	j := journal.From(ctx)
	if err := j.Into(ctx, dir, schemas.ReportRunFileBeside(store.Base(c.Output))); err != nil {
		return nil, err
	}
	if err := clear(ctx, c.Output, pictures); err != nil {
		return nil, err
	}
	result := &Result{Page: c.Output}
	if !c.LeaveOut {
		if result.Figure, err = draw(ctx, dir, c, source); err != nil {
			return nil, err
		}
	}
	if c.DeepZoom {
		if result.Sheet, err = source.Sheet(ctx, store.Join(dir, schemas.DeepZoomDir), c.Sheet); err != nil {
			return nil, err
		}
	}
	r, err := source.Gather(ctx)
	if err != nil {
		return nil, err
	}
	bib := store.Join(dir, schemas.ReportBib)
	if err := store.WriteFile(ctx, bib, []byte(r.Provenance.BibTeX)); err != nil {
		return nil, err
	}
	if result.Figure {
		r.Beside = append(r.Beside, report.Named{Name: "figure, PNG at 300 dpi", Value: figure.PNGFile},
			report.Named{Name: "figure, TIFF at 300 dpi", Value: figure.TIFFFile}, report.Named{Name: "legend of the figure", Value: figure.TextFile})
	}
	if result.Sheet > 0 {
		r.Beside = append(r.Beside, report.Named{Name: fmt.Sprintf("contact sheet of %s images", progress.Count(int64(result.Sheet))), Value: schemas.DeepZoomDir + "/" + deepzoom.PageFile})
	}
	r.Beside = append(r.Beside, report.Named{Name: "references, BibTeX", Value: schemas.ReportBib})
	result.Report = r
	j.Count("picks", int64(len(r.Picks)))
	j.Count("pictures", int64(len(r.Pictures)))
	result.Bytes, err = write(ctx, c.Output, r, fingerprint)
	return result, err
}

// checkOutput makes sure that the page can be a file.
func (c Config) checkOutput(ctx context.Context) error {
	if folder, err := store.IsFolder(ctx, c.Output); err == nil && folder {
		return fmt.Errorf("--output=%s is a folder: name the file of the page", c.Output)
	}
	return nil
}

// mark ends a page: it says what the page was made from.
const mark = "<!-- " + schemas.ReportFormat + " %s -->\n"

// finished returns the size of the page that is there, 0 where there is none of
// that fingerprint.
func finished(ctx context.Context, name, fingerprint string) (int64, error) {
	f, err := store.OpenAt(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	want := fmt.Sprintf(mark, fingerprint)
	end := make([]byte, len(want))
	if f.Size() < int64(len(end)) {
		return 0, nil
	}
	if _, err := f.ReadAt(end, f.Size()-int64(len(end))); err != nil && err != io.EOF {
		return 0, err
	}
	if string(end) != want {
		return 0, nil
	}
	return f.Size(), nil
}

// draw writes the files of the figure; false where there are no images to show.
func draw(ctx context.Context, dir string, c Config, source *report.Sources) (bool, error) {
	sets, err := c.sets()
	if err != nil {
		return false, err
	}
	c.Figure.Sets = sets
	out, err := source.Draw(ctx, c.Figure)
	if out == nil || err != nil {
		return false, err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{figure.PNGFile, out.PNG}, {figure.TIFFFile, out.TIFF}, {figure.TextFile, out.Text}} {
		if err := store.WriteFile(ctx, store.Join(dir, f.name), f.data); err != nil {
			return false, err
		}
	}
	return true, nil
}

// clear removes an earlier page, which is unfinished from here on, and its pictures.
func clear(ctx context.Context, page, dir string) error {
	if err := store.Remove(ctx, page); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for obj, err := range store.List(ctx, dir, false) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !report.IsPicture(store.Base(obj.Name)):
			continue
		}
		if err := store.Remove(ctx, obj.Name); err != nil {
			return err
		}
	}
	return nil
}

// write writes the page and returns its size.
func write(ctx context.Context, name string, r *report.Report, fingerprint string) (n int64, err error) {
	f, err := store.Create(ctx, name)
	if err != nil {
		return 0, err
	}
	counted := &counter{w: f}
	if err = page.Write(counted, r); err == nil {
		_, err = fmt.Fprintf(counted, mark, fingerprint)
	}
	if err != nil {
		f.Abort()
		return 0, err
	}
	return counted.n, f.Commit()
}

type counter struct {
	w interface{ Write([]byte) (int, error) }
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// Summary says in a few lines what the page holds and where it is.
func (r *Result) Summary() string {
	var b strings.Builder
	v := r.Report
	if v == nil {
		return fmt.Sprintf("Nothing to do: %s already is the report of this selection (%s).\n", r.Page, progress.Bytes(r.Bytes))
	}
	fmt.Fprintf(&b, "%s picks of %s images, of %s\n", progress.Count(int64(len(v.Picks))), progress.Count(v.Picked), progress.Count(v.Images))
	switch {
	case v.Shape == "":
		fmt.Fprintf(&b, "pictures: none; name the image shards with --shards\n")
	case v.Linked:
		fmt.Fprintf(&b, "pictures: %s at full size, in %s beside the page\n", progress.Count(int64(len(v.Pictures))), schemas.ReportDir)
	case v.Reduction == 1 && v.OtherReduction == 1:
		fmt.Fprintf(&b, "pictures: %s at full size, in the page\n", progress.Count(int64(len(v.Pictures))))
	default:
		fmt.Fprintf(&b, "pictures: %s in the page, picks at 1/%d of their size, others at 1/%d; --link keeps them at full size\n", progress.Count(int64(len(v.Pictures))), v.Reduction, v.OtherReduction)
	}
	if v.Shape != "" {
		fmt.Fprintf(&b, "brightness: %g to %g of %g is shown from black to white, in all of them\n", v.DisplayLow, v.DisplayHigh, v.Full)
	}
	if v.Model == nil {
		fmt.Fprintf(&b, "model: none, so no decoded centres; name it with --model\n")
	}
	if m := v.Map; m != nil {
		for _, p := range m.Projections {
			shown := m.Points
			if p.Shown != nil {
				shown = len(p.Shown)
			}
			fmt.Fprintf(&b, "map: %s of %s images, trustworthiness %.2f\n", p.Name, progress.Count(int64(shown)), p.Trustworthiness)
		}
	}
	if r.Figure {
		fmt.Fprintf(&b, "figure: %s, and .tif, and .txt with the legend\n", store.Join(store.Dir(store.Join(r.Page)), figure.PNGFile))
	}
	if r.Sheet > 0 {
		fmt.Fprintf(&b, "contact sheet: %s images, %s\n", progress.Count(int64(r.Sheet)), store.Join(store.Dir(store.Join(r.Page)), schemas.DeepZoomDir, deepzoom.PageFile))
	}
	fmt.Fprintf(&b, "page: %s (%s)\n", r.Page, progress.Bytes(r.Bytes))
	return b.String()
}
