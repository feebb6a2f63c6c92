package comparing

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/sharding"
	"exemplar/transforms/store"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Sizes of the images.
const (
	high = 10
	wide = 13
	many = 75
)

// collection is shards of images, labelled a, b or c but for those of run1.
type collection struct{ dir string }

func (c collection) at(name string) string { return filepath.Join(c.dir, name) }

// newCollection makes images of 8 or 16 bits, gray or colored, and shards of them.
func newCollection(t testing.TB, bits, channels int) collection {
	t.Helper()
	c := collection{t.TempDir()}
	rng := rand.New(rand.NewPCG(uint64(bits), uint64(channels)))
	for i := range many {
		var im image.Image
		switch bounds := image.Rect(0, 0, wide, high); {
		case channels == 3:
			rgb := image.NewNRGBA(bounds)
			for p := range rgb.Pix {
				rgb.Pix[p] = byte(rng.IntN(256))
				if p%4 == 3 {
					rgb.Pix[p] = 255
				}
			}
			im = rgb
		case bits == 16:
			gray := image.NewGray16(bounds)
			for p := range gray.Pix {
				gray.Pix[p] = byte(rng.IntN(200))
			}
			im = gray
		default:
			gray := image.NewGray(bounds)
			for y := range high {
				for x := range wide {
					gray.SetGray(x, y, color.Gray{Y: uint8(10*(i%7) + 9*y*(i%3) + 3*x + rng.IntN(40))})
				}
			}
			im = gray
		}
		var b bytes.Buffer
		check(t, png.Encode(&b, im))
		name := c.at(fmt.Sprintf("images/run%d/%c-%02d.png", i%2, 'a'+rune(i%3), i))
		check(t, os.MkdirAll(filepath.Dir(name), 0o777))
		check(t, os.WriteFile(name, b.Bytes(), 0o666))
	}
	c.shard(t, c.at("images"), `^run0/(.)-`)
	return c
}

// shard makes the shards of images.
func (c collection) shard(t testing.TB, images, labels string) {
	t.Helper()
	shard := sharding.DefaultConfig()
	shard.Listing, shard.Output, shard.Shards = listing.Config{Inputs: []string{images}, LabelPattern: labels}, c.at("shards"), 3
	_, err := sharding.Run(t.Context(), shard, runtest.Direct)
	check(t, err)
}

// unlabeled is the same images without a label.
func (c collection) unlabeled(t testing.TB) collection {
	t.Helper()
	other := collection{t.TempDir()}
	other.shard(t, c.at("images"), "")
	return other
}

// taken is what models of the collection take.
func taken(bits, channels int) model.Input {
	return model.Input{Height: high, Width: wide, Channels: channels, Bits: bits, Scale: model.ScaleUnit}
}

// Architectures of models of 8-bit gray images.
func linearArch(latent int) model.Arch {
	return model.Arch{Family: model.FamilyLinear, Input: taken(8, 1), Latent: latent, Working: model.Size{Height: high, Width: wide}, Upsample: model.UpsampleBilinear,
		Activations: model.Activations{Hidden: model.ActLinear, Latent: model.ActLinear, Expand: model.ActLinear, Output: model.ActLinear}}
}

func denseArch(latent int, output string, widths ...int) model.Arch {
	return model.Arch{Family: model.FamilyDense, Input: taken(8, 1), Latent: latent, Widths: widths,
		Activations: model.Activations{Hidden: model.ActReLU, Latent: model.ActLinear, Expand: model.ActLinear, Output: output}}
}

func convArch(latent int) model.Arch {
	return model.Arch{Family: model.FamilyConv, Input: taken(8, 1), Latent: latent, Filters: []int{3, 4}, ConvsPerStage: 1,
		Activations: model.Activations{Hidden: model.ActReLU, Latent: model.ActReLU, Expand: model.ActLinear, Output: model.ActSigmoid}}
}

// newModel makes a model of random weights.
func newModel(a model.Arch, training *model.Training) *model.Model {
	rng := rand.New(rand.NewPCG(uint64(a.Latent), uint64(len(a.Family))))
	fill := func(specs []model.TensorSpec) (w model.Weights) {
		for _, s := range specs {
			n := 1
			for _, d := range s.Shape {
				n *= d
			}
			data := make([]float32, n)
			for i := range data {
				data[i] = float32(rng.NormFloat64()) / 8
			}
			w = append(w, model.Tensor{Name: s.Name, Shape: s.Shape, Data: data})
		}
		return w
	}
	return &model.Model{Arch: a, Encoder: fill(a.EncoderWeights()), Decoder: fill(a.DecoderWeights()), Provenance: model.Provenance{Tool: "train", Version: "test"}, Training: training}
}

// write writes a model into a folder of the collection.
func (c collection) write(t testing.TB, name string, m *model.Model) string {
	t.Helper()
	files, err := m.Marshal()
	check(t, err)
	dir := c.at(name)
	check(t, modeldir.WriteWeights(t.Context(), modeldir.In(dir), files))
	check(t, store.WriteFile(t.Context(), store.Join(dir, schemas.ModelFile), files[schemas.ModelFile]))
	return dir
}

// models writes one of each architecture.
func (c collection) models(t testing.TB) []string {
	sparse := &model.Training{Method: "adam", Images: 60, Parameters: map[string]any{"l1": 0.1, "noise": 0.5}}
	return []string{c.write(t, "linear", newModel(linearArch(5), nil)), c.write(t, "affine", newModel(denseArch(4, model.ActLinear), &model.Training{Method: "adam", Images: 9})),
		c.write(t, "dense", newModel(denseArch(6, model.ActSigmoid, 9), nil)), c.write(t, "conv", newModel(convArch(7), sparse))}
}

// config compares some models of the collection.
func (c collection) config(t testing.TB, models ...string) Config {
	d := DefaultConfig()
	d.Input, d.Models, d.Output = c.at("shards"), models, filepath.Join(t.TempDir(), "compared")
	return d
}

// must runs a comparison.
func must(t testing.TB, c Config) *Result {
	t.Helper()
	check(t, c.Validate())
	r, err := Run(t.Context(), c)
	check(t, err)
	return r
}

// tree returns the files of a finished comparison with what they hold.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	check(t, err)
	for _, e := range entries {
		if !e.IsDir() && e.Name() != schemas.RunFile && !strings.HasPrefix(e.Name(), ".") {
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			check(t, err)
			files[e.Name()] = string(data)
		}
	}
	return files
}

// workers has so many processors at work.
func workers(t testing.TB, n int) {
	was := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(was) })
}

// rowsOf reads a table.
func rowsOf(t testing.TB, text string, columns []string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	check(t, err)
	if strings.Join(all[0], ",") != strings.Join(columns, ",") {
		t.Fatalf("columns %q, want %q", all[0], columns)
	}
	var rows []map[string]string
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, v := range line {
			row[columns[i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// num reads a number of a table.
func num(t testing.TB, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	check(t, err)
	return v
}
