package verifying

import (
	"encoding/csv"
	"fmt"
	"image"
	"image/png"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/sharding"
)

// listedWorkflow makes shards and latents of 30 images of three channels, a file each, from a list that says labels,
// plates and wells; of every fourth image it says no well.
func listedWorkflow(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(5, 6))
	list, err := os.Create(filepath.Join(dir, "list.csv"))
	check(t, err)
	w := csv.NewWriter(list)
	check(t, w.Write([]string{"FileName_DNA", "PathName_DNA", "FileName_ER", "PathName_ER", "FileName_RNA", "PathName_RNA", "Metadata_Well", "Metadata_Plate", "label"}))
	for i := range 30 {
		var row []string
		for c := range 3 {
			im := image.NewGray(image.Rect(0, 0, side, side))
			for k := range im.Pix {
				im.Pix[k] = byte(rng.Uint32())
			}
			name := fmt.Sprintf("c%02d_%d.png", i, c)
			f, err := os.Create(filepath.Join(dir, name))
			check(t, err)
			check(t, png.Encode(f, im))
			check(t, f.Close())
			row = append(row, name, dir)
		}
		check(t, w.Write(append(row, []string{"", "A01", "A02", "B01"}[i%4], "P1", []string{"x", "y"}[i%2])))
	}
	w.Flush()
	check(t, w.Error())
	check(t, list.Close())
	c := sharding.DefaultConfig()
	c.Listing, c.Output, c.Shards = listing.Config{InputList: list.Name()}, filepath.Join(dir, "shards"), 3
	_, err = sharding.Run(t.Context(), c, runtest.Direct)
	check(t, err)
	a, err := model.ParseArch([]byte(fmt.Sprintf(`{"family":"dense","input":{"height":%d,"width":%d,"channels":3},"latent":3,"widths":[8]}`, side, side)))
	check(t, err)
	m := &model.Model{Arch: a}
	for _, s := range a.EncoderWeights() {
		tensor := model.Tensor{Name: s.Name, Shape: s.Shape, Data: make([]float32, s.Shape[0]*max(1, append(s.Shape, 1)[1]))}
		for i := range tensor.Data {
			tensor.Data[i] = rng.Float32() - 0.5
		}
		m.Encoder = append(m.Encoder, tensor)
	}
	files, err := m.Marshal()
	check(t, err)
	check(t, os.MkdirAll(filepath.Join(dir, "model"), 0o777))
	for name, data := range files {
		check(t, os.WriteFile(filepath.Join(dir, "model", name), data, 0o666))
	}
	e := encoding.DefaultConfig()
	e.Shards, e.Model, e.Output, e.MetadataPattern = filepath.Join(dir, "shards"), filepath.Join(dir, "model"), filepath.Join(dir, "latents"), `c(?P<cell>\d+)`
	_, err = encoding.Run(t.Context(), e, runtest.Direct)
	check(t, err)
	return dir
}

// TestListedMetadataReachLatents: columns of a list are columns of latents beside those of a pattern, in any
// of the shards, and verify holds both to the records; nothing of channels and columns can be changed without
// its notice.
func TestListedMetadataReachLatents(t *testing.T) {
	dir := listedWorkflow(t)
	for _, folder := range []string{"shards", "latents"} {
		if problems := verify(t, dir, folder); len(problems) > 0 {
			t.Errorf("%s: %q", folder, problems)
		}
	}
	m, _, err := outdir.ReadManifest[schemas.LatentsManifest](t.Context(), filepath.Join(dir, "latents", schemas.LatentsFile))
	check(t, err)
	if got := strings.Join(m.Spec.Metadata, ","); got != "Metadata_Plate,Metadata_Well,Metadata_cell" || strings.Join(m.MetadataRecords, ",") != "Metadata_Plate,Metadata_Well" {
		t.Fatalf("columns %s, of the records %q", got, m.MetadataRecords)
	}
	rows := 0
	for _, info := range m.Files {
		for b, err := range latents.Read(t.Context(), filepath.Join(dir, "latents", info.File), latents.All) {
			check(t, err)
			for k := range b.N {
				var i int
				if _, err := fmt.Sscanf(b.ImageID[k], "c%02d_0.png", &i); err != nil {
					t.Fatalf("%s: %v", b.ImageID[k], err)
				}
				want := []string{"P1", []string{"", "A01", "A02", "B01"}[i%4], fmt.Sprintf("%02d", i)}
				got := []string{b.Metadata[0][k], b.Metadata[1][k], b.Metadata[2][k]}
				if !slices.Equal(got, want) || b.Label[k] != []string{"x", "y"}[i%2] {
					t.Errorf("%s: %q and label %q, want %q", b.ImageID[k], got, b.Label[k], want)
				}
				rows++
			}
		}
	}
	if rows != 30 {
		t.Errorf("%d rows", rows)
	}
	t.Setenv("EXEMPLAR_FIELDS", "all")
	noticed := func(file, folder string, unnoticed map[string]string) {
		for _, path := range slices.Sorted(maps.Keys(unnoticed)) {
			known := false
			for begins, named := range unchecked[file] {
				known = known || strings.HasPrefix(path, begins) && strings.Contains(unnoticed[path], named)
			}
			if !known {
				t.Errorf("%s of %s: %s was changed, and not noticed", file, folder, path)
			}
		}
	}
	u, _ := changed(t, dir, "shards", schemas.ShardsFile, "", func(*schemas.ShardsManifest) error { return nil })
	noticed(schemas.ShardsFile, "shards", u)
	u, _ = changed(t, dir, "shards", schemas.CollectionFile, "", func(c *schemas.Collection) (err error) {
		c.PlacesSHA256, err = outdir.SealPlaces(*c)
		return err
	})
	noticed(schemas.CollectionFile, "shards", u)
	u, _ = changed(t, dir, "latents", schemas.LatentsFile, "", func(*schemas.LatentsManifest) error { return nil })
	noticed(schemas.LatentsFile, "latents", u)
}
