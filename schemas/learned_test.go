package schemas

import (
	"strings"
	"testing"
)

// TestLearned: errors are told with the digits that count, and a model no better than
// the mean image is named.
func TestLearned(t *testing.T) {
	cells := &Learned{Images: 340, MSE: 1.2493e-5, MeanImage: 2.39e-6, Gray: 1.315e-5}
	if got, want := cells.String(), "mean squared error 1.249e-05, 523 % of the variance (the mean image has 2.39e-06, one gray value 1.315e-05)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if w := cells.Warning(); !strings.Contains(w, "learned nothing") || strings.Contains(w, "gray") {
		t.Errorf("warning %q", w)
	}
	for _, l := range []*Learned{nil, {Images: 3, MSE: 0.001, MeanImage: 0.002, Gray: 0.002}, {Images: 3, MSE: 0, MeanImage: 0, Gray: 0}} {
		if w := l.Warning(); w != "" {
			t.Errorf("%+v: warning %q", l, w)
		}
	}
	metrics := map[string]float64{}
	if cells.Note(metrics); *LearnedOf(metrics) != *cells {
		t.Errorf("%v gives %+v", metrics, LearnedOf(metrics))
	}
	if LearnedOf(nil) != nil || JoinErrors(nil) != nil || JoinErrors([]ErrorSums{{}}) != nil {
		t.Error("nothing known is something")
	}
	// One image a shard tells nothing of the mean image.
	if l := JoinErrors([]ErrorSums{{Images: 1, MSE: 2, Mean: 0.5}, {}, {Images: 1, MSE: 4, Mean: 0.7}}); l.MSE != 3 || l.MeanImage != 0 || !(l.Gray > 0.0099 && l.Gray < 0.0101) {
		t.Errorf("%+v", l)
	}
	m := LatentsManifest{Trained: cells, Reconstructed: &Learned{Images: 2, MSE: 1}}
	if m.Learned() != cells {
		t.Error("errors without a variance hide those of the training")
	}
}

// The warning is of images that the model tells apart at least twice as badly as those of its
// training, and of no model that has learned nothing, which has a warning of its own.
func TestUnsuited(t *testing.T) {
	of := func(mse, mean float64) *Learned {
		return &Learned{Images: 10, MSE: mse, MeanImage: mean, Gray: 2 * mean}
	}
	for name, c := range map[string]struct {
		trained, here *Learned
		want          string
	}{
		"as in training":     {of(0.01, 0.1), of(0.012, 0.1), ""},
		"another collection": {of(0.01, 0.1), of(0.03, 0.1), "miss 30 %, 3 times as much as of the images of its training (10 %; mean squared error 0.03, there 0.01)"},
		"darker images":      {of(0.01, 0.1), of(0.002, 0.008), "miss 25 %, 2.5 times as much"},
		"nothing learned":    {of(0.01, 0.1), of(0.2, 0.1), ""},
		"no training known":  {nil, of(0.03, 0.1), ""},
		"no errors known":    {of(0.01, 0.1), nil, ""},
	} {
		got := (&LatentsManifest{Trained: c.trained, Reconstructed: c.here}).Unsuited()
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestLearnedOfRows: latents of a table say of their model that it is one of rows.
func TestLearnedOfRows(t *testing.T) {
	m := &LatentsManifest{Trained: &Learned{Images: 3, MSE: 2, MeanImage: 1, Gray: 0.5}}
	if text := m.Learned().Warning() + m.Learned().String(); !strings.Contains(text, "mean image") || !strings.Contains(text, "gray value") {
		t.Error(text)
	}
	m.Spec.Source = SourceRows
	if text := m.Learned().Warning() + m.Learned().String(); strings.Contains(text, "image") || strings.Contains(text, "gray") || !strings.Contains(text, "in place of every row (1)") {
		t.Error(text)
	}
	if m.Trained.Rows {
		t.Error("the manifest changed")
	}
	m.Trained = nil
	if m.Learned() != nil {
		t.Error("something of nothing")
	}
}
