package training

import (
	"bytes"
	"testing"

	"exemplar/model/internal/kernel"
)

// TestTape: what is noted of the machine's first run gives what the machine gives in every
// run, to the last bit. All but sums that Gorgonia computes itself is noted.
func TestTape(t *testing.T) {
	noted := 0
	for name, cfg := range configs(t) {
		cfg.Batch, cfg.Seed = 6, 3
		var states [2][]byte
		for i := range states {
			tr, err := newTrainer(cfg, kernel.Best())
			if err != nil {
				t.Fatal(err)
			}
			if i == 1 {
				tr.train.fixed, tr.eval.fixed = false, false
			}
			more(t, tr, 0, 4)
			if _, err := tr.Evaluate(images(cfg.Arch.Input, 9, 4)); err != nil {
				t.Fatal(err)
			}
			more(t, tr, 4, 6)
			if tr.train.whole != (i == 0 && tr.net.kl == nil && tr.net.l1 == nil) {
				t.Errorf("%s, %d: the steps are noted: %t", name, i, tr.train.whole)
			}
			if tr.train.whole {
				noted++
			}
			states[i] = state(t, tr)
		}
		if !bytes.Equal(states[0], states[1]) {
			t.Errorf("%s: other bits than Gorgonia's machine", name)
		}
	}
	if noted == 0 {
		t.Error("no configuration is noted")
	}
}
