package train

import (
	"flag"
	"fmt"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/model/linear"
	optimizers "exemplar/model/training"
	"exemplar/pipelines/internal/cli"
	"exemplar/schemas"
	"exemplar/transforms/training"
	"exemplar/transforms/training/fit"
)

// common are the flags that every architecture takes; the others but linearOnly
// are for training by gradient steps.
var (
	common     = []string{"input", "output", "arch", "latent", "seed", "limit", "summary", "overwrite", "where"}
	linearOnly = []string{"working_size", "passes"}
	tableOnly  = []string{"id_column", "vector_column", "vector_columns", "label_column", "ids", "scale", "table_weights"}
	imageOnly  = []string{"working_size", "input_range", "filters", "convs_per_stage", "where", "head", "freeze"}
)

// register adds the flags to fs.
func (j *job) register(fs *flag.FlagSet) {
	c := &j.config
	fs.StringVar(&c.Shards, "input", "", "`folder` of image shards; or a table of numbers, a CSV or Parquet file or a .npy matrix, or several with commas between, joined by their ids")
	fs.StringVar(&c.Output, "output", "", "`folder` for the model")
	fs.StringVar(&c.Arch, "arch", c.Arch, "`architecture`: linear (principal components), "+strings.Join(model.Presets(), ", ")+", or a JSON file; convolutional ones take images of any size; of a table linear, dense with --widths and --latent, or one like dense-100-32-2 (columns, inner layers, dimensions)")
	fs.IntVar(&c.Latent, "latent", 0, fmt.Sprintf("`number` of dimensions of a latent vector (default: that of the architecture; %d for linear)", linear.DefaultLatent))
	fs.IntVar(&c.Working, "working_size", c.Working, "linear: `pixels` of height and width to which images are averaged")
	fs.IntVar(&c.Passes, "passes", c.Passes, "linear: `number` of passes over the images behind that for the mean; with more the last dimensions come nearer to the principal components")
	fs.Uint64Var(&c.Seed, "seed", c.Seed, "`number` that random choices start from")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "train again, also where the model or a checkpoint is there")
	fs.BoolVar(&c.Summary, "summary", false, "print the layers, with the shapes of what they give and the numbers of their parameters, as Keras does")
	fs.StringVar(&c.Where, "where", "", "only images that satisfy the `condition` are used, for validation too, as with label=8 and image_id!=a.png: comparisons joined by and, with = != < <= > >= or in (0, 1), of label and image_id; --limit draws from them")
	fs.Int64Var(&c.Limit, "limit", c.Limit, "`number` of images to use, drawn by the hash of their names and --seed (default: all)")

	fs.Var((*cli.Ints)(&c.Change.Filters), "filters", "`list` of the filters of each stage, instead of the architecture's: 16,32")
	fs.IntVar(&c.Change.ConvsPerStage, "convs_per_stage", 0, "`number` of convolutions of a stage, instead of the architecture's")
	fs.Var((*cli.Ints)(&c.Change.Widths), "widths", "`list` of the units of the inner dense layers, instead of the architecture's: 128,64")
	fs.StringVar(&c.Change.Activations.Hidden, "hidden_activation", "", "`activation` of the inner layers, instead of the architecture's: linear, relu, sigmoid or tanh")
	fs.StringVar(&c.Change.Activations.Latent, "latent_activation", "", "`activation` of the latent vector, instead of the architecture's")
	fs.StringVar(&c.Change.Activations.Output, "output_activation", "", "`activation` of the reconstruction, instead of the architecture's")

	fs.Var((*cli.InputRange)(&c.Change.Scale), "input_range", "`range` of the numbers that pixels become: 0,1, or -1,1, for which an output activation sigmoid becomes tanh, or 0,255, for which it becomes linear (default: that of the architecture)")

	l := &c.Learner
	fs.StringVar(&l.Loss, "loss", l.Loss, "`mse|mae|bce`: the loss of the pixels: mse (mean squared error), mae (mean absolute error) or bce (binary cross-entropy)")
	fs.Float64Var(&l.Noise, "noise", 0, "standard `deviation` of Gaussian noise on the input, pixels in [0,1] or scaled numbers of a table: a denoising autoencoder")
	fs.Float64Var(&l.L1, "l1", 0, "`factor` of the absolute values of the code in the loss: a sparse autoencoder")
	fs.Float64Var(&l.Dropout, "dropout", 0, "`share` of the inputs of dense layers that a step leaves out")
	fs.Float64Var(&l.DropoutInput, "dropout_input", 0, "`share` of the numbers of the image that a step leaves out")
	fs.BoolVar(&l.Variational, "variational", false, "a variational autoencoder; the latent vector is the mean")
	fs.Float64Var(&j.beta, "beta", 1, "`factor` of the KL divergence in the loss of a variational autoencoder")
	fs.Float64Var(&l.ClipNorm, "clip_norm", 0, "largest `norm` of the gradient; longer ones are shortened (default: any)")

	fs.StringVar(&l.Optimizer, "optimizer", optimizers.OptimizerAdam, "`adam|sgd`: what makes a step of a gradient: adam, or sgd (stochastic gradient descent with --momentum)")
	fs.Float64Var(&j.momentum, "momentum", optimizers.DefaultMomentum, "`share` of the last change that the next one begins with, of --optimizer=sgd")
	fs.Var((*initFlag)(&l.InitNormal), "init", "`distribution` of the first weights: glorot (Glorot's uniform one, and biases of zero), or normal:0.05 (a normal one with that standard deviation, for biases too)")
	fs.StringVar(&c.From, "from", "", "model `folder` with the same layers, whose weights are the first ones; with --head those of its encoder")

	fs.StringVar(&c.Head, "head", "", "`label`: instead of a decoder, a dense layer that tells the labels of images by their latent vectors, trained with the encoder; images without a label are left out (default: an autoencoder)")
	fs.BoolVar(&c.Freeze, "freeze", false, "with --head and --from: leave the encoder as it is, and train the dense layer alone")

	f := &c.Fit
	fs.IntVar(&f.Epochs, "epochs", f.Epochs, "`number` of passes over the images; more of them later go on from there")
	fs.Int64Var(&f.Steps, "steps", 0, "`number` of steps of the optimizer to train for, instead of --epochs")
	fs.Int64Var(&f.ReportSteps, "report_steps", 0, fmt.Sprintf("`number` of steps between two lines on the loss, and rows of %s (default: none; %d with --steps)", schemas.StepsLogFile, fit.DefaultReportSteps))
	fs.IntVar(&f.Batch, "batch", f.Batch, "`number` of images per step")
	fs.Float64Var(&f.LR, "lr", f.LR, "learning `rate`")
	fs.StringVar(&f.Schedule, "schedule", f.Schedule, "`constant|cosine|plateau`: the schedule of the learning rate: constant, cosine (to 0), or plateau (halved after 3 epochs without a better validation loss)")
	fs.IntVar(&f.Patience, "patience", f.Patience, "`epochs` without a better validation loss after which training ends (default: never)")
	fs.DurationVar(&f.Every, "checkpoint", f.Every, "`time` between checkpoints inside an epoch, beside that at its end; 0 for none")
	fs.Float64Var(&c.Validation, "validation", c.Validation, "`share` of the images or rows that is held out for validation, by a hash of their names")
	fs.StringVar(&c.HeldShards, "validation_input", "", "`folder` of image shards, or a table, for validation, instead of such a share")
	fs.Int64Var(&j.mib, "shuffle_mib", c.Buffer>>20, "`MiB` of pixels in the shuffle buffer; a collection that fits is read once")
	t := &j.table
	fs.StringVar(&t.Read.IDColumn, "id_column", "", "`column` of the ids of a table, or of the --ids table (default: image_id)")
	fs.StringVar(&t.Read.VectorColumn, "vector_column", "", "`column` of Parquet files that holds the numbers as lists (default: embedding)")
	fs.StringVar(&t.Read.VectorColumns, "vector_columns", "", "instead, and always of CSV files: `regexp` of the names of plain columns of numbers")
	fs.StringVar(&t.Read.LabelColumn, "label_column", "", "`column` of labels of a table, for the colors of the picture of the codes")
	fs.StringVar(&t.Read.IDs, "ids", "", "CSV `file` of ids, one line a row of a .npy matrix")
	fs.StringVar(&t.Scaling, "scale", t.Scaling, "`zscore|range|none`: how each column of a table is scaled: zscore (mean 0, standard deviation 1), range (to [0,1]) or none")
	fs.Var((*cli.Floats)(&t.TableWeights), "table_weights", "`list` of factors of the scaled columns of each table of --input: 1,5 (default: 1)")

	fs.BoolVar(&c.Curve, "curve", false, fmt.Sprintf("measure on images that are held out how much training is enough for the picks of select: after 1, 2, 5, 10, 20, 40, 70 and 100 %% of the run, as %s and in the report", schemas.CurveFile))
	fs.StringVar(&j.sweep.File, "sweep", "", "JSON `file` of values of lr, batch, latent, filters, loss, optimizer, momentum, init, input_range, noise, l1, dropout, dropout_input, beta and seed to train with, each in a folder of its own below --output")
}

