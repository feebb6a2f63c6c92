package decoding

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/run/runtest"
)

// TestCombinations: what makes no sense together is refused before anything is read.
func TestCombinations(t *testing.T) {
	for _, tc := range []struct {
		change func(c *Config)
		want   string // "" where it is taken
	}{
		{func(c *Config) {}, ""},
		{func(c *Config) { c.Between = "a,b" }, ""},
		{func(c *Config) { c.Between, c.Steps = "a,b", 2 }, ""},
		{func(c *Config) { c.Traverse, c.Steps = 0, 400 }, ""},
		{func(c *Config) { c.Sample, c.Input = 1, "" }, ""},
		{func(c *Config) { c.Shards, c.Reconstruct, c.Input = "s", true, "" }, ""},
		{func(c *Config) { c.Shards, c.Denoise, c.IDs, c.Input = "s", true, "ids", "" }, ""},
		{func(c *Config) { c.Input = "" }, "Config.Input is missing"},
		{func(c *Config) { c.Model = "" }, "Config.Model is missing"},
		{func(c *Config) { c.Output = "" }, "Config.Output is missing"},
		{func(c *Config) { c.Format = "jpeg" }, "Config.Format=jpeg: must be one of tiff, png"},
		{func(c *Config) { c.Between, c.Traverse = "a,b", 0 }, "Config.Between and Config.Traverse exclude each other"},
		{func(c *Config) { c.Between, c.Sample = "a,b", 1 }, "Config.Between and Config.Sample exclude each other"},
		{func(c *Config) { c.Traverse, c.Sample = 1, 1 }, "Config.Traverse and Config.Sample exclude each other"},
		{func(c *Config) { c.Between = "ab" }, "Config.Between=ab: must be the ids of two images"},
		{func(c *Config) { c.Steps = 3 }, "Config.Steps=3: is for Config.Between and Config.Traverse"},
		{func(c *Config) { c.Between, c.Steps = "a,b", 1 }, "Config.Steps=1: must be 2 to 400"},
		{func(c *Config) { c.Between, c.Steps = "a,b", 401 }, "Config.Steps=401: must be 2 to 400"},
		{func(c *Config) { c.Traverse = -2 }, "Config.Traverse=-2"},
		{func(c *Config) { c.Sample = -1 }, "Config.Sample=-1"},
		{func(c *Config) { c.Sample = 1 }, "Config.Input=in: Config.Sample draws from the prior"},
		{func(c *Config) { c.IDs, c.Between = "ids", "a,b" }, "Config.IDs=ids: says which images"},
		{func(c *Config) { c.IDs, c.Traverse = "ids", 3 }, "Config.IDs=ids: says which images"},
		{func(c *Config) { c.IDs, c.Sample, c.Input = "ids", 3, "" }, "Config.IDs=ids: says which images"},
		{func(c *Config) { c.Shards, c.Reconstruct = "s", true }, "Config.Input and Config.Shards exclude each other"},
		{func(c *Config) { c.Shards, c.Input = "s", "" }, "Config.Shards=s: say with Config.Reconstruct"},
		{func(c *Config) { c.Shards, c.Input, c.Reconstruct, c.Denoise = "s", "", true, true }, "Config.Reconstruct and Config.Denoise exclude each other"},
		{func(c *Config) { c.Shards, c.Input, c.Reconstruct, c.Between = "s", "", true, "a,b" }, "Config.Shards=s: is for Config.Reconstruct and Config.Denoise"},
		{func(c *Config) { c.Shards, c.Input, c.Reconstruct, c.Sample = "s", "", true, 4 }, "Config.Shards=s: is for Config.Reconstruct and Config.Denoise"},
		{func(c *Config) { c.Reconstruct = true }, "Config.Reconstruct is for images"},
		{func(c *Config) { c.Denoise = true }, "Config.Denoise is for images"},
	} {
		c := DefaultConfig()
		c.Input, c.Model, c.Output = "in", "model", "out"
		tc.change(&c)
		if err := c.Validate(); (err == nil) != (tc.want == "") || err != nil && !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%+v: %v, want %q", c, err, tc.want)
		}
	}
}

