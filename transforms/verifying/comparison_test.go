package verifying

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/schemas"
	"exemplar/transforms/comparing"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// comparedTo adds to a workflow another model, and a comparison of both in the folder compared.
func comparedTo(t *testing.T, dir string, change func(c *comparing.Config)) {
	t.Helper()
	m, _, err := linear.Train(t.Context(), linear.Config{Input: model.Input{Height: side, Width: side, Channels: 1, Bits: 8, Scale: "unit"}, Latent: 3}, collection(150))
	check(t, err)
	m.Training.Images = 150
	files, err := m.Marshal()
	check(t, err)
	other := filepath.Join(dir, "other")
	check(t, modeldir.WriteWeights(t.Context(), modeldir.In(other), files))
	check(t, store.WriteFile(t.Context(), store.Join(other, schemas.ModelFile), files[schemas.ModelFile]))
	c := comparing.DefaultConfig()
	c.Input, c.Models, c.Output, c.Anomalies = filepath.Join(dir, "shards"), []string{filepath.Join(dir, "model"), other}, filepath.Join(dir, "compared"), "label=run1 and image_id!='run1/cell 03.png'"
	if change != nil {
		change(&c)
	}
	_, err = comparing.Run(t.Context(), c)
	check(t, err)
}

// TestComparisonHolds: what a comparison wrote holds, and every bit that is flipped in its files
// is reported; models and shards that are gone are named as not checked.
func TestComparisonHolds(t *testing.T) {
	dir := workflow(t)
	comparedTo(t, dir, nil)
	r, err := Run(t.Context(), Config{Input: filepath.Join(dir, "compared"), Embeddings: EmbeddingsAll})
	check(t, err)
	if len(r.Problems) > 0 || len(r.Checked) != 3 || !strings.Contains(r.Checked[2], "140 images reconstructed again by 2 models") {
		t.Errorf("%q, %q", r.Problems, r.Checked)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range filesOf(t, filepath.Join(dir, "compared")) {
		if base := filepath.Base(name); base == schemas.RunFile || strings.HasPrefix(base, ".") || strings.Contains(name, schemas.StateDir) {
			continue
		}
		data, err := os.ReadFile(name)
		check(t, err)
		for range 3 {
			bit := rng.IntN(8 * len(data))
			changed := bytes.Clone(data)
			changed[bit/8] ^= 1 << (bit % 8)
			check(t, os.WriteFile(name, changed, 0o666))
			if problems := strings.Join(verify(t, dir, "compared"), "\n"); !strings.Contains(problems, filepath.Base(name)) {
				t.Errorf("%s: bit %d was flipped, and what was said is %q", name, bit, problems)
			}
		}
		check(t, os.WriteFile(name, data, 0o666))
	}
	check(t, os.RemoveAll(filepath.Join(dir, "other")))
	r, err = Run(t.Context(), Config{Input: filepath.Join(dir, "compared")})
	check(t, err)
	if len(r.Problems) > 0 || !strings.Contains(strings.Join(r.Unchecked, "\n"), "the errors by "+filepath.Join(dir, "other")+" (it is neither") || !strings.Contains(r.Checked[2], "by 1 model") {
		t.Errorf("without a model: %q, %q, %q", r.Problems, r.Checked, r.Unchecked)
	}
	check(t, os.RemoveAll(filepath.Join(dir, "shards")))
	r, err = Run(t.Context(), Config{Input: filepath.Join(dir, "compared")})
	check(t, err)
	if len(r.Problems) > 0 || len(r.Checked) != 1 || !strings.Contains(strings.Join(r.Unchecked, "\n"), "name it with Config.Shards") {
		t.Errorf("without shards: %q, %q, %q", r.Problems, r.Checked, r.Unchecked)
	}
}

// sealed writes files of the comparison, and the manifest that lists them.
func (f forger) sealed(files map[string][]byte, change func(m *schemas.CompareManifest)) {
	for name, data := range files {
		f.write(data, "compared", name)
	}
	edit(f, func(m *schemas.CompareManifest) {
		if change != nil {
			change(m)
		}
		for i, file := range m.Files {
			data := f.read("compared", file.File)
			m.Files[i] = schemas.FileInfo{File: file.File, Bytes: int64(len(data)), SHA256: outdir.SHA256(data)}
		}
		var err error
		m.SHA256, err = outdir.SealComparison(*m)
		check(f.t, err)
	}, "compared", schemas.CompareFile)
}

// errorRows changes the rows of errors.parquet.
func (f forger) errorRows(change func(rows []schemas.ImageErrors) []schemas.ImageErrors) []byte {
	data := f.read("compared", schemas.ErrorsParquet)
	rows, err := parquet.Read[schemas.ImageErrors](bytes.NewReader(data), int64(len(data)))
	check(f.t, err)
	var b bytes.Buffer
	w := parquet.NewGenericWriter[schemas.ImageErrors](&b, parquet.KeyValueMetadata(schemas.FooterFormat, schemas.CompareFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	_, err = w.Write(change(rows))
	check(f.t, err)
	check(f.t, w.Close())
	return b.Bytes()
}

// cell changes a cell of a table, its row and column from 0, names of columns not counted.
func (f forger) cell(name string, row int, column int, change func(string) string) []byte {
	lines := strings.SplitAfter(string(f.read("compared", name)), "\n")
	cells := strings.Split(strings.TrimSuffix(lines[row+1], "\n"), ",")
	cells[column] = change(cells[column])
	lines[row+1] = strings.Join(cells, ",") + "\n"
	return []byte(strings.Join(lines, ""))
}

// TestForgedComparisonsAreNamed: what was changed with all hashes is found out by what
// errors.parquet holds, by the images, or by the models.
func TestForgedComparisonsAreNamed(t *testing.T) {
	dir := workflow(t)
	comparedTo(t, dir, nil)
	f := forger{t, dir}
	f.sealed(map[string][]byte{schemas.ErrorsParquet: f.errorRows(func(rows []schemas.ImageErrors) []schemas.ImageErrors { return rows })}, nil)
	if problems := verify(t, dir, "compared"); len(problems) > 0 {
		t.Fatalf("written again, and unchanged: %q", problems)
	}
	more := func(text string) string { return text + "1" }
	is := func(text string) func(string) string { return func(string) string { return text } }
	column := func(columns []string, name string) int { return slices.Index(columns, name) }
	inErrors := func(change func(rows []schemas.ImageErrors) []schemas.ImageErrors) func() map[string][]byte {
		return func() map[string][]byte { return map[string][]byte{schemas.ErrorsParquet: f.errorRows(change)} }
	}
	in := func(name string, row, column int, change func(string) string) func() map[string][]byte {
		return func() map[string][]byte { return map[string][]byte{name: f.cell(name, row, column, change)} }
	}
	label := "run1"
	forgeries := map[string]func() map[string][]byte{
		"models.csv: kind of ":             in(schemas.ModelsCSV, 0, column(schemas.ModelsColumns, "kind"), is("sparse")),
		"models.csv: dimensions of ":       in(schemas.ModelsCSV, 0, column(schemas.ModelsColumns, "dimensions"), more),
		"models.csv: training_images of ":  in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "training_images"), more),
		"models.csv: training_seconds of ": in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "training_seconds"), more),
		"models.csv: mae of ":              in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "mae"), is("0.1")),
		"models.csv: psnr of ":             in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "psnr"), is("20")),
		"models.csv: mse_8bit of ":         in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "mse_8bit"), is("0.1")),
		"models.csv: missed of ":           in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "missed"), is("")),
		"models.csv: auroc of ":            in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "auroc"), is("0.99")),
		"models.csv: auroc_se of ":         in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "auroc_se"), is("0.01")),
		"models.csv: bits_per_pixel of ":   in(schemas.ModelsCSV, 1, column(schemas.ModelsColumns, "bits_per_pixel"), is("0.01")),
		"rate.csv: model of ":              in(schemas.RateCSV, 1, 4, func(v string) string { return "0.5" }),
		"rate.csv: zip of ":                in(schemas.RateCSV, 20, 0, is("zip")),
		"rate.csv: has no row of the model": func() map[string][]byte {
			return map[string][]byte{schemas.RateCSV: without(f.read("compared", schemas.RateCSV), 1)}
		},
		"rate.csv: the errors of dct": in(schemas.RateCSV, 30, 6, is("3")),
		"codes.csv: dimension 0 of ":  in(schemas.CodesCSV, 0, 5, is("-0.001")),
		"codes.csv: has no row of":    in(schemas.CodesCSV, 1, 1, is("5")),
		"roc.csv: " + dir:             in(schemas.ROCCSV, 3, 2, is("0.6")),
		"the area below its corners is": func() map[string][]byte {
			return map[string][]byte{schemas.ROCCSV: without(f.read("compared", schemas.ROCCSV), 8)}
		},
		"the curve does not go from 0, 0": func() map[string][]byte {
			return map[string][]byte{schemas.ROCCSV: without(f.read("compared", schemas.ROCCSV), 1)}
		},
		"models.csv: mse of ":        inErrors(func(l []schemas.ImageErrors) []schemas.ImageErrors { l[7].MSE *= 1.5; return l }),
		"is not where compare.json":  inErrors(func(l []schemas.ImageErrors) []schemas.ImageErrors { l[7].Model = "x"; return l }),
		"is of another image than":   inErrors(func(l []schemas.ImageErrors) []schemas.ImageErrors { l[len(l)-1].ImageID = "x"; return l }),
		"ends in row 139 of model 1": inErrors(func(l []schemas.ImageErrors) []schemas.ImageErrors { return l[:len(l)-1] }),
		"an image is there twice": inErrors(func(l []schemas.ImageErrors) []schemas.ImageErrors {
			l[1].ImageID, l[141].ImageID = l[0].ImageID, l[0].ImageID
			return l
		}),
		"errors.parquet gives 68 and 0": inErrors(func(l []schemas.ImageErrors) []schemas.ImageErrors {
			for i := range l {
				if *l[i].Label == label && (i == 139 || i == 279) {
					other := "run0"
					l[i].Label = &other
				}
			}
			return l
		}),
		"139 of its 140 images are in the shards": inErrors(func(l []schemas.ImageErrors) []schemas.ImageErrors {
			l[3].ImageID, l[143].ImageID = "nobody", "nobody"
			return l
		}),
	}
	for _, want := range slices.Sorted(maps.Keys(forgeries)) {
		before := copyFolder(t, dir, "compared")
		f.sealed(forgeries[want](), nil)
		if problems := strings.Join(verify(t, dir, "compared"), "\n"); !strings.Contains(problems, want) {
			t.Errorf("%q is not said, but %q", want, problems)
		}
		restore(t, before, dir, "compared")
	}
}

