package verifying

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/decoding"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

// decodedInto decodes latents of the workflow in another way, and returns the folder.
func decodedInto(t *testing.T, dir, name string, change func(c *decoding.Config)) {
	t.Helper()
	c := decoding.DefaultConfig()
	c.Input, c.Model, c.Output = filepath.Join(dir, "latents"), filepath.Join(dir, "model"), filepath.Join(dir, name)
	change(&c)
	check(t, c.Validate())
	_, err := decoding.Run(t.Context(), c, runtest.Direct)
	check(t, err)
}

// forgeDecoded changes the lines of images.csv and puts all hashes right again.
func forgeDecoded(t *testing.T, dir string, change func(rows [][]string)) {
	t.Helper()
	name := filepath.Join(dir, schemas.DecodedCSV)
	data, err := os.ReadFile(name)
	check(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	check(t, err)
	change(rows)
	var b strings.Builder
	check(t, csv.NewWriter(&b).WriteAll(rows))
	check(t, os.WriteFile(name, []byte(b.String()), 0o666))
	check(t, os.RemoveAll(filepath.Join(dir, schemas.StateDir)))
	var m schemas.DecodedManifest
	data, err = os.ReadFile(filepath.Join(dir, schemas.DecodedFile))
	check(t, err)
	check(t, json.Unmarshal(data, &m))
	m.Files[0].Bytes, m.Files[0].SHA256 = int64(b.Len()), outdir.SHA256([]byte(b.String()))
	m.SHA256, err = outdir.SealDecoded(m)
	check(t, err)
	data, err = schemas.MarshalJSON(m)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, schemas.DecodedFile), data, 0o666))
}

// replaced puts an image in the place of another one, with its hash.
func replaced(t *testing.T, dir string, rows [][]string, at, by int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, rows[by][1]))
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, rows[at][1]), data, 0o666))
	rows[at][2], rows[at][3] = strconv.Itoa(len(data)), outdir.SHA256(data)
}

