package encoding

import (
	"encoding/binary"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

const channelsArch = `{"family":"dense","input":{"height":8,"width":8,"channels":3,"bits":16},"latent":5,"widths":[16]}`

// channelShards writes shards of images with three channels of 12 bits, of which one is empty here and
// there, and returns it with the images.
func channelShards(t *testing.T) (dir string, all map[string]records.Image) {
	t.Helper()
	r := rand.New(rand.NewPCG(2, 12))
	ims := makeImages(60)
	for i := range ims {
		im := &ims[i]
		im.Channels, im.Bits, im.Pixels = 3, 16, make([]byte, side*side*3*2)
		for k := range side * side * 3 {
			v := r.IntN(4096)
			if k%3 == 1 && i%4 == 0 {
				v = 100
			}
			binary.LittleEndian.PutUint16(im.Pixels[2*k:], uint16(v))
		}
	}
	dir, groups := shardsOf(t, ims, 2)
	all = map[string]records.Image{}
	for _, group := range groups {
		for _, im := range group {
			all[im.Filename] = im
		}
	}
	return dir, all
}

// edit changes shards.json.
func edit(t *testing.T, dir string, change func(m *schemas.ShardsManifest)) {
	t.Helper()
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](t.Context(), filepath.Join(dir, schemas.ShardsFile))
	if err != nil {
		t.Fatal(err)
	}
	change(&m)
	writeManifest(t, dir, m)
}

// TestColumnsOfChannels: latents of a collection with channels have the figures of each, those of a gray
// image of its samples, by the collection's full scale; of another full scale all files are made again,
// and without channels there are no such columns.
func TestColumnsOfChannels(t *testing.T) {
	dir, all := channelShards(t)
	edit(t, dir, func(m *schemas.ShardsManifest) {
		m.Image.Channels, m.Image.Bits, m.FullScale, m.FullScaleFrom = 3, 16, 4095, "given"
		m.Channels = []schemas.Channel{{Name: "DNA"}, {Name: "ER"}, {}}
	})
	c := configOf(t, dir, makeModel(t, channelsArch, true))
	check := func(channels []string, full int) {
		t.Helper()
		for _, f := range mustRun(t, c).Manifest.Files {
			rows, spec := readRows(t, filepath.Join(c.Output, f.File))
			if !slices.Equal(spec.Channels, channels) || spec.FullScale != full {
				t.Fatalf("channels %q, full scale %d", spec.Channels, spec.FullScale)
			}
			for _, row := range rows {
				im := all[row.ImageID]
				want, flags := images.Quality(im.Pixels, im.Shape(), full)
				var of []schemas.Quality
				for c := range channels {
					one := im
					one.Channels, one.Pixels = 1, nil
					for i := range side * side {
						one.Pixels = append(one.Pixels, im.Pixels[2*(3*i+c):][:2]...)
					}
					q, constant := images.Quality(one.Pixels, one.Shape(), full)
					if of = append(of, q); constant != 0 {
						flags |= schemas.QCConstantChannel
					}
				}
				if diff := cmp.Diff(want, row.Quality) + cmp.Diff(of, row.Channels); diff != "" || row.QCFlags&3 != flags {
					t.Fatalf("%s: flags %b, want %b\n%s", row.ImageID, row.QCFlags, flags, diff)
				}
			}
		}
	}
	names := []string{"DNA", "ER", ""}
	check(names, 4095)
	c.Overwrite = true
	edit(t, dir, func(m *schemas.ShardsManifest) { m.FullScale = 3000 })
	check(names, 3000)
	edit(t, dir, func(m *schemas.ShardsManifest) { m.FullScale, m.FullScaleFrom, m.Channels = 0, "", nil })
	check(nil, 0)
}

// TestChannelsThatImagesDoNotHave: a manifest that names another number of channels is refused.
func TestChannelsThatImagesDoNotHave(t *testing.T) {
	dir, _ := channelShards(t)
	edit(t, dir, func(m *schemas.ShardsManifest) {
		m.Image.Channels, m.Image.Bits = 3, 16
		m.Channels = []schemas.Channel{{Name: "DNA"}, {Name: "ER"}}
	})
	if _, err := Run(t.Context(), configOf(t, dir, makeModel(t, channelsArch, true)), runtest.Direct); err == nil || !strings.Contains(err.Error(), "2 channels are named, the images have 3") {
		t.Errorf("%v", err)
	}
}

// TestNamesOfModel: a model takes the channels that it was made of; where names are missing they are
// taken in their order, which the notes and the manifest say.
func TestNamesOfModel(t *testing.T) {
	named := func(names ...string) (list []schemas.Channel) {
		for _, name := range names {
			list = append(list, schemas.Channel{Name: name})
		}
		return list
	}
	for _, c := range []struct {
		model, images   []schemas.Channel
		by, says, fault string
	}{
		{nil, nil, "", "", ""},
		{named("DNA", "ER", "RNA"), named("DNA", "ER", "RNA"), "names", "", ""},
		{named("DNA", "ER", "RNA"), nil, "order", "have no names, and are taken in the order of the model", ""},
		{nil, named("DNA", "ER", "RNA"), "order", "names none, and takes those of", ""},
		{named("DNA", "ER", "RNA"), named("ER", "DNA", "RNA"), "", "", "(sharding.Config.Channels=DNA,ER,RNA)"},
	} {
		dir, _ := channelShards(t)
		edit(t, dir, func(m *schemas.ShardsManifest) { m.Image.Channels, m.Image.Bits, m.Channels = 3, 16, c.images })
		a, err := model.ParseArch([]byte(channelsArch))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), configOf(t, dir, writeModel(t, &model.Model{Arch: a, Channels: c.model, Encoder: randomWeights(a.EncoderWeights())})), runtest.Direct)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%v of %v: %v", c.images, c.model, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(r.Notes, "\n")
		if m := r.Manifest; m.ChannelsBy != c.by || !slices.Equal(m.ModelChannels, schemas.NamesOf(c.model)) && len(c.model) > 0 || strings.Contains(notes, "channels: ") != (c.says != "") || !strings.Contains(notes, c.says) {
			t.Errorf("%v of %v: by %q, model's %q, notes:\n%s", c.images, c.model, m.ChannelsBy, m.ModelChannels, notes)
		}
	}
}