// TestRefused: what model and latents do not allow is one line, and nothing is written.
func TestRefused(t *testing.T) {
	_, dir, in := collection(t, archs["dense"], 8, nil)
	c := configOf(t, in, dir)
	other := c
	_, other.Model = makeModel(t, archs["dense"], func(m *model.Model) { m.Encoder[0].Data[0]++ })
	refused(t, other, "the latents in "+in+" were made by the model ")
	other.Model = in
	refused(t, other, "holds no model.json")
	_, other.Model = makeModel(t, archs["dense"], func(m *model.Model) { m.Decoder = nil })
	refused(t, other, "has no decoder (decoder.safetensors), which makes images of latents: import the decoder too")
	none := c
	none.Input = dir
	refused(t, none, "holds no _latents.json: name a folder that encode has finished")
	within := c
	within.Output = filepath.Join(in, "decoded")
	refused(t, within, "would lie in "+in)

	denoise := c
	denoise.Input, denoise.Shards, denoise.Denoise = "", "shards", true
	if err := CheckBefore(t.Context(), denoise); err == nil || !strings.Contains(err.Error(), "was trained without noise") {
		t.Errorf("%v", err)
	}
	_, denoise.Model = makeModel(t, archs["dense"], func(m *model.Model) {
		m.Training = &model.Training{Method: "adam", Parameters: map[string]any{"noise": 0.1}}
	})
	check(t, CheckBefore(t.Context(), denoise))

	file := filepath.Join(in, schemas.LatentsName(1, 2))
	data, err := os.ReadFile(file)
	check(t, err)
	check(t, os.Remove(file))
	if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), schemas.LatentsName(1, 2)) {
		t.Errorf("without a file of latents: %v", err)
	}
	data[len(data)/3] ^= 1
	check(t, os.WriteFile(file, data, 0o666))
	_, err = Run(t.Context(), c, runtest.Direct)
	if err == nil || !strings.Contains(err.Error(), schemas.LatentsName(1, 2)) || strings.Contains(err.Error(), "\n") {
		t.Errorf("with a damaged file of latents: %v", err)
	}
}

// TestLatentsInTheOutput: latents that lie where images are to go are somebody's, and stay.
func TestLatentsInTheOutput(t *testing.T) {
	_, dir, in := collection(t, archs["dense"], 8, func(m *model.Model) {
		m.Training = &model.Training{Method: "adam", Parameters: map[string]any{"variational": true}}
	})
	before := tree(t, in)
	for _, change := range []func(c *Config){func(*Config) {}, func(c *Config) { c.Input, c.Sample = "", 3 }, func(c *Config) { c.Between = "x,y" }} {
		for _, overwrite := range []bool{false, true} {
			c := configOf(t, in, dir)
			c.Output, c.Overwrite = filepath.Dir(in), overwrite
			change(&c)
			refused(t, c, "was not written by this step (it holds \"latents/")
		}
	}
	if !maps.Equal(before, tree(t, in)) {
		t.Error("the latents were changed")
	}
}

// TestVectorsOfOtherPrograms have no decoder.
func TestVectorsOfOtherPrograms(t *testing.T) {
	_, dir, in := collection(t, archs["dense"], 8, nil)
	name := filepath.Join(in, schemas.LatentsFile)
	data, err := os.ReadFile(name)
	check(t, err)
	var m schemas.LatentsManifest
	check(t, json.Unmarshal(data, &m))
	m.Spec.Source = "a table"
	data, err = schemas.MarshalJSON(m)
	check(t, err)
	check(t, os.WriteFile(name, data, 0o666))
	refused(t, configOf(t, in, dir), "are of another program (a table)")
}

// TestNotFinite: an image with a number that is not finite is rejected and listed, and one
// without any other is refused.
func TestNotFinite(t *testing.T) {
	m, dir := makeModel(t, archs["dense RGB, 16"], func(m *model.Model) {
		last := &m.Decoder[len(m.Decoder)-2]
		for i := range last.Data {
			last.Data[i] = 8e37 // of some images the sum is infinite
		}
	})
	var ids []string
	for i := range 40 {
		ids = append(ids, fmt.Sprintf("%02d.tif", i))
	}
	in := encode(t, makeShards(t, shapeOf(m), ids, 2), dir, false)
	c := configOf(t, in, dir)
	plan, err := model.Compile(m)
	check(t, err)
	_, z, _ := vectorsIn(t, in, 2)
	var bad []string
	for _, id := range ids {
		x := make([]float32, m.Arch.Input.Values())
		plan.NewRunner(1).Decode(x, z[id])
		if slices.ContainsFunc(x, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }) {
			bad = append(bad, id)
		}
	}
	if len(bad) == 0 || len(bad) == len(ids) {
		t.Fatalf("%d of %d images are not finite: the test shows nothing", len(bad), len(ids))
	}
	got := mustRun(t, c)
	if got.Manifest.Rejected != int64(len(bad)) || got.Manifest.Images != int64(len(ids)-len(bad)) {
		t.Errorf("%+v, want %d rejected", got.Manifest, len(bad))
	}
	data, err := os.ReadFile(filepath.Join(c.Output, schemas.ErrorsFile))
	check(t, err)
	var listed []string
	for line := range strings.Lines(string(data)) {
		var row schemas.ErrorRow
		check(t, json.Unmarshal([]byte(line), &row))
		if row.Reason != schemas.ReasonNotFinite || row.Stage != schemas.StageDecode {
			t.Errorf("%+v", row)
		}
		listed = append(listed, row.Name)
	}
	if !slices.Equal(listed, bad) {
		t.Errorf("listed are %v, want %v", listed, bad)
	}
	if _, err := os.Stat(filepath.Join(c.Output, namesFile)); err == nil {
		t.Errorf("%s stays", namesFile)
	}
	list := filepath.Join(t.TempDir(), "ids")
	check(t, os.WriteFile(list, []byte(strings.Join(bad, "\n")), 0o666))
	c.IDs, c.Output = list, filepath.Join(t.TempDir(), "none")
	if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "could be decoded; the first: "+bad[0]) {
		t.Errorf("%v", err)
	}
	var names []string
	for _, id := range bad {
		names = append(names, "images/"+strings.TrimSuffix(id, ".tif")+".tif\n")
	}
	data, err = os.ReadFile(filepath.Join(c.Output, namesFile))
	if slices.Sort(names); err != nil || !slices.Equal(slices.Sorted(strings.Lines(string(data))), names) {
		t.Errorf("an unfinished run was to write %q: %v", data, err)
	}
}

