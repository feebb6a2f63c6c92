package training

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/run/outdir"
)

// replaceShard moves the first record of a shard to its end.
func replaceShard(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first := int(binary.LittleEndian.Uint64(data)) + tfrecord.FrameLen
	data = slices.Concat(data[first:], data[:first])
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestReplacedShard: a shard that is sound in itself, but not the one that
// shards.json lists, is refused, and no model is written.
func TestReplacedShard(t *testing.T) {
	images := spots(60, 12)
	for name, of := range map[string]func(shards, output string) Config{"linear": config, "gradient": gradient} {
		t.Run(name, func(t *testing.T) {
			shards := shardsOf(t, images, 2)
			file := filepath.Join(shards, schemas.ShardName(1, 2, "none"))
			replaceShard(t, file)
			c := of(shards, filepath.Join(t.TempDir(), "model"))
			_, err := Run(context.Background(), c)
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "shards.json says") {
				t.Errorf("error %v", err)
			}
			if _, err := os.Stat(filepath.Join(c.Output, schemas.ModelFile)); err == nil {
				t.Error("there is a model")
			}
		})
	}
}

// TestAnUnfinishedTrainingIsNotReplaced: the checkpoint of a training with other
// parameters is refused by the name of the parameter, and gone with Overwrite; that
// the shards changed is no other parameter.
func TestAnUnfinishedTrainingIsNotReplaced(t *testing.T) {
	images := spots(60, 12)
	c := gradient(shardsOf(t, images, 2), filepath.Join(t.TempDir(), "model"))
	c.Fit.Epochs = 2
	stop := func() {
		t.Helper()
		ctx, cancel := context.WithCancel(context.Background())
		c := c
		c.Out = writerFunc(cancel)
		if _, err := Run(ctx, c); !errors.Is(err, outdir.ErrInterrupted) {
			t.Fatal(err)
		}
	}
	stop()
	left := files(t, filepath.Join(c.Output, schemas.StateDir))
	for want, change := range map[string]func(*Config){
		"Config.LR is 0.02 here and was 0.01 there": func(c *Config) { c.Fit.LR = 0.02 },
		"Config.Latent is 3 here and was 2 there":   func(c *Config) { c.Latent = 3 },
		"Config.Arch is linear here and was mnist-conv there": func(c *Config) {
			*c = config(c.Shards, c.Output)
		},
	} {
		other := c
		change(&other)
		_, err := Run(context.Background(), other)
		_, planned := Plan(context.Background(), other)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
	if !maps.Equal(left, files(t, filepath.Join(c.Output, schemas.StateDir))) {
		t.Error("a run that was refused changed the checkpoint")
	}
	other := c
	other.Fit.LR, other.Overwrite = 0.02, true
	fresh := other
	fresh.Output = filepath.Join(t.TempDir(), "model")
	for _, c := range []Config{other, fresh} {
		if _, err := Run(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	if !maps.Equal(files(t, fresh.Output), files(t, other.Output)) {
		t.Error("with Overwrite the model differs from one made in a new folder")
	}
	if r, err := Run(context.Background(), other); err != nil || !r.Made {
		t.Errorf("with Overwrite again: %+v, %v, want it trained again", r, err)
	}
	if err := os.RemoveAll(c.Output); err != nil {
		t.Fatal(err)
	}
	stop()
	c.Shards = shardsOf(t, images[:50], 2)
	if r, err := Run(context.Background(), c); err != nil || !r.Made {
		t.Errorf("of other shards: %+v, %v", r, err)
	}
}

// writerFunc is called with every write.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) { f(); return len(p), nil }
