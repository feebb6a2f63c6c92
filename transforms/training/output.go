package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
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
var ownFiles = append(model.FileNames(), schemas.TrainingLogFile, schemas.LossPicture, schemas.CodesPicture,
	schemas.LatentsPicture, schemas.ErrorsFile)

var epochPicture = regexp.MustCompile(`^` + schemas.ReconstructionsDir + `/epoch-[0-9]{3,}\.png$`)

// output returns the protocol of the model's folder, before the images are known.
func (c Config) output() outdir.Output { return c.outputOf(sources{}) }

// outputOf returns that of a model of these images.
func (c Config) outputOf(s sources) outdir.Output {
	return outdir.Output{
		Dir: c.Output, Manifest: schemas.ModelFile,
		Inputs: s.inputs, Remember: true,
		Owns: func(name string) bool { return slices.Contains(ownFiles, name) || epochPicture.MatchString(name) },
	}
}

// Claim returns the error that Run would end with because of what lies in its output.
func Claim(ctx context.Context, c Config) error {
	if err := c.output().Claim(ctx); err != nil {
		return err
	}
	data, err := store.ReadFile(ctx, store.Join(c.Output, schemas.ModelFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.trainedHere(data)
}

// trainedHere refuses a model.json that no training wrote.
func (c Config) trainedHere(data []byte) error {
	if modeldir.MadeBy(data) != "train" {
		return fmt.Errorf("%s is no model that this step trained: choose another Config.Output, or move it away", store.Join(c.Output, schemas.ModelFile))
	}
	return nil
}

// choices returns what the user chose, of a model of so many dimensions.
func (c Config) choices(latent int) []outdir.Parameter {
	list := []outdir.Parameter{
		outdir.Chosen("arch", store.Base(c.Arch)), outdir.Chosen("latent", latent), outdir.Chosen("seed", c.Seed), outdir.Chosen("limit", c.Limit),
	}
	if c.Arch == ArchLinear {
		list = append(list, outdir.Chosen("working_size", c.Working))
	} else {
		list = append(list, c.gradientChoices()...)
	}
	for i, p := range list {
		list[i] = p.DerivedIf(c.Choices != nil && !slices.Contains(c.Choices, p.Name))
	}
	return list
}

// gradientChoices are those of a training by gradient steps. The number of epochs
// is one only where the learning rate depends on it.
func (c Config) gradientChoices() []outdir.Parameter {
	share := c.Validation
	if c.HeldShards != "" {
		share = 0 // none is held out
	}
	l, f, ch := c.Learner, c.Fit, c.Change
	epochs := 0
	if f.Schedule == fit.Cosine {
		epochs = f.Epochs
	}
	return []outdir.Parameter{
		outdir.Chosen("filters", joined(ch.Filters)), outdir.Chosen("convs_per_stage", ch.ConvsPerStage), outdir.Chosen("widths", joined(ch.Widths)),
		outdir.Chosen("hidden_activation", ch.Activations.Hidden), outdir.Chosen("latent_activation", ch.Activations.Latent),
		outdir.Chosen("output_activation", ch.Activations.Output), outdir.Chosen("input_range", ch.Scale),
		outdir.Chosen("loss", l.Loss), outdir.Chosen("noise", l.Noise), outdir.Chosen("l1", l.L1), outdir.Chosen("dropout", l.Dropout),
		outdir.Chosen("variational", l.Variational), outdir.Chosen("beta", l.Beta), outdir.Chosen("clip_norm", l.ClipNorm),
		outdir.Chosen("batch", f.Batch), outdir.Chosen("lr", f.LR), outdir.Chosen("schedule", f.Schedule), outdir.Chosen("epochs", epochs),
		outdir.Chosen("patience", f.Patience), outdir.Chosen("validation", share), outdir.Given("validation_input", c.HeldShards),
		outdir.Chosen("shuffle_mib", c.Buffer>>20),
	}
}

// joined writes numbers as the flags take them.
func joined(numbers []int) []string {
	var text []string
	for _, n := range numbers {
		text = append(text, strconv.Itoa(n))
	}
	return text
}

// finished returns the result of an earlier run whose model is in the output, if
// it has the fingerprint and is whole. A model that was not trained here is
// refused: it is never overwritten.
func (c Config) finished(ctx context.Context, fingerprints ...string) (*Result, error) {
	files, err := modeldir.ReadFiles(ctx, modeldir.In(c.Output))
	if err != nil || len(files) == 0 {
		return nil, err
	}
	if err := c.trainedHere(files[schemas.ModelFile]); err != nil {
		return nil, err
	}
	m, err := model.Unmarshal(files)
	if err != nil || m.Training == nil {
		return nil, nil // damaged: trained again
	}
	if is, _ := m.Training.Parameters[parameterFingerprint].(string); is == "" || !slices.Contains(fingerprints, is) {
		return nil, nil // of other parameters: trained again
	}
	if why, ok := m.Training.Parameters[parameterDiverged].(string); ok {
		return nil, c.diverged(why, true)
	}
	return &Result{SHA256: files.SHA256(), Arch: m.Arch, Training: m.Training}, nil
}

// clean empties the output for a model of other inputs or parameters, and says so
// where there was one.
func (c Config) clean(ctx context.Context, s sources, latent int) error {
	for _, name := range []string{schemas.ModelFile, schemas.TrainingLogFile} {
		_, err := store.Stat(ctx, store.Join(c.Output, name))
		if err == nil && !c.Overwrite {
			c.say("%s held a training on other images, or of an earlier version: it is replaced", c.Output)
			break
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	out := c.outputOf(s)
	out.Parameters = c.choices(latent)
	return out.Clean(ctx, func(string) bool { return false })
}

// say prints a line for the user.
func (c Config) say(format string, args ...any) {
	if c.Out != nil {
		fmt.Fprintf(c.Out, format+"\n", args...)
	}
}

// write writes the files of the model and what is remembered of its collection,
// model.json last: a folder with one is complete. It returns the model's hash.
func (c Config) write(ctx context.Context, m *model.Model, of *collection) (string, error) {
	files, err := m.Marshal()
	if err != nil {
		return "", err
	}
	if err := of.save(ctx, c.Output, files); err != nil {
		return "", err
	}
	if err := modeldir.Write(ctx, modeldir.In(c.Output), files, c.output().PublishBytes); err != nil {
		return "", err
	}
	return files.SHA256(), nil
}
