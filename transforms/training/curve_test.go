package training

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/training/curve"
	"exemplar/transforms/training/fit"
)

// watched is a small training with a curve: 20 or so steps, and about 240 images held out of 400.
func watched(shards, output string) Config {
	c := gradient(shards, output)
	c.Curve, c.Validation, c.Fit.Epochs, c.Fit.LR = true, 0.6, 2, 0.003
	return c
}

func readCurve(t *testing.T, dir string) (data []byte, rows []curves.Row) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, schemas.CurveFile))
	if err == nil {
		rows, err = curves.Read(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data, rows
}

// TestCurve: moments, errors and skills of the table, what model.json says of it, and that the
// training is the same as without.
func TestCurve(t *testing.T) {
	ctx := t.Context()
	images := spots(400, 12)
	shards := shardsOf(t, images, 3)
	c := watched(shards, filepath.Join(t.TempDir(), "model"))
	var out strings.Builder
	c.Out = &out
	r, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	data, rows := readCurve(t, c.Output)
	per := (r.Fit.Images + 15) / 16 // steps of an epoch
	var want []int64
	for _, share := range []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1} {
		want = append(want, max(1, int64(math.Ceil(share*float64(2*per)))))
	}
	want = slices.Compact(want)
	var steps []int64
	for _, row := range rows {
		steps = append(steps, row.Step)
		if images := row.Step/per*r.Fit.Images + row.Step%per*16; row.Images != images || row.Epochs != float64(images)/float64(r.Fit.Images) || row.Share != float64(row.Step)/float64(2*per) || len(row.Skills) != curve.Folds {
			t.Errorf("%+v, want %d images", row, images)
		}
	}
	if !slices.Equal(steps, want) || strings.Count(out.String(), "skill of the picks 0.") < len(want)-2 {
		t.Errorf("steps %v, want %v\n%s", steps, want, &out)
	}
	last, end := rows[len(rows)-1], r.Fit.Rows[1].Held
	if last.Loss != end.Loss || last.MSE != end.MSE || r.Fit.Best != 1 {
		t.Errorf("at the end %+v, the epoch has %+v", last, end)
	}
	m, _ := readModel(t, c.Output)
	if p := m.Training.Parameters; p[schemas.ParameterCurve] != outdir.SHA256(data) || p[schemas.ParameterCurveImages] != float64(r.Fit.Curve.Images) || int64(r.Fit.Curve.Images+r.Fit.Curve.Excluded) != r.Fit.Held {
		t.Errorf("%v of %d held out, %+v", p, r.Fit.Held, r.Fit.Curve)
	}
	// The best weights are those of the end, and so their picks have its skill.
	held := ofHeld(t, c, m)
	if !slices.Equal(last.Skills, held) {
		t.Errorf("skills %v at the end, of the model %v", last.Skills, held)
	}

	plain := c
	plain.Curve, plain.Output = false, filepath.Join(t.TempDir(), "model")
	if _, err := Run(ctx, plain); err != nil {
		t.Fatal(err)
	}
	with, without := files(t, c.Output), files(t, plain.Output)
	for _, name := range []string{schemas.EncoderFile, schemas.DecoderFile, schemas.TrainingLogFile} {
		if with[name] != without[name] {
			t.Errorf("%s is another one with a curve", name)
		}
	}
	if _, there := without[schemas.CurveFile]; there {
		t.Error("there is a curve that nobody asked for")
	}
	refused(t, plain.with(func(c *Config) { c.Curve = true }), "Config.Curve is true here and was not given there")
	refused(t, c.with(func(c *Config) { c.Fit.Epochs = 3 }), "Config.Epochs is 3 here and was 2 there")
	if again, err := Run(ctx, c); err != nil || again.Made {
		t.Errorf("again: %+v, %v", again, err)
	}
	if err := os.Remove(filepath.Join(c.Output, schemas.CurveFile)); err != nil {
		t.Fatal(err)
	}
	if again, err := Run(ctx, c); err != nil || !again.Made || files(t, c.Output)[schemas.CurveFile] != with[schemas.CurveFile] {
		t.Errorf("without its table: %+v, %v", again, err)
	}
}