// checkKind refuses flags that the architecture has no use for.
func checkKind(arch string, set map[string]bool) error {
	for name := range set {
		if slices.Contains(tableOnly, name) {
			continue // checkInput
		}
		own := slices.Contains(linearOnly, name)
		switch {
		case slices.Contains(common, name), own == (arch == training.ArchLinear):
		case own:
			return fmt.Errorf("--%s: is for --arch=linear, not for %s", name, arch)
		case slices.Contains(gradientOnly(), name):
			return fmt.Errorf("--%s: --arch=linear has no use for it; choose another architecture", name)
		}
	}
	return nil
}

// checkInput refuses flags that what is trained on has no use for, a table or images.
func checkInput(input string, table bool, set map[string]bool) error {
	for _, name := range tableOnly {
		if set[name] && !table {
			return fmt.Errorf("--%s: is for tables of numbers, and --input=%s is none: name a CSV or Parquet file or a .npy matrix", name, input)
		}
	}
	for _, name := range imageOnly {
		if set[name] && table {
			return fmt.Errorf("--%s: is for images; a table has none", name)
		}
	}
	return nil
}

// gradientOnly lists the other flags of this command.
func gradientOnly() []string {
	var names []string
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	newJob(fs)
	fs.VisitAll(func(f *flag.Flag) {
		if !slices.Contains(common, f.Name) && !slices.Contains(linearOnly, f.Name) && !slices.Contains(tableOnly, f.Name) {
			names = append(names, f.Name)
		}
	})
	return names
}

// initFlag is a flag for the distribution of the first weights.
type initFlag float64

// String returns the distribution as it is typed.
func (i *initFlag) String() string {
	if i == nil {
		return ""
	}
	return optimizers.InitText(float64(*i))
}

// Set parses a distribution.
func (i *initFlag) Set(v string) error {
	deviation, err := optimizers.ParseInit(v)
	if err == nil {
		*i = initFlag(deviation)
	}
	return err
}
