package comparing

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/comparing/codecs"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/data/records"
)

// truth is the collection and what models make of it, in the plainest way.
type truth struct {
	images []records.Image
	pixels [][]float64
	z      map[string][][]float64
	plan   map[string]*model.Plan
}

func newTruth(t *testing.T, c Config) *truth {
	f, err := dataset.Open(t.Context(), c.Input)
	check(t, err)
	w := &truth{z: map[string][][]float64{}, plan: map[string]*model.Plan{}}
	for i := range f.Shards {
		for im, err := range f.Usable(t.Context(), i, nil, nil) {
			check(t, err)
			im.Pixels = slices.Clone(im.Pixels)
			x := make([]float64, len(im.Pixels))
			for k, p := range im.Pixels {
				x[k] = float64(p) / 255
			}
			im.Filename = strings.Clone(im.Filename)
			w.images, w.pixels = append(w.images, im), append(w.pixels, x)
		}
	}
	for _, name := range c.Models {
		m, _, err := modeldir.Read(t.Context(), name, true)
		check(t, err)
		w.plan[name], err = model.Compile(m)
		check(t, err)
		for _, im := range w.images {
			z := make([]float32, m.Arch.Latent)
			w.plan[name].NewRunner(1).Encode(z, [][]byte{im.Pixels})
			w.z[name] = append(w.z[name], widened(z))
		}
	}
	return w
}

// column returns the values of a dimension.
func (w *truth) column(name string, d int) (x []float64) {
	for _, z := range w.z[name] {
		x = append(x, z[d])
	}
	return x
}

// errors returns the errors of an image by a code.
func (w *truth) errors(name string, image int, z []float64) (mse, mae float64) {
	x, narrow := make([]float32, len(w.pixels[image])), make([]float32, len(z))
	for i, v := range z {
		narrow[i] = float32(v)
	}
	w.plan[name].NewRunner(1).Decode(x, narrow)
	for i, want := range w.pixels[image] {
		d := float64(x[i]) - want
		mse, mae = mse+d*d/float64(len(x)), mae+math.Abs(d)/float64(len(x))
	}
	return mse, mae
}