// TestGoesOn: what is missing or changed of the images is made again, and nothing else; other
// parameters and other latents are refused.
func TestGoesOn(t *testing.T) {
	_, dir, in := collection(t, archs["dense"], 30, nil)
	c := configOf(t, in, dir)
	mustRun(t, c)
	whole := tree(t, c.Output)
	_, rows := tableOf(t, c.Output)
	first, last := filepath.Join(c.Output, rows[0][1]), filepath.Join(c.Output, rows[len(rows)-1][1])
	for name, harm := range map[string]func(){
		"nothing":           func() {},
		"an image gone":     func() { check(t, os.Remove(first)) },
		"an image cut":      func() { check(t, os.Truncate(first, 20)) },
		"the sheet gone":    func() { check(t, os.Remove(filepath.Join(c.Output, schemas.DecodedSheet))) },
		"the table gone":    func() { check(t, os.Remove(filepath.Join(c.Output, schemas.DecodedCSV))) },
		"the manifest gone": func() { check(t, os.Remove(filepath.Join(c.Output, schemas.DecodedFile))) },
		"the table changed": func() {
			data := []byte(whole[schemas.DecodedCSV])
			data[len(data)-3] ^= 1
			check(t, os.WriteFile(filepath.Join(c.Output, schemas.DecodedCSV), data, 0o666))
		},
		"an image of no part, unfinished": func() {
			check(t, os.Remove(filepath.Join(c.Output, schemas.DecodedFile)))
			check(t, os.WriteFile(filepath.Join(c.Output, schemas.ImagesDir, "left.tif"), []byte("x"), 0o666))
			check(t, os.WriteFile(filepath.Join(c.Output, namesFile), []byte("images/left.tif\n"), 0o666))
		},
		"all lists gone, unfinished": func() {
			for _, name := range []string{schemas.DecodedFile, schemas.DecodedCSV} {
				check(t, os.Remove(filepath.Join(c.Output, name)))
			}
			lists, err := filepath.Glob(filepath.Join(c.Output, schemas.StateDir, "*.csv"))
			check(t, err)
			for _, name := range lists {
				check(t, os.Remove(name))
			}
		},
	} {
		harm()
		before, err := os.Stat(last)
		check(t, err)
		got := mustRun(t, c)
		want := map[string]int{"an image gone": 1, "an image cut": 1, "all lists gone, unfinished": 2}[name]
		if got.Made != want {
			t.Errorf("%s: %d parts were made, want %d", name, got.Made, want)
		}
		after, err := os.Stat(last)
		check(t, err)
		if want < 2 && !after.ModTime().Equal(before.ModTime()) {
			t.Errorf("%s: an image of another part was made again", name)
		}
		if now := tree(t, c.Output); !maps.Equal(now, whole) {
			t.Errorf("%s: the folder is not as it was", name)
		}
	}
	png := c
	png.Format = schemas.DecodedPNG
	for _, tc := range []struct {
		c    Config
		want string
	}{
		{png, "Config.Format is png here and was tiff there"},
		{func() Config { d := c; d.Between = "x,y"; return d }(), "Config.Between is x,y here and was not given there"},
		{func() Config { d := c; d.Traverse = 0; return d }(), "Config.Traverse is 0 here and was not given there"},
	} {
		_, planned := Plan(t.Context(), tc.c)
		_, err := Run(t.Context(), tc.c, runtest.Direct)
		for _, err := range []error{planned, err} {
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "Config.Overwrite") {
				t.Errorf("%v, want %q", err, tc.want)
			}
		}
	}
	_, dir2, in2 := collection(t, archs["dense"], 31, nil)
	more := c
	more.Input, more.Model = in2, dir2
	if _, err := Run(t.Context(), more, runtest.Direct); err == nil || !strings.Contains(err.Error(), "Config.Input has other latents here than it had there") {
		t.Errorf("other latents: %v", err)
	}
	if now := tree(t, c.Output); !maps.Equal(now, whole) {
		t.Error("what was refused changed the folder")
	}
	more.Overwrite = true
	if got := mustRun(t, more); got.Manifest.Images != 35 {
		t.Errorf("%+v", got.Manifest)
	}
	fresh := more
	fresh.Output = filepath.Join(t.TempDir(), "fresh")
	mustRun(t, fresh)
	if !maps.Equal(tree(t, fresh.Output), tree(t, more.Output)) {
		t.Error("made again it is not what it is made anew")
	}
}

