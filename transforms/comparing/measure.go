package comparing

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/comparing/codecs"
)

// imageErrors are the errors of an image by a model: of the reconstruction, and of that of the
// code in schemas.CodeBits. They are rounded to float32, as the column mse of latents is, and
// all means are of the rounded ones.
type imageErrors struct{ mse, mae, mse8, mae8 float32 }

// total adds up what a method makes of the images.
type total struct{ bits, mse, mae float64 }

func (t *total) add(o total) { t.bits, t.mse, t.mae = t.bits+o.bits, t.mse+o.mse, t.mae+o.mae }

// image takes the errors of an image in, rounded.
func (t *total) image(bits float64, e codecs.Errors) {
	t.add(total{bits, float64(float32(e.MSE)), float64(float32(e.MAE))})
}

// measures is what the second pass finds.
type measures struct {
	errors  [][]imageErrors // of each model, image by image
	moments [][]float64     // of each model: sums of the products of the centered dimensions i and j >= i, row by row
	firsts  [][]total       // of each model, of its first components
	jpeg    []total         // of each quality
	dct     []total         // of each number of coefficients
}

// meter measures the images of a batch.
type meter struct {
	in    *input
	found *survey
	means [][]float64 // of the dimensions of each model
	jpeg  bool
	dct   *codecs.DCT // nil without
	kept  []int       // numbers of coefficients
}

// measure makes the second pass.
func (in *input) measure(ctx context.Context, s *survey, jpeg bool, dct *codecs.DCT) (*measures, error) {
	t := &meter{in: in, found: s, jpeg: jpeg, dct: dct}
	if dct != nil {
		t.kept = codecs.Ladder(dct.Size() / 2)
	}
	for _, c := range s.codes {
		means := make([]float64, len(c.sums))
		for i, sum := range c.sums {
			means[i] = sum / float64(len(s.ids))
		}
		t.means = append(t.means, means)
	}
	all := t.nothing(0)
	err := each(ctx, in, nil, t.batch, all.take)
	if err == nil {
		for i := range all.errors {
			if len(all.errors[i]) != len(s.ids) {
				return nil, fmt.Errorf("%s changed while it was read: %d images, and then %d; run the same command again", in.folder.Dir, len(s.ids), len(all.errors[i]))
			}
		}
	}
	return all, err
}

// nothing returns the measures of no images.
func (t *meter) nothing(images int) *measures {
	m := &measures{}
	for _, c := range t.in.models {
		d := c.Dimensions
		m.errors = append(m.errors, make([]imageErrors, images))
		m.moments = append(m.moments, make([]float64, d*(d+1)/2))
		m.firsts = append(m.firsts, make([]total, len(c.firsts)))
	}
	if t.jpeg {
		m.jpeg = make([]total, len(codecs.Qualities))
	}
	m.dct = make([]total, len(t.kept))
	return m
}

// take takes those of the next images in.
func (m *measures) take(o *measures) {
	for i := range m.errors {
		m.errors[i] = append(m.errors[i], o.errors[i]...)
		for j, v := range o.moments[i] {
			m.moments[i][j] += v
		}
		addAll(m.firsts[i], o.firsts[i])
	}
	addAll(m.jpeg, o.jpeg)
	addAll(m.dct, o.dct)
}

func addAll(sums, of []total) {
	for i := range sums {
		sums[i].add(of[i])
	}
}

// batch measures one.
func (t *meter) batch(b *batch) (*measures, error) {
	m := t.nothing(len(b.ids))
	shape := t.in.folder.Shape
	values := shape.Height * shape.Width * shape.Channels
	pixels := make([][]float64, len(b.ids))
	for i, p := range b.pixels {
		pixels[i] = make([]float64, values)
		unit(pixels[i], p, shape.Bits, t.in.full)
	}
	for i := range t.in.models {
		if err := t.model(m, i, b, pixels); err != nil {
			return nil, err
		}
	}
	for i, p := range b.pixels {
		for q := range m.jpeg {
			scan, e, err := codecs.JPEG(p, shape, codecs.Qualities[q])
			if err != nil {
				return nil, fmt.Errorf("JPEG of image %q: %w", b.ids[i], err)
			}
			m.jpeg[q].image(8*float64(scan), e)
		}
		if t.dct != nil {
			t.transform(m.dct, pixels[i])
		}
	}
	return m, nil
}

// model measures what a model makes of a batch.
func (t *meter) model(m *measures, at int, b *batch, pixels [][]float64) error {
	c, ranges := t.in.models[at], t.found.codes[at].ranges
	z, err := c.encode(b)
	if err != nil {
		return err
	}
	addMoments(m.moments[at], z, t.means[at])
	plain, err := c.decoded(b, z, pixels)
	if err != nil {
		return err
	}
	d := c.Dimensions
	for i, v := range z {
		z[i] = float32(ranges[i%d].Rounded(float64(v)))
	}
	rounded, err := c.decoded(b, z, pixels)
	if err != nil {
		return err
	}
	for i := range b.ids {
		m.errors[at][i] = imageErrors{float32(plain[i].MSE), float32(plain[i].MAE), float32(rounded[i].MSE), float32(rounded[i].MAE)}
	}
	cut := make([]float32, len(z))
	for k, first := range c.firsts {
		for i, v := range z {
			if cut[i] = v; i%d >= first {
				cut[i] = 0
			}
		}
		of, err := c.decoded(b, cut, pixels)
		if err != nil {
			return err
		}
		for _, e := range of {
			m.firsts[at][k].image(float64(first*schemas.CodeBits), e)
		}
	}
	return nil
}

// addMoments adds the products of the centered numbers of codes.
func addMoments(sums []float64, z []float32, means []float64) {
	d := len(means)
	x := make([]float64, d)
	for ; len(z) > 0; z = z[d:] {
		for i, v := range z[:d] {
			x[i] = float64(v) - means[i]
		}
		at := 0
		for i, v := range x {
			for _, w := range x[i:] {
				sums[at] += float64(v * w)
				at++
			}
		}
	}
}

// decoded returns the errors of the images of codes.
func (m *compared) decoded(b *batch, z []float32, pixels [][]float64) ([]codecs.Errors, error) {
	r := m.runners.Take()
	defer m.runners.Give(r)
	size := len(pixels[0])
	x, got := make([]float32, len(pixels)*size), make([]float64, size)
	r.Decode(x, z)
	errors := make([]codecs.Errors, len(pixels))
	for i, want := range pixels {
		for j, v := range x[i*size : (i+1)*size] {
			got[j] = float64(v)
		}
		errors[i] = codecs.ErrorsOf(got, want)
		if mse := float32(errors[i].MSE); mse-mse != 0 {
			return nil, m.broken(b.ids[i], fmt.Sprintf("the squared error of its reconstruction is %v", mse))
		}
	}
	return errors, nil
}

// transform measures an image with its largest coefficients.
func (t *meter) transform(sums []total, pixels []float64) {
	n := len(pixels)
	y, kept, got := make([]float64, n), make([]float64, n), make([]float64, n)
	t.dct.Forward(y, pixels)
	order, done := codecs.Order(y), 0
	for i, k := range t.kept {
		for ; done < k; done++ {
			at := order[done]
			kept[at] = t.found.dct[at].Rounded(y[at])
		}
		t.dct.Inverse(got, kept)
		sums[i].image(float64(k*schemas.CodeBits), codecs.ErrorsOf(got, pixels))
	}
}
