package decoding

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/model/normal"
	"exemplar/schemas"
	"exemplar/transforms/run/runtest"
)

// collection makes a model, shards and latents of n images.
func collection(t testing.TB, arch string, n int, change func(*model.Model)) (m *model.Model, dir, in string) {
	t.Helper()
	m, dir = makeModel(t, arch, change)
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("run%d/%03d.tif", i%2, i))
	}
	ids = append(ids, "x,y.tif", "x", "y", "y.tif")
	return m, dir, encode(t, makeShards(t, shapeOf(m), ids, 2), dir, false)
}

// decodes fails the test where an image is not what the decoder makes of a vector.
func decodes(t testing.TB, m *model.Model, dir, file string, z []float32) {
	t.Helper()
	plan, err := model.Compile(m)
	check(t, err)
	x := make([]float32, m.Arch.Input.Values())
	plan.NewRunner(1).Decode(x, z)
	im := read(t, dir, file)
	for i, v := range x {
		got, full := sample(im.Pixels, im.Bits, i)
		if want := min(float64(full), max(0, math.Floor(float64(v)*float64(full)+0.5))); float64(got) != want {
			t.Errorf("%s: value %d is %d, want %g", file, i, got, want)
			return
		}
	}
}

// TestBetween: the first and the last image are those of the two vectors, the others those
// of the line between them.
func TestBetween(t *testing.T) {
	m, dir, in := collection(t, archs["dense"], 40, nil)
	all := configOf(t, in, dir)
	mustRun(t, all)
	_, z, _ := vectorsIn(t, in, m.Arch.Latent)
	of := map[string]string{}
	_, rows := tableOf(t, all.Output)
	for _, row := range rows {
		of[row[0]] = row[1]
	}
	for between, want := range map[string][2]string{
		"run0/000.tif,run1/031.tif": {"run0/000.tif", "run1/031.tif"},
		"x,y.tif,run0/002.tif":      {"x,y.tif", "run0/002.tif"},
	} {
		c := configOf(t, in, dir)
		c.Between, c.Steps = between, 6
		got := mustRun(t, c)
		head, rows := tableOf(t, c.Output)
		if !slices.Equal(head, []string{"image_id", "file", "bytes", "sha256", "t"}) || len(rows) != 6 || !slices.Equal(got.Manifest.Parameters.Between, want[:]) {
			t.Fatalf("%v: %v", head, rows)
		}
		for i, row := range rows {
			if row[0] != fmt.Sprintf("between-%03d", i) || row[4] != []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}[i] {
				t.Errorf("row %d is %v", i, row)
			}
			a, b := z[want[0]], z[want[1]]
			v := make([]float32, len(a))
			for k := range v {
				v[k] = float32((float64(a[k])*float64(5-i) + float64(b[k])*float64(i)) / 5)
			}
			for k, got := range between5(t, a, b, i) {
				if math.Abs(float64(got-v[k])) > 1e-6*(math.Abs(float64(a[k]))+math.Abs(float64(b[k]))) {
					t.Errorf("step %d, dimension %d is %g, want %g", i, k, got, v[k])
				}
			}
			decodes(t, m, c.Output, row[1], between5(t, a, b, i))
		}
		for i, id := range want {
			a, err := os.ReadFile(filepath.Join(c.Output, rows[5*i][1]))
			check(t, err)
			b, err := os.ReadFile(filepath.Join(all.Output, of[id]))
			check(t, err)
			if !bytes.Equal(a, b) {
				t.Errorf("end %d is not the image of %s", i, id)
			}
		}
		if im := read(t, c.Output, schemas.DecodedSheet); im.Width != 6*(5*10+gap)+gap || im.Height != 6*10+2*gap {
			t.Errorf("the sheet is %s", im.Shape())
		}
	}
	c := configOf(t, in, dir)
	for between, want := range map[string]string{
		"run0/000.tif,none":         `have no image "none"`,
		"none,run0/000.tif":         `have no image "none"`,
		"run0/000.tif,run0/000.tif": "both images are the same",
	} {
		c.Between = between
		refused(t, c, want)
	}
	// It may be x and y.tif,y, or x,y.tif and y.
	shards := makeShards(t, shapeOf(m), []string{"x", "y.tif,y", "x,y.tif", "y"}, 1)
	c.Input, c.Between = encode(t, shards, dir, false), "x,y.tif,y"
	refused(t, c, "allow more than one pair")
}

