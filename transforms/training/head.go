package training

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/store"
)

// HeadLabel is the value of Config.Head for a head that tells labels.
const HeadLabel = "label"

// Training parameters of model.json on a head.
const (
	parameterHead      = "head"
	parameterFreeze    = "freeze"
	parameterUnlabeled = "head_without_label" // usable images of Config.Shards that have no label
)

// maxClasses is the number of different labels that are taken for classes.
const maxClasses = 1000

// validateHead reports what does not go with a head.
func (c Config) validateHead() error {
	switch {
	case c.Head == "" && c.Freeze:
		return fmt.Errorf("Config.Freeze: leaves the encoder of Config.From as it is below a head; give Config.Head=%s, too", HeadLabel)
	case c.Head == "":
		return nil
	case c.Head != HeadLabel:
		return fmt.Errorf("Config.Head=%s: must be %s", c.Head, HeadLabel)
	case c.Arch == ArchLinear:
		return fmt.Errorf("Config.Head=%s: is trained by gradient steps, and Config.Arch=%s is not; choose another architecture", c.Head, c.Arch)
	case c.Freeze && c.From == "":
		return errors.New("Config.Freeze: leaves the encoder of Config.From as it is; name a model there")
	case c.Learner.Loss != "" && c.Learner.Loss != training.LossMSE:
		return fmt.Errorf("Config.Loss=%s: Config.Head=%s has a loss of its own, the cross-entropy of the labels", c.Learner.Loss, c.Head)
	case c.Learner.Variational:
		return fmt.Errorf("Config.Variational: Config.Head=%s takes the code as it is, and not one that is drawn", c.Head)
	case c.Baseline:
		return errors.New("the linear baseline is an error of reconstructions, of which a model with a head makes none; leave it out")
	case c.Change.Activations.Output != "":
		return fmt.Errorf("Config.Activations.Output=%s: is for the decoder, which a model with Config.Head=%s does not have", c.Change.Activations.Output, c.Head)
	case c.Validation == 0 && c.HeldShards == "":
		return fmt.Errorf("Config.Validation=0: the accuracy of Config.Head=%s is measured on images that are held out", c.Head)
	}
	return nil
}

// lossKind is the loss that the training minimizes.
func (c Config) lossKind() string {
	if c.Head != "" {
		return training.LossCrossEntropy
	}
	return c.Learner.Loss
}

// classes are what a head tells apart, and how many images are of each.
type classes struct {
	names          []string // labels of the images for training
	training, held map[string]int64
}

// classify finds the classes: the labels of the images for training, of which those that are
// held out can have no others.
func (s sources) classify(ctx context.Context, c Config, found []*labeled) error {
	drawn, err := s.folder.Draw(ctx, c.Limit, c.Seed)
	if err != nil {
		return err
	}
	k := &classes{training: map[string]int64{}, held: map[string]int64{}}
	for n, l := range found {
		for shard, list := range l.of {
			for i, rec := range list {
				switch {
				case !l.inside(shard, i) || n == 0 && !drawn.Holds(shard, rec.Number):
				case n == 1, s.held == nil && dataset.Held(rec.Name, c.Validation):
					k.held[rec.Label]++
				default:
					k.training[rec.Label]++
				}
			}
		}
	}
	k.names = sortedLabels(k.training)
	switch n := len(k.names); {
	case n == 0:
		return fmt.Errorf("Config.Head=%s: no image for training is left: all are held out", c.Head)
	case n == 1:
		return fmt.Errorf("Config.Head=%s: all images for training have the label %s; a head tells two or more apart", c.Head, k.names[0])
	case n > maxClasses:
		return fmt.Errorf("Config.Head=%s: the images for training have %s different labels, %d at most are classes", c.Head, words.Count(n), maxClasses)
	}
	if k.heldOut() == 0 {
		return fmt.Errorf("Config.Validation=%g of %s is none, and the accuracy of Config.Head=%s is measured on images that are held out: choose a larger share, or name a folder of them as Config.HeldShards",
			c.Validation, words.Plural(sum(k.training), "image", "images"), c.Head)
	}
	for _, label := range sortedLabels(k.held) {
		if k.training[label] == 0 {
			return fmt.Errorf("Config.Head=%s: %s held out %s the label %s, which no image for training has: leave such images out with Config.Where, or hold out others", c.Head,
				words.Plural(k.held[label], "image", "images"), words.Noun(k.held[label], "has", "have"), label)
		}
	}
	s.limits.classes = k
	return nil
}

// sortedLabels returns labels in order, as numbers where all are.
func sortedLabels(of map[string]int64) []string {
	names := slices.Sorted(maps.Keys(of))
	numbers := true
	for _, name := range names {
		_, ok := schemas.Number(name)
		numbers = numbers && ok
	}
	if numbers {
		slices.SortStableFunc(names, func(a, b string) int {
			x, _ := schemas.Number(a)
			y, _ := schemas.Number(b)
			return cmp.Compare(x, y)
		})
	}
	return names
}

// String says what the head tells apart.
func (k *classes) String() string {
	least, most, total := int64(math.MaxInt64), int64(0), int64(0)
	for _, n := range k.training {
		least, most, total = min(least, n), max(most, n), total+n
	}
	of := words.Count(least)
	if most > least {
		of += " to " + words.Count(most)
	}
	return fmt.Sprintf("head of %s: %s for training, %s of each, and %s held out", words.Plural(len(k.names), "class", "classes"),
		words.Plural(total, "image", "images"), of, words.Count(k.heldOut()))
}

