package reporting

import (
	"strings"
	"testing"

	"exemplar/model"
)

// TestTrainCommand: the command that trains a model again has every parameter that its
// model.json tells.
func TestTrainCommand(t *testing.T) {
	arch, err := model.Preset("dense-784-100-20")
	if err != nil {
		t.Fatal(err)
	}
	m := &model.Model{Arch: arch.WithScale(model.ScaleByte), Provenance: model.Provenance{Tool: "train"}, Training: &model.Training{
		Method: "sgd", Seed: 3, Parameters: map[string]any{
			"optimizer": "sgd", "momentum": 0.0, "init": "normal:0.05", "loss": "mae", "steps": 20000.0, "dropout_input": 0.25, "batch": 256.0, "lr": 0.01,
			"from": "5a1c", "curve": "5a1c", "curve_images": 60.0,
		},
	}}
	got := " " + modelCommand(m, "shards", "out") + " "
	for _, want := range []string{"--optimizer=sgd", "--momentum=0", "--init=normal:0.05", "--loss=mae", "--steps=20000", "--dropout_input=0.25", "--input_range=0,255",
		"--output_activation=linear", "--batch=256", "--lr=0.01", "--seed=3", "--from=MODEL_BEFORE", "--curve"} {
		if !strings.Contains(got, " "+want+" ") {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(got, "epochs") {
		t.Errorf("%s has epochs and steps", got)
	}
	m.Arch, m.Training.Parameters = arch, map[string]any{"epochs": 20.0, "loss": "mse"}
	got = modelCommand(m, "shards", "out")
	for _, unwanted := range []string{"optimizer", "momentum", "init", "steps", "dropout", "input_range", "from", "curve"} {
		if strings.Contains(got, "--"+unwanted) {
			t.Errorf("%s has %s", got, unwanted)
		}
	}
}

// TestHeadCommand: a head is trained by its flags and not by those of a decoder, images that a condition
// and a folder of their own name are told, and an architecture of other images is a file.
func TestHeadCommand(t *testing.T) {
	arch, err := model.Preset("dense-784-100-20")
	if err != nil {
		t.Fatal(err)
	}
	m := headModel(arch)
	got := " " + modelCommand(m, "shards", "out") + " "
	for _, want := range []string{"--arch=dense-784-100-20", "--head=label", "--freeze", "--from=MODEL_BEFORE", "--where='label in (1, 8)'", "--validation_input=VALIDATION", "--batch=32"} {
		if !strings.Contains(got, " "+want+" ") {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	for _, unwanted := range []string{"loss", "output_activation", "validation="} {
		if strings.Contains(got, "--"+unwanted) {
			t.Errorf("%s has %s", got, unwanted)
		}
	}
	m.Arch.Input.Height = 12
	if got := modelCommand(m, "shards", "out"); !strings.Contains(got, "--arch=ARCHITECTURE.json") || strings.Contains(got, "784") {
		t.Error(got)
	}
	linear := &model.Model{Arch: model.Arch{Family: model.FamilyLinear}, Provenance: m.Provenance, Training: &model.Training{Parameters: map[string]any{"where": "label=8"}}}
	if got := modelCommand(linear, "shards", "out"); !strings.Contains(got, "--where=label=8") {
		t.Error(got)
	}
}

func headModel(arch model.Arch) *model.Model {
	return &model.Model{Arch: arch, Head: &model.Head{Classes: []string{"1", "8"}}, Provenance: model.Provenance{Tool: "train"}, Training: &model.Training{
		Method: "adam", Images: 60, Parameters: map[string]any{
			"head": "label", "freeze": true, "from": "5a1c", "where": "label in (1, 8)", "loss": "cross-entropy", "batch": 32.0, "validation": 0.1, "validation_data": "5a1c",
		}, Metrics: map[string]float64{"epochs": 5, "val_accuracy": 0.5, "validation_images": 10},
	}}
}

// TestHeadInWords: it is no autoencoder, and has no parameters of a decoder.
func TestHeadInWords(t *testing.T) {
	arch, err := model.Preset("dense-784-100-20")
	if err != nil {
		t.Fatal(err)
	}
	g := &gatherer{inputs: &inputs{model: headModel(arch)}}
	got := g.encoderText(&paragraph{cited: map[string]string{}})
	const want = "dense encoder with a head of 2 classes, layers of 100, 80,520 parameters, trained on 60 of the images with label in (1, 8) for 5 epochs by Adam (Kingma & Ba 2015) to minimize the cross-entropy of labels; it finds the label of 50 % of 10 images held out"
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s, want\n%s", got, want)
	}
	if got := g.vectorsText(); got != "latents of a dense encoder with a head of 2 classes" {
		t.Error(got)
	}
	m, err := describe(g.inputs)
	if err != nil || !strings.Contains(m.Architecture, "dense encoder") || !strings.Contains(m.Source, "; accuracy 50 % over 10 images held out") {
		t.Errorf("%+v, %v", m, err)
	}
	for _, name := range []string{FigureReconstructions, FigureInterpolation} {
		if got := (&FigureSources{in: g.inputs}).missing(name); got != "the model has a head in place of a decoder" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestTrainingInWords: the method names what minimized what.
func TestTrainingInWords(t *testing.T) {
	arch, err := model.Preset("dense-784-100-20")
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]string{
		"adam": "for 5 epochs by Adam (Kingma & Ba 2015) to minimize the mean absolute error",
		"sgd":  "for 5 epochs by stochastic gradient descent with momentum 0.9 to minimize the mean absolute error",
	} {
		g := &gatherer{inputs: &inputs{model: &model.Model{Arch: arch, Training: &model.Training{Method: method, Images: 60,
			Parameters: map[string]any{"loss": "mae", "momentum": 0.9}, Metrics: map[string]float64{"epochs": 5}}}}}
		if got := g.encoderText(&paragraph{cited: map[string]string{}}); !strings.Contains(got, want) {
			t.Errorf("%s: %s", method, got)
		}
	}
}
