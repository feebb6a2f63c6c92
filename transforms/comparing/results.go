package comparing

import (
	"math"

	"exemplar/schemas"
	"exemplar/transforms/comparing/codecs"
)

// Model is what a comparison found of a model. What is not known is NaN.
type Model struct {
	schemas.ComparedModel
	BitsPerPixel float64 // of its codes in schemas.CodeBits
	MSE, MAE     float64
	MSE8, MAE8   float64 // with the codes in schemas.CodeBits
	Missed       float64 // MSE as a share of the variance of the images
	AUROC, SE    float64
	Cosine       float64 // largest magnitude between two columns of an affine decoder

	Constant    int     // dimensions that are the same for all images
	Correlation float64 // largest magnitude between two dimensions, I and J
	I, J        int
	Average     float64 // magnitude of the correlations
}

// Rate is what a method makes of the images with so many bits.
type Rate struct {
	Method    string // of schemas
	Model     string // of schemas.MethodModel and MethodPCA
	Parameter int    // dimensions, quality or coefficients
	Bits      float64
	MSE, MAE  float64
}

// Angle is between the column spaces of two affine decoders.
type Angle struct {
	Model, Other string
	Degrees      []float64 // principal angles, the smallest first
}

// PSNR is the peak signal-to-noise ratio in decibels of a mean squared error of pixels in
// [0,1].
func PSNR(mse float64) float64 { return -10 * math.Log10(mse) }

// models puts together what is known of the models.
func (p *plan) results() {
	n := len(p.found.ids)
	pixels := float64(p.in.folder.Shape.Height * p.in.folder.Shape.Width)
	for i, c := range p.in.models {
		r := Model{ComparedModel: c.ComparedModel, AUROC: math.NaN(), SE: math.NaN(), Cosine: math.NaN()}
		r.BitsPerPixel = float64(schemas.CodeBits*c.Dimensions) / pixels
		for _, e := range p.measured.errors[i] {
			r.MSE, r.MAE = r.MSE+float64(e.mse), r.MAE+float64(e.mae)
			r.MSE8, r.MAE8 = r.MSE8+float64(e.mse8), r.MAE8+float64(e.mae8)
		}
		for _, sum := range []*float64{&r.MSE, &r.MAE, &r.MSE8, &r.MAE8} {
			*sum /= float64(n)
		}
		if r.Missed = math.NaN(); p.manifest.Variance > 0 {
			r.Missed = r.MSE / p.manifest.Variance
		}
		m := newMoments(p.found.codes[i], p.measured.moments[i], n)
		r.Constant, r.Correlation, r.I, r.J, r.Average = m.constant, m.largest, m.i, m.j, m.average
		p.moments = append(p.moments, m)
		if p.anomaly != nil {
			errors := make([]float32, n)
			for k, e := range p.measured.errors[i] {
				errors[k] = e.mse
			}
			roc := newROC(errors, p.anomaly)
			r.AUROC, r.SE = roc.auc, roc.se
			p.rocs = append(p.rocs, roc)
		}
		p.models = append(p.models, r)
	}
	p.rates = p.rated(float64(n), pixels)
	p.compareSpans()
}

// rated returns what all methods make of n images of so many pixels.
func (p *plan) rated(n, pixels float64) (list []Rate) {
	for _, m := range p.models {
		list = append(list, Rate{schemas.MethodModel, m.Folder, m.Dimensions, m.BitsPerPixel, m.MSE8, m.MAE8})
	}
	add := func(method, model string, parameter int, t total) {
		list = append(list, Rate{method, model, parameter, t.bits / n / pixels, t.mse / n, t.mae / n})
	}
	for i, c := range p.in.models {
		for k, first := range c.firsts {
			add(schemas.MethodPCA, c.Folder, first, p.measured.firsts[i][k])
		}
	}
	for i, t := range p.measured.jpeg {
		add(schemas.MethodJPEG, "", codecs.Qualities[i], t)
	}
	if p.dct == nil {
		return list
	}
	kept := codecs.Ladder(p.dct.Size() / 2)
	for i, t := range p.measured.dct {
		add(schemas.MethodDCT, "", kept[i], t)
	}
	for i, t := range p.measured.dct {
		t.bits += n * codecs.PositionBits(p.dct.Size(), kept[i])
		add(schemas.MethodDCTPositions, "", kept[i], t)
	}
	return list
}

// compareSpans measures the angles between the decoders that are affine.
func (p *plan) compareSpans() {
	spans := make([]*span, len(p.in.models))
	for i, c := range p.in.models {
		if spans[i] = spanOf(c.model); spans[i] == nil {
			continue
		}
		p.models[i].Cosine = spans[i].cosine
		for j, other := range spans[:i] {
			if other != nil {
				p.angles = append(p.angles, Angle{p.models[j].Folder, c.Folder, angles(other, spans[i])})
			}
		}
	}
}

// AtRate returns, of each method but the models', what it makes of the images at the largest of
// its rates that does not exceed one; a method without such a rate has its smallest.
func AtRate(rates []Rate, bits float64) (list []Rate) {
	type key struct{ method, model string }
	at := map[key]int{}
	for _, r := range rates {
		if r.Method == schemas.MethodModel {
			continue
		}
		k := key{r.Method, r.Model}
		i, ok := at[k]
		switch {
		case !ok:
			at[k] = len(list)
			list = append(list, r)
		case closer(r.Bits, list[i].Bits, bits):
			list[i] = r
		}
	}
	return list
}

// closer reports whether a rate is to be shown rather than another.
func closer(rate, than, bits float64) bool {
	if than > bits { // none so far that does not exceed it
		return rate < than
	}
	return rate <= bits && rate > than
}
