package comparing

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
)

// refused expects a run to end with an error in one line, and to leave nothing.
func refused(t *testing.T, c Config, want ...string) {
	t.Helper()
	err := c.Validate()
	if err == nil {
		_, err = Run(t.Context(), c)
	}
	for _, part := range want {
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, part)
		}
	}
	if _, err := os.Stat(filepath.Join(c.Output, schemas.CompareFile)); err == nil {
		t.Errorf("%q: there is a comparison", want)
	}
}

// TestRefused: what cannot be compared is one line with the name of what is wrong.
func TestRefused(t *testing.T) {
	c := newCollection(t, 8, 1)
	linear := c.write(t, "linear", newModel(linearArch(3), nil))
	with := func(change func(q *Config)) Config {
		q := c.config(t, linear)
		change(&q)
		return q
	}
	refused(t, with(func(q *Config) { q.Input = "" }), "Config.Input is missing")
	refused(t, with(func(q *Config) { q.Output = "" }), "Config.Output is missing")
	refused(t, with(func(q *Config) { q.Models = nil }), "Config.Models is missing")
	refused(t, with(func(q *Config) { q.Models = []string{linear, ""} }), "one of its names is empty")
	refused(t, with(func(q *Config) { q.Models = []string{linear, linear + "/"} }), linear+" is there twice")
	refused(t, with(func(q *Config) { q.Models = []string{"a\xff"} }), "is not UTF-8")
	refused(t, with(func(q *Config) { q.Models = slices.Repeat([]string{"a"}, 101) }), "more than the 100")
	refused(t, with(func(q *Config) { q.Models = []string{c.at("nothing")} }), c.at("nothing")+" holds no model.json")
	refused(t, with(func(q *Config) { q.Models = []string{c.at("shards")} }), c.at("shards")+" holds no model.json")
	refused(t, with(func(q *Config) { q.Codecs = []string{"webp"} }), `Config.Codecs=webp: "webp" is not one of jpeg, dct`)
	refused(t, with(func(q *Config) { q.Codecs = []string{"dct", "dct"} }), "dct is there twice")
	refused(t, with(func(q *Config) { q.Limit = -1 }), "Config.Limit=-1: must be 0 (all images) or more")
	refused(t, with(func(q *Config) { q.Input = c.at("nothing") }), c.at("nothing"))
	refused(t, with(func(q *Config) { q.Output = linear + "/compared" }), "would lie in "+linear)
	refused(t, with(func(q *Config) { q.Output = c.at("shards/compared") }), "would lie in "+c.at("shards"))

	// Models that do not fit, or are none.
	for name, change := range map[string]func(in *model.Input){
		"takes 20x13 8-bit images, the shards " + c.at("shards") + " hold 10x13 8-bit: use a model for such images (exemplar train), or make shards with sharding.Config.Size=20x13": func(in *model.Input) { in.Height = 20 },
		"takes 10x13x3 8-bit images": func(in *model.Input) { in.Channels = 3 },
		"takes 10x13 16-bit images":  func(in *model.Input) { in.Bits = 16 },
	} {
		a := denseArch(3, model.ActLinear)
		change(&a.Input)
		refused(t, c.config(t, linear, c.write(t, "other", newModel(a, nil))), "the model "+c.at("other"), name)
	}
	blind := newModel(denseArch(3, model.ActLinear), nil)
	blind.Decoder = nil
	refused(t, c.config(t, linear, c.write(t, "blind", blind)), "model "+c.at("blind")+" has no decoder")
	headed := newModel(denseArch(3, model.ActLinear), nil)
	headed.Decoder = nil
	headed.Head = &model.Head{Classes: []string{"a", "b"}, Weights: model.Weights{
		{Name: model.HeadKernel, Shape: []int{3, 2}, Data: make([]float32, 6)}, {Name: model.HeadBias, Shape: []int{2}, Data: make([]float32, 2)}}}
	refused(t, c.config(t, linear, c.write(t, "headed", headed)), "model "+c.at("headed")+" has a head (training.Config.Head) in place of a decoder")
	rows := denseArch(1, model.ActLinear)
	rows.Input = model.RowInput(2, model.TableNone)
	ofTable := newModel(rows, nil)
	ofTable.Table = &model.Table{Scale: model.TableNone, IDColumn: "id", Columns: []model.TableColumn{{Name: "x"}, {Name: "y"}}}
	refused(t, c.config(t, linear, c.write(t, "table", ofTable)), "model "+c.at("table")+" is one of the rows of a table")
	broken := c.write(t, "broken", newModel(denseArch(3, model.ActLinear), nil))
	data, err := os.ReadFile(filepath.Join(broken, schemas.EncoderFile))
	check(t, err)
	data[len(data)/2] ^= 1
	check(t, os.WriteFile(filepath.Join(broken, schemas.EncoderFile), data, 0o666))
	refused(t, c.config(t, linear, broken), "model "+broken)
	for half, say := range map[string]string{"encoder": "its code is", "decoder": "the squared error of its reconstruction is +Inf"} {
		wild := newModel(denseArch(3, model.ActLinear), nil)
		w := wild.Encoder
		if half == "decoder" {
			w = wild.Decoder
		}
		for i := range w.Get("dense0.kernel").Data {
			w.Get("dense0.kernel").Data[i] = math.MaxFloat32
		}
		refused(t, c.config(t, linear, c.write(t, "wild", wild)), "model "+c.at("wild")+`: image "run`, say, "leave it out of Config.Models")
	}
}

