package e2e

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTrainingOptions trains on pixels in [0,255] by gradient descent, for a number of steps,
// with tables of the layers, and takes the model on: encode has its errors, and what export
// writes for Keras comes back bit for bit.
func TestTrainingOptions(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	model, latents, keras, back := filepath.Join(dir, "model"), filepath.Join(dir, "latents"), filepath.Join(dir, "keras"), filepath.Join(dir, "back")
	args := slices.DeleteFunc(r.gradient(model, "--optimizer=sgd", "--loss=mae", "--momentum=0.5", "--init=normal:0.05", "--input_range=0,255", "--output_activation=relu",
		"--dropout_input=0.1", "--steps=11", "--report_steps=4", "--lr=0.0001", "--validation=0", "--limit=0", "--summary"), func(a string) bool { return strings.HasPrefix(a, "--epochs") })
	plan := must(t, nil, "train", append(args, "--plan")...)
	out := must(t, nil, "train", args...)
	for _, want := range []string{"encoder\n", "autoencoder: ", "layer (type)"} {
		if !strings.Contains(out, want) || !strings.Contains(plan, strings.TrimSpace(want)) {
			t.Errorf("no %q:\n%s\nor in\n%s", want, out, plan)
		}
	}
	if !strings.Contains(plan, "that of 11 steps, 1 epoch from") {
		t.Errorf("planned\n%s", plan)
	}
	for _, want := range []string{"step 1 of 11: ", "step 4 of 11: ", "step 8 of 11: ", "step 11 of 11: "} {
		if strings.Count(out, want) != 1 {
			t.Errorf("no line %q:\n%s", want, out)
		}
	}
	if rows := readCSV(t, filepath.Join(model, "steps_log.csv")); len(rows) != 4 || rows[3][0] != "11" {
		t.Errorf("steps_log.csv: %v", rows)
	}
	if again := must(t, nil, "train", args...); !strings.Contains(again, "Nothing to do") || !strings.Contains(again, "autoencoder: ") {
		t.Errorf("again:\n%s", again)
	}
	log := readCSV(t, filepath.Join(model, "training_log.csv"))
	loss, mse := decimal(t, log[0][1]), decimal(t, log[0][2])
	// A mean absolute error in [0,255] is at most the root of the mean squared one in [0,1], times 255.
	if !(mse > 0 && mse < 1) || !(loss > 1 && loss <= 255*math.Sqrt(mse)*1.0001) {
		t.Errorf("training_log.csv has loss %g and mse %g", loss, mse)
	}

	must(t, nil, "encode", "--input="+r.shards, "--model="+model, "--output="+latents, "--reconstruct")
	must(t, nil, "verify", "--input="+latents)
	out = must(t, nil, "export", "--model="+model, "--format=keras", "--output="+keras, "--summary")
	if !strings.Contains(out, "autoencoder: ") {
		t.Errorf("export:\n%s", out)
	}
	if plan := must(t, nil, "export", "--model="+model, "--format=onnx", "--output="+keras+"2", "--summary", "--plan"); !strings.Contains(plan, "autoencoder: ") {
		t.Errorf("export --plan:\n%s", plan)
	}
	must(t, nil, "export", "--model="+model, "--format=onnx", "--output="+keras+"2")
	must(t, nil, "import", "--encoder="+keras+"/encoder.keras", "--decoder="+keras+"/decoder.keras", "--output="+back)
	for _, file := range []string{"encoder.safetensors", "decoder.safetensors"} {
		was, err := os.ReadFile(filepath.Join(model, file))
		is, err2 := os.ReadFile(filepath.Join(back, file))
		if err != nil || err2 != nil || string(was) != string(is) {
			t.Errorf("%s is another one: %v, %v", file, err, err2)
		}
	}
	var head struct {
		Architecture struct {
			Input struct{ Scale string }
		}
	}
	if data, err := os.ReadFile(filepath.Join(back, "model.json")); err != nil || json.Unmarshal(data, &head) != nil || head.Architecture.Input.Scale != "byte" {
		t.Errorf("imported: %+v, %v", head, err)
	}

	from := r.gradient(filepath.Join(dir, "second"), "--from="+model, "--input_range=0,255", "--output_activation=relu", "--epochs=1")
	must(t, nil, "train", from...)
}