func (c Config) with(change func(*Config)) Config { change(&c); return c }

// ofHeld grades the picks of a model on all images that are held out.
func ofHeld(t *testing.T, c Config, m *model.Model) []float64 {
	t.Helper()
	folder, err := dataset.Open(t.Context(), c.Shards)
	if err != nil {
		t.Fatal(err)
	}
	var list []curve.Image
	codes := map[string][]float32{}
	compiled, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	runner := compiled.NewRunner(1)
	for shard := range folder.Shards {
		for im, err := range folder.Usable(t.Context(), shard, nil, nil) {
			if err != nil {
				t.Fatal(err)
			}
			if dataset.Held(im.Filename, c.Validation) {
				im.Filename = strings.Clone(im.Filename)
				list = append(list, (&plan{Config: c, sources: sources{folder: folder}}).seen(&im))
				codes[im.Filename] = make([]float32, compiled.Latent())
				runner.Encode(codes[im.Filename], [][]byte{im.Pixels})
			}
		}
	}
	h, err := curve.New(list, c.Seed)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float32, h.Images()*compiled.Latent())
	for id, code := range codes {
		if at, ok := h.Place(id); ok {
			copy(z[at*compiled.Latent():], code)
		}
	}
	skills, _ := h.Measure(z, compiled.Latent())
	return skills
}

// TestKilledCurve: a training that is killed at some of its steps, and goes on, on another number of
// processors, has the same files as one that is not.
func TestKilledCurve(t *testing.T) {
	defer restoreLearner()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	shards := shardsOf(t, spots(400, 12), 3)
	clean := watched(shards, filepath.Join(t.TempDir(), "model"))
	if _, err := Run(t.Context(), clean); err != nil {
		t.Fatal(err)
	}
	want := files(t, clean.Output)
	for i, left := range []int{1, 9, 15, 20} {
		c := watched(shards, filepath.Join(t.TempDir(), "model"))
		if i%2 == 1 {
			c.Fit.Every = 1
		}
		runtime.GOMAXPROCS(1 + i%2)
		newLearner = func(cfg training.Config) (learner, error) {
			l, err := training.New(cfg)
			return mortal{l, &left}, err
		}
		if _, err := Run(t.Context(), c); !errors.Is(err, errKilled) {
			t.Fatalf("killed run: %v", err)
		}
		restoreLearner()
		runtime.GOMAXPROCS(2 - i%2)
		c.Fit.Every = 0
		if _, err := Run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, files(t, c.Output)); diff != "" {
			t.Fatalf("case %d differs from the undisturbed run (-want +got):\n%s", i, diff)
		}
	}
}

// TestFlatCurve: where nothing is learned, nothing changes, and the first moment is enough.
func TestFlatCurve(t *testing.T) {
	c := watched(shardsOf(t, spots(400, 12), 2), filepath.Join(t.TempDir(), "model"))
	c.Fit.LR = 1e-30
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	_, rows := readCurve(t, c.Output)
	for _, row := range rows {
		if !slices.Equal(row.Skills, rows[0].Skills) || row.Loss != rows[0].Loss || row.Change != 0 || row.ChangeError != 0 {
			t.Errorf("%+v, at first %+v", row, rows[0])
		}
	}
	if curves.Enough(r.Fit.Curve.Rows) != 0 {
		t.Error(curves.Sentence(r.Fit.Curve.Rows))
	}
}

// TestCurveEndsEarly: of a run that patience ends, the last moment is its end.
func TestCurveEndsEarly(t *testing.T) {
	c := watched(shardsOf(t, spots(400, 12), 2), filepath.Join(t.TempDir(), "model"))
	c.Fit.LR, c.Fit.Epochs, c.Fit.Patience = 1e-30, 10, 1
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	_, rows := readCurve(t, c.Output)
	last := rows[len(rows)-1]
	if last.Step != r.Fit.Steps || last.Share != 0.2 || last.Epochs != 2 || len(r.Fit.Rows) != 2 {
		t.Errorf("%d epochs, %+v", len(r.Fit.Rows), last)
	}
}

