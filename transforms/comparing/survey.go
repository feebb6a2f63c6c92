package comparing

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/comparing/codecs"
	"exemplar/transforms/data/variance"
)

// survey is what the first pass finds.
type survey struct {
	ids      []string
	labels   []*string
	codes    []codes // of each model
	pixels   *variance.Sums
	dct      []codecs.Range // of each coefficient; nil without the transform
	rejected int64
	reason   string // what is wrong with the first that is rejected
}

// codes are the numbers of the codes of a model.
type codes struct {
	ranges []codecs.Range // of each dimension
	sums   []float64
	zeros  []int64
}

func newCodes(d int) codes {
	c := codes{make([]codecs.Range, d), make([]float64, d), make([]int64, d)}
	for i := range c.ranges {
		c.ranges[i] = codecs.Nothing
	}
	return c
}

// add takes the code of an image in.
func (c *codes) add(z []float32) {
	for i, v := range z {
		c.ranges[i].Add(float64(v))
		c.sums[i] += float64(v)
		if v == 0 {
			c.zeros[i]++
		}
	}
}

// merge takes those of other images in.
func (c *codes) merge(o codes) {
	for i := range c.ranges {
		c.ranges[i].Merge(o.ranges[i])
		c.sums[i] += o.sums[i]
		c.zeros[i] += o.zeros[i]
	}
}

// surveyed is what the first pass finds of a batch.
type surveyed struct {
	*batch
	codes []codes
	dct   []codecs.Range
}

// survey makes the first pass.
func (in *input) survey(ctx context.Context, dct *codecs.DCT) (*survey, error) {
	s := &survey{pixels: variance.New(in.folder.Shape.Bytes(), in.folder.Shape.Bits, in.full), dct: ranges(dct)}
	for _, m := range in.models {
		s.codes = append(s.codes, newCodes(m.Dimensions))
	}
	reject := func(row schemas.ErrorRow) { // from one goroutine
		if s.rejected++; s.reason == "" {
			s.reason = fmt.Sprintf("%q: %s", row.Name, row.Detail)
		}
	}
	err := each(ctx, in, reject, func(b *batch) (surveyed, error) {
		for _, p := range b.pixels {
			s.pixels.Add(p)
		}
		return in.look(b, dct)
	}, func(r surveyed) {
		s.ids, s.labels = append(s.ids, r.ids...), append(s.labels, r.labels...)
		for i := range r.codes {
			s.codes[i].merge(r.codes[i])
		}
		for i := range r.dct {
			s.dct[i].Merge(r.dct[i])
		}
	})
	if err == nil && len(s.ids) == 0 {
		err = fmt.Errorf("%s holds no image: there is nothing to compare on", in.folder.Dir)
		if s.rejected > 0 {
			err = fmt.Errorf("%s holds no usable image; the first record, %s", in.folder.Dir, s.reason)
		}
	}
	return s, err
}

// ranges returns those of the coefficients of a transform before any image.
func ranges(dct *codecs.DCT) (list []codecs.Range) {
	if dct == nil {
		return nil
	}
	for range dct.Size() {
		list = append(list, codecs.Nothing)
	}
	return list
}

// look encodes a batch, and transforms it.
func (in *input) look(b *batch, dct *codecs.DCT) (surveyed, error) {
	r := surveyed{batch: b, dct: ranges(dct)}
	for _, m := range in.models {
		z, err := m.encode(b)
		if err != nil {
			return r, err
		}
		c := newCodes(m.Dimensions)
		for ; len(z) > 0; z = z[m.Dimensions:] {
			c.add(z[:m.Dimensions])
		}
		r.codes = append(r.codes, c)
	}
	if dct != nil {
		x, y := make([]float64, dct.Size()), make([]float64, dct.Size())
		for _, p := range b.pixels {
			unit(x, p, in.folder.Shape.Bits, in.full)
			dct.Forward(y, x)
			for i, v := range y {
				r.dct[i].Add(v)
			}
		}
	}
	b.pixels = nil
	return r, nil
}

// encode returns the codes of a batch, one after the other.
func (m *compared) encode(b *batch) ([]float32, error) {
	r := m.runners.Take()
	defer m.runners.Give(r)
	z := make([]float32, len(b.pixels)*m.Dimensions)
	r.Encode(z, b.pixels)
	for i, v := range z {
		if v-v != 0 {
			return nil, m.broken(b.ids[i/m.Dimensions], fmt.Sprintf("dimension %d of its code is %v", i%m.Dimensions, v))
		}
	}
	return z, nil
}

// broken is the error of a model that gives numbers which are none.
func (m *compared) broken(id, what string) error {
	return fmt.Errorf("model %s: image %q: %s, so that nothing can be said of the model's errors: leave it out of Config.Models, or train it again, with a smaller learning rate", m.Folder, id, what)
}
