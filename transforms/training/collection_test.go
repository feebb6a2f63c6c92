package training

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
)

// altered returns copies of images: those before renamed under other names, and the pixels
// of those before changed others.
func altered(images []records.Image, renamed, changed int) (out []records.Image) {
	for i, im := range images {
		im.Pixels = append([]byte(nil), im.Pixels...)
		if i < renamed {
			im.Filename = fmt.Sprintf("other/%03d.tif", i)
		}
		if i < changed {
			im.Pixels[0] ^= 1
		}
		out = append(out, im)
	}
	return out
}

// TestAnotherCollectionIsRefused: a model of another collection of at least as many images
// of the same size is not replaced, be it known by names or by pixels; a collection that
// has grown, lost some images or has some others in place of them is trained on again.
func TestAnotherCollectionIsRefused(t *testing.T) {
	images, larger := spots(90, 12), spots(60, 16)
	derived := func(c *Config) { c.Choices = []string{} }
	forget := func(c *Config) { os.Remove(filepath.Join(c.Output, schemas.StateDir, collectionFile)) }
	for i, tc := range []struct {
		name   string
		images []records.Image
		change func(c *Config)
		want   string // of the error; "" for none
	}{
		{"grown", images, nil, ""},
		{"a tenth lost", images[6:60], nil, ""},
		{"a tenth replaced", altered(images[:60], 6, 0), nil, ""},
		{"more replaced", altered(images[:60], 7, 0), nil, "7 of 60 drawn by hash from the images that the model there was made of are not in Config.Shards, the first \"spot 000.tif\""},
		{"another of as many", altered(images[:60], 60, 0), nil, "60 of 60 drawn by hash"},
		{"another of more", altered(images, 90, 0), nil, "60 of 60 drawn by hash"},
		{"another of more, from quickstart", altered(images, 90, 0), derived, "60 of 60 drawn by hash"},
		{"some changed", altered(images, 0, 59), nil, ""},
		{"all changed", altered(images[:60], 0, 60), nil, "Config.Shards has images of the same names with other pixels: 60 images were compared, the first \"spot 000.tif\""},
		{"all changed, and more", altered(images, 0, 60), nil, "Config.Shards has images of the same names with other pixels"},
		{"all changed, from quickstart", altered(images, 0, 60), derived, "Config.Shards has images of the same names with other pixels"},
		{"in another size, from quickstart", larger, derived, ""},
		{"another, overwriting", altered(images, 90, 0), func(c *Config) { c.Overwrite = true }, ""},
		{"another, of a model of an earlier version", altered(images, 90, 0), forget, ""},
		{"another, of a model that was put there", altered(images, 90, 0), func(c *Config) {
			name := filepath.Join(c.Output, schemas.StateDir, collectionFile)
			k, _, err := outdir.ReadJSON[collection](context.Background(), name)
			k.ModelSHA256 = strings.Repeat("0", 64)
			if err == nil {
				err = outdir.WriteJSON(context.Background(), name, &k)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		c := config(shardsOf(t, images[:60], 2), filepath.Join(t.TempDir(), "model"))
		if i%4 == 0 {
			c = gradient(c.Shards, c.Output)
			c.Fit.Epochs = 1
		}
		other := c
		other.Shards = shardsOf(t, tc.images, 3)
		if i%3 == 0 {
			for _, dir := range []string{c.Shards, other.Shards} {
				if err := os.Remove(filepath.Join(dir, schemas.ShardsFile)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := Run(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		if tc.change != nil {
			tc.change(&other)
		}
		finished := files(t, c.Output)
		_, planned := Plan(context.Background(), other)
		r, err := Run(context.Background(), other)
		if tc.want == "" {
			if err != nil || planned != nil || !r.Made {
				t.Errorf("%s: %+v, %v, planned: %v", tc.name, r, err, planned)
			}
			if _, err := os.Stat(filepath.Join(c.Output, schemas.StateDir, collectionFile)); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(err.Error(), "finished work that would be replaced: "+tc.want) || !strings.Contains(err.Error(), "Config.Overwrite to replace it") {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
			}
		}
		if diff := cmp.Diff(finished, files(t, c.Output)); diff != "" {
			t.Errorf("%s: what was refused changed the output:\n%.300s", tc.name, diff)
		}
	}
}
