package widgets

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
)

var write = flag.String("write", "", "folder to write figures to, of drawn images with awkward names")

// trickyNames are names that break modules and pages which read them as code, and expect
// ASCII.
var trickyNames = []string{
	`<img src=x onerror="alert(1)">.tif`,
	"`${alert(1)}`.tif",
	`</script><script>document.title="run"</script>.tif`,
	`"quoted" & 'single' \u003c \.tif`,
	`größe_µm_細胞_🧬.tif`,
	"\u202ertl tab\tline\u2028sep <!-- */ // .tif",
	"\xff not UTF-8 \x00.tif",
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// drawn adds a picture of a disc of some size and brightness, on noise of some width.
func drawn(f *reporting.Figures, size, bright, noise int) int {
	const side = 24
	im := image.NewGray(image.Rect(0, 0, side, side))
	low, high := uint8(255), uint8(0)
	for y := range side {
		for x := range side {
			v := noise * ((x*7 + y*13 + len(f.Pictures)*5) % 11) / 10
			if math.Hypot(float64(x-side/2), float64(y-side/2)) < float64(size) {
				v += bright
			}
			im.SetGray(x, y, color.Gray{Y: uint8(v)})
			low, high = min(low, uint8(v)), max(high, uint8(v))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		panic(err) // of memory
	}
	f.Pictures = append(f.Pictures, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(b.Bytes()))
	f.Levels = append(f.Levels, [2]uint8{low, high})
	return len(f.Pictures) - 1
}

// synthetic returns figures of everything, all of it drawn.
func synthetic() *reporting.Figures {
	f := &reporting.Figures{Title: `Picks of <b>"nuclei"</b> & more`, DisplayHigh: 230, FullScale: 255, Epoch: 9}
	train, held := reporting.Curve{Name: "loss"}, reporting.Curve{Name: "val_loss"}
	for e := range 12 {
		train.Epochs, train.Values = append(train.Epochs, float64(e+1)), append(train.Values, 0.08*math.Exp(-float64(e)/3)+0.0004)
		held.Epochs, held.Values = append(held.Epochs, float64(e+1)), append(held.Values, 0.07*math.Exp(-float64(e)/4)+0.0006)
	}
	f.Loss = []reporting.Curve{train, held}

	t := &reporting.Training{Epochs: []int{1, 3, 6, 9, 12}, Of: 12, Kept: 9}
	for i := range 5 {
		t.Originals, t.Noisy = append(t.Originals, drawn(f, 3+i, 180, 0)), append(t.Noisy, drawn(f, 3+i, 120, 90))
	}
	for _, epoch := range t.Epochs {
		var list []int
		for i := range t.Originals {
			list = append(list, drawn(f, 3+i, 60+10*epoch, 40/epoch))
		}
		t.Decoded = append(t.Decoded, list)
	}
	f.Reconstructions = t
	f.Gallery = syntheticPicks(f)
	for i := range 3 {
		from, to := f.Gallery.Picks[i], f.Gallery.Picks[i+1]
		walk := reporting.Walk{From: reporting.End{ImageID: from.ImageID, Picture: from.Picture}, To: reporting.End{ImageID: to.ImageID, Picture: to.Picture}}
		if i == 2 {
			walk.From = reporting.End{Picture: -1, Center: "geometric_median", Scope: "label", Group: trickyNames[2]}
			walk.To = reporting.End{Picture: -1, Center: "mean", Scope: "Metadata_run", Group: trickyNames[4]}
		}
		for step := range 6 {
			walk.Pictures = append(walk.Pictures, drawn(f, 3+i, 60+30*step, 20))
		}
		f.Interpolations = append(f.Interpolations, walk)
	}
	return f
}

func syntheticPicks(f *reporting.Figures) *reporting.Picked {
	p := &reporting.Picked{}
	for g, of := range []struct{ scope, id string }{{"global", "all"}, {"label", trickyNames[0]}, {"label", trickyNames[2]}, {"label", trickyNames[4]}} {
		group := reporting.Group{Scope: of.scope, ID: of.id, Size: int64(100 * (g + 1)), Share: 0.25}
		for _, center := range []string{"mean", "geometric_median"} {
			group.Centers = append(group.Centers, reporting.CenterView{Center: center, Picture: drawn(f, 5+g, 100, 10)})
		}
		p.Groups = append(p.Groups, group)
	}
	for g := range p.Groups {
		for _, center := range []string{"mean", "geometric_median"} {
			for m, metric := range schemas.Metrics {
				for rank := 1; rank <= 4; rank++ {
					i := len(p.Picks)
					name := fmt.Sprintf("plate %d/%s", i, trickyNames[i%len(trickyNames)])
					p.Picks = append(p.Picks, reporting.PickPicture{Group: g, Center: center, Metric: metric, Rank: rank, ImageID: name,
						Distance: 0.1*float64(rank) + 0.01*float64(g+m), Picture: drawn(f, 4+g, 80+30*rank, 15)})
				}
			}
		}
	}
	return p
}

// TestSynthetic makes all files of drawn figures, and writes them where asked to.
func TestSynthetic(t *testing.T) {
	made, m, err := files(synthetic(), "細胞 <selection>")
	check(t, err)
	if len(made) != 11 || len(m.Figures) != 4 {
		t.Errorf("%d files of %d figures", len(made), len(m.Figures))
	}
	if *write == "" {
		return
	}
	check(t, os.MkdirAll(*write, 0o777))
	for name, data := range made {
		check(t, os.WriteFile(filepath.Join(*write, name), data, 0o666))
	}
	data, err := schemas.MarshalJSON(m)
	check(t, err)
	check(t, os.WriteFile(filepath.Join(*write, schemas.WidgetsFile), data, 0o666))
}
