package querying

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"image/png"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// plain measures as a book has it, without the code of the step.
func plain(metric string, a, b []float32) float64 {
	var squares, dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		squares, dot, aa, bb = squares+(x-y)*(x-y), dot+x*y, aa+x*x, bb+y*y
	}
	switch {
	case metric == schemas.MetricEuclidean:
		return math.Sqrt(squares)
	case slices.Equal(a, b):
		return 0
	case aa == 0 || bb == 0:
		return 1
	}
	return max(0, 1-dot/math.Sqrt(aa)/math.Sqrt(bb))
}

// TestBruteForce compares neighbors with those of the plainest loop, over vectors on a grid
// whose distances are equal in many places: by both metrics, in files of several row groups,
// with more asked for than there are, and to the same bytes on one processor and on four.
func TestBruteForce(t *testing.T) {
	for _, of := range []struct{ n, d, files, top int }{{1, 3, 1, 5}, {60, 2, 4, 7}, {300, 5, 3, 1}, {300, 40, 7, 400}, {2000, 3, 5, 100}} {
		v := some(of.n, of.d)
		c := Config{Input: v.write(t, of.files, nil), Top: of.top, Metrics: schemas.Metrics, Image: v.ids[of.n/2]}
		at := slices.Index(v.ids, c.Image)
		if !slices.ContainsFunc(v.x[at], func(v float32) bool { return v != 0 }) {
			c.Metrics = []string{schemas.MetricEuclidean}
		}
		var first map[string]string
		for _, n := range []int{1, 4} {
			workers(t, n)
			c.Output = filepath.Join(t.TempDir(), "query")
			r := must(t, c)
			files := tree(t, c.Output)
			if first == nil {
				first = files
			} else if !maps.Equal(first, files) {
				t.Errorf("%+v: other bytes on %d processors", of, n)
			}
			var want []schemas.Neighbour
			for _, metric := range c.Metrics {
				var list []schemas.Neighbour
				for i, id := range v.ids {
					if i != at {
						list = append(list, schemas.Neighbour{ImageID: id, Distance: plain(metric, v.x[i], v.x[at]), Metric: metric})
					}
				}
				slices.SortFunc(list, func(a, b schemas.Neighbour) int {
					if math.Abs(a.Distance-b.Distance) < 1e-9 { // equal, but for the rounding
						return strings.Compare(a.ImageID, b.ImageID)
					}
					return cmp.Compare(a.Distance, b.Distance)
				})
				for k := range list[:min(len(list), of.top)] {
					list[k].Rank = int64(k + 1)
					want = append(want, list[k])
				}
			}
			zero := int64(0)
			for _, x := range v.x {
				if slices.Contains(c.Metrics, schemas.MetricCosine) && !slices.ContainsFunc(x, func(v float32) bool { return v != 0 }) {
					zero++
				}
			}
			if r.Zero != zero {
				t.Errorf("%+v: %d vectors without a direction, want %d", of, r.Zero, zero)
			}
			if !slices.EqualFunc(r.Neighbours, want, func(a, b schemas.Neighbour) bool {
				return a.Rank == b.Rank && a.Metric == b.Metric && math.Abs(a.Distance-b.Distance) < 1e-9 && (a.ImageID == b.ImageID || a.Metric == schemas.MetricCosine)
			}) {
				t.Errorf("%+v: found\n%v, want\n%v", of, r.Neighbours, want)
			}
			sameTables(t, files, schemas.NeighboursCSV, schemas.NeighboursParquet, func(n schemas.Neighbour) []string {
				return []string{fmt.Sprint(n.Rank), n.ImageID, strconv.FormatFloat(n.Distance, 'g', -1, 64), n.Metric}
			}, r.Neighbours)
			if got := files[schemas.QueryVector]; !bytes.Equal(floats(got, of.d), raw(v.x[at])) || !strings.Contains(got, fmt.Sprintf("'<f4', 'fortran_order': False, 'shape': (%d,)", of.d)) {
				t.Errorf("%+v: %s is %q", of, schemas.QueryVector, got)
			}
		}
	}
}

