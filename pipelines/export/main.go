// Command export writes a model for other programs.
//
//	go run ./pipelines/export --model=model/ --format=onnx --output=onnx/
//	go run ./pipelines/export --model=model/ --format=keras --output=keras/
//
// Formats: onnx (ONNX Runtime and others), keras (whole models and weights for
// Keras 3) and npz (the bare arrays). Exported encoders of onnx and keras take
// raw pixels, as in the image shards, and give the latents that encode gives,
// up to float32 rounding.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"exemplar/pipelines/internal/cli"
	"exemplar/schemas/words"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
)

func main() {
	cli.Main("export", "writes a model for ONNX Runtime, Keras or NumPy", setup)
}

type job struct{ config }

// config says what to export; names are local, gs:// or s3://.
type config struct {
	Model  string
	Format string
	Output string

	Overwrite bool // also where another export is there
}

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{}
	fs.StringVar(&j.Model, "model", "", "model `folder`, of train or import")
	fs.StringVar(&j.Model, "input", "", "the same as --model")
	fs.StringVar(&j.Format, "format", "", "`format` of the files: "+strings.Join(formatNames(), ", "))
	fs.StringVar(&j.Output, "output", "", "`folder` for the files")
	fs.BoolVar(&j.Overwrite, "overwrite", false, "replace an export that is there")
	return j
}

func (c config) Validate() error {
	switch {
	case c.Model == "":
		return errors.New("--model is missing: give a model folder, of train or import")
	case c.Format == "":
		return fmt.Errorf("--format is missing: give one of %s", strings.Join(formatNames(), ", "))
	case formatOf(c.Format) == nil:
		return fmt.Errorf("--format=%s: must be one of %s", c.Format, strings.Join(formatNames(), ", "))
	case c.Output == "":
		return errors.New("--output is missing: give the folder for the files")
	}
	return nil
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return plan(ctx, j.config)
}

func (j *job) Run(ctx context.Context, out io.Writer) error {
	r, err := run(ctx, j.config)
	if err != nil {
		return err
	}
	summarise(out, j.config, r)
	return nil
}

// summarise prints what the folder holds.
func summarise(out io.Writer, c config, r *result) {
	if !r.made {
		fmt.Fprintf(out, "Nothing to do: %s already holds this export.\n", c.Output)
	}
	m := r.manifest
	fmt.Fprintf(out, "model %s as %s: images %s, %s\n", m.ModelSHA256[:12], formatOf(m.Kind).title, m.Image, words.Plural(m.Dimension, "dimension", "dimensions"))
	for _, f := range m.Files {
		fmt.Fprintf(out, "  %-18s  %10s  %s\n", f.File, progress.Bytes(f.Bytes), contents[f.File])
	}
	if len(m.Files) > 0 && !r.decodes {
		fmt.Fprintln(out, "no decoder: the model has none")
	}
	fmt.Fprintf(out, "in %s\n", c.Output)
}
