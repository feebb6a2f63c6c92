package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/model"
)

// TestQuickstartDiverged: where the training of the convolutional model did not end, the linear one is used, which
// is said each time; the first command of a user does not fail for it.
func TestQuickstartDiverged(t *testing.T) {
	output, args := walked(t)
	at := func(name string) string { return filepath.Join(output, name) }
	for _, dir := range []string{"model", "latents", "selection"} {
		if err := os.RemoveAll(at(dir)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(at(besideModel), at("model")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(at("model/model.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	training := m["training"].(map[string]any)
	training["parameters"].(map[string]any)["diverged"] = "in epoch 2: the loss is NaN"
	training["metrics"].(map[string]any)["val_mse"] = 1e-9 // of its best weights, which does not count
	if data, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("model/model.json"), data, 0o666); err != nil {
		t.Fatal(err)
	}
	if out := must(t, nil, "quickstart", append(args, "--plan")...); !strings.Contains(out, "a linear model, which is better") {
		t.Errorf("the plan:\n%s", out)
	}
	for _, walk := range []string{"first", "second"} {
		out := must(t, nil, "quickstart", args...)
		if !strings.Contains(out, "the training of the convolutional autoencoder stopped in epoch 2: the loss is NaN\n") || !strings.Contains(out, "the linear autoencoder is used: that training did not end") {
			t.Errorf("%s walk:\n%s", walk, out)
		}
		if family(t, at("model")) != model.FamilyLinear || family(t, at(besideModel)) != model.FamilyConv {
			t.Errorf("%s walk: the models are of families %s, %s", walk, family(t, at("model")), family(t, at(besideModel)))
		}
	}
}
