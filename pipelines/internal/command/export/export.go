// Package export is the command export: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Beam, Parquet, Gorgonia, plots, test helpers; the work itself.
package export

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"exemplar/pipelines/internal/cli"
	"exemplar/schemas/words"
	"exemplar/transforms/exporting"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
)

// Command is export.
var Command = cli.Command{
	Name: "export", About: "writes a model for ONNX Runtime, Keras or NumPy", Setup: setup,
	Examples: []string{"--model=model/ --format=onnx --output=onnx/"},
	Groups: []string{
		"Input and output: model* input format* output*",
		"Run: summary overwrite",
	},
}

type job struct{ exporting.Config }

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{exporting.DefaultConfig()}
	fs.StringVar(&j.Model, "model", "", "model `folder`, of train or import")
	fs.StringVar(&j.Model, "input", "", "`folder`: the same as --model")
	fs.StringVar(&j.Format, "format", "", "`"+strings.Join(exporting.Formats(), "|")+"`: the format of the files")
	fs.StringVar(&j.Output, "output", "", "`folder` for the files")
	fs.BoolVar(&j.Summary, "summary", false, "print the layers, with the shapes of what they give and the numbers of their parameters, as Keras does")
	fs.BoolVar(&j.Overwrite, "overwrite", false, "replace an export that is there")
	return j
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return exporting.Plan(ctx, j.Config)
}

func (j *job) Run(ctx context.Context, out io.Writer) error {
	r, err := exporting.Run(ctx, j.Config)
	if err != nil {
		return err
	}
	if j.Summary {
		fmt.Fprint(out, r.Arch.Summary(r.Decodes))
	}
	summarize(out, j.Config, r)
	return nil
}

// summarize prints what the folder holds.
func summarize(out io.Writer, c exporting.Config, r *exporting.Result) {
	if !r.Made {
		fmt.Fprintf(out, "Nothing to do: %s already holds this export.\n", c.Output)
	}
	m := r.Manifest
	fmt.Fprintf(out, "model %s as %s: images %s, %s\n", m.ModelSHA256[:12], exporting.Title(m.Kind), m.Image, words.Plural(m.Dimension, "dimension", "dimensions"))
	for _, f := range m.Files {
		fmt.Fprintf(out, "  %-18s  %10s  %s\n", f.File, progress.Bytes(f.Bytes), exporting.Contents(f.File))
	}
	if len(m.Files) > 0 && !r.Decodes {
		fmt.Fprintln(out, "no decoder: the model has none")
	}
	fmt.Fprintf(out, "in %s\n", c.Output)
}