func between5(t testing.TB, a, b []float32, i int) []float32 { return between(a, b, i, 6) }

// TestBetweenEnds: the ends are the vectors themselves, also where their numbers are far
// apart.
func TestBetweenEnds(t *testing.T) {
	a, b := []float32{1e30, -1, 3e38, 0}, []float32{1e-30, 1e20, -3e38, -0.1}
	if got := between(a, b, 0, 3); !slices.Equal(got, a) {
		t.Errorf("%v", got)
	}
	if got := between(a, b, 2, 3); !slices.Equal(got, b) {
		t.Errorf("%v", got)
	}
}

// TestTraverse: the steps go along the one dimension, three standard deviations about its
// mean, and the others are at their means, as added up by hand.
func TestTraverse(t *testing.T) {
	m, dir, in := collection(t, archs["conv 16 bits"], 50, nil)
	_, z, _ := vectorsIn(t, in, m.Arch.Latent)
	c := configOf(t, in, dir)
	c.Traverse = 1
	got := mustRun(t, c)
	n := float64(len(z))
	mean, square := make([]float64, 3), 0.0
	for _, v := range z {
		for k := range v {
			mean[k] += float64(v[k]) / n
		}
	}
	for _, v := range z {
		square += (float64(v[1]) - mean[1]) * (float64(v[1]) - mean[1]) / n
	}
	w := got.Manifest.Traversed
	if !(math.Abs(w.Mean-mean[1]) < 1e-9 && math.Abs(w.Deviation-math.Sqrt(square)) < 1e-9 && math.Abs(w.Low-(mean[1]-3*math.Sqrt(square))) < 1e-9 && math.Abs(w.High-(mean[1]+3*math.Sqrt(square))) < 1e-9) {
		t.Errorf("%+v, want a mean of %g and a deviation of %g", *w, mean[1], math.Sqrt(square))
	}
	_, rows := tableOf(t, c.Output)
	if len(rows) != DefaultSteps {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		value, err := strconv.ParseFloat(row[4], 32)
		check(t, err)
		if want := mean[1] + math.Sqrt(square)*float64(i-3); math.Abs(value-want) > 1e-6 {
			t.Errorf("step %d is at %g, want %g", i, value, want)
		}
		decodes(t, m, c.Output, row[1], []float32{float32(mean[0]), float32(value), float32(mean[2])})
	}
	c.Output = filepath.Join(t.TempDir(), "x")
	c.Traverse = 3
	refused(t, c, "has dimensions 0 to 2")

	_, dir, in = collection(t, archs["dense"], 10, func(m *model.Model) { // its dimension 2 is the bias
		last := &m.Encoder[len(m.Encoder)-2]
		for i := 2; i < len(last.Data); i += 4 {
			last.Data[i] = 0
		}
	})
	c = configOf(t, in, dir)
	c.Traverse = 2
	refused(t, c, "this dimension is ")
}

// TestSample: draws are those of the standard normal distribution with the seed, whatever
// the number of them; other models have no prior.
func TestSample(t *testing.T) {
	variational := func(m *model.Model) {
		m.Training = &model.Training{Method: "adam", Parameters: map[string]any{"variational": true}}
	}
	m, dir := makeModel(t, archs["dense"], variational)
	c := configOf(t, "", dir)
	c.Sample, c.Seed = 2*drawsPerPart+3, 9
	got := mustRun(t, c)
	_, rows := tableOf(t, c.Output)
	if len(rows) != c.Sample || got.Parts != 3 || got.Manifest.Shown != mostShown || rows[0][0] != "sample-0000" || len(rows[0]) != 4 {
		t.Fatalf("%d rows, the first %v, %d parts", len(rows), rows[0], got.Parts)
	}
	for _, i := range []int{0, 1, drawsPerPart - 1, drawsPerPart, c.Sample - 1} {
		rng := rand.New(rand.NewPCG(9, uint64(i)))
		z := make([]float32, 4)
		for k := range z {
			z[k] = float32(normal.Draw(rng))
		}
		decodes(t, m, c.Output, rows[i][1], z)
	}
	if im := read(t, c.Output, schemas.DecodedSheet); im.Width != 20*(5*10+gap)+gap || im.Height != 20*(6*10+gap)+gap {
		t.Errorf("the sheet is %s", im.Shape())
	}
	few := c
	few.Sample, few.Output = 5, filepath.Join(t.TempDir(), "few")
	mustRun(t, few)
	_, first := tableOf(t, few.Output)
	other := few
	other.Seed, other.Output = 10, filepath.Join(t.TempDir(), "other")
	mustRun(t, other)
	_, others := tableOf(t, other.Output)
	for i := range first {
		if first[i][3] != rows[i][3] || first[i][3] == others[i][3] {
			t.Errorf("draw %d: %s of 5, %s of many, %s of another seed", i, first[i][3], rows[i][3], others[i][3])
		}
	}
	_, dir = makeModel(t, archs["dense"], nil)
	c = configOf(t, "", dir)
	c.Sample = 3
	refused(t, c, "is not variational, so its latents have no prior to draw from")
}

