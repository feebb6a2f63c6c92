// Package query is the command query: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Beam, Gorgonia, plots, test helpers, selecting, encoding; the work
// itself.
package query

import (
	"context"
	"flag"
	"fmt"
	"io"

	"exemplar/pipelines/internal/cli"
	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/querying"
	"exemplar/transforms/run/preflight"
)

// Command is query.
var Command = cli.Command{
	Name: "query", About: "finds the images most like one image, or those reconstructed best and worst", Setup: setup,
	Examples: []string{
		"--input=latents/ --shards=shards/ --image=plate1/cell_0007.tif --output=query/",
		"--input=latents/ --image=new.tif --top=50 --metrics=euclidean,cosine --output=query/",
		"--input=latents/ --shards=shards/ --tails=mse --output=tails/",
	},
	Groups: []string{
		"Input and output: input* output* shards model",
		"What is looked for: image tails top metrics",
		"Run: overwrite",
	},
}

type job struct {
	flags *flag.FlagSet
	querying.Config
}

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{fs, querying.DefaultConfig()}
	c := &j.Config
	fs.StringVar(&c.Input, "input", "", "`folder` of latents that encode wrote; or vectors/ in a selection of another program's vectors")
	fs.StringVar(&c.Output, "output", "", "`folder` for the tables")
	fs.StringVar(&c.Image, "image", "", "what the others are compared with: an image `id` of the latents (image_id), which is not its own neighbor; or else an image file, which is fitted as the collection was and encoded")
	fs.StringVar(&c.Tails, "tails", "", "`mse`: instead of --image, both ends of the reconstruction error: the images that are reconstructed best, and worst")
	fs.IntVar(&c.Top, "top", c.Top, "`number` of images that are found, of each metric or end, 1 to 10000")
	fs.Var((*cli.List)(&c.Metrics), "metrics", "`distances` by which images are compared: euclidean, cosine, or both with a comma")
	fs.StringVar(&c.Shards, "shards", "", "`folder` of the image shards that were encoded, for a contact sheet of the first 100 images of each list")
	fs.StringVar(&c.Model, "model", "", "`folder` of the model that made the latents, to encode a file, and for the reconstructions of --tails (default: model/ beside the latents, or that which encode was given, if it is the one)")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "make the query again, also where another one is there")
	return j
}

// Validate refuses flags that mean nothing beside others, too.
func (j *job) Validate() error {
	if name := cli.FirstGiven(j.flags, "metrics"); name != "" && j.Tails != "" {
		return fmt.Errorf("%s: --tails compares no vectors; leave it out", name)
	}
	return j.Config.Validate()
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return querying.Plan(ctx, j.Config)
}

// Run finds the images on this machine; it needs no runner.
func (j *job) Run(ctx context.Context, out io.Writer) error {
	r, err := querying.Run(ctx, j.Config)
	if err != nil {
		return err
	}
	summarize(out, j.Config, r)
	return nil
}

// shown is the number of images of each list that are printed.
const shown = 5

// summarize prints what was compared, and the first images that were found.
func summarize(out io.Writer, c querying.Config, r *querying.Result) {
	m := r.Manifest
	if !r.Made {
		fmt.Fprintf(out, "Nothing to do: %s already holds this query.\n", c.Output)
	}
	table, _ := m.Table()
	if q := m.Query; q != nil {
		fmt.Fprintf(out, "%s, compared with %s of %s\n", visible.Text(m.Parameters.Image), words.Plural(m.Rows, "image", "images"), words.Plural(m.Dimension, "dimension", "dimensions"))
	} else {
		fmt.Fprintf(out, "reconstruction errors of %s\n", words.Plural(m.Rows, "image", "images"))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(out, "  %s\n", note)
	}
	same := map[string]int{}
	for _, n := range r.Neighbours {
		if n.Rank <= shown {
			fmt.Fprintf(out, "  %-9s  %3d  %-12.6g  %s\n", n.Metric, n.Rank, n.Distance, visible.Text(n.ImageID))
		}
		if n.Distance == 0 {
			same[n.Metric]++
		}
	}
	for _, t := range r.Tails {
		if t.Rank <= shown {
			fmt.Fprintf(out, "  %-5s  %3d  %-12.6g  %s\n", t.End, t.Rank, t.MSE, visible.Text(t.ImageID))
		}
	}
	for _, metric := range m.Parameters.Metrics {
		if n := same[metric]; n > 0 {
			fmt.Fprintf(out, "%s at distance 0 (%s)\n", words.Plural(n, "image is", "images are"), metric)
		}
	}
	if r.Zero > 0 {
		fmt.Fprintf(out, "note: %s zero and %s no direction: at the cosine distance 1 from every image\n", words.Plural(r.Zero, "latent vector is", "latent vectors are"), words.Noun(r.Zero, "has", "have"))
	}
	if all := int64(c.Top) * int64(max(1, len(m.Parameters.Metrics))); m.Query != nil && m.Found < all || m.Query == nil && m.Found < 2*int64(c.Top) {
		fmt.Fprintf(out, "there are no more: %s of --top=%d\n", words.Plural(m.Found, "row", "rows"), c.Top)
	}
	warnOfFormulas(out, r, table)
	sheet := ""
	if s := m.Sheet; s != nil {
		sheet = ", " + words.Plural(s.Images, "image", "images") + " on " + schemas.ContactSheet
	}
	fmt.Fprintf(out, "%s in %s%s, in %s\n", words.Plural(m.Found, "row", "rows"), table, sheet, c.Output)
}

// warnOfFormulas says which image ids spreadsheet programs may take for formulas.
func warnOfFormulas(out io.Writer, r *querying.Result, table string) {
	first, seen := "", map[string]bool{}
	look := func(id string) {
		if lines.IsFormula(id) {
			if len(seen) == 0 {
				first = id
			}
			seen[id] = true
		}
	}
	for _, n := range r.Neighbours {
		look(n.ImageID)
	}
	for _, t := range r.Tails {
		look(t.ImageID)
	}
	cli.WarnOfFormulas(out, int64(len(seen)), first, table)
}
