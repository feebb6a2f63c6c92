package verifying

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
)

// inColor is image i with three channels: the second is empty here and there, and saturated in few.
func inColor(i int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, side, side))
	one, other := pixels(3*i), pixels(3*i+1)
	for k := range side * side {
		c := color.RGBA{one[k], other[k] / 2, one[k]/3 + 5, 255}
		switch {
		case i%20 == 7:
			c.R, c.B = 0, 0
		case i%3 == 0:
			c.G = 0
		case i%25 == 4:
			c.G = byte(min(255, 3*int(other[k])))
		}
		im.SetRGBA(k%side, k/side, c)
	}
	return im
}

// colors is the source of the model's training.
type colors int

func (colors) Shards() int { return 1 }

func (c colors) Images(context.Context, int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := range int(c) {
			var p []byte
			for k, v := range inColor(i).Pix {
				if k%4 != 3 {
					p = append(p, v)
				}
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// channelWorkflow makes shards/, model/, latents/ and selection/ of images with three channels whose full
// scale is 200.
func channelWorkflow(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	input := filepath.Join(dir, "input")
	check(t, os.MkdirAll(input, 0o777))
	for i := range 150 {
		f, err := os.Create(filepath.Join(input, fmt.Sprintf("%03d.png", i)))
		check(t, err)
		check(t, png.Encode(f, inColor(i)))
		check(t, f.Close())
	}
	_, err := sharding.Run(t.Context(), sharding.Config{Listing: listing.Config{Inputs: []string{input}}, Output: filepath.Join(dir, "shards"), Shards: 3,
		Fit: "reject", Bits: "keep", Compression: "none", MaxPixels: sharding.DefaultMaxPixels, Resume: true}, runtest.Direct)
	check(t, err)
	edit(forger{t, dir}, func(m *schemas.ShardsManifest) {
		m.Channels, m.FullScale, m.FullScaleFrom = []schemas.Channel{{Name: "DNA"}, {Name: "ER"}, {}}, 200, "given"
	}, "shards", schemas.ShardsFile)

	m, _, err := linear.Train(t.Context(), linear.Config{Input: model.Input{Height: side, Width: side, Channels: 3, Bits: 8, Scale: "unit"}, Latent: 4}, colors(150))
	check(t, err)
	files, err := m.Marshal()
	check(t, err)
	check(t, os.MkdirAll(filepath.Join(dir, "model"), 0o777))
	for name, data := range files {
		check(t, os.WriteFile(filepath.Join(dir, "model", name), data, 0o666))
	}
	_, err = encoding.Run(t.Context(), encoding.Config{Shards: filepath.Join(dir, "shards"), Model: filepath.Join(dir, "model"),
		Output: filepath.Join(dir, "latents"), Layout: "list", Reconstruct: true, Batch: 8, Resume: true}, runtest.Direct)
	check(t, err)
	_, err = selecting.Run(t.Context(), selecting.Config{Input: filepath.Join(dir, "latents"), Output: filepath.Join(dir, "selection"), Resume: true, Where: "max_c0<1.5",
		Parameters: schemas.SelectionParameters{Scopes: []string{"cluster"}, Clusters: 3, Top: 3, Centers: []string{"mean"}, Metrics: []string{"euclidean"}, Seed: 1, Restarts: 2, MaxPasses: 20,
			Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}, runtest.Direct)
	check(t, err)
	return dir
}

// TestForgedChannelsAreNamed: latents and selections of images with channels hold, and what they say of
// channels and full scale is recomputed.
func TestForgedChannelsAreNamed(t *testing.T) {
	dir := channelWorkflow(t)
	f := forger{t, dir}
	for _, folder := range []string{"latents", "selection"} {
		if problems := verify(t, dir, folder); len(problems) > 0 {
			t.Fatalf("%s: %q", folder, problems)
		}
	}
	var says schemas.SelectionManifest
	edit(f, func(m *schemas.SelectionManifest) { says = *m }, "selection", schemas.SelectionFile)
	byER := func(e schemas.Exclusion) bool { return e.Reason == schemas.ReasonSaturated && e.Channel == "ER" }
	if n := says.Gate.Channels; len(n) != 3 || n[2].Channel != "c2" || n[1].Empty == 0 || !slices.ContainsFunc(says.Exclusions, byER) {
		t.Fatalf("%+v %+v", says.Gate, says.Exclusions)
	}
	was := map[string][]byte{}
	for _, name := range []string{schemas.LatentsFile, schemas.LatentsName(0, 3)} {
		was["latents/"+name] = f.read("latents", name)
	}
	was["selection/"+schemas.SelectionFile] = f.read("selection", schemas.SelectionFile)
	first := func(m *schemas.SelectionManifest) *schemas.Exclusion {
		return &m.Exclusions[slices.IndexFunc(m.Exclusions, byER)]
	}
	for _, c := range []struct {
		folder, want string
		forge        func()
	}{
		{"latents", "quality columns of channel 1 are", func() {
			f.rows(0, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[3].Channels[1].Object += 0.01 })
		}},
		{"latents", "quality columns are", func() {
			f.rows(0, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[3].QCFlags ^= schemas.QCEmptyChannel(1) })
		}},
		{"latents", `the channels are said to be ["DNA" "RNA" ""], those of shards.json are ["DNA" "ER" ""]`, func() {
			edit(f, func(m *schemas.LatentsManifest) { m.Spec.Channels[1] = "RNA" }, "latents", schemas.LatentsFile)
		}},
		{"latents", "full scale is said to be 201, shards.json says 200", func() {
			edit(f, func(m *schemas.LatentsManifest) { m.Spec.FullScale = 201 }, "latents", schemas.LatentsFile)
		}},
		{"latents", "made as", func() {
			f.rows(0, func(spec *schemas.LatentsSpec, _ []schemas.Latent) { spec.Channels[2] = "RNA" })
		}},
		{"selection", "the channels of the quality gate are", func() {
			f.selection(func(m *schemas.SelectionManifest) { m.Gate.Channels[1].Empty-- })
		}},
		{"selection", "the channels of the quality gate are", func() {
			f.selection(func(m *schemas.SelectionManifest) { m.Gate.Channels[0].Ground = schemas.GroundBright })
		}},
		{"selection", "quality gate: limit", func() {
			f.selection(func(m *schemas.SelectionManifest) { m.Gate.Limits[0].Channel = "RNA" })
		}},
		{"selection", "of the quality gate is {Reason:saturated (channel ER) ", func() {
			f.selection(func(m *schemas.SelectionManifest) {
				at := slices.IndexFunc(m.Gate.Limits, func(l schemas.GateLimit) bool { return l.Channel == "ER" })
				m.Gate.Limits[at].Threshold /= 2
			})
		}},
		{"latents", `the channels of the model are said to be ["DNA" "ER" "RNA"], the model has []`, func() {
			edit(f, func(m *schemas.LatentsManifest) { m.ModelChannels = []string{"DNA", "ER", "RNA"} }, "latents", schemas.LatentsFile)
		}},
		{"latents", `the channels are said to be met by "names", the names of shards.json and of the model give "order"`, func() {
			edit(f, func(m *schemas.LatentsManifest) { m.ChannelsBy = "names" }, "latents", schemas.LatentsFile)
		}},
		{"selection", "exclusion ", func() {
			f.selection(func(m *schemas.SelectionManifest) { first(m).Channel = "DNA" })
		}},
		{"selection", "grade", func() {
			f.selection(func(m *schemas.SelectionManifest) {
				bias := m.Grade.Sets[0].Bias
				at := slices.IndexFunc(bias, func(b schemas.Bias) bool { return b.Channel == "ER" && b.Reason == "" })
				bias[at].Percentile.Value++
			})
		}},
	} {
		c.forge()
		problems := verify(t, dir, c.folder)
		if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, c.want) }) {
			t.Errorf("problems:\n%s\nwant one with %q", strings.Join(problems, "\n"), c.want)
		}
		for name, data := range was {
			f.write(data, filepath.FromSlash(name))
		}
	}
}