// tree returns the files of a folder with what they hold, but those that tell of runs.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	check(t, filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		if err != nil || d.IsDir() || strings.HasPrefix(filepath.Base(name), ".") {
			return err
		}
		data, err := os.ReadFile(name)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	}))
	return files
}

// TestForeignImages: an image that no list names is somebody's: it is refused by plan and run,
// whatever is asked for, and stays. What a killed run left is known, whatever is asked for next.
func TestForeignImages(t *testing.T) {
	_, dir, in := collection(t, archs["dense"], 30, nil)
	c := configOf(t, in, dir)
	mustRun(t, c)
	_, rows := tableOf(t, c.Output)
	whole := tree(t, c.Output)
	png := c
	png.Format, png.Overwrite = schemas.DecodedPNG, true
	all := c
	all.Overwrite = true
	for _, name := range []string{"annotated.tif", "mine.png", strings.ToUpper(filepath.Base(rows[0][1][:len(rows[0][1])-4])) + "x.tif"} {
		mine := filepath.Join(c.Output, schemas.ImagesDir, name)
		for _, gone := range []string{"", rows[0][1], schemas.DecodedFile, schemas.DecodedCSV} {
			if gone != "" {
				check(t, os.Remove(filepath.Join(c.Output, filepath.FromSlash(gone))))
			}
			check(t, os.WriteFile(mine, []byte("mine"), 0o666))
			before := tree(t, c.Output)
			for _, c := range []Config{c, all, png} {
				_, planned := Plan(t.Context(), c)
				_, err := Run(t.Context(), c, runtest.Direct)
				for _, err := range []error{planned, err} {
					if want := fmt.Sprintf("also holds %q, which this step did not write: move it away", "images/"+name); err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("without %q: %v, want %q", gone, err, want)
					}
				}
			}
			if !maps.Equal(tree(t, c.Output), before) {
				t.Errorf("without %q: the folder was changed", gone)
			}
			check(t, os.Remove(mine))
			mustRun(t, c)
			if !maps.Equal(tree(t, c.Output), whole) {
				t.Errorf("without %q: it is not made as it was", gone)
			}
		}
	}

	mine := filepath.Join(c.Output, schemas.ImagesDir, "mine.tif")
	check(t, os.WriteFile(mine, nil, 0o666))
	shards := c
	shards.Input, shards.Shards, shards.Reconstruct, shards.Overwrite = "", "shards", true, true
	if err := CheckBefore(t.Context(), shards); err == nil || !strings.Contains(err.Error(), `also holds "images/mine.tif"`) {
		t.Errorf("before shards are encoded: %v", err)
	}
	check(t, os.Remove(mine))

	// Killed while its images were written: no part has a list yet.
	var names strings.Builder
	for _, row := range rows {
		names.WriteString(row[1] + "\n")
	}
	check(t, os.WriteFile(filepath.Join(c.Output, namesFile), []byte(names.String()), 0o666))
	for _, name := range []string{schemas.DecodedFile, schemas.DecodedCSV} {
		check(t, os.Remove(filepath.Join(c.Output, name)))
	}
	parts, err := filepath.Glob(filepath.Join(c.Output, schemas.StateDir, schemas.DecodedParts+"-*"))
	check(t, err)
	for _, name := range parts {
		check(t, os.Remove(name))
	}
	_, dir2, in2 := collection(t, archs["dense"], 3, nil)
	other := configOf(t, in2, dir2)
	other.Output, other.Overwrite, other.Traverse = c.Output, true, 1
	mustRun(t, other)
	fresh := other
	fresh.Output = filepath.Join(t.TempDir(), "fresh")
	mustRun(t, fresh)
	if !maps.Equal(tree(t, fresh.Output), tree(t, other.Output)) {
		t.Error("of what a killed run left something stayed")
	}
}
