package decoding

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
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
	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

// Architectures of every family, depth and number of channels.
var archs = map[string]string{
	"dense":         `{"family":"dense","input":{"height":6,"width":5},"latent":4,"widths":[9]}`,
	"conv 16 bits":  `{"family":"conv","input":{"height":12,"width":8,"bits":16,"scale":"symmetric"},"latent":3,"filters":[4,3],"convs_per_stage":1,"activations":{"output":"tanh"}}`,
	"linear RGB":    `{"family":"linear","input":{"height":6,"width":8,"channels":3},"latent":5,"working":{"height":3,"width":4}}`,
	"dense RGB, 16": `{"family":"dense","input":{"height":4,"width":4,"channels":3,"bits":16},"latent":2,"widths":[7],"activations":{"output":"linear"}}`,
}

// makeModel writes a model with random weights, changed by change, and returns it with its folder.
func makeModel(t testing.TB, arch string, change func(*model.Model)) (*model.Model, string) {
	t.Helper()
	a, err := model.ParseArch([]byte(arch))
	check(t, err)
	r := rand.New(rand.NewPCG(3, 5))
	m := &model.Model{Arch: a, Encoder: randomWeights(r, a.EncoderWeights()), Decoder: randomWeights(r, a.DecoderWeights())}
	if change != nil {
		change(m)
	}
	files, err := m.Marshal()
	check(t, err)
	dir := t.TempDir()
	for name, data := range files {
		check(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
	}
	return m, dir
}

func randomWeights(r *rand.Rand, specs []model.TensorSpec) (w model.Weights) {
	for _, s := range specs {
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		t := model.Tensor{Name: s.Name, Shape: s.Shape, Data: make([]float32, n)}
		scale := 1.0
		if len(s.Shape) > 1 {
			scale = 2 / math.Sqrt(float64(n/s.Shape[len(s.Shape)-1]))
		}
		for i := range t.Data {
			t.Data[i] = float32(r.NormFloat64() * scale)
		}
		w = append(w, t)
	}
	return w
}

// awkward are ids whose names need care.
var awkward = []string{"a/1.tif", "a_1.tif", "A_1.png", "b.tif", "b.png", ".hidden.png", "_under.tif", "con.tif", "x,y.tif", "x,y", "y", "\"quoted\".tif",
	"line\nbreak.tif", strings.Repeat("ä", 200) + ".tif", strings.Repeat("ä", 200) + "/.tif", ".tif", "~0123456789abcdef.tif", "=cmd.tif", " space .tif"}

// makeShards writes shards of images of a shape with the given ids, and returns their folder.
func makeShards(t testing.TB, s schemas.ImageShape, ids []string, shards int) string {
	t.Helper()
	dir := t.TempDir()
	m := schemas.ShardsManifest{Format: schemas.ShardsFormat, Image: s, Parameters: schemas.ShardParameters{
		Shards: shards, Compression: "none", Height: s.Height, Width: s.Width, Fit: "reject", BitsMode: "keep", MaxPixels: 1e8}}
	groups := make([][]string, shards)
	for _, id := range slices.Sorted(slices.Values(ids)) {
		i := schemas.ShardOf(id, shards)
		groups[i] = append(groups[i], id)
	}
	for i, g := range groups {
		var b bytes.Buffer
		w := tfrecord.NewWriter(&b, tfrecord.WriterOptions{})
		for _, id := range g {
			_, err := w.Write(records.Append(nil, &records.Image{Filename: id, Height: s.Height, Width: s.Width, Channels: s.Channels, Bits: s.Bits, Pixels: pixelsOf(s, id)}))
			check(t, err)
		}
		check(t, w.Close())
		info := schemas.ShardInfo{File: schemas.ShardName(i, shards, "none"), Records: int64(len(g)), Bytes: int64(b.Len()), SHA256: outdir.SHA256(b.Bytes())}
		check(t, os.WriteFile(filepath.Join(dir, info.File), b.Bytes(), 0o666))
		m.Shards = append(m.Shards, info)
		m.Written, m.Listed, m.Bytes = m.Written+info.Records, m.Listed+info.Records, m.Bytes+info.Bytes
	}
	data, err := json.Marshal(m)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(dir, schemas.ShardsFile), data, 0o666))
	return dir
}

