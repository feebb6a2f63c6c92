// Command select picks the real images nearest to the centre of each group.
//
//	go run ./pipelines/select --input=latents/ --output=selection/ --shards=shards/
//
// It clusters the latents (or takes the whole collection, or the labels), writes
// selection.parquet, selection.csv, the centres and, with --shards, the picked
// originals under images/, and then selection.json. Run again, it does nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"exemplar/pipelines/internal/cli"
	"exemplar/schemas"
	"exemplar/transforms/engine"
	"exemplar/transforms/progress"
	"exemplar/transforms/selecting"
	"exemplar/transforms/store"
)

func main() {
	cli.Main("select", "picks the real images nearest to the centre of each group", setup)
}

type job struct{ config selecting.Config }

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{}
	c := &j.config
	p := &c.Parameters
	fs.StringVar(&c.Input, "input", "", "`folder` of latents that encode wrote")
	fs.StringVar(&c.Output, "output", "", "`folder` for the selection")
	fs.StringVar(&c.Shards, "shards", "", "`folder` of the image shards, to fetch the picked originals")
	fs.StringVar(&p.Scope, "scope", "cluster", "what a group is: cluster (k-means), global (all images) or label")
	fs.IntVar(&p.Clusters, "clusters", 20, "`number` of clusters, for --scope=cluster")
	fs.IntVar(&p.PerGroup, "per_cluster", 5, "`number` of images to pick in each group")
	fs.StringVar(&p.Center, "center", "mean", "centre of a group: mean")
	fs.StringVar(&p.Metric, "metric", "euclidean", "distance to the centre that ranks images: euclidean or cosine")
	fs.Uint64Var(&p.Seed, "seed", 1, "`number` that decides the random choices")
	fs.IntVar(&p.Restarts, "restarts", 10, "`number` of k-means++ seedings that are tried")
	fs.IntVar(&p.MaxPasses, "max_passes", 50, "`number` of passes over all latents at most; k-means ends earlier when it has converged")
	fs.IntVar(&p.SampleSize, "sample_size", 0, "`number` of images in the seeding sample (default: 20 a cluster, at least 10000)")
	gateFlags(fs, &p.Gate)
	fs.StringVar(&c.Scratch, "scratch", "", "`folder` on the local disk for a copy of the embeddings while the run lasts, off for none (default: the system's folder for large temporary files)")
	fs.BoolVar(&c.Resume, "resume", true, "finish an interrupted run instead of starting over")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "do all work again")
	return j
}

func (j *job) Validate() error { return j.config.Validate() }

func (j *job) Run(ctx context.Context, run engine.Runner, out io.Writer) error {
	result, err := selecting.Run(ctx, j.config, run)
	if err != nil {
		return err
	}
	summarise(out, j.config.Output, result)
	return nil
}

// summarise prints how many images stand for how many, what was left out and
// why, and where the files are.
func summarise(out io.Writer, dir string, r *selecting.Result) {
	m := r.Manifest
	if !r.Made {
		fmt.Fprintf(out, "Nothing to do: %s already holds this selection.\n", dir)
	}
	summariseGate(out, m)
	if m.Unlabelled > 0 {
		fmt.Fprintf(out, "%s eligible images have no label and belong to no group\n", progress.Count(m.Unlabelled))
	}
	fmt.Fprintf(out, "%s images picked in %s (scope %s, %s centre, %s distance)\n", progress.Count(m.Picks),
		groups(m.Groups), m.Parameters.Scope, m.Parameters.Center, m.Parameters.Metric)
	if c := m.Clustering; c != nil {
		summariseClustering(out, m, c)
	}
	fmt.Fprintf(out, "table: %s\n", store.Join(dir, schemas.SelectionCSV))
	if m.Images {
		fmt.Fprintf(out, "images: %s\n", store.Join(dir, schemas.ImagesDir))
	} else {
		fmt.Fprintf(out, "images: not written; name the image shards with --shards to fetch the originals\n")
	}
}

func summariseClustering(out io.Writer, m *schemas.SelectionManifest, c *schemas.Clustering) {
	if c.Converged {
		fmt.Fprintf(out, "k-means converged in %d full %s over the latents", c.Passes, plural(c.Passes, "pass", "passes"))
	} else {
		fmt.Fprintf(out, "k-means had not converged after %d full %s over the latents (--max_passes)", c.Passes, plural(c.Passes, "pass", "passes"))
	}
	fmt.Fprintf(out, ", inertia %.6g\n", c.Inertia)
	if m.Groups < m.Parameters.Clusters {
		fmt.Fprintf(out, "only %s: there are not %d different latents to tell apart\n", groups(m.Groups), m.Parameters.Clusters)
	}
}

func groups(n int) string {
	if n == 1 {
		return "1 group"
	}
	return progress.Count(int64(n)) + " groups"
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
