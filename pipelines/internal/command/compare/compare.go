// Package compare is the command compare: its flags, what it tells the user, and how it puts
// the work together.
//
// What never enters: Beam, Gorgonia, test helpers, selecting, encoding; the work itself.
package compare

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"exemplar/pipelines/internal/cli"
	"exemplar/transforms/comparing"
	"exemplar/transforms/run/preflight"
)

// Command is compare.
var Command = cli.Command{
	Name: "compare", About: "holds models of one collection side by side, and beside JPEG, the cosine transform and principal components", Setup: setup,
	Examples: []string{
		"--input=shards/ --models=pca/,dense/,sparse/ --output=compared/",
		"--input=shards/ --models=pca/,dense/ --anomalies='label=8' --codecs=none --output=compared/",
	},
	Groups: []string{
		"Input and output: input* models* output*",
		"What is measured: codecs anomalies limit seed",
		"Run: overwrite",
	},
	Fields: map[string]string{"sharding.Config.Listing.LabelPattern": "label_pattern"},
}

type job struct {
	flags *flag.FlagSet
	comparing.Config
}

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{fs, comparing.DefaultConfig()}
	c := &j.Config
	fs.StringVar(&c.Input, "input", "", "`folder` of image shards")
	fs.Var((*cli.List)(&c.Models), "models", "`folders` of the models, with commas between them; each takes such images and has a decoder")
	fs.StringVar(&c.Output, "output", "", "`folder` for the tables and pictures")
	fs.Var((*codecs)(&c.Codecs), "codecs", "`codecs` beside the models: jpeg (of gray images of 8 bits), dct, both with a comma, or none")
	fs.StringVar(&c.Anomalies, "anomalies", "", "`condition` of which the images are anomalies, told from the others by the error of their reconstruction: label=8, or label in (7, 8) and image_id!=a.png")
	fs.Int64Var(&c.Limit, "limit", 0, "`number` of images to compare on, drawn by the hash of their names and --seed (default: all)")
	fs.Uint64Var(&c.Seed, "seed", c.Seed, "`number` that --limit draws with")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "make the comparison again, also where another one is there")
	return j
}

// codecs is a flag for some codecs, or none.
type codecs []string

// String returns the values as they are typed.
func (c *codecs) String() string {
	if c == nil || len(*c) == 0 {
		return "none"
	}
	return strings.Join(*c, ",")
}

// Set replaces the values.
func (c *codecs) Set(v string) error {
	if *c = nil; v != "none" {
		*c = strings.Split(v, ",")
	}
	return nil
}

// Validate refuses a seed that nothing is drawn with, too.
func (j *job) Validate() error {
	if name := cli.FirstGiven(j.flags, "seed"); name != "" && j.Limit == 0 {
		return fmt.Errorf("%s: is for --limit, without which all images are compared; leave it out", name)
	}
	return j.Config.Validate()
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return comparing.Plan(ctx, j.Config)
}

// Run compares on this machine; it needs no runner.
func (j *job) Run(ctx context.Context, out io.Writer) error {
	r, err := comparing.Run(ctx, j.Config)
	if err != nil {
		return err
	}
	summarize(out, j.Config, r)
	return nil
}
