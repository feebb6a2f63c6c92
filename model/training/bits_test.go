package training

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model/internal/kernel"
)

var update = flag.Bool("update", false, "rewrite the golden bits")

// bitsFile has the start of the SHA-256 of what configs' trainings end in, by
// name. It is the same on every processor.
const bitsFile = "testdata/bits.json"

// TestBits: on every processor, four steps end in the weights, moments and
// losses whose hashes are in the repository. Where they change on purpose:
//
//	go test ./model/training -run TestBits -update
func TestBits(t *testing.T) {
	got, want := map[string]string{}, map[string]string{}
	for name, cfg := range configs(t) {
		cfg.Batch, cfg.Seed = 10, 3
		tr := trained(t, cfg, kernel.Best(), 4)
		held, err := tr.Evaluate(images(cfg.Arch.Input, 23, 4))
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		h.Write(state(t, tr))
		fmt.Fprintf(h, "%x", []float64{held.Loss, held.MSE, held.KL, held.L1})
		got[name] = fmt.Sprintf("%x", h.Sum(nil)[:8])
	}
	if *update {
		text, err := json.MarshalIndent(got, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(bitsFile, append(text, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(bitsFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatalf("%s: %v", bitsFile, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("other bits than in %s (-want +got):\n%s", bitsFile, diff)
	}
}
