package training

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model/training"
	"exemplar/schemas"
)

// TestAnEarlierModelIsNotReplaced: where a finished folder does not remember the flags,
// as those of earlier versions do not, model.json tells most of them, and what it tells
// is refused by name. A collection that has grown is trained on again.
func TestAnEarlierModelIsNotReplaced(t *testing.T) {
	images := spots(90, 12)
	shards := shardsOf(t, images[:60], 2)
	steps := gradient(shards, filepath.Join(t.TempDir(), "model"))
	steps.Fit.Epochs = 1
	fixed := config(shards, filepath.Join(t.TempDir(), "model"))
	for _, tc := range []struct {
		c       Config
		changes map[string]func(c *Config)
	}{
		{steps, map[string]func(c *Config){
			"Config.LR is 0.02 here and was 0.01 there":       func(c *Config) { c.Fit.LR = 0.02 },
			"Config.Batch is 8 here and was 16 there":         func(c *Config) { c.Fit.Batch = 8 },
			"Config.Loss is bce here and was mse there":       func(c *Config) { c.Learner.Loss = training.LossBCE },
			"Config.Noise is 0.5 here and was not given":      func(c *Config) { c.Learner.Noise = 0.5 },
			"Config.Validation is 0.3 here and was 0.2":       func(c *Config) { c.Validation = 0.3 },
			"Config.Filters is 4,8 here and was 4,6 there":    func(c *Config) { c.Change.Filters = []int{4, 8} },
			"Config.Activations.Hidden is tanh here and was ": func(c *Config) { c.Change.Activations.Hidden = "tanh" },
			"Config.Limit is 30 here and was not given":       func(c *Config) { c.Limit = 30 },
			"Config.Shards has 50 images here and had 60":     func(c *Config) { c.Shards = shardsOf(t, images[:50], 2) },
			"the size of the images is 16x16 here and was 12x12 there": func(c *Config) {
				c.Shards = shardsOf(t, spots(60, 16), 2)
			},
			"": func(c *Config) { c.Shards = shardsOf(t, images, 2) },
		}},
		{fixed, map[string]func(c *Config){
			"Config.Working is 4 here and was ":           func(c *Config) { c.Working = 4 },
			"Config.Limit is 30 here and was not given":   func(c *Config) { c.Limit = 30 },
			"Config.Shards has 50 images here and had 60": func(c *Config) { c.Shards = shardsOf(t, images[:50], 2) },
			"": func(c *Config) { c.Shards = shardsOf(t, images, 2) },
		}},
	} {
		if _, err := Run(context.Background(), tc.c); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(tc.c.Output, schemas.IntentFile)); err != nil {
			t.Fatal(err)
		}
		finished := files(t, tc.c.Output)
		for want, change := range tc.changes {
			other := tc.c
			change(&other)
			if want == "" {
				continue
			}
			_, err := Run(context.Background(), other)
			_, planned := Plan(context.Background(), other)
			for _, err := range []error{err, planned} {
				if err == nil || !strings.Contains(err.Error(), "finished work that would be replaced: "+want) || !strings.Contains(err.Error(), "Config.Overwrite to replace it") {
					t.Errorf("%v, want %q", err, want)
				}
			}
		}
		if r, err := Run(context.Background(), tc.c); err != nil || r.Made {
			t.Errorf("the same command: %+v, %v", r, err)
		}
		if diff := cmp.Diff(finished, files(t, tc.c.Output)); diff != "" {
			t.Errorf("what was refused changed the output:\n%.300s", diff)
		}
		grown := tc.c
		tc.changes[""](&grown)
		if r, err := Run(context.Background(), grown); err != nil || !r.Made {
			t.Errorf("grown: %+v, %v", r, err)
		}
	}
}
