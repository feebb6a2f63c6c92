package linear

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
)

var update = flag.Bool("update", false, "rewrite the golden bits")

// bitsFile has the start of the SHA-256 of weights and variances, by name. It is the
// same on every processor.
const bitsFile = "testdata/bits.json"

// mixed returns n images that are sums of a few others, in integers alone: the
// standard library's functions differ between processors.
func mixed(n, rank int, in model.Input) [][]byte {
	r := rand.New(rand.NewPCG(7, uint64(rank)))
	parts := make([][]uint32, rank)
	for k := range parts {
		parts[k] = make([]uint32, in.Values())
		for i := range parts[k] {
			parts[k][i] = r.Uint32N(60_000 / uint32(rank))
		}
	}
	out := make([][]byte, n)
	for j := range out {
		out[j] = make([]byte, in.Bytes())
		sum := make([]uint32, in.Values())
		for k, p := range parts {
			share := r.Uint32N(256) >> (k % 5)
			for i, v := range p {
				sum[i] += v * share / 256
			}
		}
		for i, v := range sum {
			if in.Bits == 8 {
				out[j][i] = byte(v >> 8)
			} else {
				binary.LittleEndian.PutUint16(out[j][2*i:], uint16(v+r.Uint32N(100)))
			}
		}
	}
	return out
}

// TestBits: on every processor, training ends in the weights and variances whose
// hashes are in the repository. Where they change on purpose:
//
//	go test ./model/linear -run TestBits -update
func TestBits(t *testing.T) {
	color := model.Input{Height: 15, Width: 14, Channels: 3, Bits: 8, Scale: model.ScaleUnit}
	got, want := map[string]string{}, map[string]string{}
	for name, c := range map[string]struct {
		cfg    Config
		images [][]byte
	}{
		"iterated":   {Config{Input: input, Latent: 9, Oversample: 5, Seed: 3}, mixed(210, 40, input)},
		"exact":      {Config{Input: input, Working: model.Size{Height: 7, Width: 6}, Latent: 42}, mixed(150, 50, input)},
		"dependent":  {Config{Input: input, Latent: 20, Seed: 1}, mixed(7, 12, input)},
		"one vector": {Config{Input: input, Working: model.Size{Height: 1, Width: 1}, Latent: 1}, mixed(20, 3, input)},
		"in color":   {Config{Input: color, Working: model.Size{Height: 4, Width: 5}, Latent: 8, Seed: 2}, mixed(130, 30, color)},
	} {
		m, s, err := Train(context.Background(), c.cfg, split(c.images, 3))
		if err != nil {
			t.Fatal(name, err)
		}
		plan, err := model.Compile(m)
		if err != nil {
			t.Fatal(name, err)
		}
		z := make([]float32, len(c.images)*c.cfg.Latent)
		plan.NewRunner(8).Encode(z, c.images)
		h := sha256.New()
		for _, w := range append(append(model.Weights{}, m.Encoder...), m.Decoder...) {
			binary.Write(h, binary.LittleEndian, w.Data)
		}
		binary.Write(h, binary.LittleEndian, append(s.Components, s.Variance, s.Explained()))
		binary.Write(h, binary.LittleEndian, z)
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
