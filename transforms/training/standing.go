package training

import (
	"context"
	"fmt"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/model/training"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Standing returns the error that Run would end with because of a model of another kind,
// size or seed in its output.
func Standing(ctx context.Context, c Config) error {
	return c.replaces(ctx, c.output(), model.Arch{Family: model.FamilyLinear, Latent: c.latentOfLinear()}, 0)
}

// replaces refuses to replace a model by one of another architecture or other parameters,
// or of so many images that the collection cannot have grown; 0 images are not known. It
// goes by what model.json tells: earlier versions did not remember their flags.
func (c Config) replaces(ctx context.Context, out outdir.Output, arch model.Arch, images int64) error {
	if c.Overwrite {
		return nil
	}
	m, ok, err := modeldir.ReadHead(ctx, c.Output)
	if err != nil || !ok || m.Training == nil {
		return err
	}
	if rows := m.Architecture.Input.Rows(); rows != (c.Table != nil) {
		return out.Refuse([]string{fmt.Sprintf("the model there is one of %s, and here are %s", inputWord(m.Architecture.Input), c.things())})
	}
	there, differences := c.recorded(m.Training), []string(nil)
	if c.kind() != kindOf(m.Architecture) {
		differences = append(differences, fmt.Sprintf("Config.Arch is %s here, and the model there is %s", store.Base(c.Arch), kindOf(m.Architecture)))
		there.Learner, there.Fit, there.Validation, there.HeldShards, there.Buffer = c.Learner, c.Fit, c.Validation, c.HeldShards, c.Buffer
	} else if c.Choices == nil {
		differences = otherArch(arch, m.Architecture)
	}
	out.Parameters = c.choices(arch.Latent)
	there.Table = c.recordedTable(m.Table)
	differences = append(differences, out.Differs(there.choices(m.Architecture.Latent))...)
	if there.HeldShards == "" && there.Limit == 0 {
		of := m.Training.Images + int64(m.Training.Metrics["validation_images"])
		if gone := (outdir.Gone{Images: of, Lost: of - images}); images > 0 && !gone.Grown() {
			differences = append(differences, fmt.Sprintf("Config.Shards has %s here and had %s there", c.noun(images), words.Count(of)))
		}
	}
	return out.Refuse(differences)
}

// kind names what a model is made by.
func (c Config) kind() string {
	if c.Arch == ArchLinear {
		return ArchLinear
	}
	return bySteps
}

// bySteps is the kind of all others.
const bySteps = "of gradient steps"

func kindOf(a model.Arch) string {
	if a.Family == model.FamilyLinear {
		return ArchLinear
	}
	return bySteps
}

// recorded returns the configuration with the parameters that a model was trained by, as
// far as it tells them; the others stay.
func (c Config) recorded(t *model.Training) Config {
	number := func(name string) float64 { v, _ := t.Parameters[name].(float64); return v }
	c.Seed, c.Limit = t.Seed, int64(number("limit"))
	if passes := int(number("passes")); passes > 2 { // that for the mean and one are all where these are exact
		c.Passes = passes - 1
	}
	c.Where, _ = t.Parameters[parameterWhere].(string)
	if _, told := t.Parameters["batch"]; !told {
		return c
	}
	l, f := &c.Learner, &c.Fit
	l.Loss, _ = t.Parameters["loss"].(string)
	l.Variational, _ = t.Parameters["variational"].(bool)
	l.Noise, l.L1, l.Dropout, l.Beta, l.ClipNorm = number("noise"), number("l1"), number("dropout"), number("beta"), number("clip_norm")
	l.Optimizer, _ = t.Parameters["optimizer"].(string)
	text, _ := t.Parameters["init"].(string)
	l.InitNormal, _ = training.ParseInit(text)
	l.Momentum, l.DropoutInput, f.Steps = number("momentum"), number("dropout_input"), int64(number("steps"))
	if c.start = nil; t.Parameters["from"] != nil {
		sha, _ := t.Parameters["from"].(string)
		c.start = &start{sha: sha}
	}
	c.Head, _ = t.Parameters[parameterHead].(string)
	c.Freeze, _ = t.Parameters[parameterFreeze].(bool)
	c.Curve = t.Parameters[parameterCurve] != nil
	f.Schedule, _ = t.Parameters["schedule"].(string)
	f.Batch, f.LR, f.Patience, f.Epochs = int(number("batch")), number("lr"), int(number("patience")), int(number("epochs"))
	c.Validation, c.Buffer = number("validation"), int64(number("shuffle_bytes"))
	c.HeldShards, _ = t.Parameters["validation_data"].(string)
	return c
}

// recordedTable returns how a model's columns are scaled, as far as it tells; the others stay.
func (c Config) recordedTable(t *model.Table) *Table {
	if c.Table == nil || t == nil {
		return c.Table
	}
	there := *c.Table
	there.Scaling, there.Read.IDColumn = t.Scale, t.IDColumn
	return &there
}

// archOf returns what is known beforehand of a linear model.
func archOf(c linear.Config) model.Arch {
	return model.Arch{Family: model.FamilyLinear, Input: c.Input, Latent: c.Latent, Working: c.Working}
}

// otherArch names what differs between two architectures of one kind, beside the latent
// size; what is not known here counts as the same.
func otherArch(here, there model.Arch) (differences []string) {
	differ := func(what string, here, there any) {
		if h, t := fmt.Sprint(here), fmt.Sprint(there); h != t {
			differences = append(differences, fmt.Sprintf("%s %s here and was %s there", what, h, t))
		}
	}
	size := func(in model.Input) string { return fmt.Sprintf("%dx%d", in.Height, in.Width) }
	list := func(numbers []int) string { return words.Joined(numbers, ",") }
	if here.Input.Rows() {
		differ("the number of columns is", here.Input.Width, there.Input.Width)
	} else if here.Input.Height > 0 {
		differ("the size of the images is", size(here.Input), size(there.Input))
		differ("Config.Scale is", here.Input.Scale, there.Input.Scale)
	}
	if here.Family == model.FamilyLinear {
		if here.Input.Rows() {
			return differences
		}
		if here.Working.Height > 0 && len(differences) == 0 {
			differ("Config.Working is", here.Working.Height, there.Working.Height)
		}
		return differences
	}
	if here.Family != there.Family {
		return append(differences, fmt.Sprintf("the architecture is of family %s here and was %s there", here.Family, there.Family))
	}
	differ("Config.Filters is", list(here.Filters), list(there.Filters))
	differ("Config.ConvsPerStage is", here.ConvsPerStage, there.ConvsPerStage)
	differ("Config.Widths is", list(here.Widths), list(there.Widths))
	differ("Config.Activations.Hidden is", here.Activations.Hidden, there.Activations.Hidden)
	differ("Config.Activations.Latent is", here.Activations.Latent, there.Activations.Latent)
	differ("Config.Activations.Output is", here.Activations.Output, there.Activations.Output)
	return differences
}
