package comparing

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/tfrecord"
)

// TestForeignShards: shards of another program are compared like one's own, and a record that
// holds no usable image is left out and counted.
func TestForeignShards(t *testing.T) {
	c := newCollection(t, 8, 1)
	q := c.config(t, c.models(t)[:2]...)
	must(t, q)
	files, err := filepath.Glob(c.at("shards/*.tfrecords"))
	check(t, err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		check(t, err)
		check(t, os.MkdirAll(c.at("foreign"), 0o777))
		check(t, os.WriteFile(filepath.Join(c.at("foreign"), filepath.Base(name)), data, 0o666))
	}
	own := tree(t, q.Output)
	q.Input, q.Output = c.at("foreign"), filepath.Join(t.TempDir(), "compared")
	must(t, q)
	delete(own, schemas.CompareFile)
	foreign := tree(t, q.Output)
	delete(foreign, schemas.CompareFile)
	if !maps.Equal(own, foreign) {
		t.Error("other tables of the same images")
	}
	if r := must(t, q); r.Made {
		t.Error("made again")
	}
	out, err := os.Create(c.at("foreign/zz.tfrecords"))
	check(t, err)
	w := tfrecord.NewWriter(out, tfrecord.WriterOptions{})
	_, err = w.Write(tfrecord.AppendExample(nil, tfrecord.BytesFeature(schemas.FeatureFilename, []byte("empty.png"))))
	check(t, err)
	check(t, w.Close())
	check(t, out.Close())
	if _, err := Run(t.Context(), q); err == nil || !strings.Contains(err.Error(), "Config.Input holds other images here") {
		t.Errorf("another shard: %v", err)
	}
	q.Overwrite = true
	if r := must(t, q); r.Manifest.Rejected != 1 || r.Manifest.Images != many || !strings.Contains(r.Reason, "empty.png") {
		t.Errorf("a record without an image: %+v, %q", r.Manifest, r.Reason)
	}
}

// TestSameImages: where all images are one, nothing is missed of a variance that there is not,
// and every code is constant.
func TestSameImages(t *testing.T) {
	c := newCollection(t, 8, 1)
	one, err := os.ReadFile(c.at("images/run0/a-00.png"))
	check(t, err)
	same := collection{t.TempDir()}
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		check(t, os.MkdirAll(same.at("images"), 0o777))
		check(t, os.WriteFile(same.at("images/"+name), one, 0o666))
	}
	same.shard(t, same.at("images"), "")
	q := same.config(t, same.models(t)...)
	q.Anomalies = "image_id=b.png"
	r := must(t, q)
	for _, m := range r.Models {
		if m.Missed == m.Missed || m.Constant != m.Dimensions || m.Correlation == m.Correlation || m.AUROC != 0.5 || m.MSE8 != m.MSE {
			t.Errorf("%+v", m)
		}
	}
}