// TestCurveOfOthers: a head has no reconstruction error, and rows of a table no pixels.
func TestCurveOfOthers(t *testing.T) {
	c := heads(shardsOf(t, spots(400, 12), 2), filepath.Join(t.TempDir(), "model"))
	c.Curve, c.Validation, c.Fit.Epochs = true, 0.5, 2
	if _, err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, row := range second(readCurve(t, c.Output)) {
		if !math.IsNaN(row.MSE) || !(row.Loss > 0) || len(row.Skills) != curve.Folds {
			t.Errorf("of a head %+v", row)
		}
	}
	name, _ := tableFile(t, 600, 12, 0)
	c = tableConfig(t, name)
	c.Arch, c.Fit.Epochs, c.Fit.LR, c.Curve, c.Validation = "dense-12-16-2", 3, 0.01, true, 0.3
	if _, err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, row := range second(readCurve(t, c.Output)) {
		if !(row.MSE > 0) || len(row.Skills) != curve.Folds || !(row.Skill > 0) {
			t.Errorf("of a table %+v", row)
		}
	}
}

func second(_ []byte, rows []curves.Row) []curves.Row { return rows }

// TestCurveRefused: what nothing can be measured on is one line, before anything is written.
func TestCurveRefused(t *testing.T) {
	equal := spots(300, 12)
	for i := range equal {
		equal[i].Pixels = equal[0].Pixels
	}
	shards, same := shardsOf(t, spots(300, 12), 2), shardsOf(t, equal, 2)
	for want, change := range map[string]func(*Config){
		"Config.Validation=0: Config.Curve is measured on images that are held out":    func(c *Config) { c.Validation = 0 },
		"Config.Curve: Config.Arch=linear is found in closed form":                     func(c *Config) { c.Arch = ArchLinear },
		"fewer than 100 say nothing: choose a larger Config.Validation than 0.1, name": func(c *Config) { c.Validation = 0.1 },
		"held out are equal, so that picks of them cannot be graded":                   func(c *Config) { c.Shards = same },
	} {
		c := watched(shards, filepath.Join(t.TempDir(), "model"))
		change(&c)
		if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q in one line", err, want)
		}
		if _, err := os.Stat(filepath.Join(c.Output, schemas.ErrorsFile)); err == nil {
			t.Errorf("%s: something was written", want)
		}
	}
}

// TestCurveIsOtherWork: a training with a curve, and one of other epochs with one, have fingerprints of their own.
func TestCurveIsOtherWork(t *testing.T) {
	folder := &dataset.Folder{SHA256: "of the shards", Shape: schemas.ImageShape{Height: 32, Width: 32, Channels: 1, Bits: 8}}
	steps := func(change func(*Config)) string {
		c := gradient("shards", "out")
		change(&c)
		p, err := c.plan(t.Context(), sources{folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		return p.steps
	}
	seen := map[string]bool{}
	for _, change := range []func(*Config){func(*Config) {}, func(c *Config) { c.Curve = true }, func(c *Config) { c.Curve, c.Fit.Epochs = true, 9 }} {
		seen[steps(change)] = true
	}
	if len(seen) != 3 || steps(func(c *Config) { c.Fit.Epochs = 9 }) != steps(func(*Config) {}) {
		t.Error("the moments of a curve do not decide the fingerprint, or epochs do without one")
	}
}

// TestCurveShares: the moments are part of what users rely on, and rise to the whole run.
func TestCurveShares(t *testing.T) {
	if !slices.Equal(fit.CurveShares, []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1}) || curveShares() != "1, 2, 5, 10, 20, 40, 70 and 100 %" {
		t.Error(fit.CurveShares, curveShares())
	}
}
