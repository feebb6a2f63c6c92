package training

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/records"
)

// heads returns the configuration of a small training with a head.
func heads(shards, output string) Config {
	c := gradient(shards, output)
	c.Head, c.Latent, c.Fit.Epochs = HeadLabel, 4, 6
	return c
}

// partlyLabeled are spots, every fifth without a label.
func partlyLabeled(n int) []records.Image {
	all := spots(n, 12)
	for i := range all {
		if i%5 == 0 {
			all[i].Label, all[i].HasLabel = "", false
		}
	}
	return all
}

func table(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestHead: what is in the folder, and that its numbers are those which the model gives for the
// images that a hash holds out, of those that have a label.
func TestHead(t *testing.T) {
	images := partlyLabeled(300)
	c := heads(shardsOf(t, images, 3), filepath.Join(t.TempDir(), "model"))
	var out strings.Builder
	c.Out = &out
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	files := modelFiles(t, c.Output)
	m, err := model.Unmarshal(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Decoder) > 0 || m.Head == nil || !slices.Equal(m.Head.Classes, []string{"left", "right"}) || r.SHA256 != files.SHA256() {
		t.Fatalf("head %+v, decoder of %d arrays", m.Head, len(m.Decoder))
	}
	plan, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	runner, z := plan.NewRunner(1), make([]float32, 4)
	kernel, bias := m.Head.Weights.Get(model.HeadKernel).Data, m.Head.Weights.Get(model.HeadBias).Data
	var confusion [2][2]int
	trained, held, right := 0, 0, 0
	for _, im := range images {
		switch {
		case !im.HasLabel:
			continue
		case !dataset.Held(im.Filename, c.Validation):
			trained++
			continue
		}
		runner.Encode(z, [][]byte{im.Pixels})
		var at [2]float64
		for k := range at {
			at[k] = float64(bias[k])
			for i, v := range z {
				at[k] += float64(v) * float64(kernel[2*i+k])
			}
		}
		is, found := map[string]int{"left": 0, "right": 1}[im.Label], 0
		if at[1] > at[0] {
			found = 1
		}
		confusion[is][found]++
		held++
		if is == found {
			right++
		}
	}
	accuracy := float64(right) / float64(held)
	if !(accuracy > 0.85) {
		t.Errorf("accuracy %g", accuracy)
	}
	for name, want := range map[string]float64{"val_accuracy": accuracy, "validation_images": float64(held)} {
		if got := m.Training.Metrics[name]; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	for _, name := range []string{"mse", "val_mse", "compared_mse"} {
		if v, ok := m.Training.Metrics[name]; ok {
			t.Errorf("%s is %g, of a model without reconstructions", name, v)
		}
	}
	text := strconv.Itoa
	want := [][]string{{"label", "images", "recall", "predicted_left", "predicted_right"}}
	for i, name := range m.Head.Classes {
		total := confusion[i][0] + confusion[i][1]
		want = append(want, []string{name, text(total), strconv.FormatFloat(float64(confusion[i][i])/float64(total), 'g', 6, 64), text(confusion[i][0]), text(confusion[i][1])})
	}
	if diff := cmp.Diff(want, table(t, filepath.Join(c.Output, schemas.ConfusionFile))); diff != "" {
		t.Error(diff)
	}
	if r.Fit.Images != int64(trained) || r.Fit.Held != int64(held) || m.Training.Parameters["head_without_label"] != 60.0 || m.Training.Parameters["where"] != nil {
		t.Errorf("%d and %d images, want %d and %d; %v", r.Fit.Images, r.Fit.Held, trained, held, m.Training.Parameters)
	}
	if says := out.String(); !strings.HasPrefix(says, "300 records in "+c.Shards+" = 240 with a label + 60 that have no label, and are left out\nhead of 2 classes: ") ||
		!strings.Contains(says, ", val_accuracy ") || strings.Contains(says, "mse") {
		t.Errorf("it says\n%s", says)
	}
	log := table(t, filepath.Join(c.Output, schemas.TrainingLogFile))
	if !slices.Equal(log[0], []string{"epoch", "loss", "mse", "val_loss", "val_mse", "lr", "accuracy", "val_accuracy"}) || len(log) != 7 || log[1][2] != "" || log[1][4] != "" {
		t.Errorf("log %v", log[:2])
	}
	if best := log[1+r.Fit.Best]; best[7] != strconv.FormatFloat(accuracy, 'g', -1, 64) {
		t.Errorf("the log has %s, the model finds %g", best[7], accuracy)
	}
	if _, err := os.Stat(filepath.Join(c.Output, schemas.ReconstructionsDir)); err == nil {
		t.Error("there are reconstructions")
	}
}

// modelFiles reads the files of a model that may have no decoder.
func modelFiles(t *testing.T, dir string) model.Files {
	t.Helper()
	files := model.Files{}
	for _, name := range model.AllFileNames() {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			files[name] = data
		}
	}
	return files
}

// TestHeadAgain: the same bytes at any number of processors, nothing to do the second time, more
// epochs go on, and others are refused.
func TestHeadAgain(t *testing.T) {
	shards := shardsOf(t, partlyLabeled(120), 2)
	var first model.Files
	for _, n := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(n)
		c := heads(shards, filepath.Join(t.TempDir(), "model"))
		c.Limit = 60
		_, err := Run(t.Context(), c)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		files := modelFiles(t, c.Output)
		if first == nil {
			first = files
		} else if diff := cmp.Diff(first, files); diff != "" {
			t.Errorf("on %d processors: %s", n, diff)
		}
		if r, err := Run(t.Context(), c); err != nil || r.Made {
			t.Errorf("again: %v", err)
		}
		if n != 5 {
			continue
		}
		for want, change := range map[string]func(*Config){
			"Config.Head is not given here and was label there": func(c *Config) { c.Head = "" },
			"Config.Limit is 50 here":                           func(c *Config) { c.Limit = 50 },
			"Config.L1 is 0.1 here":                             func(c *Config) { c.Learner.L1 = 0.1 },
		} {
			other := c
			change(&other)
			if _, err := Run(t.Context(), other); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		c.Fit.Epochs++
		if r, err := Run(t.Context(), c); err != nil || !r.Made || len(r.Fit.Rows) != 7 {
			t.Errorf("one more epoch: %v", err)
		}
	}
}

// TestConfusionAgain: a table that is gone is made again.
func TestConfusionAgain(t *testing.T) {
	c := heads(shardsOf(t, spots(60, 12), 2), filepath.Join(t.TempDir(), "model"))
	if _, err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	made := files(t, c.Output)
	if err := os.Remove(filepath.Join(c.Output, schemas.ConfusionFile)); err != nil {
		t.Fatal(err)
	}
	if p, err := Plan(t.Context(), c); err != nil || p.Nothing != "" {
		t.Errorf("the plan without %s: %+v, %v", schemas.ConfusionFile, p, err)
	}
	if r, err := Run(t.Context(), c); err != nil || !r.Made {
		t.Errorf("without %s: %+v, %v", schemas.ConfusionFile, r, err)
	}
	again := files(t, c.Output)
	for _, all := range []map[string]string{made, again} {
		delete(all, schemas.RunFile)
	}
	if diff := cmp.Diff(made, again); diff != "" {
		t.Errorf("%.300s", diff)
	}
}

// TestPlanOfFewLabels: the images that a plan tries are among those of Config.Limit, since others can
// have labels that these lack; and the plan says how many of them are held out.
func TestPlanOfFewLabels(t *testing.T) {
	images := spots(60, 12)
	c := heads(shardsOf(t, images, 2), filepath.Join(t.TempDir(), "model"))
	c.Limit, c.Fit.Batch, c.Validation = 21, 60, 0.3
	folder, err := dataset.Open(t.Context(), c.Shards)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := folder.Draw(t.Context(), c.Limit, c.Seed)
	if err != nil {
		t.Fatal(err)
	}
	held, in := 0, map[string]bool{}
	for shard := range folder.Shards {
		for im, err := range folder.Usable(t.Context(), shard, drawn, nil) {
			if err != nil {
				t.Fatal(err)
			}
			in[im.Filename] = true
			if dataset.Held(im.Filename, c.Validation) {
				held++
			}
		}
	}
	for i := range images {
		if images[i].Label = []string{"left", "right"}[i%2]; !in[images[i].Filename] {
			images[i].Label = "other"
		}
	}
	c.Shards = shardsOf(t, images, 2)
	p, err := Plan(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("with %d of the images held out", held); held == int(c.Validation*float64(c.Limit)) || !strings.Contains(planText(p), want) {
		t.Errorf("want %q:\n%s", want, planText(p))
	}
	if _, err := Run(t.Context(), c); err != nil {
		t.Error(err)
	}
}

// TestHeadFrom: a head begins with the encoder of another model, with a decoder or a head, and a
// frozen one is that encoder.
func TestHeadFrom(t *testing.T) {
	shards := shardsOf(t, spots(120, 12), 2)
	auto := gradient(shards, filepath.Join(t.TempDir(), "auto"))
	auto.Latent, auto.Fit.Epochs = 4, 2
	if _, err := Run(t.Context(), auto); err != nil {
		t.Fatal(err)
	}
	from := auto.Output
	for _, freeze := range []bool{true, false} {
		c := heads(shards, filepath.Join(t.TempDir(), "model"))
		c.From, c.Freeze, c.Fit.Epochs = from, freeze, 1
		r, err := Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		a, err := model.Unmarshal(modelFiles(t, from))
		if err != nil {
			t.Fatal(err)
		}
		b, err := model.Unmarshal(modelFiles(t, c.Output))
		if err != nil {
			t.Fatal(err)
		}
		if same := cmp.Equal(a.Encoder, b.Encoder); same != freeze {
			t.Errorf("freeze %v: the encoder is the same: %v", freeze, same)
		}
		if p := r.Training.Parameters; p["from"] != a.SHA256() || (p["freeze"] == true) != freeze {
			t.Errorf("%v", p)
		}
		if a, err = model.Unmarshal(modelFiles(t, c.Output)); err != nil || a.Head == nil {
			t.Fatal(err)
		}
		from = c.Output
	}
	c := heads(shards, filepath.Join(t.TempDir(), "model"))
	c.From, c.Latent = from, 5
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "the encoder has other layers there") {
		t.Errorf("another encoder: %v", err)
	}
	c = auto
	c.Output, c.From = filepath.Join(t.TempDir(), "model"), from
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "has no decoder") {
		t.Errorf("an autoencoder from a head: %v", err)
	}
}

