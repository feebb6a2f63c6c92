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
			"from": "5a1c",
		},
	}}
	got := " " + modelCommand(m, "shards", "out") + " "
	for _, want := range []string{"--optimizer=sgd", "--momentum=0", "--init=normal:0.05", "--loss=mae", "--steps=20000", "--dropout_input=0.25", "--input_range=0,255",
		"--output_activation=linear", "--batch=256", "--lr=0.01", "--seed=3", "--from=MODEL_BEFORE"} {
		if !strings.Contains(got, " "+want+" ") {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(got, "epochs") {
		t.Errorf("%s has epochs and steps", got)
	}
	m.Arch, m.Training.Parameters = arch, map[string]any{"epochs": 20.0, "loss": "mse"}
	got = modelCommand(m, "shards", "out")
	for _, unwanted := range []string{"optimizer", "momentum", "init", "steps", "dropout", "input_range", "from"} {
		if strings.Contains(got, "--"+unwanted) {
			t.Errorf("%s has %s", got, unwanted)
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
