package selecting

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/step"
)

// nuclei returns the real nuclei, or skips the test.
func nuclei(t *testing.T) (names []string, all []images.Image) {
	t.Helper()
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		t.Skip("EXEMPLAR_DATA does not name the folder of real data")
	}
	files, err := filepath.Glob(filepath.Join(root, "nuclei/images/*/*.tif"))
	check(t, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		check(t, err)
		im, err := images.Decode(file, data, images.Options{})
		check(t, err)
		names, all = append(names, filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file)), append(all, im)
	}
	return names, all
}

// row returns an image's row: its embedding is the mean of 2 x 3 blocks.
func row(name string, im images.Image) schemas.Latent {
	l := schemas.Latent{ImageID: name, SHA256: fmt.Sprintf("%x", sha256.Sum256(im.Pixels)), Embedding: make([]float32, dim), Metadata: []string{""}}
	l.Quality, l.QCFlags = images.Quality(im.Pixels, im.Shape(), 0)
	for i, v := range im.Pixels {
		l.Embedding[i/im.Width*2/im.Height*3+i%im.Width*3/im.Width] += float32(v) / 1024
	}
	return l
}

// spoil returns an artifact made of a nucleus.
func spoil(im images.Image, kind string, r *rand.Rand) images.Image {
	out := im
	out.Pixels = make([]byte, len(im.Pixels))
	switch kind {
	case "blank": // all black, or with specks
		for range r.IntN(2) * 80 {
			out.Pixels[r.IntN(len(out.Pixels))] = byte(1 + r.IntN(255))
		}
	case "saturated": // exposed so that the darkest tenth to eight tenths are not clipped
		inside := slices.Clone(im.Pixels)
		slices.Sort(inside)
		inside = slices.DeleteFunc(inside, func(v byte) bool { return v == 0 })
		gain := 255 / float64(inside[len(inside)*(1+r.IntN(8))/10])
		for i, v := range im.Pixels {
			out.Pixels[i] = byte(min(255, gain*float64(v)))
		}
	case "cut": // moved until the left edge goes through it
		left, right := im.Width, 0
		for i, v := range im.Pixels {
			if v > 0 {
				left, right = min(left, i%im.Width), max(right, i%im.Width)
			}
		}
		by := left + (right-left)*(3+r.IntN(4))/10
		for y := range im.Height {
			line := y * im.Width
			copy(out.Pixels[line:line+im.Width-by], im.Pixels[line+by:line+im.Width])
		}
	}
	return out
}

// TestArtifactsAmongRealNucleiAreNotPicked: with 0.5, 2 and 5 % each of blank,
// saturated and cut nuclei none is picked, and the picks are those of the clean
// collection. Without the gate artifacts are picked.
func TestArtifactsAmongRealNucleiAreNotPicked(t *testing.T) {
	names, all := nuclei(t)
	var rows []schemas.Latent
	for i, im := range all {
		rows = append(rows, row(names[i], im))
	}
	picked := func(rows []schemas.Latent, shards int, mode string) (ids []string, spoilt int, m *schemas.SelectionManifest) {
		dir := t.TempDir()
		write(t, dir, rows, shards, "none")
		c := config(dir, "cluster")
		c.Parameters.Gate.Mode = mode
		result, err := Run(t.Context(), c, runner)
		check(t, err)
		data, err := os.ReadFile(filepath.Join(dir, "selection", schemas.SelectionCSV))
		check(t, err)
		for _, line := range bytes.Split(data, []byte("\n"))[1:] {
			if cells := strings.Split(string(line), ","); len(cells) > 1 {
				ids = append(ids, cells[1])
				if strings.HasPrefix(cells[1], "spoilt ") {
					spoilt++
				}
			}
		}
		return ids, spoilt, result.Manifest
	}
	clean, _, m := picked(rows, 3, schemas.GateAuto)
	if m.Excluded > 5 {
		t.Errorf("%d of %d clean nuclei are excluded: %+v", m.Excluded, m.Rows, m.Exclusions)
	}
	for _, share := range []float64{0.005, 0.02, 0.05} {
		r := rand.New(rand.NewPCG(1, 1))
		mixed := slices.Clone(rows)
		n := int(share*float64(len(rows)) + 0.5)
		for _, kind := range []string{"blank", "saturated", "cut"} {
			for i := range n {
				mixed = append(mixed, row(fmt.Sprintf("spoilt %s %d.tif", kind, i), spoil(all[r.IntN(len(all))], kind, r)))
			}
		}
		ids, spoilt, m := picked(mixed, 7, schemas.GateAuto)
		same := 0
		for _, id := range ids {
			if slices.Contains(clean, id) {
				same++
			}
		}
		if spoilt > 0 || len(ids) != len(clean) || same*100 < 95*len(clean) {
			t.Errorf("%v: %d artifacts of %d picked, %d of %d picks unchanged", share, spoilt, 3*n, same, len(clean))
		}
		_, without, _ := picked(mixed, 7, schemas.GateOff)
		if share >= 0.05 && without == 0 {
			t.Error("no artifact is picked without the gate: this test shows nothing")
		}
		t.Logf("%v of each: %d of %d excluded, %d of %d picks unchanged, %d artifacts picked; %d without the gate",
			share, m.Excluded, 3*n, same, len(clean), spoilt, without)
	}
}

// TestLimitsOfColumnsThatAreNotThere are refused, and leave what was finished with them as it is.
func TestLimitsOfColumnsThatAreNotThere(t *testing.T) {
	c, dir := ofTwelve(t)
	c.Parameters.Gate.MaxMSE = schemas.GateBound{Given: true, Value: 1e20}
	foreign := schemas.LatentsSpec{Source: "CSV columns ^x"}
	if err := c.CheckLimits(&foreign); err == nil || err.Error() != "Config.MaxMSE=1e+20: vectors of another program have no such column to judge: leave it out" {
		t.Errorf("of another program: %v", err)
	}
	if err := c.CheckLimits(&schemas.LatentsSpec{Reconstruct: true}); err != nil {
		t.Error(err)
	}
	name := filepath.Join(dir, "latents", schemas.LatentsFile)
	m, _, err := outdir.ReadJSON[schemas.LatentsManifest](t.Context(), name)
	check(t, err)
	m.Spec.Reconstruct = false
	check(t, outdir.WriteJSON(t.Context(), name, m))
	const want = "have no column mse to judge: encode with encoding.Config.Reconstruct"
	_, planned := Plan(t.Context(), c)
	_, err = Run(t.Context(), c, runner)
	if err == nil || planned == nil || planned.Error() != err.Error() || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, a plan %v, want %q", err, planned, want)
	}
	_, _, _, err = step.Run(t.Context(), c.output(), stepName, func(ctx context.Context) (*plan, *work, error) { // of an earlier version
		p, w, err := makePlan(ctx, c, runner)
		p.options.limits = nil
		return p, w, err
	})
	check(t, err)
	if r, err := Run(t.Context(), c, runner); err != nil || r.Made {
		t.Errorf("a finished selection: %v", err)
	}
}
