// Package decode is the command decode: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Gorgonia, plots, test helpers, sharding, selecting; the work
// itself.
package decode

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/cli/runner"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/decoding"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// Command is decode.
var Command = cli.Command{
	Name: "decode", About: "turns latent vectors into images, by the decoder of their model", Setup: runner.On(setup),
	Examples: []string{
		"--input=latents/ --model=model/ --output=decoded/",
		"--input=latents/ --model=model/ --between=a.tif,b.tif --steps=6 --output=between/",
		"--shards=shards/ --model=model/ --reconstruct --output=decoded/",
	},
	Groups: []string{
		"Input and output: input model* output* ids format",
		"Other vectors: between traverse steps sample seed",
		"Images instead of latents: shards reconstruct denoise",
		"Run: resume overwrite",
	},
}

type job struct {
	config  decoding.Config
	flags   *flag.FlagSet
	encoded encoding.Config // of the images of --shards
}

func setup(fs *flag.FlagSet) runner.Job {
	j := &job{config: decoding.DefaultConfig(), flags: fs, encoded: encoding.DefaultConfig()}
	c := &j.config
	fs.StringVar(&c.Input, "input", "", "`folder` of latents that encode wrote, local, gs:// or s3://")
	fs.StringVar(&c.Model, "model", "", "`folder` of the model that made them")
	fs.StringVar(&c.Output, "output", "", "`folder` for the images")
	fs.StringVar(&c.IDs, "ids", "", "`file` of the ids of the images to decode, one per line or a CSV with a column image_id (default: all)")
	fs.StringVar(&c.Format, "format", c.Format, "`"+strings.Join(schemas.DecodedFormats, "|")+"`: the format of the images")
	fs.StringVar(&c.Between, "between", "", "`ID,ID`: instead of all vectors, decode steps on the straight line from that of the first image to that of the second")
	fs.Var((*cli.Index)(&c.Traverse), "traverse", "`dimension`, from 0: decode steps along it, from three standard deviations below its mean over all latents to three above, the others at their means")
	fs.Var((*cli.Count)(&c.Steps), "steps", fmt.Sprintf("`number` of images of --between and --traverse, with both ends (default %d)", decoding.DefaultSteps))
	fs.Var((*cli.Count)(&c.Sample), "sample", "`number` of draws from the prior of a variational model to decode; they take no --input")
	fs.Uint64Var(&c.Seed, "seed", c.Seed, "`number` that decides the draws of --sample")
	fs.StringVar(&c.Shards, "shards", "", "`folder` of image shards, which are encoded first, into latents/ of the output")
	fs.BoolVar(&c.Reconstruct, "reconstruct", false, "with --shards: decode each image again")
	fs.BoolVar(&c.Denoise, "denoise", false, "with --shards: the same by a model that was trained with noise, whose images have less of it")
	fs.BoolVar(&c.Resume, "resume", c.Resume, "keep the finished files of an interrupted run")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "make every file again")
	return j
}

// Validate checks all flags. Images of shards become latents below the output.
func (j *job) Validate() error {
	c := &j.config
	if name := cli.FirstGiven(j.flags, "seed"); name != "" && c.Sample == 0 {
		return fmt.Errorf("%s: is for --sample", name)
	}
	if err := c.Validate(); err != nil || c.Shards == "" {
		return err
	}
	e := &j.encoded
	e.Shards, e.Model, e.Output = c.Shards, c.Model, store.Join(c.Output, schemas.LatentsDir)
	e.Reconstruct, e.Resume, e.Overwrite = true, c.Resume, c.Overwrite
	return e.Validate()
}

// Places are what the workers read and write.
func (j *job) Places() map[string][]string {
	c := &j.config
	return map[string][]string{"input": {c.Input}, "shards": {c.Shards}, "model": {c.Model}, "ids": {c.IDs}, "output": {c.Output}}
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	if j.config.Shards != "" {
		if err := decoding.CheckBefore(ctx, j.config); err != nil {
			return nil, err
		}
		p, err := encoding.Plan(ctx, j.encoded)
		if err != nil {
			return nil, err
		}
		if p.Nothing == "" {
			p.Note("the images are planned when these latents are there")
			return p, nil
		}
	}
	return decoding.Plan(ctx, j.config)
}