// heldOut is the number of images that are held out.
func (k *classes) heldOut() int64 { return sum(k.held) }

func sum(of map[string]int64) (all int64) {
	for _, n := range of {
		all += n
	}
	return all
}

// classifier is a learner of labels.
type classifier struct {
	learner
	trainer interface{ Classify(labels []int) error }
	names   []string
	numbers map[string]int
}

// newLearner makes the learner of the plan.
func (p *plan) newLearner() (learner, error) {
	if p.Head == "" {
		return newLearner(p.learner)
	}
	c := &classifier{names: p.classes.names, numbers: map[string]int{}}
	for i, name := range c.names {
		c.numbers[name] = i
	}
	cfg := p.learner
	cfg.Classes = len(c.names)
	t, err := training.New(cfg)
	c.learner, c.trainer = t, t
	return c, err
}

// Label makes c a fit.Supervised.
func (c *classifier) Label(labels []string) error {
	numbers := make([]int, len(labels))
	for i, label := range labels {
		n, ok := c.numbers[label]
		if !ok {
			return newLabel(label)
		}
		numbers[i] = n
	}
	return c.trainer.Classify(numbers)
}

// newLabel is the error of a label that is none of the classes.
func newLabel(label string) error {
	return fmt.Errorf("an image has the label %q, which none had when the training began: the shards have changed; start again with another Config.Output", label)
}

// Model names the classes.
func (c *classifier) Model() *model.Model {
	m := c.learner.Model()
	m.Head.Classes = c.names
	return m
}

// Head says how good a head is on the images that were held out.
type Head struct {
	Classes       int
	Images, Right int64
}

// Accuracy returns the share of images whose label the model finds, and its standard error,
// that of a binomial distribution.
func (h *Head) Accuracy() (share, standardError float64) {
	share = float64(h.Right) / float64(h.Images)
	return share, math.Sqrt(share * (1 - share) / float64(h.Images))
}

// measureHead finds the labels of the images that are held out with the model, and writes
// which it finds for which.
func (p *plan) measureHead(ctx context.Context, m *model.Model, data *dataset.Set) (*Head, error) {
	plan, err := model.Compile(m)
	if err != nil {
		return nil, err
	}
	const batch = 32
	runner, d, k := plan.NewRunner(batch), plan.Latent(), len(m.Head.Classes)
	z, confusion := make([]float32, batch*d), make([]int64, k*k)
	h := &Head{Classes: k}
	for images, err := range dataset.Batches(data.Validation(ctx), batch, 1) {
		if err != nil {
			return nil, err
		}
		var pixels [][]byte
		for _, im := range images {
			pixels = append(pixels, im.Pixels)
		}
		runner.Encode(z[:len(images)*d], pixels)
		for i, im := range images {
			is, found := slices.Index(m.Head.Classes, im.Label), m.Head.Class(z[i*d:(i+1)*d])
			if is < 0 {
				return nil, newLabel(im.Label)
			}
			confusion[is*k+found]++
			h.Images++
			if is == found {
				h.Right++
			}
		}
	}
	return h, store.WriteFile(ctx, store.Join(p.Output, schemas.ConfusionFile), confusionCSV(m.Head.Classes, confusion))
}

// confusionCSV returns a table with a row for each label: its images, the share of them that
// the model finds, and how many it takes for each class; the share is empty without images.
func confusionCSV(names []string, confusion []int64) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	line := []string{"label", "images", "recall"}
	for _, name := range names {
		line = append(line, "predicted_"+name)
	}
	_ = w.Write(line) // a bytes.Buffer takes everything
	for i, name := range names {
		row, total := confusion[i*len(names):(i+1)*len(names)], int64(0)
		for _, n := range row {
			total += n
		}
		recall := ""
		if total > 0 {
			recall = strconv.FormatFloat(float64(row[i])/float64(total), 'g', 6, 64)
		}
		line = append(line[:0], name, strconv.FormatInt(total, 10), recall)
		for _, n := range row {
			line = append(line, strconv.FormatInt(n, 10))
		}
		_ = w.Write(line)
	}
	w.Flush()
	return out.Bytes()
}

// headParameters are what model.json tells of a training with a head.
func (p *plan) headParameters(parameters map[string]any) {
	if p.Head == "" {
		return
	}
	parameters[parameterHead] = p.Head
	if p.Freeze {
		parameters[parameterFreeze] = true
	}
	if n := p.restricted[0].unlabeled; n > 0 {
		parameters[parameterUnlabeled] = float64(n)
	}
}

// headSummary is the table of the layer of a head of so many classes, as of the encoder.
func (c Config) headSummary(a model.Arch, classes int) string {
	encoder, _ := a.Parameters()
	own := int64(a.Latent+1) * int64(classes)
	return strings.TrimSuffix(a.Summary(false), "\n") + fmt.Sprintf("\nhead\n  dense of %s, softmax: %s parameters\nencoder and head: %s parameters\n",
		words.Plural(classes, "class", "classes"), words.Count(own), words.Count(encoder+own))
}
