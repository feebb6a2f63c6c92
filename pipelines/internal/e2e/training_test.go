package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"exemplar/pipelines/internal/enginetest"
)

// gradient returns the arguments of a small training by gradient steps, with more,
// which replace those of the same names.
func (r workflow) gradient(output string, more ...string) []string {
	args := []string{
		"--input=" + r.shards, "--output=" + output, "--arch=mnist-conv", "--filters=4,8", "--latent=2", "--epochs=4", "--limit=160",
		"--noise=0.05", "--dropout=0.1", "--lr=0.01",
	}
	for _, arg := range more {
		name, _, _ := strings.Cut(arg, "=")
		args = slices.DeleteFunc(args, func(a string) bool { return strings.HasPrefix(a, name+"=") })
	}
	return append(args, more...)
}

// checkpoint is written after the first step already, with --checkpoint=1ns.
const checkpoint = "_state/checkpoint.json"

// trainUntil starts a training, sends it the signal when it is in the middle of an
// epoch, and returns its exit code, -1 for one that was killed, and its messages.
// A training that was faster than the signal is started afresh.
func trainUntil(t *testing.T, r workflow, signal os.Signal) (output string, code int, stderr string) {
	t.Helper()
	for range 10 {
		output = filepath.Join(t.TempDir(), "model")
		cmd := command(t, nil, filepath.Join(bin, "train"), r.gradient(output, "--checkpoint=1ns")...)
		var messages bytes.Buffer
		cmd.Stderr = &messages
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for len(ended) == 0 && !exists(t, filepath.Join(output, checkpoint)) {
			time.Sleep(time.Millisecond)
		}
		for range 2 { // as programs do that end others
			_ = cmd.Process.Signal(signal) // where it has ended already, its files say so
			time.Sleep(10 * time.Millisecond)
		}
		<-ended
		if exists(t, filepath.Join(output, checkpoint)) && !exists(t, filepath.Join(output, "model.json")) {
			return output, cmd.ProcessState.ExitCode(), messages.String()
		}
	}
	t.Fatal("the training was never caught in an epoch")
	return "", 0, ""
}

// TestTrainingGoesOn stops a training in the middle of an epoch, without warning
// and by Ctrl-C, and starts it again: all files are those of an undisturbed run,
// on one processor and on two.
func TestTrainingGoesOn(t *testing.T) {
	r := reference(t)
	clean := filepath.Join(t.TempDir(), "model")
	must(t, []string{"GOMAXPROCS=1"}, "train", r.gradient(clean)...)
	two := filepath.Join(t.TempDir(), "model")
	must(t, []string{"GOMAXPROCS=2"}, "train", r.gradient(two)...)
	sameTree(t, two, clean)

	for name, signal := range map[string]os.Signal{"kill": syscall.SIGKILL, "interrupt": os.Interrupt} {
		t.Run(name, func(t *testing.T) {
			output, code, messages := trainUntil(t, r, signal)
			if signal == os.Interrupt && (code != 130 || !strings.Contains(messages, "run the same command again to go on")) {
				t.Errorf("exit code %d\n%s", code, messages)
			}
			if out := must(t, nil, "train", r.gradient(output)...); !strings.Contains(out, "going on in epoch") {
				t.Errorf("started again:\n%s", out)
			}
			sameTree(t, output, clean)
			if out := must(t, nil, "train", r.gradient(output)...); !strings.Contains(out, "Nothing to do") {
				t.Errorf("third start does not say that there is nothing to do:\n%s", out)
			}
		})
	}
}