// means returns the mean errors of all images by their codes in 8 bits, of the first so many
// dimensions.
func (w *truth) means(name string, first int) (mse, mae float64) {
	z := make([][]float64, len(w.images))
	for d := range w.z[name][0] {
		x := w.column(name, d)
		low, top := slices.Min(x), slices.Max(x)
		for i, v := range x {
			if d >= first {
				v = 0
			} else if top > low {
				v = low + math.Round((v-low)/(top-low)*255)/255*(top-low)
			}
			z[i] = append(z[i], v)
		}
	}
	for i := range z {
		a, b := w.errors(name, i, z[i])
		mse, mae = mse+a/float64(len(z)), mae+b/float64(len(z))
	}
	return mse, mae
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// TestBruteForce compares every table with the plainest loops, and the bytes of one processor
// with those of four.
func TestBruteForce(t *testing.T) {
	c := newCollection(t, 8, 1)
	config := c.config(t, c.models(t)...)
	config.Anomalies = "label in (b, c)"
	var first map[string]string
	for _, n := range []int{1, 4} {
		workers(t, n)
		config.Output = filepath.Join(t.TempDir(), "compared")
		must(t, config)
		files := tree(t, config.Output)
		if first == nil {
			first = files
		} else if !maps.Equal(first, files) {
			t.Errorf("other bytes on %d processors", n)
		}
	}
	w := newTruth(t, config)
	w.checkModels(t, config, first)
	w.checkErrors(t, config, first)
	w.checkRates(t, first)
	w.checkCodes(t, config, first)
}

func (w *truth) checkModels(t *testing.T, c Config, files map[string]string) {
	variance := 0.0
	for i := range w.pixels[0] {
		mean := 0.0
		for _, x := range w.pixels {
			mean += x[i] / float64(len(w.pixels))
		}
		for _, x := range w.pixels {
			variance += (x[i] - mean) * (x[i] - mean) / float64(len(w.pixels)*len(x))
		}
	}
	kinds := []string{"linear", "linear", "vanilla", "convolutional denoising sparse"}
	trained := []string{"", "9", "", "60"}
	for i, row := range rowsOf(t, files[schemas.ModelsCSV], schemas.ModelsColumns) {
		name := c.Models[i]
		if row["model"] != name || row["kind"] != kinds[i] || row["training_images"] != trained[i] || row["training_seconds"] != "" {
			t.Errorf("row %v", row)
		}
		mse, mae := 0.0, 0.0
		for k, z := range w.z[name] {
			a, b := w.errors(name, k, z)
			mse, mae = mse+a/many, mae+b/many
		}
		mse8, mae8 := w.means(name, len(w.z[name][0]))
		for column, want := range map[string]float64{"mse": mse, "mae": mae, "psnr": -10 * math.Log10(mse), "mse_8bit": mse8, "mae_8bit": mae8, "missed": mse / variance,
			"dimensions": float64(len(w.z[name][0])), "bits_per_pixel": 8 * float64(len(w.z[name][0])) / (high * wide)} {
			near(t, column+" of "+name, num(t, row[column]), want, 1e-6)
		}
		if (row["column_cosine"] != "") != (i < 2) {
			t.Errorf("the columns of %s: %q", name, row["column_cosine"])
		}
		// All pairs.
		positives, wins := 0, 0.0
		var errors [2][]float64
		for k, z := range w.z[name] {
			e, _ := w.errors(name, k, z)
			side := 0
			if im := w.images[k]; im.HasLabel && im.Label != "a" {
				side, positives = 1, positives+1
			}
			errors[side] = append(errors[side], float64(float32(e)))
		}
		for _, a := range errors[1] {
			for _, b := range errors[0] {
				if a > b {
					wins++
				} else if a == b {
					wins += 0.5
				}
			}
		}
		near(t, "AUROC of "+name, num(t, row["auroc"]), wins/float64(len(errors[0])*len(errors[1])), 1e-12)
		if positives != 25 {
			t.Errorf("%d anomalies", positives)
		}
	}
}

// checkErrors: errors.parquet has the bits that the models compute, image by image.
func (w *truth) checkErrors(t *testing.T, c Config, files map[string]string) {
	text := files[schemas.ErrorsParquet]
	rows, err := parquet.Read[schemas.ImageErrors](strings.NewReader(text), int64(len(text)))
	check(t, err)
	if len(rows) != many*len(c.Models) {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		im, name := w.images[i%many], c.Models[i/many]
		var mse [1]float64
		z := make([]float32, len(w.z[name][0]))
		r := w.plan[name].NewRunner(1)
		r.Encode(z, [][]byte{im.Pixels})
		r.MSE(mse[:], z, [][]byte{im.Pixels})
		if row.ImageID != im.Filename || row.Model != name || (row.Label != nil) != im.HasLabel || row.Label != nil && *row.Label != im.Label || row.MSE != float32(mse[0]) {
			t.Fatalf("row %d is %+v, want %s by %s with %v", i, row, im.Filename, name, float32(mse[0]))
		}
	}
}

// checkRates: the models, all first components, and with each codec the errors of all images.
func (w *truth) checkRates(t *testing.T, files map[string]string) {
	seen := map[string]int{}
	s := schemas.ImageShape{Height: high, Width: wide, Channels: 1, Bits: 8}
	for _, row := range rowsOf(t, files[schemas.RateCSV], schemas.RateColumns) {
		seen[row["method"]]++
		p := int(num(t, row["parameter"]))
		var mse, mae, bits float64
		switch row["method"] {
		case schemas.MethodModel, schemas.MethodPCA:
			mse, mae = w.means(row["model"], p)
			bits = 8 * float64(p)
		case schemas.MethodJPEG:
			for _, im := range w.images {
				scan, e, err := codecs.JPEG(im.Pixels, s, p)
				check(t, err)
				mse, mae, bits = mse+e.MSE/many, mae+e.MAE/many, bits+8*float64(scan)/many
			}
		default:
			mse, mae = w.kept(s, p)
			if bits = 8 * float64(p); row["method"] == schemas.MethodDCTPositions {
				bits += codecs.PositionBits(high*wide, p)
			}
		}
		what := fmt.Sprint(row["method"], " of ", row["model"], " at ", p)
		near(t, "rate by "+what, num(t, row["bits_per_pixel"]), bits/(high*wide), 1e-9)
		near(t, "mse by "+what, num(t, row["mse"]), mse, 1e-6)
		near(t, "mae by "+what, num(t, row["mae"]), mae, 1e-6)
		near(t, "psnr by "+what, num(t, row["psnr"]), -10*math.Log10(mse), 1e-6)
	}
	if want := map[string]int{"model": 4, "pca": 5, "jpeg": 21, "dct": 12, "dct_positions": 12}; !maps.Equal(seen, want) {
		t.Errorf("rows %v, want %v", seen, want)
	}
}

// kept returns the mean errors with the k largest coefficients of each image.
func (w *truth) kept(s schemas.ImageShape, k int) (mse, mae float64) {
	d := codecs.NewDCT(s)
	all := make([][]float64, len(w.pixels))
	low, top := slices.Repeat([]float64{math.Inf(1)}, d.Size()), slices.Repeat([]float64{math.Inf(-1)}, d.Size())
	for i, x := range w.pixels {
		all[i] = make([]float64, d.Size())
		d.Forward(all[i], x)
		for j, v := range all[i] {
			low[j], top[j] = min(low[j], v), max(top[j], v)
		}
	}
	for i, y := range all {
		magnitudes := make([]float64, len(y))
		for j, v := range y {
			magnitudes[j] = math.Abs(v)
		}
		slices.Sort(magnitudes)
		least := magnitudes[len(y)-k]
		for j, v := range y {
			if y[j] = 0; math.Abs(v) >= least {
				y[j] = low[j] + math.Round((v-low[j])/(top[j]-low[j])*255)/255*(top[j]-low[j])
			}
		}
		back := make([]float64, len(y))
		d.Inverse(back, y)
		for j, v := range back {
			e := v - w.pixels[i][j]
			mse, mae = mse+e*e/float64(len(y)*many), mae+math.Abs(e)/float64(len(y)*many)
		}
	}
	return mse, mae
}

// checkCodes: means, variances and correlations in two passes of their own.
func (w *truth) checkCodes(t *testing.T, c Config, files map[string]string) {
	moments := func(x []float64) (mean, variance float64) {
		for _, v := range x {
			mean += v / float64(len(x))
		}
		for _, v := range x {
			variance += (v - mean) * (v - mean) / float64(len(x))
		}
		return mean, variance
	}
	n, constant := 0, 0
	for _, row := range rowsOf(t, files[schemas.CodesCSV], schemas.CodesColumns) {
		x := w.column(row["model"], int(num(t, row["dimension"])))
		mean, variance := moments(x)
		zeros := 0
		for _, v := range x {
			if v == 0 {
				zeros++
			}
		}
		near(t, "mean", num(t, row["mean"]), mean, 1e-9)
		near(t, "variance", num(t, row["variance"]), variance, 1e-9)
		if num(t, row["zeros"]) != float64(zeros) || num(t, row["low"]) != slices.Min(x) || num(t, row["high"]) != slices.Max(x) {
			t.Errorf("row %v", row)
		}
		n++
	}
	pairs := 0
	for _, row := range rowsOf(t, files[schemas.CorrelationCSV], schemas.CorrelationColumns) {
		i, j := int(num(t, row["i"])), int(num(t, row["j"]))
		x, y := w.column(row["model"], i), w.column(row["model"], j)
		mx, vx := moments(x)
		my, vy := moments(y)
		pairs++
		if vx == 0 || vy == 0 {
			if constant++; row["r"] != "" {
				t.Errorf("a constant dimension: %v", row)
			}
			continue
		}
		r := 0.0
		for k := range x {
			r += (x[k] - mx) * (y[k] - my) / math.Sqrt(vx*vy) / float64(len(x))
		}
		if got := num(t, row["r"]); !(math.Abs(got-r) < 1e-9) || i >= j {
			t.Errorf("%v, want r = %v", row, r)
		}
	}
	if n != 5+4+6+7 || pairs != 10+6+15+21 || constant == 0 {
		t.Errorf("%d dimensions, %d pairs, %d of them constant", n, pairs, constant)
	}
}
