package training

import (
	"math"
	"math/rand/v2"
	"testing"

	"exemplar/model"
)

// configs are of every option and family, small.
func configs(t *testing.T) map[string]Config {
	conv := model.Arch{Family: model.FamilyConv, Input: model.Input{Height: 13, Width: 10}, Latent: 3, Filters: []int{3, 18}, ConvsPerStage: 2}
	rgb := model.Arch{Family: model.FamilyConv, Input: model.Input{Height: 8, Width: 9, Channels: 3, Bits: 16}, Latent: 4, Filters: []int{17}, ConvsPerStage: 1,
		Activations: model.Activations{Hidden: model.ActTanh, Expand: model.ActReLU, Latent: model.ActSigmoid, Output: model.ActLinear}}
	tiny := model.Arch{Family: model.FamilyConv, Input: model.Input{Height: 4, Width: 5}, Latent: 1, Filters: []int{2, 3}, ConvsPerStage: 1,
		Activations: model.Activations{Hidden: model.ActTanh}}
	dense := model.Arch{Family: model.FamilyDense, Input: model.Input{Height: 6, Width: 5}, Latent: 4, Widths: []int{19, 33}}
	bare := model.Arch{Family: model.FamilyDense, Input: model.Input{Height: 6, Width: 5}, Latent: 4, Activations: model.Activations{Hidden: model.ActSigmoid}}
	two := model.Arch{Family: model.FamilyConv, Input: model.Input{Height: 12, Width: 15, Channels: 2}, Latent: 3, Filters: []int{16}, ConvsPerStage: 1}
	five := model.Arch{Family: model.FamilyConv, Input: model.Input{Height: 11, Width: 13, Channels: 5}, Latent: 4, Filters: []int{7, 33}, ConvsPerStage: 1}
	sixteen := model.Arch{Family: model.FamilyConv, Input: model.Input{Height: 9, Width: 8, Channels: 16, Bits: 16}, Latent: 3, Filters: []int{20}, ConvsPerStage: 2,
		Activations: model.Activations{Output: model.ActTanh}}
	byteConv, byteDense := conv, dense
	byteConv.Input.Scale, byteDense.Input.Scale = model.ScaleByte, model.ScaleByte
	byteDense.Activations = model.Activations{Latent: model.ActReLU, Output: model.ActReLU}
	symmetric := conv
	symmetric.Input.Scale = model.ScaleSymmetric
	return map[string]Config{
		"symmetric":         {Arch: parse(t, symmetric), Loss: LossMSE, Noise: 0.2, L1: 0.01},
		"byte":              {Arch: parse(t, byteConv), Loss: LossMAE, Noise: 0.2, DropoutInput: 0.3},
		"byte, dense":       {Arch: parse(t, byteDense), Loss: LossMSE, InitNormal: 0.05},
		"descent":           {Arch: parse(t, dense), Loss: LossMAE, Optimizer: OptimizerSGD, Momentum: 0.9, Dropout: 0.2, DropoutInput: 0.1, ClipNorm: 0.05},
		"conv":              {Arch: parse(t, conv), Loss: LossMSE},
		"conv, everything":  {Arch: parse(t, conv), Loss: LossBCE, Noise: 0.2, L1: 0.01, Dropout: 0.3, Variational: true, Beta: 2, ClipNorm: 0.5},
		"rgb":               {Arch: parse(t, rgb), Loss: LossMSE, L1: 0.02},
		"two":               {Arch: parse(t, two), Loss: LossBCE},
		"five":              {Arch: parse(t, five), Loss: LossMSE, Noise: 0.1},
		"sixteen":           {Arch: parse(t, sixteen), Loss: LossMAE},
		"tiny":              {Arch: parse(t, tiny), Loss: LossBCE, L1: 0.1},
		"dense":             {Arch: parse(t, dense), Loss: LossBCE, Dropout: 0.2},
		"dense, everything": {Arch: parse(t, dense), Loss: LossMSE, Noise: 0.2, L1: 0.01, Dropout: 0.3, Variational: true, Beta: 1},
		"bare":              {Arch: parse(t, bare), Loss: LossMSE, Variational: true, Beta: 1},
	}
}

// TestNetworkGradients checks the gradients of whole networks, with every
// option, against central differences of their definition in float64.
func TestNetworkGradients(t *testing.T) {
	for name, cfg := range configs(t) {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(35, 36))
			cfg.Batch, cfg.Seed = 5, 7
			tr, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range tr.weights { // biases of zero put ReLU on its edge
				k, b := w.unpack(w.w)
				for i := range b {
					b[i] = float32(rng.Float64()-0.2) / 2
				}
				w.pack(w.w, k, b)
			}
			losses, err := tr.pass(tr.train, true, images(cfg.Arch.Input, 2, 9))
			if err != nil {
				t.Fatal(err)
			}
			n := tr.net
			weights := map[*weighted][2][]float64{}
			for _, s := range n.steps {
				if s, ok := s.(*weighted); ok {
					k, b := s.weights.unpack(s.weights.w)
					weights[s] = [2][]float64{wide(k), wide(b)}
				}
			}
			f := func() (sum float64) {
				size := n.loss.shape.Size()
				for i := range tr.images {
					x32 := make([]float32, n.input.shape.Size())
					n.input.gather(x32, n.x, i, n.input.shape)
					x := wide(x32)
					for j := 0; j <= len(n.steps); j++ {
						if n.kl != nil && j == n.heads {
							sum += n.kl.factor * referenceKL(x)
						}
						if n.l1 != nil && j == n.code {
							sum += n.l1.factor * referenceL1(x)
						}
						if j < len(n.steps) {
							var w [2][]float64
							if s, ok := n.steps[j].(*weighted); ok {
								w = weights[s]
							}
							x = reference(n.steps[j], x, w[0], w[1], i)
						}
					}
					from := n.loss.from.shape
					if n.loss.from.lead > 0 {
						from = n.loss.shape
					}
					sum += referenceLoss(cfg.Loss, from, n.loss.shape, x, n.loss.target[i*size:(i+1)*size]) / float64(size)
				}
				return sum / float64(tr.images)
			}
			if want := f(); !(math.Abs(losses.Loss-want) <= 1e-5*want) {
				t.Errorf("loss %v, want %v", losses.Loss, want)
			}
			for _, step := range n.steps {
				s, ok := step.(*weighted)
				if !ok {
					continue
				}
				w := weights[s]
				k, b := s.weights.unpack(s.weights.gradient)
				check(t, rng, 20, s.weights.name+".kernel", k, w[0], f)
				// Where activations are larger, so is what changes them as little.
				checkBy(t, rng, smallStep*cfg.Arch.Input.Span(), 20, s.weights.name+".bias", b, w[1], f)
			}
		})
	}
}
