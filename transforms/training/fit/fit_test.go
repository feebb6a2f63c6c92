package fit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

func config(dir string) Config {
	return Config{Dir: dir, Fingerprint: "f", Epochs: 3, Batch: 8, LR: 0.3, Schedule: Constant}
}

func fitted(t testing.TB, c Config, l *mean, n int, fraction float64) *Result {
	t.Helper()
	r, err := Run(context.Background(), c, l, collection(t, n, fraction))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// state returns the hash of every file that a run left.
func state(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(filepath.Join(dir, schemas.StateDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, schemas.StateDir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = fmt.Sprintf("%x", sha256.Sum256(data))
	}
	return files
}

// TestLearns trains a learner whose best weights are known, the mean of the
// images, and checks the losses of the log against their definition.
func TestLearns(t *testing.T) {
	data := collection(t, 200, 0.2)
	best, heldMSE := exact(t, data)
	c := config(t.TempDir())
	c.Epochs, c.Schedule = 30, Cosine
	var out bytes.Buffer
	c.Out = &out
	calls := 0
	c.AtEpoch = func(_ context.Context, rows []Row, m *model.Model) error {
		if calls++; len(rows) != calls {
			t.Errorf("call %d has %d rows", calls, len(rows))
		}
		var image [values]float64
		for i, v := range m.Decoder[1].Data {
			image[i] = float64(v)
		}
		if got, want := rows[calls-1].Held.MSE, heldMSE(image); !(math.Abs(got-want) < 1e-7) {
			t.Errorf("epoch %d: validation mse %g, by definition %g", calls-1, got, want)
		}
		return nil
	}
	l := &mean{}
	r, err := Run(context.Background(), c, l, data)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 30 || calls != 30 || r.Stopped != "" || strings.Count(out.String(), "\n") != 30 {
		t.Errorf("%d rows, %d calls, stopped: %q\n%s", len(r.Rows), calls, r.Stopped, &out)
	}
	for i, v := range r.Model.Decoder[1].Data {
		// The last batches pull by their own mean; near the end the rate is near 0.
		if !(math.Abs(float64(v)-best[i]) < 0.01) {
			t.Errorf("value %d is %g, the mean of the images %g", i, v, best[i])
		}
	}
	least := slices.MinFunc(r.Rows, func(a, b Row) int { return int(math.Copysign(1, a.Held.Loss-b.Held.Loss)) })
	if r.Rows[r.Best] != least {
		t.Errorf("best epoch is %d, the least loss is in %d", r.Best, least.Epoch)
	}
	if first := r.Rows[0]; first.Train.N != data.Training || first.Held.N != data.Held || !(first.Train.Loss > 5*least.Train.Loss) {
		t.Errorf("first row %+v", first)
	}
}

// TestResume stops a run at each of its steps, with and without checkpoints inside
// an epoch, and starts it again: files and log are those of an undisturbed run.
func TestResume(t *testing.T) {
	clean := config(t.TempDir())
	want := fitted(t, clean, &mean{}, 40, 0.2)
	steps := 3 * ((int(want.Rows[0].Train.N) + 7) / 8)
	killed := errors.New("killed")
	for _, every := range []time.Duration{0, 1} {
		for k := 1; k <= steps; k++ {
			c := config(t.TempDir())
			c.Every = every
			data := collection(t, 40, 0.2)
			l := &mean{fault: func(step int) error {
				if step == k {
					return killed
				}
				return nil
			}}
			if _, err := Run(context.Background(), c, l, data); !errors.Is(err, killed) {
				t.Fatalf("killed at step %d: %v", k, err)
			}
			l = &mean{}
			r, err := Run(context.Background(), c, l, data)
			if err != nil {
				t.Fatal(err)
			}
			if every > 0 && l.steps != steps-k+1 {
				t.Errorf("killed at step %d: %d steps made again", k, l.steps-(steps-k+1))
			}
			if diff := cmp.Diff(want, r) + cmp.Diff(state(t, clean.Dir), state(t, c.Dir)); diff != "" {
				t.Fatalf("killed at step %d, every %d: differs from the undisturbed run (-want +got):\n%s", k, every, diff)
			}
		}
	}
}

// TestInterrupt cancels a run at each of its steps: it finishes the step, saves,
// and goes on exactly there.
func TestInterrupt(t *testing.T) {
	clean := config(t.TempDir())
	want := fitted(t, clean, &mean{}, 40, 0.2)
	data := collection(t, 40, 0.2)
	c := config(t.TempDir())
	done := 0
	for runs := 1; ; runs++ {
		ctx, cancel := context.WithCancel(context.Background())
		l := &mean{fault: func(step int) error {
			if step == 2 {
				cancel()
			}
			return nil
		}}
		r, err := Run(ctx, c, l, data)
		cancel()
		done += l.steps
		if err == nil {
			if diff := cmp.Diff(want, r) + cmp.Diff(state(t, clean.Dir), state(t, c.Dir)); diff != "" {
				t.Errorf("differs from the undisturbed run (-want +got):\n%s", diff)
			}
			if steps := 3 * ((int(data.Training) + 7) / 8); done != steps || runs < steps/2 {
				t.Errorf("%d steps in %d runs, want %d steps", done, runs, steps)
			}
			return
		}
		if !errors.Is(err, outdir.ErrInterrupted) || !strings.Contains(err.Error(), c.Dir) || l.steps != 2 {
			t.Fatalf("after %d steps: %v", l.steps, err)
		}
	}
}

// TestMoreEpochs: a run whose epochs are raised later is that with as many from
// the start; one with fewer, of
// another fingerprint, or with a damaged checkpoint starts anew.
func TestMoreEpochs(t *testing.T) {
	clean := config(t.TempDir())
	clean.Epochs = 5
	want := fitted(t, clean, &mean{}, 60, 0.2)
	c := config(t.TempDir())
	c.Epochs = 2
	fitted(t, c, &mean{}, 60, 0.2)
	c.Epochs = 5
	l := &mean{}
	got := fitted(t, c, l, 60, 0.2)
	if diff := cmp.Diff(want, got) + cmp.Diff(state(t, clean.Dir), state(t, c.Dir)); diff != "" {
		t.Errorf("differs from the undisturbed run (-want +got):\n%s", diff)
	}
	perEpoch := l.steps / 3
	for i, change := range []func(*Config){
		func(c *Config) { c.Epochs = 1 },
		func(c *Config) { c.Fingerprint = "g" },
		func(c *Config) {
			names, err := filepath.Glob(filepath.Join(c.Dir, schemas.StateDir, "state-*"))
			if err != nil || len(names) != 1 {
				t.Fatal(names, err)
			}
			if err := os.Truncate(names[0], 5); err != nil {
				t.Fatal(err)
			}
		},
	} {
		change(&c)
		l := &mean{}
		if r := fitted(t, c, l, 60, 0.2); l.steps != perEpoch || len(r.Rows) != 1 {
			t.Errorf("change %d: %d steps, %d rows", i, l.steps, len(r.Rows))
		}
	}
}

// TestAnotherBestModel: a checkpoint whose best model was replaced by another whole one
// starts anew and says so; one of an earlier version, which does not tell the hash of it,
// goes on.
func TestAnotherBestModel(t *testing.T) {
	other := config(t.TempDir())
	other.Epochs, other.LR = 2, 0.05
	fitted(t, other, &mean{}, 60, 0.2)
	for earlier, want := range map[bool]string{false: " is missing or damaged: the training starts again\n", true: "going on in epoch 3"} {
		c := config(t.TempDir())
		var out bytes.Buffer
		c.Epochs, c.Out = 2, &out
		if r := fitted(t, c, &mean{}, 60, 0.2); r.Best != 1 {
			t.Fatalf("the best epoch is %d", r.Best)
		}
		names, err := filepath.Glob(filepath.Join(other.Dir, schemas.StateDir, "best-000001-*"))
		if err != nil || len(names) < 2 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err == nil {
				err = os.WriteFile(filepath.Join(c.Dir, schemas.StateDir, filepath.Base(name)), data, 0o666)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if earlier {
			file := filepath.Join(c.Dir, schemas.StateDir, CheckpointFile)
			at, _, err := outdir.ReadJSON[checkpoint](context.Background(), file)
			at.BestSHA256 = ""
			if err == nil {
				err = outdir.WriteJSON(context.Background(), file, &at)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		out.Reset()
		c.Epochs = 3
		got := fitted(t, c, &mean{}, 60, 0.2)
		if strings.Count(out.String(), want) != 1 || !earlier && !strings.HasPrefix(out.String(), filepath.Join(c.Dir, schemas.StateDir, "best-000001-model.json")) {
			t.Errorf("earlier %t: printed\n%s", earlier, &out)
		}
		if clean := config(t.TempDir()); !earlier {
			clean.Epochs = 3
			if diff := cmp.Diff(fitted(t, clean, &mean{}, 60, 0.2), got); diff != "" {
				t.Errorf("differs from the undisturbed run (-want +got):\n%s", diff)
			}
		}
	}
}

func TestPatience(t *testing.T) {
	c := config(t.TempDir())
	c.Epochs, c.Patience, c.LR = 50, 4, 0.9
	r := fitted(t, c, &mean{}, 60, 0.2)
	if len(r.Rows) != r.Best+1+4 || r.Stopped == "" || r.Diverged {
		t.Errorf("best of %d epochs is %d, stopped: %q", len(r.Rows), r.Best, r.Stopped)
	}
	l := &mean{}
	if again := fitted(t, c, l, 60, 0.2); l.steps != 0 || cmp.Diff(r, again) != "" {
		t.Errorf("started again: %d steps\n%s", l.steps, cmp.Diff(r, again))
	}
}

func TestRates(t *testing.T) {
	c := Config{LR: 0.8, Epochs: 4, Schedule: Cosine}
	for step, want := range map[int64]float64{0: 0.8, 10: 0.8 * (0.5 + math.Sqrt2/4), 20: 0.4, 40: 0} {
		if got := c.rate(step, 10, 0); !(math.Abs(got-want) < 1e-15) {
			t.Errorf("cosine, step %d of 40: %g, want %g", step, got, want)
		}
	}
	// On a plateau the rate of the log halves after three epochs without a better one.
	c = config(t.TempDir())
	c.Epochs, c.LR, c.Schedule = 30, 0.9, Plateau
	r := fitted(t, c, &mean{}, 60, 0.2)
	waited, lr, least := 0, 0.9, math.Inf(1)
	for _, row := range r.Rows {
		if row.LR != lr {
			t.Fatalf("epoch %d: rate %g, want %g", row.Epoch, row.LR, lr)
		}
		if waited++; row.Held.Loss < least {
			waited, least = 0, row.Held.Loss
		}
		if waited == 3 {
			waited, lr = 0, lr/2
		}
	}
	if lr == 0.9 {
		t.Error("the run had no plateau")
	}
}

// TestGuard: a run ends when its loss is not finite or rises; the best weights
// are those of a good epoch, and the reason names the place.
func TestGuard(t *testing.T) {
	for name, c := range map[string]struct {
		alter func(step int, l *Losses)
		want  string
		rows  int
	}{
		"NaN":           {func(step int, l *Losses) { l.Loss *= nanAt(step, 15) }, "epoch 3", 2},
		"infinite norm": {func(step int, l *Losses) { l.GradNorm /= zeroAt(step, 15) }, "epoch 3", 2},
		"NaN at once":   {func(step int, l *Losses) { l.MSE *= nanAt(step, 1) }, "epoch 1", 0},
		"zero gradient": {func(step int, l *Losses) {
			if step >= 15 {
				l.GradNorm = 0
			}
		}, "no weight changes", 16},
		"above the start": {func(step int, l *Losses) { l.Loss = 1 + 9*float64(min(1, step/250)) }, "at the start", 36},
		"above the best": {func(step int, l *Losses) {
			l.Loss = 1 + 1.8*float64(min(1, step/70))
			if step < 10 {
				l.Loss = 2
			}
		}, "for 3 epochs", 12},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t.TempDir())
			cfg.Epochs = 60
			r := fitted(t, cfg, &mean{alter: c.alter}, 60, 0.2)
			if !r.Diverged || !strings.Contains(r.Stopped, c.want) || len(r.Rows) != c.rows {
				t.Errorf("%d rows, stopped: %q", len(r.Rows), r.Stopped)
			}
			if (r.Model != nil) != (c.rows > 0) || (r.Best >= 0) != (c.rows > 0) {
				t.Errorf("model of epoch %d", r.Best)
			}
			if c.rows > 0 {
				state(t, cfg.Dir) // the last checkpoint is kept
			}
		})
	}
}

func nanAt(step, at int) float64 {
	if step == at {
		return math.NaN()
	}
	return 1
}

func zeroAt(step, at int) float64 {
	if step == at {
		return 0
	}
	return 1
}

func TestWithoutValidation(t *testing.T) {
	c := config(t.TempDir())
	r := fitted(t, c, &mean{}, 60, 0)
	lines := strings.Split(string(CSV(r.Rows)), "\n")
	if lines[0] != "epoch,loss,mse,val_loss,val_mse,lr" || len(lines) != 5 || !strings.Contains(lines[1], ",,,0.3") {
		t.Errorf("log:\n%s", strings.Join(lines, "\n"))
	}
	if r.Best != 2 {
		t.Errorf("best epoch %d, want the last by training loss", r.Best)
	}
}

func TestCSV(t *testing.T) {
	rows := []Row{{Epoch: 0, Train: sums{N: 4, Loss: 0.5, MSE: 0.25, KL: 2, L1: 0.1}, Held: sums{N: 2, Loss: 0.125, MSE: 1e-9, KL: 3, L1: 0.2}, LR: 3e-4}}
	want := "epoch,loss,mse,val_loss,val_mse,lr,kl,val_kl,l1,val_l1\n0,0.5,0.25,0.125,1e-09,0.0003,2,3,0.1,0.2\n"
	if got := string(CSV(rows)); got != want {
		t.Errorf("log %q, want %q", got, want)
	}
}

func TestRefusals(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"Config.Epochs=0":      func(c *Config) { c.Epochs = 0 },
		"Config.Batch=0":       func(c *Config) { c.Batch = 0 },
		"Config.Batch=5000":    func(c *Config) { c.Batch = 5000 },
		"Config.LR=0":          func(c *Config) { c.LR = 0 },
		"Config.LR=NaN":        func(c *Config) { c.LR = math.NaN() },
		"Config.LR=+Inf":       func(c *Config) { c.LR = math.Inf(1) },
		"Config.Schedule=step": func(c *Config) { c.Schedule = "step" },
		"Config.Patience=-1":   func(c *Config) { c.Patience = -1 },
		"Config.Every=-1":      func(c *Config) { c.Every = -1 },
	} {
		c := config("")
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
