package training

import (
	"context"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/model"
	"exemplar/model/linear"
)

// digitImages are 10,000 digits to train on, and 2,000 held out, with labels.
type digitImages struct {
	train, held             [][]byte
	trainLabels, heldLabels []byte
}

func readDigits(t *testing.T) (d digitImages) {
	t.Helper()
	if testing.Short() {
		t.Skip("trains for epochs")
	}
	read := func(prefix string, n int) ([][]byte, []byte) {
		return digits(t, prefix+"-images-idx3-ubyte.gz")[:n], unzip(t, prefix+"-labels-idx1-ubyte.gz")[8:][:n]
	}
	d.train, d.trainLabels = read("train", 10_000)
	d.held, d.heldLabels = read("t10k", 2000)
	return d
}

// fitted trains for some epochs in batches of 64, in an order drawn from the
// seed, and returns the losses of each on the images that are held out.
func (d digitImages) fitted(t *testing.T, cfg Config, rate float64, epochs int) (*model.Model, []Losses) {
	t.Helper()
	cfg.Batch, cfg.Seed = 64, 1
	tr, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	var list []Losses
	order := slices.Clone(d.train)
	rng := rand.New(rand.NewPCG(1, 0))
	for range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for batch := range slices.Chunk(order, cfg.Batch) {
			if _, err := tr.Step(rate, batch); err != nil {
				t.Fatal(err)
			}
		}
		l, err := tr.Evaluate(d.held)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, l)
	}
	return tr.Model(), list
}

// coded returns the codes and the reconstructions of images.
func coded(t *testing.T, m *model.Model, images [][]byte) (z, x []float32) {
	t.Helper()
	plan, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	z, x = make([]float32, len(images)*plan.Latent()), make([]float32, len(images)*plan.Input().Values())
	r := plan.NewRunner(64)
	r.Encode(z, images)
	r.Decode(x, z)
	return z, x
}