// TestIDs: the images of a list are those of all, with the same names.
func TestIDs(t *testing.T) {
	_, dir, in := collection(t, archs["dense"], 30, nil)
	all := configOf(t, in, dir)
	mustRun(t, all)
	_, rows := tableOf(t, all.Output)
	list := filepath.Join(t.TempDir(), "ids.txt")
	wanted := []string{"run1/029.tif", "run0/004.tif", "y", "run0/004.tif"} // y shares its name with y.tif, which is not on the list
	c := configOf(t, in, dir)
	c.IDs = list
	for _, text := range []string{strings.Join(wanted, "\n"), "n,image_id\n1," + strings.Join(wanted, "\n2,") + "\n"} {
		check(t, os.WriteFile(list, []byte(text), 0o666))
		c.Output = filepath.Join(t.TempDir(), "some")
		got := mustRun(t, c)
		_, some := tableOf(t, c.Output)
		want := slices.DeleteFunc(slices.Clone(rows), func(row []string) bool { return !slices.Contains(wanted, row[0]) })
		if got.Manifest.Images != 3 || !slices.EqualFunc(some, want, slices.Equal) {
			t.Errorf("%v, want %v", some, want)
		}
		for _, row := range some {
			a, err := os.ReadFile(filepath.Join(all.Output, row[1]))
			check(t, err)
			b, err := os.ReadFile(filepath.Join(c.Output, row[1]))
			check(t, err)
			if !bytes.Equal(a, b) {
				t.Errorf("%s differs", row[1])
			}
		}
	}
	// One list of another file of latents leaves parts without images.
	check(t, os.WriteFile(list, []byte("y\n"), 0o666))
	c.Output = filepath.Join(t.TempDir(), "one")
	if got := mustRun(t, c); got.Manifest.Images != 1 || got.Parts != 2 {
		t.Errorf("%+v", got.Manifest)
	}
	check(t, os.WriteFile(list, []byte("y\nzebra\nnone\n"), 0o666))
	c.Output = filepath.Join(t.TempDir(), "x")
	refused(t, c, "2 images that it names are not in the latents "+in+`, the first "none"`)
	check(t, os.WriteFile(list, []byte("image_id;n\ny;1\n"), 0o666))
	refused(t, c, `the first "image_id;n"; "image_id;n" seems to be the header of a table: the separator seems to be ";": save the table with commas`)
	check(t, os.WriteFile(list, nil, 0o666))
	refused(t, c, "the file names no image")
}

// TestSamePartsOfAnyWorkers: on other runners the bytes are the same, of every mode.
func TestSamePartsOfAnyWorkers(t *testing.T) {
	_, dir, in := collection(t, archs["dense"], 20, nil)
	for _, change := range []func(c *Config){
		func(c *Config) { c.Between = "x,y" },
		func(c *Config) { c.Traverse = 0 },
	} {
		c := configOf(t, in, dir)
		change(&c)
		mustRun(t, c)
		p := c
		p.Output = filepath.Join(t.TempDir(), "prism")
		_, err := Run(t.Context(), p, runtest.Prism)
		check(t, err)
		runtest.Same(t, p.Output, c.Output)
	}
}
