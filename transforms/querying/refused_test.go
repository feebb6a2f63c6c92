package querying

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// refused fails the test unless a query ends with one line that holds all texts, as its plan
// does, and writes nothing.
func refused(t *testing.T, c Config, texts ...string) {
	t.Helper()
	err := c.Validate()
	if err == nil {
		_, err = Run(t.Context(), c)
		if _, planned := Plan(t.Context(), c); err != nil && (planned == nil || planned.Error() != err.Error()) && !strings.Contains(err.Error(), "encode again") {
			t.Errorf("the plan says %v, the run %v", planned, err)
		}
	}
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, text)
		}
	}
	if _, err := os.Stat(filepath.Join(c.Output, schemas.QueryFile)); err == nil && c.Output != "" {
		t.Errorf("%q: the output was written", texts)
	}
}

// TestRefusals: every mistake is one line that says what to do.
func TestRefusals(t *testing.T) {
	c := newCollection(t, "pad", "keep")
	note := c.at("note.txt")
	check(t, os.WriteFile(note, []byte("not an image"), 0o666))
	check(t, os.WriteFile(c.at("empty.png"), nil, 0o666))
	large := newCollection(t, "resize", "8")
	for want, change := range map[string]func(q *Config){
		"Config.Input is missing":  func(q *Config) { q.Input = "" },
		"Config.Output is missing": func(q *Config) { q.Output = "" },
		"Config.Image is missing: give an image id of the latents, or the name of an image file; or Config.Tails=mse": func(q *Config) { q.Image = "" },
		"Config.Tails=mse: is asked instead of Config.Image":                                                          func(q *Config) { q.Tails = "mse" },
		"Config.Tails=best: must be mse":                                                                              func(q *Config) { q.Image, q.Tails = "", "best" },
		"Config.Top=0: must be 1 to 10000":                                                                            func(q *Config) { q.Top = 0 },
		"Config.Metrics is empty: choose from euclidean, cosine":                                                      func(q *Config) { q.Metrics = nil },
		`Config.Metrics=manhattan: "manhattan" is not one of`:                                                         func(q *Config) { q.Metrics = []string{"manhattan"} },
		"cosine is there twice":                                                                                       func(q *Config) { q.Metrics = []string{"cosine", "cosine"} },
		"holds no _latents.json: name a folder that encode has finished":                                              func(q *Config) { q.Input = c.at("images") },
		"is a file (an image), where a folder is needed":                                                              func(q *Config) { q.Input = c.at("images/" + c.names[0]) },
		`Config.Image="run0/cel00.png": is no image id of the 24 images in ` + c.at("latents"):                        func(q *Config) { q.Image = "run0/cel00.png" },
		`and no file; the most like it: "run0/cell00.png", `:                                                          func(q *Config) { q.Image = "run0/cel00.png" },
		`the most like it: "run1/cell05.png"`:                                                                         func(q *Config) { q.Image = "somewhere/else/entirely/cell05.tif" },
		"(column image_id), and no file":                                                                              func(q *Config) { q.Image = strings.Repeat("x", 400) },
		"is a folder; give an image id":                                                                               func(q *Config) { q.Image = c.dir },
		`note.txt: no TIFF, PNG or JPEG, though its name ends in ".txt"`:                                              func(q *Config) { q.Image = note },
		"empty.png: the file is empty (0 bytes)":                                                                      func(q *Config) { q.Image = c.at("empty.png") },
		"is not the one that " + c.at("latents") + " was encoded with":                                                func(q *Config) { q.Model = large.at("model") },
		"holds no model.json: it is not a model directory":                                                            func(q *Config) { q.Model = c.at("images") },
		"is not the one that " + c.at("latents") + " was encoded from: name the folder of those shards":               func(q *Config) { q.Shards = large.at("shards") },
		"was not written by this step":                                                                                func(q *Config) { q.Output = c.at("images") },
		"would lie in " + c.at("latents") + ", which is read here":                                                    func(q *Config) { q.Output = c.at("latents/query") },
	} {
		q := c.query(t, c.names[0])
		change(&q)
		refused(t, q, want)
	}
	eight := large.query(t, c.at("images/"+c.names[0]))
	must(t, eight) // 16 bits become 8, as there
	q := c.query(t, colored(t))
	refused(t, q, "is 5x9x3 8-bit, and the images of the collection are 12x12 16-bit, made with fit=pad and bits=keep")
}

// TestVectorsOfAnotherProgram: their images are compared by id, and nothing is made of files,
// shards and models.
func TestVectorsOfAnotherProgram(t *testing.T) {
	v := some(40, 3)
	dir := v.write(t, 2, func(m *schemas.LatentsManifest) {
		m.Spec.Source, m.Spec.Reconstruct, m.Spec.ObjectFraction, m.Spec.ModelSHA256 = "a table", false, false, ""
	})
	c := DefaultConfig()
	c.Input, c.Image, c.Output = dir, v.ids[4], filepath.Join(t.TempDir(), "query")
	if r := must(t, c); len(r.Neighbours) != DefaultTop || r.Manifest.Query.Pixels != "" {
		t.Errorf("found %+v", r.Manifest)
	}
	c.Output = filepath.Join(t.TempDir(), "other")
	with := func(change func(c *Config)) Config {
		q := c
		change(&q)
		return q
	}
	refused(t, with(func(q *Config) { q.Image = colored(t) }), "is a file, and the vectors in "+dir+" are another program's")
	refused(t, with(func(q *Config) { q.Shards = dir }), "which have no image shards; leave it out")
	refused(t, with(func(q *Config) { q.Model = dir }), "are another program's; leave it out")
	refused(t, with(func(q *Config) { q.Image, q.Tails = "", "mse" }), "have no column mse, which encode writes where encoding.Config.Reconstruct asks for it")
}