// TestTrainingOptionsRefused: what has no meaning, or contradicts, is one line, exit code 2,
// and nothing is written.
func TestTrainingOptionsRefused(t *testing.T) {
	r := reference(t)
	out := filepath.Join(t.TempDir(), "out")
	steps := []string{"--input=" + r.shards, "--output=" + out, "--arch=mnist-conv"}
	linear := []string{"--input=" + r.shards, "--output=" + out}
	for _, c := range []struct {
		args []string
		more string
		want string
	}{
		{steps, "--momentum=0.5", "--momentum=0.5: has a meaning only with --optimizer=sgd"},
		{steps, "--optimizer=lion", `optimizer "lion": must be adam or sgd`},
		{steps, "--optimizer=sgd --momentum=1", "momentum 1: must be 0 or more and below 1"},
		{steps, "--optimizer=sgd --momentum=NaN", "momentum NaN: must be"},
		{steps, "--steps=5 --epochs=20", "--steps=5: --epochs=20 says how long, too; give one of them"},
		{steps, "--steps=0", "--steps=0: must be at least 1"},
		{steps, "--steps=-3", "--steps=-3: must be at least 1"},
		{steps, "--report_steps=-1", "--report_steps=-1: must be 0 (none) or more"},
		{steps, "--init=normal", "want glorot, or normal:0.05"},
		{steps, "--init=normal:-1", "want glorot, or normal:0.05"},
		{steps, "--init=normal:NaN", "want glorot, or normal:0.05"},
		{steps, "--input_range=0,65535", "want 0,1 or -1,1 or 0,255"},
		{steps, "--loss=huber", `loss "huber": must be mse, mae or bce`},
		{steps, "--loss=bce --input_range=0,255", "loss bce needs pixels in [0,1]"},
		{steps, "--input_range=0,255 --output_activation=sigmoid", "output activation sigmoid never gives a number above 1"},
		{steps, "--dropout_input=1", "dropout of the input 1: must be 0 or more and below 1"},
		{steps, "--from=" + out, "is the folder of --output"},
		{steps, "--from=x --init=normal:0.1", "--init=normal:0.1: the first weights are those of --from"},
		{steps, "--from=x --variational", "--from: a model holds the means alone"},
		{steps, "--curve --validation=0", "--validation=0: --curve is measured on images that are held out"},
		{linear, "--curve", "--curve: --arch=linear has no use for it"},
		{linear, "--optimizer=sgd", "--optimizer: --arch=linear has no use for it"},
		{linear, "--momentum=0.9", "--momentum: --arch=linear has no use for it"},
		{linear, "--steps=5", "--steps: --arch=linear has no use for it"},
		{linear, "--report_steps=5", "--report_steps: --arch=linear has no use for it"},
		{linear, "--init=glorot", "--init: --arch=linear has no use for it"},
		{linear, "--input_range=0,255", "--input_range: --arch=linear has no use for it"},
		{linear, "--dropout_input=0.1", "--dropout_input: --arch=linear has no use for it"},
		{linear, "--passes=0", "--passes=0: must be 2 to 1000"},
		{linear, "--passes=1", "--passes=1: must be 2 to 1000"},
		{linear, "--from=x", "--from: --arch=linear has no use for it"},
	} {
		got := start(t, nil, "train", slices.Concat(c.args, strings.Fields(c.more))...)
		if got.code != 2 || got.stdout != "" || !strings.Contains(got.stderr, c.want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, want %q\n%s%s", c.more, got.code, c.want, got.stdout, got.stderr)
		}
		if exists(t, out) {
			t.Fatalf("%s: something was written", c.more)
		}
	}
}

func decimal(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