func raw(x []float32) (b []byte) {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// sameTables compares both tables with the rows that the run returned.
func sameTables[T comparable](t *testing.T, files map[string]string, csvName, parquetName string, line func(T) []string, rows []T) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(files[csvName])).ReadAll()
	check(t, err)
	got, err := parquet.Read[T](strings.NewReader(files[parquetName]), int64(len(files[parquetName])))
	check(t, err)
	if !slices.Equal(got, rows) {
		t.Errorf("%s has %v, want %v", parquetName, got, rows)
	}
	for i, row := range rows {
		if i+1 >= len(lines) || !slices.Equal(lines[i+1], line(row)) {
			t.Errorf("%s has not row %v in its place", csvName, row)
		}
	}
	if len(lines) != len(rows)+1 {
		t.Errorf("%s has %d lines for %d rows", csvName, len(lines), len(rows))
	}
}

// TestTails compares both ends of the errors with a sort of all, with ties.
func TestTails(t *testing.T) {
	v := some(500, 3)
	dir := v.write(t, 4, nil)
	for _, top := range []int{1, 20, 600} {
		var first map[string]string
		for _, n := range []int{1, 4} {
			workers(t, n)
			c := Config{Input: dir, Tails: schemas.TailsMSE, Top: top, Output: filepath.Join(t.TempDir(), "tails")}
			r := must(t, c)
			var want []schemas.Tail
			for _, end := range schemas.Ends {
				order := make([]int, len(v.ids))
				for i := range order {
					order[i] = i
				}
				sign := map[string]float32{schemas.EndBest: 1, schemas.EndWorst: -1}[end]
				slices.SortFunc(order, func(a, b int) int {
					return cmp.Or(cmp.Compare(sign*v.mse[a], sign*v.mse[b]), strings.Compare(v.ids[a], v.ids[b]))
				})
				for k, i := range order[:min(top, len(order))] {
					want = append(want, schemas.Tail{Rank: int64(k + 1), ImageID: v.ids[i], MSE: v.mse[i], End: end})
				}
			}
			if !slices.Equal(r.Tails, want) {
				t.Errorf("top %d: found\n%v, want\n%v", top, r.Tails, want)
			}
			files := tree(t, c.Output)
			sameTables(t, files, schemas.TailsCSV, schemas.TailsParquet, func(r schemas.Tail) []string {
				return []string{fmt.Sprint(r.Rank), r.ImageID, strconv.FormatFloat(float64(r.MSE), 'g', -1, 32), r.End}
			}, r.Tails)
			if first == nil {
				first = files
			} else if !maps.Equal(first, files) {
				t.Errorf("top %d: other bytes on %d processors", top, n)
			}
		}
	}
}

// TestFileOfTheCollection: a file that is in the collection goes its way, whatever is done to
// images there, and so has the vector that is in the latents, to the bit.
func TestFileOfTheCollection(t *testing.T) {
	for _, of := range []struct{ fit, bits string }{{"pad", "keep"}, {"resize", "8"}} {
		c := newCollection(t, of.fit, of.bits)
		at := map[string][]float32{}
		files, err := filepath.Glob(c.at("latents/*.parquet"))
		check(t, err)
		for _, name := range files {
			for b, err := range latents.Read(t.Context(), name, latents.IDs|latents.Embedding) {
				check(t, err)
				for k := range b.N {
					at[strings.Clone(b.ImageID[k])] = slices.Clone(b.Embedding[k*4 : (k+1)*4])
				}
			}
		}
		for _, i := range []int{0, 1, 22, 23} {
			q := c.query(t, c.at("images/"+c.names[i]))
			r := must(t, q)
			if r.Manifest.Query.ImageID != "" || r.Manifest.Parameters.Image != filepath.Base(c.names[i]) {
				t.Errorf("%s: the manifest says %+v", c.names[i], r.Manifest)
			}
			if got := tree(t, q.Output)[schemas.QueryVector]; !bytes.Equal(floats(got, 4), raw(at[c.names[i]])) {
				t.Errorf("%s, %s: the vector is not that of the latents", c.names[i], of.fit)
			}
			for _, n := range r.Neighbours {
				itself := n.ImageID == c.names[i] || i >= 22 && (n.ImageID == c.names[22] || n.ImageID == c.names[23])
				if (n.Distance == 0) != itself {
					t.Errorf("%s, %s: %+v", c.names[i], of.fit, n)
				}
			}
			if r.Neighbours[0].Distance != 0 {
				t.Errorf("%s is not nearest to itself: %+v", c.names[i], r.Neighbours[0])
			}
		}
		// By its id an image is not its own neighbor; its double is.
		r := must(t, c.query(t, c.names[22]))
		if first := r.Neighbours[0]; first.ImageID != c.names[23] || first.Distance != 0 || slices.ContainsFunc(r.Neighbours, func(n schemas.Neighbour) bool { return n.ImageID == c.names[22] }) {
			t.Errorf("neighbors of a double: %+v", r.Neighbours)
		}
	}
}

