package model

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model/internal/kernel"
)

var update = flag.Bool("update", false, "rewrite the golden bits")

// bitsFile has the hashes of what fixed models compute of fixed images. It is
// the same on every processor.
const bitsFile = "testdata/bits.json"

// bits is the content of bitsFile.
type bits struct {
	Numerics string                // that of the plan
	Hashes   map[string]hashedBits // by the name of the architecture
}

// hashedBits are the starts of the SHA-256 of the little-endian numbers.
type hashedBits struct{ Latents, Pixels, MSE string }

// bitsArchs are the presets, short tests without ae1m but for one on less of the
// side, and what they leave out: channels and filters that are no whole blocks,
// 16 bits, sizes that halve with a remainder, every activation, family linear.
func bitsArchs(t *testing.T) map[string]Arch {
	archs := map[string]Arch{}
	for _, name := range Presets() {
		archs[name] = mustPreset(t, name)
	}
	small := archs["ae1m"]
	small.Input.Height, small.Input.Width = 52, 37
	archs["ae1m of 52x37"] = small
	if testing.Short() {
		delete(archs, "ae1m")
	}
	for name, text := range map[string]string{
		"conv tanh":      `{"family":"conv","input":{"height":19,"width":13,"channels":3,"bits":16},"latent":7,"filters":[5,17],"convs_per_stage":2,"activations":{"hidden":"tanh","latent":"sigmoid","expand":"tanh","output":"tanh"}}`,
		"conv sigmoid":   `{"family":"conv","input":{"height":11,"width":30},"latent":20,"filters":[33],"convs_per_stage":1,"activations":{"hidden":"sigmoid","latent":"tanh","expand":"relu","output":"sigmoid"}}`,
		"conv linear":    `{"family":"conv","input":{"height":8,"width":70,"channels":3},"latent":3,"filters":[1,40,2],"convs_per_stage":2,"activations":{"hidden":"linear","latent":"relu","expand":"sigmoid","output":"linear"}}`,
		"dense tanh":     `{"family":"dense","input":{"height":23,"width":29,"bits":16},"latent":11,"widths":[300,17],"activations":{"hidden":"tanh","latent":"relu","expand":"sigmoid","output":"tanh"}}`,
		"linear nearest": `{"family":"linear","input":{"height":31,"width":45,"channels":3},"latent":6,"working":{"height":9,"width":32},"upsample":"nearest"}`,
		"symmetric":      `{"family":"conv","input":{"height":21,"width":18,"scale":"symmetric"},"latent":6,"filters":[16,32],"convs_per_stage":1}`,
		"linear":         `{"family":"linear","input":{"height":64,"width":50,"bits":16},"latent":9,"working":{"height":20,"width":17},"upsample":"bilinear"}`,
	} {
		a, err := ParseArch([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		archs[name] = a
	}
	for channels, text := range map[int]string{
		2:  `{"family":"conv","input":{"height":14,"width":15},"latent":5,"filters":[16,32],"convs_per_stage":1}`,
		4:  `{"family":"conv","input":{"height":28,"width":28,"bits":16},"latent":8,"filters":[16],"convs_per_stage":2}`,
		5:  `{"family":"conv","input":{"height":30,"width":29},"latent":9,"filters":[32,16],"convs_per_stage":1}`,
		6:  `{"family":"linear","input":{"height":31,"width":29},"latent":6,"working":{"height":10,"width":8}}`,
		7:  `{"family":"dense","input":{"height":8,"width":9},"latent":6,"widths":[40]}`,
		8:  `{"family":"conv","input":{"height":9,"width":17,"scale":"symmetric"},"latent":4,"filters":[4,20],"convs_per_stage":1}`,
		15: `{"family":"conv","input":{"height":5,"width":6,"bits":16},"latent":6,"filters":[3,40],"convs_per_stage":1,"activations":{"output":"relu"}}`,
		16: `{"family":"conv","input":{"height":21,"width":20},"latent":6,"filters":[17],"convs_per_stage":2}`,
	} {
		a, err := ParseArch([]byte(text))
		if err != nil {
			t.Fatalf("%d channels: %v", channels, err)
		}
		a.Input.Channels = channels
		archs[fmt.Sprint("channels ", channels)] = a
	}
	for name, text := range map[string]string{ // pixels of randomImages are above it, too
		"12 bits":           `{"family":"conv","input":{"height":19,"width":22,"channels":5,"bits":16,"full_scale":4095},"latent":7,"filters":[16,32],"convs_per_stage":1}`,
		"12 bits symmetric": `{"family":"conv","input":{"height":17,"width":20,"channels":2,"bits":16,"full_scale":4095,"scale":"symmetric"},"latent":5,"filters":[8],"convs_per_stage":2}`,
		"12 bits byte":      `{"family":"dense","input":{"height":9,"width":7,"channels":5,"bits":16,"full_scale":4095,"scale":"byte"},"latent":6,"widths":[30]}`,
		"12 bits linear":    `{"family":"linear","input":{"height":31,"width":29,"channels":5,"bits":16,"full_scale":4095},"latent":6,"working":{"height":10,"width":8}}`,
	} {
		a, err := ParseArch([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		archs[name] = a
	}
	return archs
}

// exactModel is randomModel with weights whose bits are the same on every
// processor: none needs more than a correctly rounded product and root.
func exactModel(a Arch, seed uint64) *Model {
	rng := rand.New(rand.NewPCG(seed, 3))
	return filledModel(a, func(fan float64) float64 {
		return (rng.Float64() - 0.5) * math.Sqrt(18/fan) // of variance 1.5/fan
	})
}

func hashNumbers(x any) string {
	h := sha256.New()
	if err := binary.Write(h, binary.LittleEndian, x); err != nil {
		panic(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// TestBits: on every processor, every implementation of the kernels computes
// the latents, pixels and errors whose hashes are in the repository, so the bits
// that it computed when they were written. Where bits change on purpose, change
// numerics, by which runs tell latents apart, and rewrite the hashes:
//
//	go test ./model -run TestBits -update
func TestBits(t *testing.T) {
	var want bits
	if text, err := os.ReadFile(bitsFile); err == nil {
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatalf("%s: %v", bitsFile, err)
		}
	} else if !*update {
		t.Fatal(err)
	}
	if testing.Short() {
		delete(want.Hashes, "ae1m")
	}
	for i, set := range kernel.All() {
		t.Run(set.Name(), func(t *testing.T) {
			got := bits{numerics, map[string]hashedBits{}}
			for name, a := range bitsArchs(t) {
				images := 3
				if name == "ae1m" {
					images = 1 // which takes the portable path a second
				}
				r := compute(t, exactModel(a, 41), set, images, randomImages(a.Input, images, 42))
				got.Hashes[name] = hashedBits{hashNumbers(r.z), hashNumbers(r.x), hashNumbers(r.mse)}
			}
			if *update && i == 0 {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("other bits than in %s (-want +got):\n%s", bitsFile, diff)
			}
		})
	}
	if !*update || t.Failed() {
		return
	}
	if testing.Short() {
		t.Fatal("short tests leave out ae1m: give -update without -short")
	}
	text, err := json.MarshalIndent(want, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bitsFile, append(text, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
}
