// Package training runs the training of a model: image shards in, or tables of numbers, a
// model directory out.
//
// What lives here: what is trained on what, the fingerprint, the files of the model
// directory. What never enters: Beam, printing; the mathematics of a model (packages
// below model), the loop (package fit), reading (package dataset).
package training

import (
	"errors"
	"fmt"
	"io"
	"math"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/training/fit"
)

// ArchLinear is the closed-form linear autoencoder (PCA), see package linear.
const ArchLinear = "linear"

// Step is the name under which package progress counts the images read.
const Step = fit.Step

// Config says what to train on, and what.
type Config struct {
	Shards string // folder of image shards; with Table the names of tables, separated by commas
	Output string // folder for the model

	Arch   string // ArchLinear (the default), a preset of package model, or a JSON file
	Latent int    // dimensions of a latent vector; 0, the default: those of the architecture, linear.DefaultLatent for ArchLinear
	Seed   uint64 // that random choices start from; default 1
	Limit  int64  // images to use, drawn by the hash of their ids and Seed; 0, the default: all
	// Where says which images are used, those for validation too, as schemas.ParseCondition
	// reads it, by label and image_id; "", the default: all. Limit draws from them.
	Where string
	// Overwrite trains again, also where the model or a checkpoint is there.
	Overwrite bool
	// Choices are the flags that the user chose, nil for all: the values of the others
	// follow from the shards, and those of other shards are no other choice.
	Choices []string
	Table   *Table    // of rows of tables in place of images; nil for images
	Out     io.Writer // takes a line an epoch and on what is replaced; may be nil

	// Summary gives Out the tables of the layers before the work, see model.Arch.Summary.
	Summary bool

	// Working is the height and width to which ArchLinear and the baseline average
	// images, in pixels, at least 1 (default: linear.DefaultWorking); smaller images keep
	// theirs.
	Working int
	// Passes are those over the images of ArchLinear and the baseline after the one for the
	// mean, 2 to MaxPasses (default: linear.DefaultPasses): with more of them the last
	// dimensions come nearer to the principal components.
	Passes int

	// The others are for architectures that are trained by gradient steps.

	Change     Change          // of the architecture
	Learner    training.Config // the loss, by default training.LossMSE; Arch, Batch and Seed are filled in
	Fit        fit.Config      // Dir and Fingerprint are filled in; default: fit.DefaultConfig
	Validation float64         // share of the images that is held out, in [0, 1); default 0.1
	HeldShards string          // folder of image shards, or with Table tables, for validation instead; may be empty
	From       string          // model directory with the same layers whose weights are the first ones, of the encoder with Head; may be empty
	Buffer     int64           // bytes of pixels in the shuffle buffer, at least 1; default 256 MiB

	// Head is HeadLabel for a model that tells the labels of images by their latent vectors, in
	// place of the decoder: a dense layer with a softmax, trained with the encoder by
	// cross-entropy; "", the default: an autoencoder. Freeze leaves the encoder of From as it is.
	Head   string
	Freeze bool

	// Curve measures at some moments of the training how good the default selection of images is that
	// are held out, and writes it as a table: how much training is enough. See packages fit and curve.
	Curve bool

	// Baseline measures the linear autoencoder of as many dimensions, too: trained on
	// the same images, its error on those for validation is MetricBaseline.
	Baseline bool

	// Longer says that Fit.Epochs is a default, which nobody asked for: a finished model of
	// the same training with more epochs stands as it is. Without it, it is refused.
	Longer bool

	start *start // what From holds, once it is read
}

// DefaultConfig returns the configuration of the training of a linear autoencoder; with
// another Arch, of a training by gradient steps. Shards and Output have no default.
func DefaultConfig() Config {
	return Config{
		Arch: ArchLinear, Seed: 1, Working: linear.DefaultWorking, Passes: linear.DefaultPasses,
		Learner: training.Config{Loss: training.LossMSE}, Fit: fit.DefaultConfig(), Validation: 0.1, Buffer: 256 << 20,
	}
}

// Change replaces parts of an architecture; what is zero stays.
type Change struct {
	Filters       []int             // of each stage; model.FamilyConv
	ConvsPerStage int               // model.FamilyConv
	Widths        []int             // units of the inner dense layers; model.FamilyDense
	Activations   model.Activations // each by itself
	Scale         string            // of the pixels, see model.Arch.WithScale
}

// Validate reports the first field that cannot be, by its name.
func (c Config) Validate() error {
	switch {
	case c.Shards == "":
		return errors.New("Config.Shards is missing: name the folder of image shards, or a table")
	case c.Output == "":
		return errors.New("Config.Output is missing: name a folder for the model")
	case c.Arch == "":
		return errors.New("Config.Arch is missing: name an architecture")
	case c.Latent < 0:
		return fmt.Errorf("Config.Latent=%d: must be at least 1", c.Latent)
	case c.Limit < 0:
		return fmt.Errorf("Config.Limit=%d: must be 0 (all images) or more", c.Limit)
	}
	if c.Table != nil {
		if err := c.validateTable(); err != nil {
			return err
		}
	}
	if _, err := c.condition(); err != nil {
		return err
	}
	if err := c.validateHead(); err != nil {
		return err
	}
	if err := c.validateCurve(); err != nil {
		return err
	}
	if c.Arch == ArchLinear {
		return c.validateLinear()
	}
	return c.validateGradient()
}

// MaxPasses is the largest number of Config.Passes.
const MaxPasses = 1000