// TestModelAndShardsAreFound: beside the latents, or where the record of encode names them;
// others there are not taken.
func TestModelAndShardsAreFound(t *testing.T) {
	c := newCollection(t, "pad", "keep")
	want := must(t, c.query(t, c.at("images/"+c.names[1]))).Neighbours
	check(t, os.Rename(c.at("model"), c.at("elsewhere")))
	check(t, os.Rename(c.at("shards"), c.at("raw")))
	small, large := c.query(t, c.at("images/"+c.names[1])), c.query(t, c.at("images/"+c.names[0]))
	refused(t, small, "Config.Image="+small.Image+": a file needs the model that ", "name its folder with Config.Model")
	small.Model, large.Model = c.at("elsewhere"), c.at("elsewhere")
	refused(t, small, "is 10x10 16-bit, the model takes 12x12 16-bit", "name their folder with Config.Shards")
	if got := must(t, large).Neighbours; got[0].ImageID != c.names[0] || got[0].Distance != 0 {
		t.Errorf("an image of the model's shape, without shards: %+v", got[0])
	}
	small.Shards = c.at("raw")
	if got := must(t, small).Neighbours; !slices.Equal(got, want) {
		t.Errorf("with both named: %+v, want %+v", got, want)
	}
	run := fmt.Sprintf(`{"format": "exemplar.run/1", "command": ["encode", "--input=%s", "--model=%s"]}`, c.at("raw"), c.at("elsewhere"))
	check(t, os.WriteFile(c.at("latents/"+schemas.LatentsRunFile), []byte(run), 0o666))
	if got := must(t, c.query(t, c.at("images/"+c.names[1]))).Neighbours; !slices.Equal(got, want) {
		t.Errorf("with both recorded: %+v, want %+v", got, want)
	}
}

// TestContactSheet: pictures of as many images as are found, and the same bytes on any number
// of processors.
func TestContactSheet(t *testing.T) {
	c := newCollection(t, "pad", "keep")
	tails := c.query(t, "")
	tails.Tails, tails.Top = schemas.TailsMSE, 4
	byID, byFile := c.query(t, c.names[3]), c.query(t, c.at("images/"+c.names[3]))
	for name, of := range map[string]struct {
		config Config
		images int
	}{"id": {byID, 40}, "file": {byFile, 40}, "tails": {tails, 8}} {
		of.config.Shards = c.at("shards")
		var first map[string]string
		for _, n := range []int{1, 4} {
			workers(t, n)
			of.config.Output = filepath.Join(t.TempDir(), "query")
			r := must(t, of.config)
			s := r.Manifest.Sheet
			if s == nil || s.Images != of.images || !(s.Low < s.High) || (s.Difference > 0) != (name == "tails") {
				t.Errorf("%s: the sheet is %+v", name, s)
			}
			files := tree(t, of.config.Output)
			im, err := png.Decode(strings.NewReader(files[schemas.ContactSheet]))
			check(t, err)
			if b := im.Bounds(); b.Dx() < 320 || b.Dy() < 2*smallest {
				t.Errorf("%s: a picture of %v", name, b)
			}
			if first == nil {
				first = files
			} else if !maps.Equal(first, files) {
				t.Errorf("%s: other bytes on %d processors", name, n)
			}
		}
	}
}
