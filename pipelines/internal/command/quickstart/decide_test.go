package quickstart

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/training"
	"exemplar/transforms/training/fit"
)

// shardOf writes one shard of n images of 8x8 that differ from each other.
func shardOf(t *testing.T, dir string, n int) {
	t.Helper()
	var shard strings.Builder
	w := tfrecord.NewWriter(&shard, tfrecord.WriterOptions{})
	for i := range n {
		im := records.Image{Filename: fmt.Sprintf("%04d.png", i), Height: 8, Width: 8, Channels: 1, Bits: 8, Pixels: make([]byte, 64)}
		for p := range im.Pixels {
			im.Pixels[p] = byte((i*37 + p*p*(i%7+1)) % 251)
		}
		if _, err := w.Write(records.Append(nil, &im)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	info := schemas.ShardInfo{File: schemas.ShardName(0, 1, "none"), Records: int64(n), Bytes: int64(shard.Len()), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(shard.String())))}
	if err := os.WriteFile(filepath.Join(dir, info.File), []byte(shard.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	m := schemas.ShardsManifest{
		Format: schemas.ShardsFormat, Image: gray(8, 8), Shards: []schemas.ShardInfo{info}, Listed: int64(n), Written: int64(n), Bytes: info.Bytes,
		Parameters: schemas.ShardParameters{Shards: 1, Compression: "none", Height: 8, Width: 8, Fit: "reject", BitsMode: "keep", MaxPixels: 1 << 28},
	}
	if err := outdir.WriteJSON(t.Context(), filepath.Join(dir, schemas.ShardsFile), &m); err != nil {
		t.Fatal(err)
	}
}

// working returns the workflow of some flags into a folder, on a processor with or without assembly.
func working(t *testing.T, output string, portable bool, flags ...string) *workflow {
	t.Helper()
	r := parsed(t, append([]string{"--input=images", "--latent=4", "--output=" + output}, flags...)...).workflow()
	r.portable = portable
	return r
}

// TestDecided: the flags decide alone, on any processor; where they leave it open the
// collection does, and without assembly it is the linear autoencoder. It is said, and
// recorded.
func TestDecided(t *testing.T) {
	const images = "the collection (120 images of 8x8 8-bit)"
	for _, c := range []struct {
		portable bool
		images   int
		flags    []string
		want     schemas.RunDecision
		line     string
	}{
		{false, 120, nil, schemas.RunDecision{Arch: "conv", Epochs: 50, By: []string{"collection"}},
			"decided by " + images + ": a convolutional autoencoder, 50 epochs, beside the linear one"},
		{true, 120, nil, schemas.RunDecision{Arch: "linear", By: []string{"collection", "portable kernels"}},
			"decided by " + images + " and the portable kernels: the linear autoencoder\nwithout assembly for this processor the convolutional one takes a hundred times longer; --arch=conv trains it nevertheless"},
		{false, 120, []string{"--arch=linear"}, schemas.RunDecision{Arch: "linear", By: []string{"--arch=linear"}}, "decided by --arch=linear: the linear autoencoder"},
		{true, 120, []string{"--arch=linear"}, schemas.RunDecision{Arch: "linear", By: []string{"--arch=linear"}}, "decided by --arch=linear: the linear autoencoder"},
		{false, 120, []string{"--epochs=3"}, schemas.RunDecision{Arch: "conv", Epochs: 3, By: []string{"--epochs=3", "collection"}},
			"decided by --epochs=3 and " + images + ": a convolutional autoencoder, 3 epochs, beside the linear one"},
		{true, 120, []string{"--epochs=3"}, schemas.RunDecision{Arch: "conv", Epochs: 3, By: []string{"--epochs=3", "collection"}},
			"decided by --epochs=3 and " + images + ": a convolutional autoencoder, 3 epochs, beside the linear one"},
		{true, 120, []string{"--arch=conv"}, schemas.RunDecision{Arch: "conv", Epochs: 50, By: []string{"--arch=conv", "collection"}},
			"decided by --arch=conv and " + images + ": a convolutional autoencoder, 50 epochs, beside the linear one"},
		{true, 99, nil, schemas.RunDecision{Arch: "linear", By: []string{"collection"}, Instead: "99 images are too few to hold some back for validation"},
			"99 images are too few to hold some back for validation: the linear autoencoder instead"},
		{false, 99, []string{"--arch=conv", "--epochs=3"}, schemas.RunDecision{Arch: "linear", By: []string{"--arch=conv", "--epochs=3", "collection"}, Instead: "99 images are too few to hold some back for validation"},
			"99 images are too few to hold some back for validation: the linear autoencoder instead"},
	} {
		r := working(t, t.TempDir(), c.portable, c.flags...)
		shardOf(t, r.sharding.Output, c.images)
		d, err := r.decide(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.want.Images, c.want.Of = int64(c.images), int64(c.images)
		if diff := cmp.Diff(&c.want, d.record()); diff != "" || d.String() != c.line {
			t.Errorf("portable %v, %v: %q (-want +got)\n%s", c.portable, c.flags, d, diff)
		}
	}
}

// TestSmallerOfLarge: without assembly the linear autoencoder is that of the images which
// the convolutional one is trained on, the same that goes on with assembly where it is better.
func TestSmallerOfLarge(t *testing.T) {
	r := working(t, t.TempDir(), true)
	shardOf(t, r.sharding.Output, 120)
	name := filepath.Join(r.sharding.Output, schemas.ShardsFile)
	m, _, err := outdir.ReadManifest[schemas.ShardsManifest](t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	m.Image, m.Shards[0].Records, m.Written, m.Listed = gray(256, 256), 3_000_000, 3_000_000, 3_000_000 // of which nothing is read to decide
	if err := outdir.WriteJSON(t.Context(), name, &m); err != nil {
		t.Fatal(err)
	}
	for _, portable := range []bool{false, true} {
		r.portable = portable
		d, err := r.decide(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if used, of := d.images(); used != 10_000 || of != 3_000_000 || d.convolutional() == portable || !strings.Contains(d.String(), "autoencoder of 10,000 of them") {
			t.Errorf("portable %v: %d of %d images: %s", portable, used, of, d)
		}
	}
}

// trainedBy runs the training alone, and returns what it said.
func trainedBy(ctx context.Context, r *workflow) (string, error) {
	var out strings.Builder
	line, err := r.train(ctx, &out)
	return out.String() + line, err
}

// TestMadeElsewhere: what was finished on a processor with assembly stands without it, and
// the other way round, and one line says so. Neither an unfinished training nor the model
// of other images goes in silence.
func TestMadeElsewhere(t *testing.T) {
	outputs := map[bool]string{}
	for _, portable := range []bool{false, true} {
		output := t.TempDir()
		outputs[portable] = output
		r := working(t, output, portable)
		shardOf(t, r.sharding.Output, 120)
		if _, err := trainedBy(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		before := contents(t, output)
		said, err := trainedBy(t.Context(), working(t, output, !portable))
		if err != nil || !strings.Contains(said, "decided by the model that is there: ") || !strings.Contains(said, "is there already") {
			t.Errorf("made without assembly: %v: %v\n%s", portable, err, said)
		}
		if d := cmp.Diff(before, contents(t, output)); d != "" {
			t.Errorf("made without assembly: %v: (-before +after)\n%s", portable, d)
		}
	}

	// With assembly a linear model of other images stays, too.
	shardOf(t, working(t, outputs[true], false).sharding.Output, 130)
	refused(t, outputs[true], false, []string{"holds a linear autoencoder", "--arch=linear", "--overwrite"})

	shardOf(t, working(t, outputs[true], false).sharding.Output, 120)
	refused(t, outputs[true], true, []string{"holds a linear autoencoder", "--arch=linear", "--overwrite"}, "--epochs=2")

	// Without it a convolutional one does, which lies in the model's folder where it is the better one.
	output := outputs[false]
	r := working(t, output, true)
	if there, _, err := training.BySteps(t.Context(), r.training.Output); err != nil {
		t.Fatal(err)
	} else if !there {
		if err := training.Move(t.Context(), r.compared, r.training.Output); err != nil {
			t.Fatal(err)
		}
	}
	shardOf(t, r.sharding.Output, 130)
	refused(t, output, true, []string{"holds a convolutional autoencoder of other images or parameters", "--arch=conv", "--overwrite"})
	shardOf(t, r.sharding.Output, 120)
	if err := os.Remove(filepath.Join(r.training.Output, schemas.ModelFile)); err != nil {
		t.Fatal(err)
	}
	if err := outdir.WriteJSON(t.Context(), filepath.Join(r.training.Output, schemas.StateDir, fit.CheckpointFile), struct{}{}); err != nil {
		t.Fatal(err)
	}
	refused(t, output, true, []string{"holds the unfinished training of a convolutional autoencoder", "--arch=conv", "--overwrite"})
	said, err := trainedBy(t.Context(), working(t, output, true, "--overwrite"))
	if err != nil || !strings.Contains(said, "the portable kernels: the linear autoencoder") {
		t.Errorf("--overwrite: %v\n%s", err, said)
	}
}

// refused: the run and its plan end with one line that says all of want, and change nothing.
func refused(t *testing.T, output string, portable bool, want []string, flags ...string) {
	t.Helper()
	before := contents(t, output)
	r := working(t, output, portable, flags...)
	_, run := trainedBy(t.Context(), r)
	_, plan := r.planModel(t.Context())
	for name, err := range map[string]error{"run": run, "plan": plan} {
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want %q", name, err, w)
			}
		}
	}
	if d := cmp.Diff(before, contents(t, output)); d != "" {
		t.Errorf("refused, (-before +after)\n%s", d)
	}
}

// contents returns all files below a folder but records of runs and locks.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "_lock") || d.Name() == ".lock" {
			return err
		}
		data, err := os.ReadFile(name)
		all[name] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDecisionIsRecorded: run.json has it under "decided".
func TestDecisionIsRecorded(t *testing.T) {
	data, err := json.Marshal(schemas.Run{Decided: &schemas.RunDecision{Arch: "linear", Images: 3, Of: 5, By: []string{"collection"}}})
	if want := `"decided":{"arch":"linear","images":3,"of":5,"by":["collection"]}`; err != nil || !strings.Contains(string(data), want) {
		t.Errorf("%s, %v", data, err)
	}
}

// TestPlanOfUnfinished: the plan of a training that was interrupted refuses what the run refuses, and
// otherwise goes on with it.
func TestPlanOfUnfinished(t *testing.T) {
	output := t.TempDir()
	r := working(t, output, false, "--epochs=3")
	shardOf(t, r.sharding.Output, 120)
	ctx, cancel := context.WithCancel(t.Context())
	d, err := r.decide(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c := d.Config
	c.Out = writerFunc(func([]byte) { cancel() }) // the first line of the training
	if _, err := training.Run(ctx, c); err == nil {
		t.Fatal("the training was not interrupted")
	}
	if there, whole, err := training.BySteps(t.Context(), d.Output); err != nil || !there || whole {
		t.Fatalf("there %v, whole %v: %v", there, whole, err)
	}
	refused(t, output, false, []string{"what an unfinished run with other parameters left", "Config.Epochs is 4 here and was 3 there"}, "--epochs=4")
	p, err := r.planModel(t.Context())
	if err != nil || p.Nothing != "" || !strings.Contains(fmt.Sprint(p.Notes), "from which it goes on") {
		t.Errorf("%+v, %v", p, err)
	}
}

// writerFunc is told what is written.
type writerFunc func(line []byte)

func (f writerFunc) Write(line []byte) (int, error) {
	f(line)
	return len(line), nil
}
