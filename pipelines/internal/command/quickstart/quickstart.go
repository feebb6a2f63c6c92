// Package quickstart is the command quickstart: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: test helpers; the work itself.
package quickstart

import (
	"context"
	"flag"
	"fmt"
	"io"

	"exemplar/model/linear"
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/cli/runner"
	"exemplar/transforms/data/sample"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
	"exemplar/transforms/training"
)

// Command is quickstart.
var Command = cli.Command{
	Name: "quickstart", About: "shards, models, encodes and selects in one command", Setup: runner.On(setup),
	Examples: []string{
		"",
		"--input=crops/ --budget=50",
	},
	Groups: []string{
		"Input and output: input output",
		"How many: budget clusters top",
		"Images: size fit full_scale range projection microns_per_pixel channel_pattern channels label_pattern metadata_pattern images",
		"Model: arch epochs latent",
		"Run: seed overwrite",
	},
	Fields: map[string]string{"Size": "size", "SizeRule": "size", "Input": "input", "Shards": "input", "encoding.Config.Shards": "input"}, // of later steps
}

type job struct {
	sharding  sharding.Config // but for folders, and the inputs of a sample
	output    string
	images    int
	arch      string
	epochs    int
	latent    int
	budget    cli.Count // 0: not given, as the following
	clusters  cli.Count
	top       cli.Count
	seed      uint64
	overwrite bool
	training  graceful
}

// inputs are what the user named; none for the sample.
func (j *job) inputs() []string { return j.sharding.Listing.Inputs }

func setup(fs *flag.FlagSet) runner.Job {
	j := &job{sharding: sharding.DefaultConfig()}
	c := &j.sharding
	fs.Var((*cli.Strings)(&c.Listing.Inputs), "input", "`folder`, glob or IDX file of images; may be given several times (default: a generated sample)")
	fs.StringVar(&j.output, "output", "exemplar-out", "`folder` for all results")
	fs.IntVar(&j.images, "images", sample.DefaultImages, "`number` of images of the generated sample, 66 KB each")
	fs.StringVar(&c.Listing.ChannelPattern, "channel_pattern", "", "`regexp` whose group \"channel\" is the channel in a file's name, e.g. _ch(?P<channel>\\d+): files whose names are the same without what it matches are one image")
	fs.StringVar(&c.Listing.Channels, "channels", "", "`names` of the channels to take, in their order, as DNA,ER,RNA")
	fs.StringVar(&c.Listing.LabelPattern, "label_pattern", "", "`regexp` whose group \"label\", or first group, is the label in an image's name")
	fs.StringVar(&c.MetadataPattern, "metadata_pattern", "", "`regexp` whose named groups become Metadata_* columns")
	fs.Var(cli.SizeOrRule{Size: &c.Size, Rule: &c.SizeRule}, "size", "`HEIGHTxWIDTH` of every image, or a rule by which the sizes of all decide it: largest, frequent, or a percentile, as p95 (default: the most frequent one of a sample)")
	fs.StringVar(&c.Fit, "fit", c.Fit, "`reject|pad|crop|resize`: what to do with an image of another size")
	fs.Var((*cli.FullScale)(&c.FullScale), "full_scale", "`NUMBER|auto`: the sample that counts as 1.0, as saturated and as white, as 4095; auto takes what all files state, else the smallest of 8, 10, 12, 14 and 16 bits that no pixel exceeds")
	fs.StringVar(&c.Range, "range", "", "`LOW,HIGH`: the numbers that become 0 and 65535 of images of floats, signed or 32-bit integers, which are rejected without it")
	fs.StringVar(&c.Projection, "projection", "", "`max|mean|middle|z=N`: what becomes of images with several planes of Z or T, which are rejected without it")
	fs.Var((*cli.Above0)(&c.MicronsPerPixel), "microns_per_pixel", "`size` of a pixel of the images as they are written, for the scale bar of the report (default: what the files state)")
	fs.StringVar(&j.arch, "arch", "", "`conv|linear`: the kind of the model: conv, a small convolutional autoencoder that suits the size of the images, compared with the linear one; or linear, which takes a second (default: conv, or linear where the program has no assembly for the processor, with which conv takes a hundred times less)")
	fs.IntVar(&j.epochs, "epochs", 0, "conv: `number` of passes over the images (default: by the number and the size of the images, one to three minutes with assembly)")
	fs.IntVar(&j.latent, "latent", linear.DefaultLatent, "`number` of dimensions of a latent vector")
	fs.Var(&j.clusters, "clusters", "`number` of clusters (default: 20, or one for every ten images of a smaller collection)")
	fs.Var(&j.budget, "budget", fmt.Sprintf("`number` of images that are picked, which represent all clusters together (default %d, or a tenth of a small collection)", selecting.DefaultBudget))
	fs.Var(&j.top, "top", "`number` of images to pick from each cluster, the nearest to its center, instead of a budget")
	fs.Uint64Var(&j.seed, "seed", 1, "`number` that random choices start from")
	fs.BoolVar(&j.overwrite, "overwrite", false, "do all work again, also where an interrupted run with other flags left some")
	return j
}

// Validate fills in the sample's patterns and checks every step's flags.
func (j *job) Validate() error {
	c := &j.sharding
	if len(j.inputs()) == 0 {
		if c.Listing.LabelPattern != "" || c.MetadataPattern != "" {
			return fmt.Errorf("--label_pattern and --metadata_pattern need --input: the sample has its own")
		}
		if c.Listing.ChannelPattern != "" || c.Listing.Channels != "" {
			return fmt.Errorf("--channel_pattern and --channels need --input: the sample is gray, of one channel")
		}
		c.Listing.LabelPattern, c.MetadataPattern = sample.LabelPattern, sample.MetadataPattern
	}
	switch {
	case len(j.inputs()) > 0 && j.images != sample.DefaultImages:
		return fmt.Errorf("--images=%d: has a meaning only for the generated sample, without --input", j.images)
	case j.images < 1 || j.images > sample.MaxImages:
		return fmt.Errorf("--images=%d: must be 1 to %d", j.images, sample.MaxImages)
	case len(j.inputs()) == 0 && j.enough(int64(j.images)) != nil:
		return j.enough(int64(j.images))
	case j.arch != "" && j.arch != archConv && j.arch != training.ArchLinear:
		return fmt.Errorf("--arch=%s: must be %s or %s; exemplar train knows others", j.arch, archConv, training.ArchLinear)
	case j.epochs < 0:
		return fmt.Errorf("--epochs=%d: must be at least 1", j.epochs)
	case j.epochs > 0 && j.arch == training.ArchLinear:
		return fmt.Errorf("--epochs=%d: --arch=%s has no use for it", j.epochs, j.arch)
	}
	return j.workflow().validate()
}

// Stop makes a training by gradient steps finish its step and save; all other
// steps can be ended at any moment.
func (j *job) Stop() bool { return j.training.stop() }

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return j.workflow().plan(ctx, len(j.inputs()) == 0)
}

func (j *job) Run(ctx context.Context, run beamrun.Runner, out io.Writer) error {
	if len(j.inputs()) == 0 {
		return j.workflow().walk(ctx, run, out, j.generateSample)
	}
	return j.workflow().walk(ctx, run, out, nil)
}

// generateSample makes the sample collection unless it is there already.
func (j *job) generateSample(ctx context.Context, dir string) (string, error) {
	s, err := sample.Generate(ctx, dir, sample.Options{Images: j.images})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s generated crops of %dx%d, drawn and not measured", progress.Count(int64(s.Images)), s.Size, s.Size), nil
}
