// Package encode is the command encode: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Gorgonia, plots, test helpers, sharding, selecting; the work
// itself.
package encode

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/cli/runner"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/encoding"
	"exemplar/transforms/encoding/tabular"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
)

// Command is encode.
var Command = cli.Command{
	Name: "encode", About: "turns image shards, or the rows of a table, into latent vectors in Parquet", Setup: runner.On(setup),
	Examples: []string{
		"--input=shards/ --model=model/ --output=latents/",
		"--input=spikes.csv --model=model/ --output=latents/",
	},
	Groups: []string{
		"Input and output: input* model* output* layout reconstruct",
		"Metadata: metadata_pattern metadata_csv",
		"Tables of numbers: id_column vector_column vector_columns label_column ids",
		"Shards of other programs: image_feature name_feature size",
		"Run: batch resume overwrite",
	},
}

type job struct {
	flags *flag.FlagSet
	encoding.Config
	table tabular.Config // where the input is a table
}

// imageOnly are the flags that a table has no use for.
var imageOnly = []string{"metadata_pattern", "metadata_csv", "image_feature", "name_feature", "size"}

func setup(fs *flag.FlagSet) runner.Job {
	j := &job{flags: fs, Config: encoding.DefaultConfig(), table: tabular.DefaultConfig()}
	c := &j.Config
	fs.StringVar(&c.Shards, "input", "", "`folder` of the image shards, local, gs:// or s3://; or a table of numbers, a CSV or Parquet file or a .npy matrix, or several with commas between, joined by their ids")
	fs.StringVar(&c.Model, "model", "", "`folder` of the model")
	fs.StringVar(&c.Output, "output", "", "`folder` for the latents")
	fs.StringVar(&c.Layout, "layout", c.Layout, "`list|wide`: list is one column embedding, wide one column per dimension, z000, z001, …")
	fs.BoolVar(&c.Reconstruct, "reconstruct", false, "decode each image or row again and fill column mse with its reconstruction error")
	fs.StringVar(&c.MetadataPattern, "metadata_pattern", "", "`regexp` whose named groups, found in an image's name, become Metadata_* columns (default: that of the shard step)")
	fs.StringVar(&c.MetadataCSV, "metadata_csv", "", "CSV `file` whose columns become Metadata_* columns, joined by its column image_id, file_name or filename")
	fs.IntVar(&c.Batch, "batch", c.Batch, "largest `number` of images or rows that go through the encoder at once; the latents do not depend on it")
	fs.StringVar(&c.ImageFeature, "image_feature", "", "`name` of the image's feature in shards of other programs (default "+schemas.FeatureImage+")")
	fs.StringVar(&c.NameFeature, "name_feature", "", "`name` of the file name's feature in such shards (default "+schemas.FeatureFilename+")")
	fs.Var((*cli.Size)(&c.Size), "size", "`HEIGHTxWIDTH` of images in such shards whose records do not state it (default: that of the model)")
	r := &j.table.Read
	fs.StringVar(&r.IDColumn, "id_column", "", "`column` of the ids of a table, or of the --ids table (default: that of the model's table)")
	fs.StringVar(&r.VectorColumn, "vector_column", "", "`column` of Parquet files that holds the numbers as lists (default: that of the model's table)")
	fs.StringVar(&r.VectorColumns, "vector_columns", "", "instead `regexp` of the names of plain columns of numbers, which must be those of the model (default: these)")
	fs.StringVar(&r.LabelColumn, "label_column", "", "`column` of labels of a table")
	fs.StringVar(&r.IDs, "ids", "", "CSV `file` of ids, one line a row of a .npy matrix")
	fs.BoolVar(&c.Resume, "resume", c.Resume, "keep the finished files of an interrupted run")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "make every file again")
	return j
}

// Places are what the workers read and write.
func (j *job) Places() map[string][]string {
	c := &j.Config
	return map[string][]string{"ids": {j.table.Read.IDs}, "input": j.inputs(), "model": {c.Model}, "metadata_csv": {c.MetadataCSV}, "output": {c.Output}}
}

// inputs are the folder of shards, or the tables.
func (j *job) inputs() []string {
	if j.isTable() {
		return j.table.Inputs()
	}
	return []string{j.Config.Shards}
}

// isTable reports whether the input is a table: by its name, or by a flag that says which of
// its columns hold what.
func (j *job) isTable() bool {
	return j.table.Read.AnyGiven(j.Config.Shards)
}

// Validate checks the flags of shards or of a table.
func (j *job) Validate() error {
	if !j.isTable() {
		return j.Config.Validate()
	}
	if name := cli.FirstGiven(j.flags, imageOnly...); name != "" {
		return fmt.Errorf("%s: is for shards of images, and --input=%s is a table", name, j.Config.Shards)
	}
	c, t := &j.Config, &j.table
	t.Input, t.Model, t.Output, t.Layout, t.Reconstruct = c.Shards, c.Model, c.Output, c.Layout, c.Reconstruct
	t.Batch, t.Resume, t.Overwrite = c.Batch, c.Resume, c.Overwrite
	return t.Validate()
}