// TestAnomaliesRefused: conditions that say nothing, of what shards do not have, or that nothing
// or everything satisfies.
func TestAnomaliesRefused(t *testing.T) {
	c := newCollection(t, 8, 1)
	linear := c.write(t, "linear", newModel(linearArch(3), nil))
	for text, want := range map[string]string{
		"label":                           "behind the column label comes one of",
		"mse>0.1":                         "Config.Anomalies: shards have no column mse: they say label and image_id of an image",
		"Metadata_run=1":                  "no column Metadata_run",
		"label=z":                         "Config.Anomalies=label=z: none of the 75 images satisfies it",
		"image_id!=z":                     "every one of the 75 images satisfies it",
		"label>1":                         "which is no number",
		"image_id<a":                      "image_id is text, which has no order for <",
		"label=a and label=b":             "none of the 75 images satisfies it",
		"label=''":                        "no image satisfies a comparison with an empty value",
		"label in (a, b, c) and label!=a": "", // holds
	} {
		q := c.config(t, linear)
		if q.Anomalies = text; want != "" {
			refused(t, q, want)
			continue
		}
		r := must(t, q)
		if m := r.Manifest; m.Positives != 25 || m.Unlabeled != many/2 || m.Condition[0].As != schemas.AsText {
			t.Errorf("%s: %d anomalies, %d without a label, %+v", text, m.Positives, m.Unlabeled, m.Condition)
		}
	}
	bare := c.unlabeled(t)
	q := bare.config(t, linear)
	q.Anomalies = "label=a"
	refused(t, q, "none of the 75 images has a label")
}

// TestLeftOut: codecs that do not take such images are left out and named, and 16 bits and
// colors are measured by the others.
func TestLeftOut(t *testing.T) {
	for _, of := range []struct{ bits, channels int }{{16, 1}, {8, 3}} {
		c := newCollection(t, of.bits, of.channels)
		a := denseArch(2, model.ActLinear)
		a.Input = taken(of.bits, of.channels)
		r := must(t, c.config(t, c.write(t, "m", newModel(a, nil))))
		if l := r.Manifest.LeftOut; len(l) != 1 || l[0].Codec != schemas.CodecJPEG || l[0].Why == "" {
			t.Errorf("%v: left out are %v", of, l)
		}
		methods := map[string]bool{}
		for _, rate := range r.Rates {
			methods[rate.Method] = true
			if !(rate.MSE > 0 && rate.MSE < 2) {
				t.Errorf("%v: %+v", of, rate)
			}
		}
		if !maps.Equal(methods, map[string]bool{schemas.MethodModel: true, schemas.MethodDCT: true, schemas.MethodDCTPositions: true}) {
			t.Errorf("%v: methods %v", of, methods)
		}
	}
}

// TestStanding: finished work stands, is made again where a file is gone, and is replaced by
// other work only where that is asked for.
func TestStanding(t *testing.T) {
	c := newCollection(t, 8, 1)
	names := c.models(t)
	q := c.config(t, names[0], names[1])
	q.Codecs = nil
	if r := must(t, q); !r.Made || len(r.Rates) != 2+5 {
		t.Errorf("the first run: %+v", r)
	}
	before := tree(t, q.Output)
	if r := must(t, q); r.Made || r.Manifest.Images != many {
		t.Errorf("the second run: %+v", r)
	}
	if p, err := Plan(t.Context(), q); err != nil || p.Nothing == "" {
		t.Errorf("the plan of what is done: %+v, %v", p, err)
	}
	check(t, os.Remove(filepath.Join(q.Output, schemas.ErrorsParquet)))
	if r := must(t, q); !r.Made || !maps.Equal(before, tree(t, q.Output)) {
		t.Error("what was gone is not made again")
	}
	for want, change := range map[string]func(q *Config){
		"Config.Models is ": func(q *Config) { q.Models = q.Models[:1] },
		"Config.Codecs is dct here and was not given there": func(q *Config) { q.Codecs = []string{"dct"} },
		"Config.Anomalies is label=a here and was not":      func(q *Config) { q.Anomalies = "label=a" },
		"Config.Limit is 20 here and was not given there":   func(q *Config) { q.Limit = 20 },
		"Config.Input holds other images here":              func(q *Config) { q.Input = c.unlabeled(t).at("shards") },
	} {
		d := q
		change(&d)
		_, err := Run(t.Context(), d)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Config.Overwrite") {
			t.Errorf("error is %v, want %q", err, want)
		}
		if !maps.Equal(before, tree(t, q.Output)) {
			t.Fatalf("%s: the folder was changed", want)
		}
	}
	c.write(t, "affine", newModel(denseArch(3, model.ActLinear), nil))
	if _, err := Run(t.Context(), q); err == nil || !strings.Contains(err.Error(), c.at("affine")+" of Config.Models is another model here") {
		t.Errorf("another model: %v", err)
	}
	q.Limit, q.Overwrite = 20, true
	if r := must(t, q); r.Manifest.Images != 20 || r.Manifest.DrawnFrom != many {
		t.Errorf("drawn: %+v", r.Manifest)
	}
}
