package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
	"exemplar/transforms/training/fit"
)

// Training parameters of model.json that a later run of the same command reads.
const (
	parameterFingerprint = "fingerprint" // reports whether the model stands for its inputs and parameters
	parameterDrawn       = "drawn_from"  // images that Config.Limit drew from, by the hash of their ids and the seed
	parameterDiverged    = "diverged"    // why the training stopped, if its loss was not finite or rose
)

// ownFiles are the names of all files but those in folders.
var ownFiles = append(model.AllFileNames(), schemas.TrainingLogFile, schemas.StepsLogFile, schemas.LossPicture, schemas.CodesPicture,
	schemas.LatentsPicture, schemas.ErrorsFile, schemas.ConfusionFile, schemas.CurveFile)

var epochPicture = regexp.MustCompile(`^` + schemas.ReconstructionsDir + `/epoch-[0-9]{3,}\.png$`)

// output returns the protocol of the model's folder.
func (c Config) output() outdir.Output {
	return outdir.Output{
		Dir: c.Output, Manifest: schemas.ModelFile, Remember: true,
		Owns: func(name string) bool { return slices.Contains(ownFiles, name) || epochPicture.MatchString(name) },
	}.Reading(append(c.inputNames(), c.From)...)
}

// inputNames are the folders or the tables that are read.
func (c Config) inputNames() []string {
	if c.Table == nil {
		return []string{c.Shards, c.HeldShards}
	}
	return append(vectors.Inputs(c.Shards), vectors.Inputs(c.HeldShards)...)
}

// Claim returns the error that Run would end with because of what lies in its output.
func Claim(ctx context.Context, c Config) error {
	if err := c.output().Claim(ctx); err != nil {
		return err
	}
	return c.trainedHere(ctx)
}

// trainedHere refuses a model.json that no training wrote: it is never overwritten.
func (c Config) trainedHere(ctx context.Context) error {
	data, err := store.ReadFile(ctx, store.Join(c.Output, schemas.ModelFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if modeldir.MadeBy(data) != "train" {
		return fmt.Errorf("%s is no model that this step trained: choose another Config.Output, or move it away", store.Join(c.Output, schemas.ModelFile))
	}
	return nil
}

// choices returns what the user chose, of a model of so many dimensions.
func (c Config) choices(latent int) []outdir.Parameter {
	list := []outdir.Parameter{
		outdir.Chosen("arch", store.Base(c.Arch)), outdir.Chosen("latent", latent), outdir.Chosen("seed", c.Seed), outdir.Chosen("limit", c.Limit),
		outdir.Chosen("where", c.whereText()),
	}
	if c.Table != nil {
		list = append(list, c.tableChoices()...)
	} else if c.Arch == ArchLinear {
		list = append(list, outdir.Chosen("working_size", c.Working).Of("Config.Working"))
	}
	if c.Arch == ArchLinear {
		list = append(list, outdir.Chosen("passes", c.otherPasses()))
	} else {
		list = append(list, c.gradientChoices()...)
	}
	for i, p := range list {
		list[i] = p.DerivedIf(c.Choices != nil && !slices.Contains(c.Choices, p.Name))
	}
	return list
}

// tableChoices are those of tables. Which columns hold what decides their content.
func (c Config) tableChoices() []outdir.Parameter {
	var weights []string
	for _, w := range c.Table.TableWeights {
		weights = append(weights, strconv.FormatFloat(w, 'g', -1, 64))
	}
	r := c.Table.Read.WithDefaults()
	return []outdir.Parameter{
		outdir.Chosen("scale", c.Table.Scaling).Of("Config.Scaling"), outdir.Chosen("table_weights", strings.Join(weights, ",")),
		outdir.Chosen("id_column", r.IDColumn), outdir.Chosen("vector_column", r.VectorColumn), outdir.Chosen("vector_columns", r.VectorColumns),
		outdir.Chosen("label_column", r.LabelColumn),
	}
}

// asked reports whether the number of epochs decides more than the end: the learning rate, or the
// moments of a curve.
func (c Config) asked() bool { return c.Fit.Schedule == fit.Cosine || c.Curve }

// gradientChoices are those of a training by gradient steps. The number of epochs
// is one only where it decides more than the end.
func (c Config) gradientChoices() []outdir.Parameter {
	share := c.Validation
	if c.HeldShards != "" {
		share = 0 // none is held out
	}
	l, f, ch := c.Learner, c.Fit, c.Change
	optimizer, initText := l.Optimizer, ""
	if optimizer == training.OptimizerAdam {
		optimizer = ""
	}
	if l.InitNormal != 0 {
		initText = training.InitText(l.InitNormal)
	}
	epochs := 0
	if c.asked() {
		epochs = f.Epochs
	}
	return []outdir.Parameter{
		outdir.Chosen("filters", words.Joined(ch.Filters, ",")), outdir.Chosen("convs_per_stage", ch.ConvsPerStage), outdir.Chosen("widths", words.Joined(ch.Widths, ",")),
		outdir.Chosen("hidden_activation", ch.Activations.Hidden).Of("Config.Activations.Hidden"), outdir.Chosen("latent_activation", ch.Activations.Latent).Of("Config.Activations.Latent"),
		outdir.Chosen("output_activation", ch.Activations.Output).Of("Config.Activations.Output"), outdir.Chosen("input_range", ch.Scale).Of("Config.Scale"),
		outdir.Chosen("loss", c.lossKind()), outdir.Chosen("noise", l.Noise), outdir.Chosen("l1", l.L1), outdir.Chosen("dropout", l.Dropout),
		outdir.Chosen("variational", l.Variational), outdir.Chosen("beta", l.Beta), outdir.Chosen("clip_norm", l.ClipNorm),
		outdir.Chosen("batch", f.Batch), outdir.Chosen("lr", f.LR), outdir.Chosen("schedule", f.Schedule), outdir.Chosen("epochs", epochs),
		outdir.Chosen("patience", f.Patience), outdir.Chosen("validation", share), outdir.Given("validation_input", c.HeldShards).Of("Config.HeldShards"),
		outdir.Chosen("shuffle_mib", c.Buffer>>20).Of("Config.Buffer"),
		outdir.Chosen("optimizer", optimizer), outdir.Chosen("momentum", l.Momentum), outdir.Chosen("init", initText).Of("Config.InitNormal"),
		outdir.Chosen("dropout_input", l.DropoutInput), outdir.Chosen("steps", f.Steps), outdir.Chosen("from", c.start.short()),
		outdir.Chosen("head", c.Head), outdir.Chosen("freeze", c.Freeze), outdir.Chosen("curve", c.Curve),
	}
}

// say prints a line for the user.
func (c Config) say(format string, args ...any) {
	if c.Out != nil {
		fmt.Fprintf(c.Out, format+"\n", args...)
	}
}
