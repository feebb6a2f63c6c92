package curve

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/draw"
)

// clouds are n rows of 3 numbers in 12 clouds.
func clouds(n int) (list []Image) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		x := make([]float32, 3)
		for j := range x {
			x[j] = float32(i*(j+5)%12*2) + float32(0.3*rng.NormFloat64())
		}
		list = append(list, Image{ID: fmt.Sprintf("row %03d", i), X: x})
	}
	return list
}

// latentsOf returns latents in the order of a Held.
func latentsOf(h *Held, list []Image, d int, of func(*Image) []float32) []float32 {
	z := make([]float32, h.Images()*d)
	for i := range list {
		if at, ok := h.Place(list[i].ID); ok {
			copy(z[at*d:], of(&list[i]))
		}
	}
	return z
}

// bruteSkill grades picks of a fold by the definition: images whose rank by a hash is fold modulo 5 are
// graded on, and the others are what 20 random selections are the beginning of, by other hashes.
func bruteSkill(list []Image, seed uint64, fold int, picked map[string]bool) float64 {
	order := slices.Clone(list)
	slices.SortFunc(order, func(a, b Image) int {
		return cmp.Compare(draw.Hash(seed^0x63757276_666f6c64, a.ID), draw.Hash(seed^0x63757276_666f6c64, b.ID))
	})
	var inside, outside []Image
	for rank, im := range order {
		if rank%5 == fold {
			inside = append(inside, im)
		} else {
			outside = append(outside, im)
		}
	}
	q := func(to []Image) (sum float64) {
		for _, im := range inside {
			least := math.Inf(1)
			for _, pick := range to {
				d2 := 0.0
				for j := range im.X {
					d2 += (float64(im.X[j]) - float64(pick.X[j])) * (float64(im.X[j]) - float64(pick.X[j]))
				}
				least = min(least, d2)
			}
			sum += least
		}
		return sum
	}
	picks := slices.DeleteFunc(slices.Clone(outside), func(im Image) bool { return !picked[im.ID] })
	if len(picks) != len(picked) {
		return math.NaN() // a pick is in the fold that it is graded on
	}
	random := 0.0
	for r := range uint64(20) {
		salt := seed ^ (0x63757276_64726177 + r)
		slices.SortFunc(outside, func(a, b Image) int { return cmp.Compare(draw.Hash(salt, a.ID), draw.Hash(salt, b.ID)) })
		random += q(outside[:len(picks)]) / 20
	}
	return 1 - q(picks)/random
}

// TestMeasure: skills are those of brute force; where the latents are the numbers that are graded by,
// they are good, where they are noise, no better than chance, and the order of the images is nothing to them.
func TestMeasure(t *testing.T) {
	list := clouds(300)
	const seed = 7
	h, err := New(list, seed)
	if err != nil || h.Images() != 300 || h.Excluded() != 0 {
		t.Fatalf("%d images, %v", h.Images(), err)
	}
	z := latentsOf(h, list, 3, func(im *Image) []float32 { return im.X })
	skills, picks := h.Measure(z, 3)
	if len(skills) != 5 || picks != 24 { // a tenth of 240
		t.Fatalf("%v of %g picks", skills, picks)
	}
	for f, skill := range skills {
		picked := map[string]bool{}
		for _, at := range h.pick(f, z, 3) {
			picked[h.rows[at].ID] = true
		}
		if want := bruteSkill(list, seed, f, picked); !(math.Abs(skill-want) <= 1e-6) || !(skill > 0.3) {
			t.Errorf("fold %d: %g, brute force has %g", f, skill, want)
		}
	}

	rng := rand.New(rand.NewPCG(3, 4))
	noise := map[string][]float32{}
	for _, im := range list {
		noise[im.ID] = []float32{float32(rng.NormFloat64()), float32(rng.NormFloat64())}
	}
	of := func(im *Image) []float32 { return noise[im.ID] }
	blind, _ := h.Measure(latentsOf(h, list, 2, of), 2)
	if sum := blind[0] + blind[1] + blind[2] + blind[3] + blind[4]; !(math.Abs(sum/5) < 0.2) {
		t.Errorf("by noise: %v", blind)
	}

	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	again, err := New(list, seed)
	if err != nil {
		t.Fatal(err)
	}
	if other, _ := again.Measure(latentsOf(again, list, 2, of), 2); !slices.Equal(other, blind) {
		t.Errorf("in another order: %v, %v", other, blind)
	}
}

// TestNoSkill: latents that are no numbers have none.
func TestNoSkill(t *testing.T) {
	list := clouds(150)
	h, err := New(list, 1)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float32, 150)
	if skills, picks := h.Measure(z, 1); len(skills) != 5 || !(picks >= 1) { // all equal
		t.Errorf("of equal latents: %v of %g picks", skills, picks)
	}
	z[70] = float32(math.NaN())
	if skills, picks := h.Measure(z, 1); skills != nil || picks != 0 {
		t.Errorf("with NaN: %v of %g picks", skills, picks)
	}
}

// TestImages: the gate of select leaves out images, and too few and equal ones are refused.
func TestImages(t *testing.T) {
	list := clouds(Least + 1)
	for i := range list {
		list[i].Quality = &schemas.Quality{Mean: 0.2, Max: 1, Foreground: 0.5 + 0.001*float32(i), Sharpness: 0.1, Object: 0.4}
	}
	list[3].Flags = schemas.QCConstant
	h, err := New(list, 1)
	if err != nil || h.Images() != Least || h.Excluded() != 1 {
		t.Fatalf("%d images, %d excluded, %v", h.Images(), h.Excluded(), err)
	}
	if _, ok := h.Place(list[3].ID); ok {
		t.Error("a constant image is among them")
	}
	// Whitened, every component has the variance 1.
	for c := range h.d {
		squares := 0.0
		for i := range h.Images() {
			squares += float64(h.x[i*h.d+c]) * float64(h.x[i*h.d+c])
		}
		if v := squares / float64(h.Images()-1); !(math.Abs(v-1) < 1e-4) {
			t.Errorf("component %d has the variance %g", c, v)
		}
	}
	if _, err := New(list[1:], 1); !errors.Is(err, ErrFew) {
		t.Errorf("few: %v", err)
	}
	for i := range list {
		list[i].X = []float32{1, 2, 3}
	}
	if _, err := New(list, 1); !errors.Is(err, ErrEqual) {
		t.Errorf("equal: %v", err)
	}
}
