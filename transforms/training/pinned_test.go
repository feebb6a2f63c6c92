package training

import (
	"testing"

	"exemplar/model/linear"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/training/fit"
)

// TestPinnedFingerprints: finished models and checkpoints are known by their
// fingerprints, so that one that changes has them all trained again. The
// configurations are those of the command without flags.
func TestPinnedFingerprints(t *testing.T) {
	const ofLinear = "14583253d51ce0c51a36aff4abc546933674515422afbe459e80896176460ba0"
	const ofGradient = "4fb4a94c8a137ecd5c1b341cfb63db0c0de30b0f38a511f58bef97ec75448dea"
	folder := &dataset.Folder{SHA256: "of the shards", Shape: schemas.ImageShape{Height: 32, Width: 32, Channels: 1, Bits: 8}}
	c := Config{Arch: ArchLinear, Working: linear.DefaultWorking, Seed: 1, Validation: 0.1, Buffer: 256 << 20,
		Learner: training.Config{Loss: training.LossMSE},
		Fit:     fit.Config{Epochs: 20, Batch: 32, LR: 3e-4, Schedule: fit.Constant}}
	_, got, err := c.linearRun(folder)
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != ofLinear {
		t.Errorf("the fingerprint of a linear model is %s, want %s", got, ofLinear)
	}
	c.Arch = "mnist-conv"
	p, err := c.plan(t.Context(), sources{folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	if p.fingerprint != ofGradient {
		t.Errorf("the fingerprint of a training by gradient steps is %s, want %s", p.fingerprint, ofGradient)
	}
}