func (j *job) Run(ctx context.Context, run beamrun.Runner, out io.Writer) error {
	result, err := decoding.Hold(ctx, j.config, func(ctx context.Context) (*decoding.Result, error) {
		if err := j.encode(ctx, run, out); err != nil {
			return nil, err
		}
		return decoding.Run(ctx, j.config, run)
	})
	if err != nil {
		return err
	}
	summarize(out, j.config.Output, result)
	return nil
}

// encode makes latents of the images of shards, if these are to be decoded.
func (j *job) encode(ctx context.Context, run beamrun.Runner, out io.Writer) error {
	if j.config.Shards == "" {
		return nil
	}
	if err := decoding.CheckBefore(ctx, j.config); err != nil {
		return err
	}
	ctx, end := outdir.Step(ctx, encoding.Step)
	result, err := encoding.Run(ctx, j.encoded, run)
	if err := end(err); err != nil {
		return err
	}
	m := result.Manifest
	fmt.Fprintf(out, "%s in the shards = %s encoded + %s rejected\n", words.Plural(m.Records, "image", "images"), progress.Count(m.Rows), progress.Count(m.Rejected))
	if m.Rejected > 0 {
		fmt.Fprintf(out, "  each one rejected is a line of %s\n", store.Join(j.encoded.Output, schemas.LatentsErrorsFile))
	}
	if l := m.Reconstructed; l != nil {
		fmt.Fprintf(out, "reconstruction of %s: %v\n", words.Plural(l.Images, "image", "images"), l)
	}
	if w := cmp.Or(m.Learned().Warning(), m.Unsuited()); w != "" {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
	return nil
}

// summarize prints whether all is there, what was left out, and what was made.
func summarize(out io.Writer, dir string, r *decoding.Result) {
	m := r.Manifest
	if r.Made == 0 {
		fmt.Fprintf(out, "Nothing to do: %s already holds these images.\n", dir)
	}
	switch p := m.Parameters; p.Mode {
	case schemas.DecodeBetween:
		fmt.Fprintf(out, "%s from %s to %s\n", words.Plural(p.Steps, "step", "steps"), p.Between[0], p.Between[1])
	case schemas.DecodeTraverse:
		t := m.Traversed
		fmt.Fprintf(out, "%s along dimension %d, from %.4g to %.4g (mean %.4g, standard deviation %.4g)\n", words.Plural(p.Steps, "step", "steps"), *p.Dimension, t.Low, t.High, t.Mean, t.Deviation)
	case schemas.DecodeSample:
		fmt.Fprintf(out, "%s from the prior, seed %d\n", words.Plural(p.Samples, "draw", "draws"), *p.Seed)
	}
	fmt.Fprintf(out, "%s = %s decoded + %s rejected\n", words.Plural(m.Vectors, "vector", "vectors"), progress.Count(m.Images), progress.Count(m.Rejected))
	if m.Rejected > 0 {
		fmt.Fprintf(out, "  each one rejected is a line of %s\n", store.Join(dir, schemas.ErrorsFile))
	}
	if m.Clipped > 0 {
		values := float64(m.Images) * float64(m.Image.Height*m.Image.Width*m.Image.Channels)
		fmt.Fprintf(out, "  %.3g %% of all pixel values were beyond black or white, and clipped\n", 100*float64(m.Clipped)/values)
	}
	if 0 < r.Made && r.Made < r.Parts {
		fmt.Fprintf(out, "%d of %s made, the images of the others were there\n", r.Made, words.Plural(r.Parts, "part", "parts"))
	}
	cli.WarnOfFormulas(out, r.Formulas.Count, r.Formulas.First, schemas.DecodedCSV)
	fmt.Fprintf(out, "%s of %s, %s, %s, in %s\n", words.Plural(m.Images, "image", "images"), m.Image, m.Parameters.Format, progress.Bytes(m.Bytes), store.Join(dir, schemas.ImagesDir))
	fmt.Fprintf(out, "listed in %s; %s on %s\n", store.Join(dir, schemas.DecodedCSV), progress.Count(m.Shown), store.Join(dir, schemas.DecodedSheet))
	if r.Shown != "" {
		fmt.Fprintf(out, "  channels there: %s\n", r.Shown)
	}
}