// pixelsOf are those of an image: any bytes.
func pixelsOf(s schemas.ImageShape, id string) []byte {
	r := rand.New(rand.NewPCG(7, uint64(len(id))+uint64(id[0])<<20+uint64(id[len(id)-1])<<40+uint64(id[len(id)/2])<<30))
	p := make([]byte, s.Bytes())
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

func shapeOf(m *model.Model) schemas.ImageShape {
	in := m.Arch.Input
	return schemas.ImageShape{Height: in.Height, Width: in.Width, Channels: in.Channels, Bits: in.Bits}
}

// encode encodes shards with a model, and returns the folder of the latents.
func encode(t testing.TB, shards, dir string, reconstruct bool) string {
	t.Helper()
	c := encoding.DefaultConfig()
	c.Shards, c.Model, c.Output, c.Reconstruct = shards, dir, filepath.Join(t.TempDir(), "latents"), reconstruct
	_, err := encoding.Run(t.Context(), c, runtest.Direct)
	check(t, err)
	return c.Output
}

// configOf returns a configuration of all latents.
func configOf(t testing.TB, in, mod string) Config {
	c := DefaultConfig()
	c.Input, c.Model, c.Output = in, mod, filepath.Join(t.TempDir(), "decoded")
	return c
}

func mustRun(t testing.TB, c Config) *Result {
	t.Helper()
	check(t, c.Validate())
	r, err := Run(t.Context(), c, runtest.Direct)
	check(t, err)
	return r
}

// refused makes sure that plan and run are refused with one line, and nothing is written.
func refused(t testing.TB, c Config, want string) {
	t.Helper()
	_, planned := Plan(t.Context(), c)
	_, err := Run(t.Context(), c, runtest.Direct)
	for _, err := range []error{planned, err} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(c.Output, "images", "*")); len(files) > 0 {
		t.Errorf("%q: images were written", want)
	}
}

// tableOf reads images.csv.
func tableOf(t testing.TB, dir string) (head []string, rows [][]string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, schemas.DecodedCSV))
	check(t, err)
	rows, err = csv.NewReader(bytes.NewReader(data)).ReadAll()
	check(t, err)
	return rows[0], rows[1:]
}

// vectorsIn returns the latents by id.
func vectorsIn(t testing.TB, dir string, d int) (ids []string, z map[string][]float32, mse map[string]float32) {
	t.Helper()
	z, mse = map[string][]float32{}, map[string]float32{}
	files, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	check(t, err)
	for _, name := range files {
		for b, err := range latents.Read(t.Context(), name, latents.All) {
			check(t, err)
			for i, id := range b.ImageID {
				ids = append(ids, id)
				z[id] = slices.Clone(b.Embedding[i*d : (i+1)*d])
				mse[id] = b.MSE[i]
			}
		}
	}
	return ids, z, mse
}