// without leaves a line of a table out.
func without(data []byte, line int) []byte {
	lines := bytes.SplitAfter(data, []byte("\n"))
	return bytes.Join(slices.Delete(lines, line, line+1), nil)
}

// TestForgedErrorsAreNamed: errors that were changed with everything that follows from them are
// found out by the model, where all images are reconstructed again.
func TestForgedErrorsAreNamed(t *testing.T) {
	dir := workflow(t)
	comparedTo(t, dir, func(c *comparing.Config) { c.Anomalies, c.Codecs = "", nil })
	f := forger{t, dir}
	f.sealed(map[string][]byte{schemas.ErrorsParquet: f.errorRows(func(l []schemas.ImageErrors) []schemas.ImageErrors {
		l[11].MSE8, l[12].MSE8 = l[11].MSE8+l[12].MSE8/512, l[12].MSE8-l[12].MSE8/512
		return l
	})}, nil)
	r, err := Run(t.Context(), Config{Input: filepath.Join(dir, "compared"), Embeddings: EmbeddingsAll})
	check(t, err)
	if problems := strings.Join(r.Problems, "\n"); !strings.Contains(problems, "errors.parquet: mse_8bit of ") || !strings.Contains(problems, "the model gives") {
		t.Errorf("what was said is %q", problems)
	}
}

// TestFieldsOfComparison: every field of compare.json is checked, or named as not checked.
func TestFieldsOfComparison(t *testing.T) {
	dir := workflow(t)
	comparedTo(t, dir, nil)
	check(t, os.RemoveAll(filepath.Join(dir, "compared", schemas.StateDir)))
	unnoticed, n := changed(t, dir, "compared", schemas.CompareFile, "", func(m *schemas.CompareManifest) (err error) {
		m.SHA256, err = outdir.SealComparison(*m)
		return err
	})
	for path, named := range unnoticed {
		t.Errorf("%s was changed, and neither noticed nor named; not checked is: %s", path, named)
	}
	t.Logf("%d kinds of changes", n)
}