// TestHeadRefused: what does not go with a head, and labels that are no classes.
func TestHeadRefused(t *testing.T) {
	images := spots(60, 12)
	shards := shardsOf(t, images, 2)
	plain := slices.Clone(images)
	for i := range plain {
		plain[i].Label, plain[i].HasLabel = "", false
	}
	rare := slices.Clone(images)
	at := slices.IndexFunc(rare, func(im records.Image) bool { return dataset.Held(im.Filename, 0.2) })
	rare[at].Label = "rare"
	for want, change := range map[string]func(*Config){
		"Config.Head=kind: must be label":                          func(c *Config) { c.Head = "kind" },
		"Config.Head=label: is trained by gradient steps":          func(c *Config) { *c = config(shards, c.Output); c.Head = HeadLabel },
		"Config.Freeze: leaves the encoder of Config.From as":      func(c *Config) { c.Freeze = true },
		"give Config.Head=label, too":                              func(c *Config) { c.Head, c.Freeze = "", true },
		"Config.Loss=mae: Config.Head=label has a loss of its own": func(c *Config) { c.Learner.Loss = training.LossMAE },
		"Config.Variational":                                       func(c *Config) { c.Learner.Variational = true },
		"linear baseline":                                          func(c *Config) { c.Baseline = true },
		"Config.Activations.Output=tanh":                           func(c *Config) { c.Change.Activations.Output = model.ActTanh },
		"Config.Validation=0: the accuracy":                        func(c *Config) { c.Validation = 0 },
		"none of 60 images in ":                                    func(c *Config) { c.Shards = shardsOf(t, plain, 2) },
		"all images for training have the label left":              func(c *Config) { c.Where = "label=left" },
		"Config.Validation=1e-09 of 60 images is none, and the":    func(c *Config) { c.Validation = 1e-9 },
		"1 image held out has the label rare, which no image":      func(c *Config) { c.Shards = shardsOf(t, rare, 2) },
		"has a label and satisfies the condition":                  func(c *Config) { c.Shards, c.Where = shardsOf(t, plain, 2), "image_id!=x" },
	} {
		c := heads(shards, filepath.Join(t.TempDir(), "model"))
		change(&c)
		_, run := Run(context.Background(), c)
		_, plan := Plan(context.Background(), c)
		for _, err := range []error{run, plan} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, want)
			}
		}
		if _, err := os.Stat(filepath.Join(c.Output, schemas.ModelFile)); err == nil {
			t.Errorf("%s: there is a model", want)
		}
	}
	c := heads(shards, filepath.Join(t.TempDir(), "model"))
	c.Summary = true
	plan, err := Plan(t.Context(), c)
	if err != nil || !strings.Contains(planText(plan), "dense of 2 classes, softmax: 10 parameters") || !strings.Contains(planText(plan), "head of 2 classes: ") {
		t.Errorf("the plan: %v\n%v", err, plan)
	}
}

// TestLabelsInOrder: labels that are all numbers are in the order of these.
func TestLabelsInOrder(t *testing.T) {
	of := func(list ...string) map[string]int64 {
		m := map[string]int64{}
		for _, s := range list {
			m[s] = 1
		}
		return m
	}
	if got := sortedLabels(of("10", "9", "1.5", "-3")); !slices.Equal(got, []string{"-3", "1.5", "9", "10"}) {
		t.Error(got)
	}
	if got := sortedLabels(of("10", "9", "b")); !slices.Equal(got, []string{"10", "9", "b"}) {
		t.Error(got)
	}
}