// here refuses runners that a table is not encoded by.
func here(ctx context.Context) error {
	if beamrun.OneJob(ctx) || outdir.DryRun(ctx) {
		return errors.New("--runner: tables are encoded in this process; leave it out")
	}
	return nil
}

// runTable encodes a table.
func (j *job) runTable(ctx context.Context, out io.Writer) error {
	if err := here(ctx); err != nil {
		return err
	}
	r, err := tabular.Run(ctx, j.table)
	if err != nil {
		return err
	}
	m := r.Manifest
	if r.Made == 0 {
		fmt.Fprintf(out, "Nothing to do: %s already holds the latents of these rows.\n", j.table.Output)
	}
	fmt.Fprintf(out, "%s = %s encoded + %s rejected\n", words.Plural(m.Records, "row", "rows"), progress.Count(m.Rows), progress.Count(m.Rejected))
	if m.Rejected > 0 {
		fmt.Fprintf(out, "  each one rejected is a line of %s/%s\n", j.table.Output, schemas.LatentsErrorsFile)
	}
	if r.Outside > 0 {
		fmt.Fprintf(out, "  %s of the numbers %s below the least or above the largest of their column in the training of the model\n",
			words.Percent(float64(r.Outside)/float64(r.Numbers), 3), words.Noun(r.Outside, "is", "are"))
	}
	if l := m.Reconstructed; l != nil {
		fmt.Fprintf(out, "reconstruction of %s: %s\n", words.Plural(l.Images, "row", "rows"), l.OfRows())
	}
	if w := m.Learned().WarningOfRows(); w != "" {
		fmt.Fprintf(out, "warning: %s\n", w)
	} else if w := m.UnsuitedRows(); w != "" {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
	if 0 < r.Made && r.Made < len(m.Files) {
		fmt.Fprintf(out, "%d of %d made, the other files were there\n", r.Made, len(m.Files))
	}
	fmt.Fprintf(out, "%s of %s, layout %s, %s, in %s\n",
		words.Plural(len(m.Files), "file", "files"), words.Plural(m.Spec.Dimension, "dimension", "dimensions"), m.Spec.Layout, progress.Bytes(m.Bytes), j.table.Output)
	return nil
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	if j.isTable() {
		if err := here(ctx); err != nil {
			return nil, err
		}
		return tabular.Plan(ctx, j.table)
	}
	return encoding.Plan(ctx, j.Config)
}

func (j *job) Run(ctx context.Context, run beamrun.Runner, out io.Writer) error {
	if j.isTable() {
		return j.runTable(ctx, out)
	}
	result, err := encoding.Run(ctx, j.Config, run)
	if err != nil {
		return err
	}
	summarize(out, j.Config, result)
	return nil
}

// summarize prints whether all is there, what was left out, and what was made.
func summarize(out io.Writer, c encoding.Config, r *encoding.Result) {
	m := r.Manifest
	if r.Made == 0 {
		fmt.Fprintf(out, "Nothing to do: %s already holds the latents of these shards.\n", c.Output)
	}
	fmt.Fprintf(out, "%s in the shards = %s encoded + %s rejected\n",
		words.Plural(m.Records, "image", "images"), progress.Count(m.Rows), progress.Count(m.Rejected))
	if m.Rejected > 0 {
		fmt.Fprintf(out, "  each one rejected is a line of %s/%s\n", c.Output, schemas.LatentsErrorsFile)
	}
	if r.Empty > 0 {
		fmt.Fprintf(out, "  %s without records\n", words.Plural(r.Empty, "file of them is", "files of them are"))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(out, "  %s\n", note)
	}
	if missing := m.Rows - r.Matched; c.MetadataCSV != "" && r.Made > 0 && missing > 0 {
		fmt.Fprintf(out, "  %s no row in %s: %s columns from it are empty\n", words.Plural(missing, "image has", "images have"), c.MetadataCSV, words.Noun(missing, "its", "their"))
	}
	if r.Unmatched > 0 {
		fmt.Fprintf(out, "  %s of %s of no image in the shards: the first, by name, is of %q\n", words.Plural(r.Unmatched, "row", "rows"), c.MetadataCSV+words.Noun(r.Unmatched, " is", " are"), r.FirstUnmatched)
	}
	if l := m.Reconstructed; l != nil {
		fmt.Fprintf(out, "reconstruction of %s: %v\n", words.Plural(l.Images, "image", "images"), l)
	}
	if w := cmp.Or(m.Learned().Warning(), m.Unsuited()); w != "" {
		fmt.Fprintf(out, "warning: %s\n", w)
	}
	if 0 < r.Made && r.Made < len(m.Files) {
		fmt.Fprintf(out, "%d of %d made, the other files were there\n", r.Made, len(m.Files))
	}
	fmt.Fprintf(out, "%s of %s, layout %s, %s, in %s\n",
		words.Plural(len(m.Files), "file", "files"), words.Plural(m.Spec.Dimension, "dimension", "dimensions"), m.Spec.Layout, progress.Bytes(m.Bytes), c.Output)
}
