package model

import (
	"math/rand/v2"
	"testing"

	"exemplar/model/internal/kernel"
)

// TestEveryBatchSize: with every implementation of the kernels, latents, pixels
// and errors of images in batches of 1 to 33, in another order for each size,
// are those of the image alone. The models are small, so that the portable path
// too goes through all sizes; their widest layers sum two chunks.
func TestEveryBatchSize(t *testing.T) {
	const images = 33
	for name, text := range map[string]string{
		"conv":  `{"family":"conv","input":{"height":8,"width":15},"latent":17,"filters":[10],"convs_per_stage":2}`,
		"dense": `{"family":"dense","input":{"height":15,"width":20},"latent":3,"widths":[33]}`,
	} {
		a, err := ParseArch([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		m, pixels := randomModel(a, 51), randomImages(a.Input, images, 52)
		var alone [images]results
		for i := range alone {
			alone[i] = compute(t, m, kernel.Best(), 1, pixels[i:i+1])
		}
		for _, set := range kernel.All() {
			p, err := compile(m, set)
			if err != nil {
				t.Fatal(err)
			}
			for batch := 1; batch <= images; batch++ {
				if testing.Short() && batch%8 != 1 {
					continue
				}
				order := rand.New(rand.NewPCG(uint64(batch), 53)).Perm(images)
				shuffled := make([][]byte, images)
				for i, at := range order {
					shuffled[i] = pixels[at]
				}
				var all results
				all.z, all.x, all.mse = runAll(p.NewRunner(batch), shuffled)
				for i, at := range order {
					d, n := a.Latent, a.Input.Values()
					got := results{all.z[i*d : (i+1)*d], all.x[i*n : (i+1)*n], all.mse[i : i+1]}
					if !got.equal(alone[at]) {
						t.Fatalf("%s, %s: image %d, number %d in batches of %d, differs from itself alone", name, set.Name(), at, i, batch)
					}
				}
			}
		}
	}
}
