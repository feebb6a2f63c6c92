package where

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

var spec = schemas.LatentsSpec{Metadata: []string{"Metadata_a"}}

// batch has values of Metadata_a and of mean, in rows named by their number.
func batch(values []string, means ...float32) *latents.Batch {
	b := &latents.Batch{N: len(values), Metadata: [][]string{values}}
	for i := range values {
		b.ImageID = append(b.ImageID, fmt.Sprint(i))
		b.Quality = append(b.Quality, schemas.Quality{})
		if i < len(means) {
			b.Quality[i].Mean = means[i]
		}
	}
	return b
}

// inside returns the rows of a batch that satisfy a condition, which may be refused.
func inside(t *testing.T, text string, b *latents.Batch) (rows []int, err error) {
	t.Helper()
	c, err := schemas.ParseCondition(text)
	if err == nil {
		c, err = Resolve(c, &spec)
	}
	if err != nil {
		return nil, err
	}
	types, err := NewTypes(c, spec.Metadata)
	if err != nil {
		return nil, err
	}
	types.Add(b)
	if c, err = types.Condition(); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		t.Errorf("%s becomes %v: %v", text, c, err)
	}
	test, err := New(c, spec.Metadata)
	if err != nil {
		return nil, err
	}
	for i := range b.N {
		if test.Inside(b, i) {
			rows = append(rows, i)
		}
	}
	return rows, nil
}

func TestInside(t *testing.T) {
	numbers := []string{"1", "01", "1.0", "1e0", "", "nan", "2", "-3", "NaN"}
	text := append(slices.Clone(numbers), "inf")
	nan := float32(math.NaN())
	means := []float32{0.1, 0.2, nan, 0.3}
	for _, c := range []struct {
		values []string
		text   string
		want   []int
	}{
		{numbers, "a=1", []int{0, 1, 2, 3}},
		{numbers, "a!=1.00", []int{6, 7}},
		{numbers, "a in (01, 2e0)", []int{0, 1, 2, 3, 6}},
		{numbers, "a<1", []int{7}},
		{numbers, "a<=1", []int{0, 1, 2, 3, 7}},
		{numbers, "a>1", []int{6}},
		{numbers, "a>=1", []int{0, 1, 2, 3, 6}},
		{text, "a=1", []int{0}},
		{text, "a=inf", []int{9}},
		{text, "a!=1", []int{1, 2, 3, 6, 7, 9}},
		{[]string{"nan", "NaN", "", "x"}, "a!=y", []int{3}},
		{[]string{"", "", ""}, "a!=1", nil},
		{[]string{"x", "x", "x", "x"}, "mean=0.1", []int{0}},
		{[]string{"x", "x", "x", "x"}, "mean!=0.1", []int{1, 3}},
		{[]string{"x", "x", "x", "x"}, "mean<=0.2", []int{0, 1}},
		{[]string{"x", "y", "x", "x"}, "mean>0.1 and a!=y", []int{3}},
	} {
		if got, err := inside(t, c.text, batch(c.values, means...)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s of %q: %v, want %v: %v", c.text, c.values, got, c.want, err)
		}
	}
	for text, want := range map[string]string{"a<1": `image "9" is "inf"`, "image_id<1": "no order", "b=1": "no column b", "mean=x": `"x" is no number`} {
		values := append(slices.Clone(numbers), "inf")
		if _, err := inside(t, text, batch(values)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := inside(t, "a<1", batch([]string{"", "nan"})); err == nil || !strings.Contains(err.Error(), "no image has a number as its Metadata_a") {
		t.Error(err)
	}
}

// TestTypesOfAnyOrder: which files come first decides nothing, nor which odd value is named.
func TestTypesOfAnyOrder(t *testing.T) {
	c, err := Resolve(schemas.Condition{{Column: "a", Op: "<", Values: []string{"1"}}}, &spec)
	if err != nil {
		t.Fatal(err)
	}
	parts := []*latents.Batch{batch([]string{"1", "2"}), batch([]string{"", "x", "y"}), batch([]string{"4"}), batch([]string{"5", "6", "7", "z"})}
	for i, b := range parts {
		for k := range b.ImageID {
			b.ImageID[k] = fmt.Sprintf("%c%d", "dacb"[i], k)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 30 {
		total, err := NewTypes(c, spec.Metadata)
		if err != nil {
			t.Fatal(err)
		}
		rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		for _, b := range parts {
			part, err := NewTypes(c, spec.Metadata)
			if err != nil {
				t.Fatal(err)
			}
			part.Add(b)
			total.Merge(part)
		}
		if _, err := total.Condition(); err == nil || !strings.Contains(err.Error(), `Metadata_a of image "a1" is "x"`) {
			t.Fatal(err)
		}
	}
}

// TestObjectFraction: the column may be named where the latents have it, and no image
// satisfies a condition whose value is null.
func TestObjectFraction(t *testing.T) {
	c, err := schemas.ParseCondition("object_fraction>=0.25")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resolve(c, &spec); err == nil || !strings.Contains(err.Error(), "have no column object_fraction") {
		t.Errorf("latents without it: %v", err)
	}
	with := spec
	with.ObjectFraction = true
	if c, err = Resolve(c, &with); err != nil {
		t.Fatal(err)
	}
	test, err := New(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := batch(make([]string, 4))
	b.HasObject = []bool{true, true, false, true}
	for i, v := range []float32{0.2, 0.25, 0.5, 0.9} {
		b.Quality[i].Object = v
	}
	var rows []int
	for i := range b.N {
		if test.Inside(b, i) {
			rows = append(rows, i)
		}
	}
	if !slices.Equal(rows, []int{1, 3}) {
		t.Errorf("rows %v, want 1 and 3", rows)
	}
}

// TestColumnsOfChannels: they may be named where the latents have channels, those of channels that
// there are, and say which rows are inside.
func TestColumnsOfChannels(t *testing.T) {
	with := spec
	with.Channels = []string{"DNA", "ER"}
	for text, says := range map[string]string{"mean_c1>0.25": "", "mean_c2>0.25": "have no column mean_c2", "mean_c01>1": "have no column", "mse_c0>1": "have no column"} {
		c, err := schemas.ParseCondition(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Resolve(c, &spec); err == nil {
			t.Errorf("%s: latents without channels have it", text)
		}
		c, err = Resolve(c, &with)
		if says != "" {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil || c.Validate() != nil || c[0].As != schemas.AsNumber || Columns(c) != latents.Quality {
			t.Fatal(c, err, c.Validate())
		}
		test, err := New(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		b := batch(make([]string, 3))
		for i := range b.N {
			b.Channels = append(b.Channels, schemas.Quality{Mean: 1 - float32(i)/4}, schemas.Quality{Mean: float32(i) / 4, Max: 1})
		}
		for i := range b.N {
			if got := test.Inside(b, i); got != (i == 2) {
				t.Errorf("row %d: %v", i, got)
			}
		}
	}
}
