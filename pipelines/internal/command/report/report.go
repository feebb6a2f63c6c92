// Package report is the command report: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Beam, Gorgonia, plots, test helpers, selecting; the work itself.
package report

import (
	"context"
	"flag"
	"fmt"
	"io"

	"exemplar/pipelines/internal/cli"
	"exemplar/transforms/reporting"
	"exemplar/transforms/reporting/publish"
	"exemplar/transforms/run/preflight"
)

// Command is report.
var Command = cli.Command{
	Name: "report", About: "shows what was chosen and why, in one HTML page", Setup: setup,
	Examples: []string{
		"--selection=exemplar-out/selection",
		"--selection=selection/ --shards=shards/ --pixels_per_micron=3",
	},
	Groups: []string{
		"Input and output: selection* output title link",
		"What the selection was made from, where that is not beside it: latents shards model",
		"Pictures: composite",
		"Figure: pixels_per_micron figure_width figure_picks figure_sets no_figure",
		"Map and contact sheet: embedding seed deepzoom deepzoom_groups deepzoom_side deepzoom_by deepzoom_draw",
		"Figures that an article embeds: widgets",
		"Run: overwrite",
	},
}

type job struct {
	flags  *flag.FlagSet
	config publish.Config
}

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{flags: fs, config: publish.DefaultConfig()}
	c := &j.config
	fs.StringVar(&c.Report.Selection, "selection", "", "`folder` that select finished")
	fs.StringVar(&c.Report.Latents, "latents", "", "`folder` of the latents that it was made from (default: latents/ beside the selection, or those that select was given)")
	fs.StringVar(&c.Report.Shards, "shards", "", "`folder` of the image shards, for pictures (default: shards/ beside the selection, or those that select or encode was given, if they are those)")
	fs.StringVar(&c.Report.Model, "model", "", "`folder` of the model, for decoded centers and reconstructions (default: model/ beside the selection, or that which encode was given, if it is the one)")
	fs.StringVar(&c.Output, "output", "", "`file` of the page (default: report.html in the selection)")
	fs.BoolVar(&c.Link, "link", false, "keep all pictures at full size in report_files/ beside the page, instead of reduced ones in it")
	fs.StringVar(&c.Report.Embedding, "embedding", c.Report.Embedding, "`none|umap|tsne`: a map beside that of the principal components, of all images or a sample of them (umap: of 20,000 at most; tsne: of 5,000; takes a minute)")
	fs.Uint64Var(&c.Report.Seed, "seed", c.Report.Seed, "`number` that the embedding starts from, and that --deepzoom_draw draws by")
	fs.StringVar(&c.Report.Title, "title", "", "`title` of the page (default: the numbers of images)")
	fs.StringVar(&c.Report.Composite, "composite", "", "`names` of the channels that pictures show together, at most 6, with commas, as DNA,ER,RNA (default: the first 6)")
	fs.Float64Var(&c.Figure.PixelsPerMicron, "pixels_per_micron", 0, "`number` of pixels of the images that are a micron, for the scale bar of the figure (default: as the shards say; without it no bar)")
	fs.Float64Var(&c.Figure.Width, "figure_width", 0, "width of the figure in `mm` (default 180, a page of two columns)")
	fs.IntVar(&c.Figure.PerGroup, "figure_picks", 0, "`number` of picks of a group in the figure at most (default: as many as fit)")
	fs.Var((*cli.List)(&c.FigureSets), "figure_sets", "`sets` of picks in the figure, scope/center/metric, several with commas: a panel each (default: the groups of the first)")
	fs.BoolVar(&c.LeaveOut, "no_figure", false, "leave out the figure")
	fs.BoolVar(&c.DeepZoom, "deepzoom", false, "write a contact sheet of all images to zoom into, in deepzoom/ beside the page")
	fs.Var((*cli.List)(&c.Sheet.Groups), "deepzoom_groups", "`clusters` (or groups of the first scope) of the contact sheet, as group_id or group of selection.csv has them, 00 or c00, several with commas (default: the whole collection)")
	fs.IntVar(&c.Sheet.Side, "deepzoom_side", 0, "`number` of pixels along a side of an image in the contact sheet at most (default 64)")
	fs.StringVar(&c.Sheet.By, "deepzoom_by", "", "label or a Metadata_ `column`, for whose values, in their order, the contact sheet has rows, instead of groups")
	fs.IntVar(&c.Sheet.Draw, "deepzoom_draw", 0, "`number` of images of each value of --deepzoom_by, drawn by the hash of their names and --seed, in one row (default: all)")
	fs.StringVar(&c.Widgets, "widgets", "", "`folder` for interactive figures that an article or a notebook embeds: loss, reconstructions, interpolation and gallery, each a module for anywidget and MyST with a picture in its place, an article.md and a preview.html")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "make the page again, also where it is there, with other flags, too")
	return j
}

func (j *job) Validate() error {
	c := &j.config
	if c.LeaveOut {
		if name := cli.FirstGiven(j.flags, "pixels_per_micron", "figure_width", "figure_picks", "figure_sets"); name != "" {
			return fmt.Errorf("%s: is for the figure, which --no_figure leaves out", name)
		}
	}
	if name := cli.FirstGiven(j.flags, "seed"); name != "" && c.Report.Embedding == reporting.EmbeddingNone && c.Sheet.Draw == 0 {
		return fmt.Errorf("%s: only --embedding=umap, --embedding=tsne and --deepzoom_draw have a use for it", name)
	}
	return c.Validate()
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return publish.Plan(ctx, j.config)
}

// Run makes the page on this machine; it needs no runner.
func (j *job) Run(ctx context.Context, out io.Writer) error {
	result, err := publish.Run(ctx, j.config)
	if err != nil {
		return err
	}
	fmt.Fprint(out, result.Summary())
	return nil
}