func read(t testing.TB, dir, file string) images.Image {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	check(t, err)
	im, err := images.Decode(file, data, images.Options{})
	check(t, err)
	return im
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sample returns value i of raw pixels, and the largest that there is.
func sample(pixels []byte, bits, i int) (v, full int) {
	if bits == 8 {
		return int(pixels[i]), 255
	}
	return int(pixels[2*i]) | int(pixels[2*i+1])<<8, 65535
}

// TestImagesAreReconstructions: of every kind of model, the numbers that images are made
// of have the error that encode measured, to the last bit, and the images are these numbers,
// rounded and clipped; the same in both formats and on both runners.
func TestImagesAreReconstructions(t *testing.T) {
	for name, arch := range archs {
		t.Run(name, func(t *testing.T) {
			m, dir := makeModel(t, arch, nil)
			s := shapeOf(m)
			ids := slices.Clone(awkward)
			for i := range 60 {
				ids = append(ids, fmt.Sprintf("run%d/%03d.tif", i%2, i))
			}
			in := encode(t, makeShards(t, s, ids, 3), dir, true)
			c := configOf(t, in, dir)
			got := mustRun(t, c)
			order, z, mse := vectorsIn(t, in, m.Arch.Latent)
			if got.Manifest.Images != int64(len(ids)) || got.Manifest.Shown != int64(len(ids)) {
				t.Errorf("%+v", got.Manifest)
			}
			if want := (Formulas{1, "=cmd.tif"}); got.Formulas != want || mustRun(t, c).Formulas != want {
				t.Errorf("%+v, want %+v", got.Formulas, want)
			}
			head, rows := tableOf(t, c.Output)
			if !slices.Equal(head, []string{"image_id", "file", "bytes", "sha256", "mse"}) || len(rows) != len(ids) {
				t.Fatalf("%d rows of %v", len(rows), head)
			}
			plan, err := model.Compile(m)
			check(t, err)
			runner := plan.NewRunner(1)
			clipped, files := int64(0), map[string]bool{}
			for i, row := range rows {
				id := row[0]
				if id != order[i] {
					t.Fatalf("row %d is %q, want %q", i, id, order[i])
				}
				data, err := os.ReadFile(filepath.Join(c.Output, row[1]))
				check(t, err)
				if outdir.SHA256(data) != row[3] || strconv.Itoa(len(data)) != row[2] {
					t.Errorf("%q: %s bytes with sha256 %s", id, row[2], row[3])
				}
				if files[strings.ToLower(row[1])] {
					t.Errorf("%q is a second %s", id, row[1])
				}
				files[strings.ToLower(row[1])] = true
				x := make([]float32, m.Arch.Input.Values())
				runner.Decode(x, z[id])
				im, pixels, sum := read(t, c.Output, row[1]), pixelsOf(s, id), 0.0
				if im.Shape() != s {
					t.Fatalf("%q is %s", id, im.Shape())
				}
				for k, v := range x {
					is, full := sample(pixels, s.Bits, k)
					d := float64(v) - float64(float32(is)/float32(full))
					sum += d * d
					wide := float64(v) * float64(full)
					want := math.Floor(wide + 0.5)
					if want < 0 || want > float64(full) {
						clipped++
						want = min(float64(full), max(0, want))
					}
					if got, _ := sample(im.Pixels, s.Bits, k); float64(got) != want {
						t.Fatalf("%q: value %d is %d, the decoder gives %g of %d", id, k, got, wide, full)
					}
				}
				// The kernel scales pixels by a factor: it may be another in the last bit.
				if e := sum / float64(len(x)); !(math.Abs(e-float64(mse[id])) <= 1e-6*e) {
					t.Errorf("%q: the decoded numbers have the error %g, encode measured %g", id, e, mse[id])
				}
				one := make([]float64, 1)
				runner.MSE(one, z[id], [][]byte{pixels})
				if row[4] != strconv.FormatFloat(float64(mse[id]), 'g', -1, 32) || float32(one[0]) != mse[id] {
					t.Errorf("%q: mse is %s, %g in the latents, %g of the model", id, row[4], mse[id], one[0])
				}
			}
			if clipped != got.Manifest.Clipped {
				t.Errorf("%d values are clipped, %d are said to be", clipped, got.Manifest.Clipped)
			}

			p := c
			p.Output = filepath.Join(t.TempDir(), "prism")
			_, err = Run(t.Context(), p, runtest.Prism)
			check(t, err)
			runtest.Same(t, p.Output, c.Output)

			p.Format, p.Output = schemas.DecodedPNG, filepath.Join(t.TempDir(), "png")
			mustRun(t, p)
			_, pngs := tableOf(t, p.Output)
			for i, row := range pngs {
				if a, b := read(t, p.Output, row[1]), read(t, c.Output, rows[i][1]); a.Shape() != b.Shape() || !bytes.Equal(a.Pixels, b.Pixels) || strings.TrimSuffix(row[1], ".png") != strings.TrimSuffix(rows[i][1], ".tif") {
					t.Errorf("%q has other pixels as PNG", row[0])
				}
			}
		})
	}
}
