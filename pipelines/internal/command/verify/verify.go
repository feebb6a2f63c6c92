// Package verify is the command verify: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Beam, Gorgonia, plots, test helpers, selecting; the work itself.
package verify

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"exemplar/pipelines/internal/cli"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/verifying"
)

// Command is verify.
var Command = cli.Command{
	Name: "verify", About: "checks a finished shards, model, latents, selection, decoded, query or comparison folder", Setup: setup,
	Examples: []string{"--input=exemplar-out/selection"},
	Groups: []string{
		"Input: input*",
		"What it was made from, where that is not beside it: latents shards model",
		"How much: embeddings",
		"Run:",
	},
}

// shown is the number of problems that are printed.
const shown = 20

type job struct{ verifying.Config }

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{verifying.DefaultConfig()}
	fs.StringVar(&j.Input, "input", "", "`folder` to check: it holds shards.json, model.json, _latents.json, selection.json, decode.json, query.json or compare.json")
	fs.StringVar(&j.Shards, "shards", "", "`folder` of the shards that the latents were made from, or models were compared on (default: shards/ beside the input, if it is there)")
	fs.StringVar(&j.Model, "model", "", "`folder` of the model that made the latents, or the images of them (default: model/ beside the input, if it is there)")
	fs.StringVar(&j.Latents, "latents", "", "`folder` of the latents that the picks were made from, a query was made of or images were decoded from, or that the model made (default: latents/ beside the input)")
	fs.StringVar(&j.Embeddings, "embeddings", j.Embeddings, "`sample|all|off`: which images of a latents folder are encoded again, to compare every bit, where the model and the shards are there, and which decoded images are decoded again: sample (about 128), all or off")
	return j
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return verifying.Plan(ctx, j.Config)
}

// Run checks the folder on this machine; it needs no runner.
func (j *job) Run(ctx context.Context, out io.Writer) error {
	report, err := verifying.Run(ctx, j.Config)
	if err != nil {
		return err
	}
	n := len(report.Problems)
	for _, problem := range report.Problems[:min(n, shown)] {
		fmt.Fprintf(out, "does not hold: %s\n", problem)
	}
	if n > shown {
		fmt.Fprintf(out, "… and %d more lines\n", n-shown)
	}
	if n > 0 {
		return fmt.Errorf("%s does not hold what it claims", j.Input)
	}
	for _, checked := range report.Checked {
		fmt.Fprintf(out, "holds: %s\n", checked)
	}
	for _, left := range report.Unchecked {
		fmt.Fprintf(out, "not checked: %s\n", left)
	}
	if report.Left != "" {
		return errors.New(report.Left)
	}
	return nil
}
