package grading

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"exemplar/model/nearest"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/raster"
)

// TestOwnTerm: the standard error is by how much the term varies from sample to sample of a collection,
// of generated images and of nuclei, within 15 %; of all images it is 0.
func TestOwnTerm(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	collections := map[string][]float32{"generated": cloud(rng, 1200, 8, 0), "two clouds": append(cloud(rng, 900, 8, 0), cloud(rng, 300, 8, 5)...)}
	if dir := os.Getenv("EXEMPLAR_DATA"); dir == "" {
		t.Log("EXEMPLAR_DATA is not set: without nuclei")
	} else {
		files, err := filepath.Glob(filepath.Join(dir, "nuclei", "images", "*", "*.tif"))
		if err != nil || len(files) < 1200 {
			t.Fatal(len(files), err)
		}
		var x []float32
		for _, file := range files[:1200] {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			im, err := images.Decode(file, data, images.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range raster.Of(im.Pixels, im.Shape(), 32).V {
				x = append(x, float32(v))
			}
		}
		collections["nuclei"] = x
	}
	const all, draws = 1200, 400
	for name, x := range collections {
		d := len(x) / all
		whole := newPanel(d, x, x[:d], nil, all)
		if own := whole.ownTerm(all); own.Error != 0 || own.Images != all || own.Value != whole.within {
			t.Errorf("%s: %+v of all images", name, own)
		}
		kernel := make([]float64, all*all)
		for i := range all {
			row := kernel[i*all : (i+1)*all]
			nearest.SquaredDistances(row, x, nearest.Widen(x[i*d:(i+1)*d]))
			for j, s := range row {
				row[j] = math.Exp(-whole.gamma * s)
			}
		}
		for _, n := range []int{60, 300, 900} {
			sum, squares, claimed := 0.0, 0.0, 0.0
			for range draws {
				some := rng.Perm(all)[:n]
				p := &panel{d: 1, reference: make([]float32, n)} // which says how many
				total := 0.0
				for _, i := range some {
					var row kernelRow
					for _, j := range some {
						k := kernel[i*all+j]
						row.sum, row.squares = row.sum+k, row.squares+k*k
					}
					p.kernel = append(p.kernel, row)
					total += row.sum
				}
				p.within = total / float64(n*n)
				sum += p.within
				squares += p.within * p.within
				claimed += p.ownTerm(all).Error / draws
			}
			deviation := math.Sqrt((squares - sum*sum/draws) / (draws - 1))
			t.Logf("%s, %d of %d: deviation %.3g, on average claimed %.3g", name, n, all, deviation, claimed)
			// The deviation of 400 draws has a standard error of 3.5 %.
			if !(math.Abs(claimed/deviation-1) < 0.15) {
				t.Errorf("%s, %d of %d: deviation %v, claimed %v", name, n, all, deviation, claimed)
			}
		}
	}
}
