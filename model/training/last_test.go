package training

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// TestLastBatch: steps on any number of images up to the batch, of common sizes and
// architectures, end in the bits of the portable kernels. Some sizes need more
// scratch for 3 images than for 4, the first four of the cases among them.
func TestLastBatch(t *testing.T) {
	type last struct {
		filters []int
		convs   int
		side    int
		images  int
	}
	cases := []last{{[]int{4, 8}, 1, 64, 3}, {[]int{4, 8, 8}, 1, 90, 7}, {[]int{16, 32}, 1, 70, 3}, {[]int{16, 32, 64, 128}, 2, 32, 3}}
	rng := rand.New(rand.NewPCG(41, 42))
	for len(cases) < 40 {
		c := last{[]int{4, 8}, 1, 8 + rng.IntN(60), 1 + rng.IntN(8)}
		switch rng.IntN(8) {
		case 0, 1, 2:
			c.filters = []int{4, 8, 8}
		case 3, 4:
			c.filters, c.side = []int{16, 32}, 8+rng.IntN(40)
		case 5:
			c.filters, c.convs, c.side, c.images = []int{16, 32, 64, 128}, 2, 16+rng.IntN(17), 1+rng.IntN(3)
		}
		cases = append(cases, c)
	}
	if testing.Short() { // an emulator takes seconds for a case
		cases = cases[:8]
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%v x %d, %d pixels, %d images", c.filters, c.convs, c.side, c.images), func(t *testing.T) {
			arch := model.Arch{Family: model.FamilyConv, Input: model.Input{Height: c.side, Width: c.side}, Latent: 4, Filters: c.filters, ConvsPerStage: c.convs}
			cfg := Config{Arch: parse(t, arch), Loss: LossMSE, Batch: 8, Seed: 3, Workers: 2}
			pixels := images(cfg.Arch.Input, c.images, 9)
			var want []byte
			for _, set := range kernel.All() {
				tr, err := newTrainer(cfg, set)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := tr.Step(1e-3, pixels); err != nil {
					t.Fatal(err)
				}
				switch got := state(t, tr); {
				case want == nil:
					want = got
				case !bytes.Equal(got, want):
					t.Errorf("%s kernels: other bits", set.Name())
				}
				if err := tr.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
