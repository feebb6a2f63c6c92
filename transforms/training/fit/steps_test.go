package fit

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/run/outdir"
)

// limited is a run of so many steps, reported every four.
func limited(dir string, steps int64) Config {
	c := config(dir)
	c.Epochs, c.Steps, c.ReportSteps = 0, steps, 4
	return c
}

// losses is a learner that tells its losses to the test.
func losses(of *[]Losses) *mean {
	return &mean{alter: func(_ int, l *Losses) { *of = append(*of, *l) }}
}

// TestSteps: a run of a number of steps makes as many, is that of as many epochs up to there,
// and its reports are the means of what each step told, weighted by images.
func TestSteps(t *testing.T) {
	data := collection(t, 40, 0.2)
	perEpoch := (data.Training + 7) / 8
	for _, steps := range []int64{1, perEpoch - 1, perEpoch, perEpoch + 1, 2*perEpoch + 3} {
		var told []Losses
		var out bytes.Buffer
		c := limited(t.TempDir(), steps)
		c.Out = &out
		l := losses(&told)
		got, err := Run(context.Background(), c, l, data)
		if err != nil {
			t.Fatal(err)
		}
		epochs := (steps + perEpoch - 1) / perEpoch
		if int64(l.steps) != steps || int64(len(got.Rows)) != epochs || got.Stopped != "" {
			t.Errorf("%d steps wanted, %d made; %d epochs, stopped: %q", steps, l.steps, len(got.Rows), got.Stopped)
		}
		whole := config(t.TempDir())
		whole.Epochs = int(epochs)
		for i, want := range fitted(t, whole, &mean{}, 40, 0.2).Rows {
			if whole := int64(i+1)*perEpoch <= steps; whole != (got.Rows[i] == want) {
				t.Errorf("%d steps, epoch %d: %+v, of a run of epochs %+v", steps, i, got.Rows[i], want)
			}
		}
		var want []Report
		var sum Report
		for i, l := range told {
			sum.Train.N, sum.Train.Loss, sum.Train.MSE = sum.Train.N+int64(l.N), sum.Train.Loss+float64(l.N)*l.Loss, sum.Train.MSE+float64(l.N)*l.MSE
			if step := int64(i + 1); step == 1 || step%4 == 0 || step == steps {
				n := float64(sum.Train.N)
				want = append(want, Report{Step: step, Train: sums{N: sum.Train.N, Loss: sum.Train.Loss / n, MSE: sum.Train.MSE / n}, LR: 0.3})
				sum = Report{}
			}
		}
		near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(a) })
		if diff := cmp.Diff(want, got.Reports, near); diff != "" {
			t.Errorf("%d steps, reports (-want +got):\n%s", steps, diff)
		}
		if n := strings.Count(out.String(), "step "); n != len(want) {
			t.Errorf("%d steps: %d lines:\n%s", steps, n, &out)
		}
	}
}

// TestStepsResume stops such a run at each of its steps and starts it again: files, log and
// reports are those of an undisturbed run. A finished one has nothing left to do.
func TestStepsResume(t *testing.T) {
	const steps = 14
	clean := limited(t.TempDir(), steps)
	clean.Schedule = Cosine
	want := fitted(t, clean, &mean{}, 40, 0.2)
	killed := errors.New("killed")
	for _, every := range []time.Duration{0, 1} {
		for k := 1; k <= steps; k++ {
			c := limited(t.TempDir(), steps)
			c.Every, c.Schedule = every, Cosine
			l := &mean{fault: func(step int) error {
				if step == k {
					return killed
				}
				return nil
			}}
			data := collection(t, 40, 0.2)
			if _, err := Run(context.Background(), c, l, data); !errors.Is(err, killed) {
				t.Fatalf("killed at step %d: %v", k, err)
			}
			l = &mean{}
			r, err := Run(context.Background(), c, l, data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, r) + cmp.Diff(state(t, clean.Dir), state(t, c.Dir)); diff != "" {
				t.Fatalf("killed at step %d, every %d: differs from the undisturbed run (-want +got):\n%s", k, every, diff)
			}
			l = &mean{}
			if again, err := Run(context.Background(), c, l, data); err != nil || l.steps != 0 || cmp.Diff(want, again) != "" {
				t.Fatalf("started again when finished: %d steps, %v", l.steps, err)
			}
		}
	}
	// One that is told to stop in its last step is validated when it goes on.
	c := limited(t.TempDir(), steps)
	c.Schedule = Cosine
	ctx, cancel := context.WithCancel(context.Background())
	l := &mean{fault: func(step int) error {
		if step == steps {
			cancel()
		}
		return nil
	}}
	data := collection(t, 40, 0.2)
	if _, err := Run(ctx, c, l, data); !errors.Is(err, outdir.ErrInterrupted) {
		t.Fatal(err)
	}
	l = &mean{}
	r, err := Run(context.Background(), c, l, data)
	if diff := cmp.Diff(want, r) + cmp.Diff(state(t, clean.Dir), state(t, c.Dir)); err != nil || l.steps != 0 || diff != "" {
		t.Errorf("%d more steps, %v (-want +got):\n%s", l.steps, err, diff)
	}
}

// TestStepsCosine: the schedule ends with the steps.
func TestStepsCosine(t *testing.T) {
	c := Config{LR: 0.8, Steps: 40, Schedule: Cosine}
	for step, want := range map[int64]float64{0: 0.8, 10: 0.8 * (0.5 + math.Sqrt2/4), 20: 0.4, 40: 0} {
		if got := c.rate(step, 7, 0); !(math.Abs(got-want) < 1e-15) {
			t.Errorf("step %d of 40: %g, want %g", step, got, want)
		}
	}
}

func TestReportsCSV(t *testing.T) {
	rows := []Report{{Step: 1, Train: sums{N: 4, Loss: 0.5, MSE: 0.25}, LR: 3e-4}, {Step: 1000, Train: sums{N: 8, Loss: 0.125, MSE: 1e-9}, LR: 1e-4}}
	if got, want := string(ReportsCSV(rows)), "step,loss,mse,lr\n1,0.5,0.25,0.0003\n1000,0.125,1e-09,0.0001\n"; got != want {
		t.Errorf("log %q, want %q", got, want)
	}
	rows[1].Train.KL, rows[0].Train.L1 = 2, 3
	if got, want := string(ReportsCSV(rows)), "step,loss,mse,lr,kl,l1\n1,0.5,0.25,0.0003,0,3\n1000,0.125,1e-09,0.0001,2,0\n"; got != want {
		t.Errorf("log %q, want %q", got, want)
	}
}

func TestStepsRefusals(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"Config.Steps=5: Config.Epochs=3 says how long, too": func(c *Config) { c.Epochs = 3 },
		"Config.Steps=-1":       func(c *Config) { c.Steps = -1 },
		"Config.Steps=2199":     func(c *Config) { c.Steps = 1 << 41 },
		"Config.Epochs=0":       func(c *Config) { c.Steps = 0 },
		"Config.ReportSteps=-1": func(c *Config) { c.ReportSteps = -1 },
	} {
		c := limited("", 5)
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	c := limited(t.TempDir(), 1_000_000)
	c.ReportSteps = 7
	l := &mean{}
	if _, err := Run(context.Background(), c, l, collection(t, 40, 0.2)); err == nil || !strings.Contains(err.Error(), "must be at least 101") || l.steps != 0 {
		t.Errorf("%v after %d steps", err, l.steps)
	}
}