// TestDecodedHold: folders of every mode hold, and forgeries whose hashes are right are
// found out by the vectors and the decoder.
func TestDecodedHold(t *testing.T) {
	dir := workflow(t)
	ids := filepath.Join(dir, "ids.txt")
	check(t, os.WriteFile(ids, []byte("run0/cell 08.png\nrun1/cell 01.png\nrun0/cell 100.png\n"), 0o666))
	between := func(c *decoding.Config) { c.Between = "run0/cell 08.png,run1/cell 01.png" }
	modes := map[string]func(c *decoding.Config){
		"all": func(*decoding.Config) {}, "png": func(c *decoding.Config) { c.Format = schemas.DecodedPNG }, "between": between,
		"traverse": func(c *decoding.Config) { c.Traverse, c.Steps = 2, 5 }, "ids": func(c *decoding.Config) { c.IDs = ids },
	}
	verify := func(name string) *Report {
		t.Helper()
		r, err := Run(t.Context(), Config{Input: filepath.Join(dir, name), Embeddings: EmbeddingsAll})
		check(t, err)
		return r
	}
	for name, change := range modes {
		decodedInto(t, dir, name, change)
		r := verify(name)
		if text := strings.Join(r.Checked, "\n"); len(r.Problems) > 0 || !strings.Contains(text, "decoded again, with the same pixels") || !strings.Contains(text, "; all ") {
			t.Errorf("%s: %q, checked %q", name, r.Problems, text)
		}
	}
	for _, tc := range []struct {
		name, mode string
		forge      func(rows [][]string)
		want       string
	}{
		{"another image", "all", func(rows [][]string) { replaced(t, filepath.Join(dir, "forged"), rows, 3, 4) }, "the model gives"},
		{"another step", "between", func(rows [][]string) { replaced(t, filepath.Join(dir, "forged"), rows, 3, 4) }, "the model gives"},
		{"another step of a dimension", "traverse", func(rows [][]string) { replaced(t, filepath.Join(dir, "forged"), rows, 2, 4) }, "the model gives"},
		{"another error", "all", func(rows [][]string) { rows[5][4] = "0.5" }, `the last column is "0.5"`},
		{"another t", "between", func(rows [][]string) { rows[2][4] = "0.5" }, `the last column is "0.5"`},
		{"another order", "all", func(rows [][]string) { rows[5], rows[6] = rows[6], rows[5] }, "the vectors have"},
		{"another order of a list", "ids", func(rows [][]string) { rows[1], rows[2] = rows[2], rows[1] }, "none of the vectors, or not in their order"},
		{"another name", "all", func(rows [][]string) { rows[5][0] = "run0/x.png" }, "is not named for image"},
		{"an image out of the folder", "all", func(rows [][]string) { rows[5][1] = "../ids.txt" }, "is not named for image"},
		{"one file of two", "all", func(rows [][]string) { rows[5][1] = rows[6][1] }, "two images have one file"},
	} {
		forged := filepath.Join(dir, "forged")
		check(t, os.RemoveAll(forged))
		decodedInto(t, dir, "forged", modes[tc.mode])
		forgeDecoded(t, forged, tc.forge)
		if r := verify("forged"); !strings.Contains(strings.Join(r.Problems, "\n"), tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, r.Problems, tc.want)
		}
	}
	check(t, os.WriteFile(filepath.Join(dir, "all", "images", "stray.tif"), []byte("x"), 0o666))
	if r := verify("all"); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "images/stray.tif: images.csv does not list this file") {
		t.Errorf("a stray image: %q", r.Problems)
	}
	check(t, os.Rename(filepath.Join(dir, "latents"), filepath.Join(dir, "away")))
	if r := verify("between"); len(r.Problems) > 0 || !strings.Contains(strings.Join(r.Unchecked, "\n"), "the latents are not at hand (Config.Latents)") {
		t.Errorf("without latents: %q, %q", r.Problems, r.Unchecked)
	}
	check(t, os.Rename(filepath.Join(dir, "away"), filepath.Join(dir, "latents")))
	check(t, os.Rename(filepath.Join(dir, "model"), filepath.Join(dir, "away")))
	if r := verify("between"); len(r.Problems) > 0 || !strings.Contains(strings.Join(r.Unchecked, "\n"), "the model is not at hand (Config.Model)") {
		t.Errorf("without the model: %q, %q", r.Problems, r.Unchecked)
	}
}

// TestDecodedDraws: draws from a prior need the model alone.
func TestDecodedDraws(t *testing.T) {
	dir := workflow(t)
	files := model.Files{}
	for _, name := range model.FileNames() {
		data, err := os.ReadFile(filepath.Join(dir, "model", name))
		check(t, err)
		files[name] = data
	}
	m, err := model.Unmarshal(files)
	check(t, err)
	m.Training = &model.Training{Method: "adam", Parameters: map[string]any{"variational": true}}
	files, err = m.Marshal()
	check(t, err)
	for name, data := range files {
		check(t, os.WriteFile(filepath.Join(dir, "model", name), data, 0o666))
	}
	decodedInto(t, dir, "draws", func(c *decoding.Config) { c.Input, c.Sample, c.Seed = "", 20, 4 })
	r, err := Run(t.Context(), Config{Input: filepath.Join(dir, "draws")})
	check(t, err)
	if len(r.Problems) > 0 || !strings.Contains(strings.Join(r.Checked, "\n"), "all 20 images decoded again") {
		t.Errorf("%q, %q", r.Problems, r.Checked)
	}
	forgeDecoded(t, filepath.Join(dir, "draws"), func(rows [][]string) { replaced(t, filepath.Join(dir, "draws"), rows, 7, 8) })
	r, err = Run(t.Context(), Config{Input: filepath.Join(dir, "draws")})
	check(t, err)
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "the model gives") {
		t.Errorf("%q", r.Problems)
	}
}
