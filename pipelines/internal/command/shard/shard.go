// Package shard is the command shard: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Gorgonia, plots, test helpers, encoding, selecting; the work
// itself.
package shard

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/cli/runner"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/sharding"
)

// Command is shard.
var Command = cli.Command{
	Name: "shard", About: "packs images into TFRecord shards", Setup: runner.On(setup),
	Examples: []string{
		"--input=crops/ --output=shards/",
		"--input=crops/ --output=shards/ --label_pattern='^(?P<label>[^/]+)/'",
		"--input=crops/ --output=shards/ --channel_pattern='_ch(?P<channel>\\d+)' --channels=DNA,ER,RNA",
	},
	Groups: []string{
		"Input and output: input* input_list root output*",
		"How many, and of what size: shards size fit bits align compression max_pixels",
		"What pixels mean: full_scale range projection microns_per_pixel",
		"Channels: channel_pattern channels",
		"Labels and metadata: labels label_pattern metadata_pattern",
		"Run: checksum resume overwrite",
	},
	Fields: map[string]string{"Size": "size", "SizeRule": "size", "encoding.Config.Shards": "input"},
}

type job struct{ sharding.Config }

func setup(fs *flag.FlagSet) runner.Job {
	j := &job{sharding.DefaultConfig()}
	c := &j.Config
	fs.Var((*cli.Strings)(&c.Listing.Inputs), "input", "`folder`, glob, image or IDX file, local, gs:// or s3://; may be given several times")
	fs.StringVar(&c.Listing.InputList, "input_list", "", "`file` with one path per line, or an inventory (.csv, .csv.gz, .parquet) with a column path, key, file_name, name, uri or url, or with FileName_X and PathName_X for each channel X (CellProfiler), instead of --input; a column label is the image's label, columns Metadata_* become those of latents; columns bucket (of the store that --root or the list itself is in), size, generation and last_modified save a request per image")
	fs.StringVar(&c.Listing.Root, "root", "", "`folder` that image names are relative to (default: the input folder); s3:// or gs:// alone says where the buckets of --input_list are")
	fs.StringVar(&c.Output, "output", "", "`folder` for the shards")
	fs.IntVar(&c.Shards, "shards", c.Shards, "`number` of shards (default: one for every 100 images, at most 100)")
	fs.Var(cli.SizeOrRule{Size: &c.Size, Rule: &c.SizeRule}, "size", "`HEIGHTxWIDTH` of every image, or a rule by which the sizes of all decide it: largest, frequent, or a percentile of heights and of widths, as p95 (default: the most frequent one of a sample)")
	fs.StringVar(&c.Fit, "fit", c.Fit, "`reject|pad|crop|resize`: what to do with an image of another size: reject, pad (with zeros), crop (the center) or resize")
	fs.StringVar(&c.Bits, "bits", c.Bits, "`keep|8`: keep the sample depth, or 8 to round 16-bit samples to 8 bits (the full scale becomes 255)")
	fs.Var((*cli.FullScale)(&c.FullScale), "full_scale", "`NUMBER|auto`: the sample that counts as 1.0 for a model, as saturated and as white, as 4095; auto takes what all files state, else the smallest of 8, 10, 12, 14 and 16 bits that no pixel exceeds")
	fs.StringVar(&c.Range, "range", "", "`LOW,HIGH`: the numbers that become 0 and 65535 of images of floats, signed or 32-bit integers, which are rejected without it")
	fs.StringVar(&c.Projection, "projection", "", "`max|mean|middle|z=N`: what becomes of images with several planes of Z or T, which are rejected without it: the largest sample, the mean, the plane in the middle, or plane N from 0 on (z=2,t=0)")
	fs.Var((*cli.Above0)(&c.MicronsPerPixel), "microns_per_pixel", "`size` of a pixel of the images as they are written, for the scale bar of the report (default: what the files state)")
	fs.StringVar(&c.Align, "align", c.Align, "`none|moments`: keep how objects lie, or turn each around the center so that its principal axis lies along the rows (the longer side of an image that is not square), its heavier tails to the right and down")
	fs.StringVar(&c.Compression, "compression", c.Compression, "`none|gzip`: how the shards are compressed")
	fs.Int64Var(&c.MaxPixels, "max_pixels", c.MaxPixels, "`number` of pixels above which an image is rejected unread")
	fs.StringVar(&c.Listing.ChannelPattern, "channel_pattern", "", "`regexp` whose group \"channel\" is the channel in a file's name, e.g. _ch(?P<channel>\\d+): files whose names are the same without what it matches are one image")
	fs.StringVar(&c.Listing.Channels, "channels", "", "`names` of the channels to take, in their order, as DNA,ER,RNA: those that files, names or lists have, or names for as many that have none")
	fs.StringVar(&c.Listing.Labels, "labels", "", "IDX label `file` of an IDX input")
	fs.StringVar(&c.Listing.LabelPattern, "label_pattern", "", "`regexp` whose group \"label\", or first group, is the label in an image's name")
	fs.StringVar(&c.MetadataPattern, "metadata_pattern", "", "`regexp` whose named groups become Metadata_* columns at encode, e.g. (?P<run>run\\d+)/(?P<well>[A-H]\\d+)")
	fs.BoolVar(&c.Listing.Checksum, "checksum", false, "tell a changed image by its bytes instead of size and modification time")
	fs.BoolVar(&c.Resume, "resume", c.Resume, "keep the finished shards of an interrupted run")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "make every shard again")
	return j
}

// Places are what the workers read and write.
func (j *job) Places() map[string][]string {
	return map[string][]string{"input": j.Config.Listing.Inputs, "root": {j.Config.Listing.Root}, "output": {j.Config.Output}}
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return sharding.Plan(ctx, j.Config)
}

func (j *job) Run(ctx context.Context, run beamrun.Runner, out io.Writer) error {
	result, err := sharding.Run(ctx, j.Config, run)
	if err != nil {
		return err
	}
	summarize(out, j.Config.Output, result)
	return nil
}

// summarize prints what a tired person wants to know: is it all there, what was
// left out and why, and what comes next.
func summarize(out io.Writer, dir string, r *sharding.Result) {
	m := r.Manifest
	switch {
	case r.Made == 0 && r.Told:
		fmt.Fprintf(out, "No shard to make: %s already holds these images; %s tells of their pixels what is new.\n", dir, schemas.ShardsFile)
	case r.Made == 0:
		fmt.Fprintf(out, "Nothing to do: %s already holds these images.\n", dir)
	}
	fmt.Fprintf(out, "%s listed = %s written + %s rejected\n",
		words.Plural(m.Listed, "image", "images"), progress.Count(m.Written), progress.Count(m.Rejected))
	for _, reason := range slices.Sorted(maps.Keys(m.RejectedByReason)) {
		fmt.Fprintf(out, "  %s: %s\n", strings.ReplaceAll(reason, "_", " "), progress.Count(m.RejectedByReason[reason]))
	}
	for _, line := range r.Notes {
		fmt.Fprintf(out, "  %s\n", line)
	}
	if m.Rejected > 0 {
		fmt.Fprintf(out, "  each one is a line of %s/%s\n", dir, schemas.ErrorsFile)
	}
	if 0 < r.Made && r.Made < len(m.Shards) {
		fmt.Fprintf(out, "%d of %d made, the other shards were there\n", r.Made, len(m.Shards))
	}
	fmt.Fprintf(out, "%s of %s images, %s, in %s\n", words.Plural(len(m.Shards), "shard", "shards"), m.Image, progress.Bytes(m.Bytes), dir)
}
