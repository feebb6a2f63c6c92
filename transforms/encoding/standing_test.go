package encoding

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
)

// TestWhatReplacesLatents: a collection that has grown is encoded, and so is one that
// lost some images or in which some were changed, in any number of shards. Another
// collection of as many images or more, and another one of the same names, are refused
// before anything changes.
func TestWhatReplacesLatents(t *testing.T) {
	model := makeModel(t, denseArch, false)
	changed := func(n, from, to int) []records.Image {
		ims := makeImages(n)
		for i := from; i < to; i++ {
			ims[i].Pixels[0] ^= 1
		}
		return ims
	}
	renamed := func(n, from, to int) []records.Image {
		ims := makeImages(n)
		for i := from; i < to; i++ {
			ims[i].Filename = "other/" + ims[i].Filename
		}
		return ims
	}
	first := renamed(1, 0, 0)[0].Filename
	for i, tc := range []struct {
		name    string
		ims     []records.Image
		shards  int
		derived bool   // the model
		want    string // of the error; "" for none
	}{
		{"grown", makeImages(90), 2, false, ""},
		{"grown, in other shards", makeImages(90), 3, false, ""},
		{"a tenth lost", makeImages(54), 2, false, ""},
		{"more lost", makeImages(53), 2, false, "7 images of its 60 are not in this collection, the first "},
		{"some changed", changed(70, 0, 50), 2, false, ""},
		{"another of as many", renamed(60, 0, 60), 2, false, "60 images of its 60 are not in this collection, the first \"" + first + "\""},
		{"another of more", renamed(200, 0, 200), 2, false, "60 images of its 60 are not"},
		{"another of more, which shares some", renamed(200, 0, 30), 3, false, "30 images of its 60 are not"},
		{"another of the same names", changed(60, 0, 60), 2, false, "Config.Shards has images of the same names with other pixels: 32 images were compared, the first \"run0/"},
		{"another of the same names, and more", changed(90, 0, 90), 3, false, "Config.Shards has images of the same names with other pixels"},
		{"changed, in shards of the caller", changed(60, 0, 60), 2, true, ""},
		{"another, in shards of the caller", renamed(60, 0, 60), 2, true, "60 images of its 60 are not"},
	} {
		for _, foreign := range []bool{false, true}[:1+i%2] {
			old, _ := makeShards(t, 60, 2)
			now, _ := shardsOf(t, tc.ims, tc.shards)
			if foreign {
				for _, dir := range []string{old, now} {
					if err := os.Remove(filepath.Join(dir, schemas.ShardsFile)); err != nil {
						t.Fatal(err)
					}
				}
			}
			c := configOf(t, old, model)
			c.ModelDerived = tc.derived
			mustRun(t, c)
			before := readFolder(t, c.Output)
			c.Shards = now
			if tc.want == "" {
				if r := mustRun(t, c); r.Manifest.Rows != int64(len(tc.ims)) {
					t.Errorf("%s: %d rows", tc.name, r.Manifest.Rows)
				}
				continue
			}
			_, planned := Plan(t.Context(), c)
			_, err := Run(t.Context(), c, func(context.Context, *beam.Pipeline) error { t.Error("a pipeline ran"); return nil })
			for _, err := range []error{err, planned} {
				if err == nil || !strings.Contains(err.Error(), "finished work that would be replaced: "+tc.want) || !strings.Contains(err.Error(), "Config.Overwrite") {
					t.Errorf("%s, foreign %t: %v", tc.name, foreign, err)
				}
			}
			if diff := cmp.Diff(before, readFolder(t, c.Output)); diff != "" {
				t.Errorf("%s: what was refused changed the output:\n%.300s", tc.name, diff)
			}
		}
	}
}