func preset(t *testing.T, name string) model.Arch {
	t.Helper()
	a, err := model.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestDenoising: what the denoising autoencoder makes of noisy digits that it
// has not seen is nearer to the clean ones by far, and nearer than what an
// autoencoder makes that has not learned from noisy ones.
func TestDenoising(t *testing.T) {
	d := readDigits(t)
	const noise = 0.3
	rng := rand.New(rand.NewPCG(2, 0))
	noisy := make([][]byte, len(d.held))
	for i, clean := range d.held {
		for _, p := range clean {
			v := float64(p) + 255*noise*rng.NormFloat64()
			noisy[i] = append(noisy[i], byte(math.Round(min(max(v, 0), 255))))
		}
	}
	// psnr is that of pixels in [0,1], in dB, over all images.
	psnr := func(pixel func(i, j int) float64) float64 {
		var sum float64
		for i, clean := range d.held {
			for j, p := range clean {
				e := pixel(i, j) - float64(p)/255
				sum += e * e
			}
		}
		return -10 * math.Log10(sum/float64(784*len(d.held)))
	}
	before := psnr(func(i, j int) float64 { return float64(noisy[i][j]) / 255 })
	after := func(noise float64) float64 {
		m, _ := d.fitted(t, Config{Arch: preset(t, "dense-784-128-32"), Loss: LossMSE, Noise: noise}, 2e-3, 12)
		_, x := coded(t, m, noisy)
		return psnr(func(i, j int) float64 { return float64(x[784*i+j]) })
	}
	denoised, plain := after(noise), after(0)
	t.Logf("PSNR %.2f dB of noisy digits, %.2f denoised, %.2f by an autoencoder that has seen no noise", before, denoised, plain)
	if !(denoised >= before+4) || !(denoised >= plain+2) {
		t.Error("too little noise is removed")
	}
}

// TestSparse: with the L1 penalty, the mean absolute number of the code is less
// than half of that without, and the reconstruction not much worse.
func TestSparse(t *testing.T) {
	d := readDigits(t)
	measure := func(l1 float64) (size, mse float64) {
		m, list := d.fitted(t, Config{Arch: preset(t, "dense-784-128-32"), Loss: LossMSE, L1: l1}, 1e-3, 8)
		z, _ := coded(t, m, d.held)
		for _, v := range z {
			size += math.Abs(float64(v)) / float64(len(z))
		}
		return size, list[len(list)-1].MSE
	}
	size, mse := measure(1e-4)
	plainSize, plainMSE := measure(0)
	t.Logf("mean absolute code %.3f and error %.5f with L1, %.3f and %.5f without", size, mse, plainSize, plainMSE)
	if !(size <= 0.5*plainSize) || !(mse <= 1.1*plainMSE) {
		t.Error("too little smaller, or too much worse")
	}
}

// TestVariational: the divergence first rises, as the code takes up information.
// With beta 1 that is all there is to see in some epochs; with a small beta the
// code soon holds more than it needs, and then divergence and reconstruction
// loss both fall.
func TestVariational(t *testing.T) {
	d := readDigits(t)
	type course struct{ kl, reconstruction, loss []float64 }
	train := func(beta float64, epochs int) (c course) {
		_, list := d.fitted(t, Config{Arch: preset(t, "dense-784-128-32"), Loss: LossBCE, Variational: true, Beta: beta}, 3e-3, epochs)
		for _, l := range list {
			c.kl, c.loss = append(c.kl, l.KL), append(c.loss, l.Loss)
			c.reconstruction = append(c.reconstruction, l.Loss-beta*l.KL/784)
		}
		t.Logf("beta %g, KL by epoch: %.1f", beta, c.kl)
		t.Logf("beta %g, reconstruction by epoch: %.4f", beta, c.reconstruction)
		return c
	}
	usual := train(1, 4)
	for i := range 3 {
		if !(usual.kl[i+1] > usual.kl[i]) || !(usual.reconstruction[i+1] < usual.reconstruction[i]) || !(usual.loss[i+1] < usual.loss[i]) {
			t.Errorf("beta 1, epochs %d and %d: KL has to rise, reconstruction and loss to fall", i+1, i+2)
		}
	}
	c := train(0.03, 12)
	// fall is how much the mean of the last three epochs is below that of epochs 2
	// to 4.
	fall := func(x []float64) float64 { return 1 - (x[9]+x[10]+x[11])/(x[1]+x[2]+x[3]) }
	kl, reconstruction := fall(c.kl), fall(c.reconstruction)
	t.Logf("beta 0.03: KL falls by %.1f %%, reconstruction by %.1f %%", 100*kl, 100*reconstruction)
	if !(kl >= 0.05) || !(reconstruction >= 0.1) {
		t.Error("too little")
	}
	if !(usual.kl[3] <= c.kl[3]/2) {
		t.Error("a larger beta has to give a smaller KL")
	}
}

// TestPlane: by 2 dimensions of the stack that the field uses for pictures of
// digits, more of them have a neighbor of their own kind than by the first two
// principal components of the same images.
func TestPlane(t *testing.T) {
	d := readDigits(t)
	m, _ := d.fitted(t, Config{Arch: preset(t, "dense-784-128-64-12-2"), Loss: LossMSE}, 1e-3, 15)
	pca, _, err := linear.Train(context.Background(), linear.Config{Input: m.Arch.Input, Latent: 2, Seed: 1}, source(d.train))
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := d.nearest(t, m), d.nearest(t, pca)
	t.Logf("1-NN accuracy of 2 dimensions: %.4f, of principal components %.4f", ours, theirs)
	if !(ours >= theirs+0.1) {
		t.Error("too little better")
	}
}

// nearest returns the share of the images held out whose nearest neighbor
// among the codes of the others has the same label.
func (d digitImages) nearest(t *testing.T, m *model.Model) float64 {
	t.Helper()
	of, _ := coded(t, m, d.train)
	held, _ := coded(t, m, d.held)
	var right int
	for i, label := range d.heldLabels {
		best, at := float32(math.Inf(1)), 0
		for j := range d.train {
			dx, dy := held[2*i]-of[2*j], held[2*i+1]-of[2*j+1]
			if square := dx*dx + dy*dy; square < best {
				best, at = square, j
			}
		}
		if d.trainLabels[at] == label {
			right++
		}
	}
	return float64(right) / float64(len(d.heldLabels))
}

// source gives images as one shard.
type source [][]byte

func (s source) Shards() int { return 1 }

func (s source) Images(context.Context, int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, image := range s {
			if !yield(image, nil) {
				return
			}
		}
	}
}
