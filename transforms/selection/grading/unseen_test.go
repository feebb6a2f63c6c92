package grading

import (
	stdcmp "cmp"
	"context"
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// TestUnseen: where the pixels are the latents themselves, the grade in their space is that
// in the whitened latents; and only images that are asked for are read.
func TestUnseen(t *testing.T) {
	w := newWorld(2000, 8, 10, 3, 3)
	for i := range w.rows.Images {
		w.rows.Images[i].Metadata[1] = strconv.Itoa(i * 37 % 101) // a column of numbers
	}
	set := w.pick(3, clusters(10), stdcmp.Compare[float64])
	in := w.input(w.all(), set)
	place, focus := map[string]int{}, map[string]float64{}
	for i, im := range w.rows.Images {
		place[im.ID], focus[im.ID] = i, float64(100*i%499) // of picks a fifth of that, below
	}
	for _, im := range set.Picks.Images {
		focus[im.ID] /= 5
	}
	s := &Selection{Pixels: func(_ context.Context, images []Image) (*Looks, error) {
		looks := &Looks{D: 8}
		if len(images) != 2000+30 {
			t.Errorf("%d images are read", len(images))
		}
		for _, im := range images {
			looks.X = append(looks.X, w.rows.row(place[im.ID])...)
			looks.Focus = append(looks.Focus, focus[im.ID])
		}
		return looks, nil
	}}
	// Rows come in the order of their hash from Join.
	in.Sample = in.Sample.some(shuffled(in.Seed^sampleSalt, in.Sample.Images))
	u, err := s.unseen(t.Context(), &in)
	if err != nil {
		t.Fatal(err)
	}
	plain := in
	plain.Sample = in.Sample.some(shuffled(1, in.Sample.Images)) // which Grade brings into another order
	in.Unseen = u
	g := grade(t, in).Grade
	if g.Pixels == nil || g.Pixels.Evaluated != 1000 || g.Pixels.Pool != 1000 || g.Pixels.Numbers != 8 {
		t.Fatalf("%+v", g.Pixels)
	}
	// Those of picks are 0 to 20 % of the others': 10 on average, within four standard errors. p is corrected
	// for the column of numbers, too, whose own is as it is without.
	blur := g.Sets[0].Blur
	if blur == nil || blur.Column != schemas.BlurFocus || blur.Picks != 30 || math.Abs(blur.Percentile.Value-10) > 4.2 || !(blur.P < 1e-9) || blur.Adjusted != 2*blur.P {
		t.Errorf("blur %+v", blur)
	}
	without := grade(t, plain).Grade
	if without.Pixels != nil || without.Sets[0].Blur != nil {
		t.Errorf("without pixels: %+v, blur %+v", without.Pixels, without.Sets[0].Blur)
	}
	if diff := cmp.Diff(without.Sets[0].Bias, g.Sets[0].Bias); diff != "" || len(g.Sets[0].Bias) != 1 {
		t.Errorf("the columns depend on what the pixels show (-without +with):\n%s", diff)
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
