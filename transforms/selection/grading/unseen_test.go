package grading

import (
	"cmp"
	"context"
	"math"
	"testing"

	"exemplar/schemas"
)

// TestUnseen: where the pixels are the latents themselves, the grade in their space is that
// in the whitened latents; and only images that are asked for are read.
func TestUnseen(t *testing.T) {
	w := newWorld(2000, 8, 10, 3, 3)
	set := w.pick(3, clusters(10), cmp.Compare[float64])
	in := w.input(w.all(), set)
	place := map[string]int{}
	for i, im := range w.rows.Images {
		place[im.ID] = i
	}
	s := &Selection{Pixels: func(_ context.Context, images []Image) (x []float32, d int, err error) {
		if len(images) != 2000+30 {
			t.Errorf("%d images are read", len(images))
		}
		for _, im := range images {
			x = append(x, w.rows.row(place[im.ID])...)
		}
		return x, 8, nil
	}}
	// Rows come in the order of their hash from Join.
	in.Sample = in.Sample.some(shuffled(in.Seed^sampleSalt, in.Sample.Images))
	u, err := s.unseen(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	in.Unseen = u
	g := grade(t, in).Grade
	if g.Pixels == nil || g.Pixels.Evaluated != 1000 || g.Pixels.Pool != 1000 || g.Pixels.Numbers != 8 {
		t.Fatalf("%+v", g.Pixels)
	}
	figures := map[string]schemas.SpaceGrade{}
	for _, sp := range g.Sets[0].Spaces {
		figures[sp.Space] = sp
	}
	a, b := figures[schemas.SpaceWhitened], figures[schemas.SpacePixels]
	for _, f := range [][2]float64{{a.Quantization.Picks, b.Quantization.Picks}, {a.Skill.Value, b.Skill.Value}, {a.MMD2.Picks, b.MMD2.Picks}, {float64(a.Equivalent.Random), float64(b.Equivalent.Random)}} {
		if f[0] == 0 || math.Abs(f[0]-f[1]) > 1e-5*math.Abs(f[0]) {
			t.Errorf("whitened %v, pixels %v", f[0], f[1])
		}
	}
}
