// Package importcmd is the command import: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Beam, Parquet, Gorgonia, plots, test helpers; the work itself.
package importcmd

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"exemplar/model"
	"exemplar/pipelines/internal/cli"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/importing"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
)

// Command is import.
var Command = cli.Command{
	Name: "import", About: "turns Keras, NumPy or safetensors weights into a model directory", Setup: setup,
	Examples: []string{
		"--encoder=encoder.keras --output=model/",
		"--encoder=encoder.h5 --decoder=decoder.h5 --arch=ae1m --output=model/",
	},
	Groups: []string{
		"Input and output: encoder* input decoder training_log output*",
		"Architecture, where the file has none: arch latent input_size input_range full_scale channels",
		"Run: overwrite",
	},
}

type job struct{ importing.Config }

func setup(fs *flag.FlagSet) cli.Job {
	j := &job{importing.DefaultConfig()}
	c := &j.Config
	fs.StringVar(&c.Encoder, "encoder", "", "`file` with the encoder's weights")
	fs.StringVar(&c.Encoder, "input", "", "`file`: the same as --encoder")
	fs.StringVar(&c.Decoder, "decoder", "", "`file` with the decoder's weights (default: the model gets no decoder)")
	fs.StringVar(&c.TrainingLog, "training_log", "", "`file` with the losses of each epoch, as Keras' CSVLogger writes them, for the plot of the report (default: none)")
	fs.StringVar(&c.Arch, "arch", "", "`architecture`: "+strings.Join(model.Presets(), ", ")+", or a JSON file (default: the one in the encoder's file)")
	fs.StringVar(&c.Output, "output", "", "`folder` for the model")
	fs.IntVar(&c.Latent, "latent", 0, "`number` of dimensions of a latent vector (default: that of the architecture)")
	fs.Var((*cli.Size)(&c.Input), "input_size", "`HEIGHTxWIDTH` of the images (default: that of the architecture)")
	fs.Var((*cli.InputRange)(&c.Scale), "input_range", "`range` of the numbers that pixels were when the weights were trained: 0,1, or -1,1, for which an output activation sigmoid becomes tanh, or 0,255, for which it becomes linear (default: that of the architecture, or of a Rescaling layer in the encoder's file)")
	fs.Var((*cli.FullScale)(&c.FullScale), "full_scale", "`pixel` that was 1 when the weights were trained, as 4095 of a camera of 12 bits; above 255 the images have 16 bits (default: that of the architecture or of a Rescaling layer, else 255 or 65535)")
	fs.StringVar(&c.Channels, "channels", "", "`names` of the channels in the model's order, separated by commas, as DNA,ER,RNA (default: not known; encode takes those of the images in their order, and says so)")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "replace a model that is there")
	return j
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	return importing.Plan(ctx, j.Config)
}

func (j *job) Run(ctx context.Context, out io.Writer) error {
	r, err := importing.Run(ctx, j.Config)
	if err != nil {
		return err
	}
	summarize(out, j.Config, r)
	return nil
}

// summarize prints what the model is.
func summarize(out io.Writer, c importing.Config, r *importing.Result) {
	if !r.Made {
		fmt.Fprintf(out, "Nothing to do: %s already holds this model.\n", c.Output)
	}
	a := r.Model.Arch
	name := a.Family
	if a.Name != "" {
		name = a.Name + " (" + a.Family + ")"
	}
	enc, dec := a.Parameters()
	pixels := ""
	if a.Input.Scale != model.ScaleUnit {
		pixels = " as numbers in " + a.Input.Range()
	}
	if a.Input.FullScale != 0 {
		pixels += fmt.Sprintf(", full scale %d", a.Input.FullScale)
	}
	if names := schemas.NamesOf(r.Model.Channels); len(names) > 0 {
		pixels += ", channels " + strings.Join(names, ",")
	}
	fmt.Fprintf(out, "architecture %s: images %dx%dx%d %d-bit%s, %s\n",
		name, a.Input.Height, a.Input.Width, a.Input.Channels, a.Input.Bits, pixels, words.Plural(a.Latent, "dimension", "dimensions"))
	fmt.Fprintf(out, "encoder of %s parameters\n", progress.Count(enc))
	if len(r.Model.Decoder) > 0 {
		fmt.Fprintf(out, "decoder of %s parameters\n", progress.Count(dec))
	} else {
		fmt.Fprintln(out, "no decoder: reconstruction errors need one (--decoder)")
	}
	for _, note := range r.Model.Provenance.Notes {
		fmt.Fprintf(out, "  %s\n", note)
	}
	if r.Stale {
		fmt.Fprintf(out, "training_log.csv was of the weights that were there, and is gone; --training_log names one of these\n")
	}
	fmt.Fprintf(out, "model %s in %s\n", r.SHA256, c.Output)
}
