// Command train makes a model from image shards.
//
//	go run ./pipelines/train --input=shards/ --output=model/
//
// The architecture linear is principal component analysis of the images averaged
// to a working size, decoder included: it needs no graphics card and no
// patience, and is the baseline that other autoencoders are measured by.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"exemplar/model/linear"
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/training"
	"exemplar/transforms/engine"
	"exemplar/transforms/progress"
)

func main() {
	cli.Main("train", "makes a model from image shards", setup)
}

type job struct{ config training.Config }

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{}
	c := &j.config
	fs.StringVar(&c.Shards, "input", "", "`folder` of image shards")
	fs.StringVar(&c.Output, "output", "", "`folder` for the model")
	fs.StringVar(&c.Arch, "arch", training.ArchLinear, "`architecture` of the model: linear (principal components)")
	fs.IntVar(&c.Latent, "latent", linear.DefaultLatent, "`number` of dimensions of a latent vector")
	fs.IntVar(&c.Working, "working_size", linear.DefaultWorking, "`pixels` of height and width to which images are averaged")
	fs.Uint64Var(&c.Seed, "seed", 1, "`number` that random choices start from")
	fs.Int64Var(&c.Limit, "limit", 0, "`number` of images to train on, evenly from all shards (default: all)")
	return j
}

func (j *job) Validate() error { return j.config.Validate() }

func (j *job) Run(ctx context.Context, _ engine.Runner, out io.Writer) error {
	began := time.Now()
	r, err := training.Run(ctx, j.config)
	if err != nil {
		return err
	}
	if !r.Made {
		fmt.Fprintf(out, "Nothing to do: %s already holds the model of these shards.\n", j.config.Output)
	} else {
		summarise(out, r, j.config, time.Since(began))
	}
	fmt.Fprintf(out, "model %.12s in %s\n", r.SHA256, j.config.Output)
	return nil
}

// summarise prints how good the model is and what it cost.
func summarise(out io.Writer, r *training.Result, c training.Config, took time.Duration) {
	s := r.Summary
	fmt.Fprintf(out, "linear autoencoder of %s images, %d dimensions, in %s\n",
		progress.Count(s.Images), len(s.Components), took.Round(10*time.Millisecond))
	fmt.Fprintf(out, "  explained variance: %.2f %% at the working size of %d numbers; first dimension %.1f %%\n",
		100*s.Explained(), s.Size, 100*s.Components[0]/s.Variance)
	fmt.Fprintf(out, "  reconstruction: mean squared error %.6f at full size, over %d of the images\n", r.MSE, r.Sample)
	if s.Rank < len(s.Components) {
		fmt.Fprintf(out, "  the images span %d dimensions only: the other %d of each latent vector are 0 (--latent=%d keeps what there is)\n",
			s.Rank, len(s.Components)-s.Rank, s.Rank)
	}
	if r.Skipped > 0 {
		fmt.Fprintf(out, "  %s records hold no usable image and were left out\n", progress.Count(r.Skipped))
	}
}