// TestTrainingInAStore reads shards from an object store and keeps model and
// checkpoint there: the bytes are those of a local run with as many epochs.
func TestTrainingInAStore(t *testing.T) {
	r := reference(t)
	local := filepath.Join(t.TempDir(), "model")
	must(t, nil, "train", r.gradient(local, "--epochs=2")...)
	store := enginetest.NewStorage(t, "data")
	for name := range tree(t, r.shards) {
		data, err := os.ReadFile(filepath.Join(r.shards, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		store.Put("data", "shards/"+name, data)
	}
	in := workflow{shards: "gs://data/shards"}
	must(t, store.Env(), "train", in.gradient("gs://data/model ü", "--epochs=1")...)
	if out := must(t, store.Env(), "train", in.gradient("gs://data/model ü", "--epochs=2")...); !strings.Contains(out, "going on in epoch 2") {
		t.Errorf("started again:\n%s", out)
	}
	for _, kind := range []string{"model", "encoder", "decoder", "training_log", "loss", "latents", "codes"} {
		sameObjects(t, store, "model ü/", local, kind)
	}
	sameObjects(t, store, "model ü/_state/", filepath.Join(local, "_state"), "")
	sameObjects(t, store, "model ü/reconstructions/", filepath.Join(local, "reconstructions"), "")
}

// TestTrainedModelEncodes: encode takes the model as it is.
func TestTrainedModelEncodes(t *testing.T) {
	r := reference(t)
	model, latents := filepath.Join(t.TempDir(), "model"), filepath.Join(t.TempDir(), "latents")
	must(t, nil, "train", r.gradient(model, "--variational", "--epochs=1")...)
	out := must(t, nil, "encode", "--input="+r.shards, "--model="+model, "--output="+latents, "--reconstruct")
	if !strings.Contains(out, "400 encoded + 0 rejected") {
		t.Errorf("encode:\n%s", out)
	}
	must(t, nil, "verify", "--input="+latents)
}

// TestSweep trains two models and compares them; a second start trains none.
func TestSweep(t *testing.T) {
	r := reference(t)
	file := filepath.Join(write(t, "sweep.json", []byte(`{"grid": {"batch": [16, 40]}}`)), "sweep.json")
	output := filepath.Join(t.TempDir(), "sweep")
	args := r.gradient(output, "--sweep="+file, "--epochs=1")
	must(t, nil, "train", args...)
	before := tree(t, output)
	out := must(t, nil, "train", args...)
	if strings.Count(out, "is there already") != 2 || !strings.Contains(out, "run-batch40") {
		t.Errorf("second start:\n%s", out)
	}
	if after := tree(t, output); len(before) != len(after) || before["sweep.csv"] != after["sweep.csv"] || before["sweep.csv"] == "" {
		t.Error("second start changed the output")
	}
}

// TestBadTraining: mistakes in the flags of train are one line each.
func TestBadTraining(t *testing.T) {
	r := reference(t)
	noises := filepath.Join(write(t, "noises.json", []byte(`{"grid": {"noise": [0, 0.1]}}`)), "noises.json")
	inits := filepath.Join(write(t, "inits.json", []byte(`{"runs": [{"init": "glorot"}]}`)), "inits.json")
	for _, c := range []struct {
		more []string
		code int
		want string
	}{
		{[]string{"--lr=-1"}, 2, "--lr=-1"},
		{[]string{"--arch=linear"}, 2, "--arch=linear has no use for it"},
		{[]string{"--beta=2"}, 2, "--variational"},
		{[]string{"--working_size=8"}, 2, "--working_size"},
		{[]string{"--filters=4,x"}, 2, "--filters"},
		{[]string{"--schedule=step"}, 2, "--schedule=step"},
		{[]string{"--validation=1.5"}, 2, "--validation=1.5"},
		{[]string{"--arch=resnet"}, 1, "resnet"},
		{[]string{"--arch=dense-784-100-20", "--filters=1"}, 2, "--filters"},
		{[]string{"--sweep=none.json"}, 1, "none.json"},
		{[]string{"--sweep=" + noises}, 2, "--noise=0.05: " + noises + " of --sweep names values of noise, too"},
		{[]string{"--sweep=" + noises, "--plan"}, 2, "--noise=0.05: " + noises},
		{[]string{"--sweep=" + inits, "--from=" + r.model}, 2, "the first weights are those of --from"},
		{[]string{"--head=label", "--loss=mse"}, 2, "--loss=mse: --head=label has a loss of its own"},
		{[]string{"--head=label", "--sweep=" + inits}, 2, "--sweep=" + inits + ": compares reconstructions"},
		{[]string{"--head=labels"}, 2, "--head=labels: must be label"},
		{[]string{"--head=label", "--variational"}, 2, "--variational: --head=label takes the code as it is"},
		{[]string{"--head=label", "--output_activation=tanh"}, 2, "--output_activation=tanh: is for the decoder"},
		{[]string{"--freeze"}, 2, "--freeze: leaves the encoder of --from"},
		{[]string{"--head=label"}, 1, "--head: none of 400 images in "},
		{[]string{"--where=mse<1"}, 2, "--where: image shards have no column mse: theirs are label and image_id"},
		{[]string{"--where=label=nowhere"}, 1, "--where: none of "},
		{[]string{"--init=glorot", "--from=" + r.model}, 2, "--init=glorot: the first weights are those of --from"},
	} {
		output := filepath.Join(t.TempDir(), "out")
		got := start(t, nil, "train", r.gradient(output, c.more...)...)
		if got.code != c.code || strings.Count(strings.TrimSpace(got.stderr), "\n") > 0 || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%v: exit code %d, want %d and %q in one line:\n%s", c.more, got.code, c.code, c.want, got.stderr)
		}
		if exists(t, output) {
			t.Errorf("%v: the output was made", c.more)
		}
	}
}
