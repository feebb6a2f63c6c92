package training

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/preflight"
)

// numbered gives images the labels 0, 1 and 2 in turn, as numbers written in several ways, and
// none to every seventh.
func numbered(all []records.Image) []records.Image {
	for i := range all {
		all[i].Label, all[i].HasLabel = []string{"0", "1", "2", "1.0"}[i%4], true
		if i%7 == 0 {
			all[i].Label, all[i].HasLabel = "", false
		}
	}
	return all
}

// ofLabelOne are those whose label is the number 1.
func ofLabelOne(all []records.Image) []records.Image {
	return slices.DeleteFunc(slices.Clone(all), func(im records.Image) bool { return im.Label != "1" && im.Label != "1.0" })
}

// TestWhere: a model of the images that satisfy a condition is that of shards which hold no
// others, to the last bit, linear and by gradient steps, with images that are held out and with
// those of another folder, of all and of some of them.
func TestWhere(t *testing.T) {
	all, others := numbered(spots(160, 12)), numbered(spots(60, 12))
	for i := range others {
		others[i].Filename, others[i].Pixels[0] = "other "+others[i].Filename, 9
	}
	whole, only := shardsOf(t, all, 1), shardsOf(t, ofLabelOne(all), 1)
	held, onlyHeld := shardsOf(t, others, 1), shardsOf(t, ofLabelOne(others), 1)
	for name, change := range map[string]func(c *Config, held string){
		"linear":           func(c *Config, _ string) { *c = config(c.Shards, c.Output); c.Latent = 2 },
		"some, linear":     func(c *Config, _ string) { *c = config(c.Shards, c.Output); c.Latent = 2; c.Limit = 20 },
		"share":            func(*Config, string) {},
		"some":             func(c *Config, _ string) { c.Limit = 30 },
		"folder, baseline": func(c *Config, held string) { c.HeldShards, c.Baseline, c.Working = held, true, 12 },
		"in memory":        func(c *Config, held string) { c.HeldShards, c.Buffer = held, 1<<20 },
	} {
		var models []*model.Model
		for _, of := range []struct{ shards, held, where string }{{whole, held, " Label = 1 "}, {only, onlyHeld, ""}} {
			c := gradient(of.shards, filepath.Join(t.TempDir(), "model"))
			change(&c, of.held)
			c.Where = of.where
			var out strings.Builder
			c.Out = &out
			r, err := Run(context.Background(), c)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			m, files := readModel(t, c.Output)
			models = append(models, m)
			if of.where == "" {
				if m.Training.Parameters["where"] != nil || strings.Contains(out.String(), "without") {
					t.Errorf("%s: a condition that nobody gave: %v, %s", name, m.Training.Parameters, &out)
				}
				continue
			}
			if m.Training.Parameters["where"] != "label=1" || m.Training.Parameters["where_outside"] != float64(len(all)-len(ofLabelOne(all))) {
				t.Errorf("%s: %v", name, m.Training.Parameters)
			}
			if want := "160 records in " + whole + " = 69 with label=1 (label as numbers) + 91 without\n"; !strings.HasPrefix(out.String(), want) {
				t.Errorf("%s: it says %q, want %q", name, &out, want)
			}
			if again, err := Run(context.Background(), c); err != nil || again.Made || again.SHA256 != files.SHA256() || r.SHA256 != again.SHA256 {
				t.Errorf("%s: a second run: %v", name, err)
			}
			c.Where = "label=2"
			if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "Config.Where is label=2 here and was label=1 there") {
				t.Errorf("%s: with another condition: %v", name, err)
			}
		}
		for half, pair := range [][2]model.Weights{{models[0].Encoder, models[1].Encoder}, {models[0].Decoder, models[1].Decoder}} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Errorf("%s: half %d has other weights:\n%s", name, half, diff)
			}
		}
	}
}

// TestWhereRefused: what cannot be is one line, and nothing is written.
func TestWhereRefused(t *testing.T) {
	all := numbered(spots(40, 12))
	dir := shardsOf(t, all, 2)
	for condition, want := range map[string]string{
		"label=8":             "Config.Where: none of 40 images in " + dir + " satisfies label=8: their labels are 0, 1, 1.0 and 2",
		"mse<3":               "image shards have no column mse: theirs are label and image_id",
		"label=":              "Config.Where: ",
		"image_id<3":          "is text, which has no order",
		"label<two":           "is no number",
		"image_id='spot 001'": "none of 40 images",
	} {
		c := config(dir, filepath.Join(t.TempDir(), "model"))
		c.Where = condition
		_, err := Run(t.Context(), c)
		_, planned := Plan(t.Context(), c)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want %q", condition, err, want)
			}
		}
		if _, err := os.Stat(filepath.Join(c.Output, schemas.ModelFile)); err == nil {
			t.Errorf("%s: there is a model", condition)
		}
	}
	c := gradient(dir, filepath.Join(t.TempDir(), "model"))
	c.Where, c.HeldShards = "label=2", shardsOf(t, spots(5, 12), 1)
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "none of 5 images in "+c.HeldShards+" satisfies label=2") {
		t.Errorf("nothing for validation: %v", err)
	}
	c.HeldShards, c.Limit = "", 3
	plan, err := Plan(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if text := planText(plan); !strings.Contains(text, "40 records in "+dir+" = 9 with label=2 (label as numbers) + 31 without") || !strings.Contains(text, "3 of 9 images") {
		t.Errorf("the plan says\n%s", text)
	}
}

func planText(p *preflight.Plan) string {
	var b strings.Builder
	p.Print(&b)
	return b.String()
}

// TestWhereKeepsDamage: a record that holds no usable image is reported, whatever its label.
func TestWhereKeepsDamage(t *testing.T) {
	all := numbered(spots(80, 12))
	odd := all[2]
	odd.Filename, odd.Height, odd.Width = "odd.tif", 6, 24
	c := gradient(shardsOf(t, append(all, odd), 2), filepath.Join(t.TempDir(), "model"))
	c.Where, c.Fit.Epochs = "label=1", 1
	var out strings.Builder
	c.Out = &out
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if n := int64(len(ofLabelOne(all))); r.Skipped != 1 || r.Fit.Images+r.Fit.Held != n {
		t.Errorf("%d + %d images, want %d; %d skipped", r.Fit.Images, r.Fit.Held, n, r.Skipped)
	}
	if !strings.Contains(out.String(), "+ 1 that holds no usable image") {
		t.Error(out.String())
	}
	if data, err := os.ReadFile(filepath.Join(c.Output, schemas.ErrorsFile)); err != nil || !strings.Contains(string(data), "odd.tif") {
		t.Errorf("%s, %v", data, err)
	}
}