// TestNumbers: a cosine with nothing, numbers that are none, no images, and a file that is
// not the one that was encoded.
func TestNumbers(t *testing.T) {
	v := some(40, 3)
	v.x[7] = make([]float32, 3)
	c := DefaultConfig()
	c.Metrics, c.Image, c.Output, c.Input = schemas.Metrics, v.ids[7], filepath.Join(t.TempDir(), "query"), v.write(t, 2, nil)
	refused(t, c, "Config.Metrics=euclidean,cosine: the latent vector of "+v.ids[7]+" is zero and has no direction; leave cosine out")
	c.Metrics = []string{schemas.MetricEuclidean}
	must(t, c)

	c.Output = filepath.Join(t.TempDir(), "query")
	name := filepath.Join(c.Input, schemas.LatentsName(1, 2))
	data, err := os.ReadFile(name)
	check(t, err)
	data[len(data)/3] ^= 1
	check(t, os.WriteFile(name, data, 0o666))
	if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
		t.Errorf("a damaged file of latents: %v", err)
	}
	check(t, os.Remove(name))
	refused(t, c, name+" is missing, and _latents.json lists it")

	// The writer of latents refuses what is not finite; that of another version might not.
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
		b := &latents.Batch{N: 2, First: 10, ImageID: []string{"a", "b"}, Embedding: []float32{1, 2, 3, 1, bad, 3}}
		for metric := range schemas.Metrics {
			p := schemas.QueryParameters{Top: 1, Metrics: schemas.Metrics[metric : metric+1]}
			if err := newMeasure([]float32{1, 2, 3}).batch(make(lists, 1), 0, b, "", p); err == nil || !strings.Contains(err.Error(), "row 11 ") || !strings.Contains(err.Error(), "not finite: encode again") {
				t.Errorf("%v by %s: %v", bad, p.Metrics, err)
			}
		}
	}
}

// TestStanding: finished work stands, is made again where a file is gone, and is replaced by
// other work only where that is asked for.
func TestStanding(t *testing.T) {
	v := some(40, 3)
	c := DefaultConfig()
	c.Input, c.Image, c.Output = v.write(t, 2, nil), v.ids[4], filepath.Join(t.TempDir(), "query")
	if r := must(t, c); !r.Made {
		t.Error("the first run made nothing")
	}
	before := tree(t, c.Output)
	if r := must(t, c); r.Made || r.Manifest.Found != DefaultTop {
		t.Errorf("the second run: %+v", r)
	}
	if p, err := Plan(t.Context(), c); err != nil || p.Nothing == "" {
		t.Errorf("the plan of what is done: %+v, %v", p, err)
	}
	check(t, os.Remove(filepath.Join(c.Output, schemas.NeighboursParquet)))
	if r := must(t, c); !r.Made || !maps.Equal(before, tree(t, c.Output)) {
		t.Error("what was gone is not made again")
	}
	for want, change := range map[string]func(q *Config){
		"Config.Top is 3 here and was 20 there":                 func(q *Config) { q.Top = 3 },
		"Config.Metrics is cosine here and was euclidean there": func(q *Config) { q.Metrics = []string{"cosine"} },
		"Config.Image is \"" + v.ids[5] + "\" here":             func(q *Config) { q.Image = v.ids[5] },
		"Config.Tails is mse here and was not given there":      func(q *Config) { q.Image, q.Tails = "", "mse" },
		"Config.Input holds other latents here":                 func(q *Config) { q.Input = v.write(t, 3, nil) },
	} {
		q := c
		change(&q)
		_, err := Run(t.Context(), q)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "Config.Overwrite") {
			t.Errorf("error is %v, want %q", err, want)
		}
		if !maps.Equal(before, tree(t, c.Output)) {
			t.Fatalf("%s: the folder was changed", want)
		}
	}
	c.Image, c.Tails, c.Overwrite = "", "mse", true
	must(t, c)
	if _, old := tree(t, c.Output)[schemas.NeighboursCSV]; old {
		t.Error("tables of the query that was replaced are left")
	}
}

// TestChanges: how much ids are like each other.
func TestChanges(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"run0/cell00.png", "run0/cell00.png", 0}, {"run0/cel00.png", "run0/cell00.png", 1}, {"run0/cell01.png", "run0/cell10.png", 2},
		{"abc", "xyz", -1}, {"a/very/different/place/cell7.tif", "cell7.png", sameName}, {"", "a", 1}, {"", "", 0},
	} {
		if got := changes(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