func (c Config) validateLinear() error {
	latent := c.latentOfLinear()
	switch {
	case c.Passes != 0 && (c.Passes < 2 || c.Passes > MaxPasses):
		return fmt.Errorf("Config.Passes=%d: must be 2 to %d", c.Passes, MaxPasses)
	case c.Table != nil:
		return nil // the number of columns is known later
	case c.Working < 1:
		return fmt.Errorf("Config.Working=%d: must be at least 1", c.Working)
	case latent > 3*c.Working*c.Working:
		return fmt.Errorf("Config.Latent=%d: more than a working image of Config.Working=%d has numbers", latent, c.Working)
	}
	return nil
}

func (c Config) latentOfLinear() int {
	if c.Latent == 0 {
		return linear.DefaultLatent
	}
	return c.Latent
}

func (c Config) validateGradient() error {
	switch {
	case !(c.Validation >= 0 && c.Validation < 1):
		return fmt.Errorf("Config.Validation=%g: must be a share, 0 or more and below 1", c.Validation)
	case c.HeldShards == c.Shards:
		return fmt.Errorf("Config.HeldShards=%s: is the folder of Config.Shards; images for validation must be others", c.HeldShards)
	case c.From != "" && c.From == c.Output:
		return fmt.Errorf("Config.From=%s: is the folder of Config.Output; choose another for the new model", c.From)
	case c.From != "" && c.Learner.InitNormal != 0:
		return errors.New("Config.InitNormal: the first weights are those of Config.From; give one of them")
	case c.From != "" && c.Learner.Variational:
		return errors.New("Config.From: a model holds the means alone, and so no first weights of a variational autoencoder (Config.Variational)")
	case c.Buffer < 1 || c.Buffer > math.MaxInt64/2:
		return errors.New("Config.Buffer: must be at least 1")
	case c.Baseline && c.Working < 1:
		return fmt.Errorf("Config.Working=%d: must be at least 1", c.Working)
	case c.Baseline && c.Validation == 0 && c.HeldShards == "":
		return errors.New("Config.Validation=0: a baseline is measured on images that are held out")
	}
	if err := c.Fit.Validate(); err != nil {
		return err
	}
	// A preset can be checked now; the file of another is read when the work starts.
	if a, err := model.Preset(c.Arch); err == nil && c.Table == nil {
		if a, err = c.Change.apply(a, c.Latent); err != nil {
			return err
		}
		return c.learner(a).Validate()
	}
	return nil
}

// learner returns the configuration of the learner of an architecture.
func (c Config) learner(a model.Arch) training.Config {
	l := c.Learner
	l.Arch, l.Batch, l.Seed, l.Loss = a, c.Fit.Batch, c.Seed, c.lossKind()
	if c.Head != "" {
		l.Classes, l.Frozen = 2, c.Freeze // how many classes the images have, is known later
	}
	if l.Optimizer == training.OptimizerAdam { // the default, which fingerprints do not have
		l.Optimizer = ""
	}
	return l
}

// Result says what a run did.
type Result struct {
	Made    bool   // false: the output held this model already
	Epochs  int    // of that model, where they are more than Fit.Epochs, see Config.Longer; 0 otherwise
	SHA256  string // of the model
	Arch    model.Arch
	Skipped int64 // records that hold no usable image; only where Made

	Training *model.Training // the summary in model.json

	Constant []string // columns of a table with one value, which is given; only where Made

	Linear *Linear // of ArchLinear; only where Made
	Fit    *Fit    // of the others; only where Made
}

// Beyond says that the model which stands was trained for more epochs than Fit.Epochs; "" where
// it was not.
func (r *Result) Beyond() string {
	if r.Epochs == 0 {
		return ""
	}
	return fmt.Sprintf(", trained for %d epochs", r.Epochs)
}

// Used says that a part of the images was trained on, and how it was drawn; "" where
// it was all.
func (r *Result) Used() string {
	if r.Training == nil {
		return ""
	}
	from, _ := r.Training.Parameters[parameterDrawn].(float64)
	if from == 0 {
		return ""
	}
	return fmt.Sprintf(", trained on %s of %s images, drawn by hash", progress.Count(r.Training.Images), progress.Count(int64(from)))
}

// Linear says how good a linear model is.
type Linear struct {
	linear.Summary
	schemas.Learned       // measured on images, of those trained on, drawn by the hash of their ids
	From            int64 // images that Limit drew those trained on from; 0: all were used
}

// Fit says how a training by gradient steps went.
type Fit struct {
	*fit.Result
	Images, Held int64             // for training and for validation
	From         int64             // images that Limit drew these from; 0: all were used
	Learned      *schemas.Learned  // nil with a head
	Head         *Head             // nil without one
	Codes        *schemas.Codes    // of some images that were held out
	Denoised     *schemas.Denoised // the same images with the noise of the training; nil without one
	Curve        *Curve            // of Config.Curve; nil without it, or where no moment was reached
}

// DivergedError is the end of a training whose loss was not finite, or rose.
type DivergedError struct {
	Dir    string
	Why    string
	Kept   bool // the output holds the best weights before that
	Advice string
}

// Diverged returns why a training that left a model ended with DivergedError; "" of others.
func Diverged(t *model.Training) string {
	why, _ := t.Parameters[parameterDiverged].(string)
	return why
}

// Error returns one line: the reason, what is left, and what to do.
func (e *DivergedError) Error() string {
	left := "no epoch was finished"
	if e.Kept {
		left = "the best weights before that are in " + e.Dir
	}
	return fmt.Sprintf("training stopped %s; %s; %s", e.Why, left, e.Advice)
}
