package querying

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/sharding"
	"exemplar/transforms/training"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// vectors is latents that no model made: what they say of images is made up.
type vectors struct {
	ids []string
	x   [][]float32
	mse []float32
}

// some draws n vectors on a coarse grid, so that many distances are equal, some vectors and
// some with a norm of 0, in an order of ids that is not theirs.
func some(n, d int) (v vectors) {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	for i := range n {
		x := make([]float32, d)
		for j := range x {
			x[j] = float32(rng.IntN(3) - 1)
		}
		if i%17 == 3 && i > 0 {
			copy(x, v.x[i-1])
		}
		v.ids = append(v.ids, fmt.Sprintf("run%d/cell %05d.png", i%3, (i*7919)%n))
		v.x, v.mse = append(v.x, x), append(v.mse, float32(rng.IntN(9))/64)
	}
	return v
}

// write makes a folder of latents in so many files. The first one is empty.
func (v vectors) write(t testing.TB, files int, change func(m *schemas.LatentsManifest)) string {
	t.Helper()
	dir := t.TempDir()
	m := schemas.LatentsManifest{Format: schemas.LatentsFormat, CodeVersion: schemas.CodeVersion,
		Spec: schemas.LatentsSpec{Dimension: len(v.x[0]), Layout: "list", Reconstruct: true, ObjectFraction: true, ModelSHA256: "abc", Preprocessing: "p", Kernel: "k"}}
	if change != nil {
		change(&m)
	}
	for f := range files {
		info := schemas.LatentsInfo{File: schemas.LatentsName(f, files), Shard: schemas.ShardName(f, files, schemas.CompressionNone)}
		out, err := outdir.Create(t.Context(), filepath.Join(dir, info.File))
		check(t, err)
		w, err := latents.NewWriter(out, m.Spec)
		check(t, err)
		for i := range v.ids {
			if files > 1 && 1+i%(files-1) != f || files == 1 && f != 0 {
				continue
			}
			row := schemas.Latent{ImageID: v.ids[i], Embedding: v.x[i], Shard: int32(f), Record: info.Rows, Offset: info.Rows, SHA256: strings.Repeat("0", 64),
				MSE: v.mse[i], HasMSE: m.Spec.Reconstruct, HasObject: m.Spec.ObjectFraction}
			check(t, w.Write(&row))
			info.Rows++
		}
		check(t, w.Close())
		info.Bytes, info.SHA256, err = out.Commit()
		check(t, err)
		m.Files = append(m.Files, info)
		m.Rows, m.Records, m.Bytes = m.Rows+info.Rows, m.Records+info.Rows, m.Bytes+info.Bytes
	}
	check(t, outdir.WriteJSON(t.Context(), filepath.Join(dir, schemas.LatentsFile), m))
	return dir
}

// collection is images, shards, a model and latents that the steps made of them.
type collection struct {
	dir   string
	names []string // of the images, relative to images/
}

func (c collection) at(name string) string { return filepath.Join(c.dir, name) }

// side of the images of a collection.
const side = 12

// newCollection makes images of 16 bits, those with an odd number smaller than the others,
// and takes them through all steps. The last two have the same pixels.
func newCollection(t testing.TB, fit, bits string, more ...func(*sharding.Config)) collection {
	t.Helper()
	c := collection{dir: t.TempDir()}
	rng := rand.New(rand.NewPCG(1, 2))
	var last []byte
	for i := range 24 {
		s := side - 2*(i%2)
		im := image.NewGray16(image.Rect(0, 0, s, s))
		for y := range s {
			for x := range s {
				im.SetGray16(x, y, color.Gray16{Y: uint16(3000 + 2000*(i%5) + 900*y*(i%3) + rng.IntN(1500))})
			}
		}
		var b bytes.Buffer
		check(t, png.Encode(&b, im))
		if i == 23 {
			b.Reset()
			b.Write(last)
		}
		last = bytes.Clone(b.Bytes())
		name := fmt.Sprintf("run%d/cell%02d.png", i%2, i)
		check(t, os.MkdirAll(filepath.Dir(c.at("images/"+name)), 0o777))
		check(t, os.WriteFile(c.at("images/"+name), b.Bytes(), 0o666))
		c.names = append(c.names, name)
	}
	shard := sharding.DefaultConfig()
	shard.Listing, shard.Output, shard.Shards = listing.Config{Inputs: []string{c.at("images")}}, c.at("shards"), 3
	shard.Size, shard.Fit, shard.Bits = schemas.Size{Height: side, Width: side}, fit, bits
	for _, change := range more {
		change(&shard)
	}
	_, err := sharding.Run(t.Context(), shard, runtest.Direct)
	check(t, err)
	_, err = training.Run(t.Context(), training.Config{Shards: c.at("shards"), Output: c.at("model"), Arch: training.ArchLinear, Latent: 4, Working: side, Seed: 1})
	check(t, err)
	encode := encoding.DefaultConfig()
	encode.Shards, encode.Model, encode.Output, encode.Reconstruct = c.at("shards"), c.at("model"), c.at("latents"), true
	_, err = encoding.Run(t.Context(), encode, runtest.Direct)
	check(t, err)
	return c
}

// query returns the configuration of a query of the collection.
func (c collection) query(t testing.TB, image string) Config {
	q := DefaultConfig()
	q.Input, q.Image, q.Output, q.Metrics = c.at("latents"), image, filepath.Join(t.TempDir(), "query"), schemas.Metrics
	return q
}

// must runs a query.
func must(t testing.TB, c Config) *Result {
	t.Helper()
	check(t, c.Validate())
	r, err := Run(t.Context(), c)
	check(t, err)
	return r
}

// tree returns the files of a finished query with what they hold.
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

// floats reads the numbers behind the header of an array file.
func floats(data string, n int) []byte {
	return []byte(data)[len(data)-n*binary.Size(float32(0)):]
}

// colored writes an image that no collection here takes.
func colored(t testing.TB) string {
	t.Helper()
	im := image.NewNRGBA(image.Rect(0, 0, 9, 5))
	for i := range im.Pix {
		im.Pix[i] = uint8(i) | 0xf0*uint8(i%4/3) | 0x0f*uint8(i%4/3)
	}
	var b bytes.Buffer
	check(t, png.Encode(&b, im))
	name := filepath.Join(t.TempDir(), "colored.png")
	check(t, os.WriteFile(name, b.Bytes(), 0o666))
	return name
}
