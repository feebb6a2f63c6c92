package publish

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/ingesting"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
)

// unpacked returns what package reporting packed.
func unpacked(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	check(t, err)
	in, err := gzip.NewReader(bytes.NewReader(data))
	check(t, err)
	out, err := io.ReadAll(in)
	check(t, err)
	return out
}

// TestScatter: the map of two columns has each image at its own numbers, in any space, and the
// centers where the means of the columns are.
func TestScatter(t *testing.T) {
	for _, space := range []string{"raw", "zscore", "whiten:2"} {
		dir := t.TempDir()
		table, x, groups := "id,height,kind,width\n", map[string][2]float64{}, map[string][]string{}
		for i := range 80 {
			id, kind := fmt.Sprintf("i%02d", i), fmt.Sprintf("k%d", i%2)
			at := [2]float64{1000 + float64(i*i%97)*float64(1+i%2), 0.001 * float64(i*7%31)}
			x[id], groups[kind] = at, append(groups[kind], id)
			table += fmt.Sprintf("%s,%v,%s,%v\n", id, at[0], kind, at[1])
		}
		check(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(table), 0o666))
		out := filepath.Join(dir, "selection")
		_, err := ingesting.Run(t.Context(), ingesting.Config{Input: filepath.Join(dir, "t.csv"), IDColumn: "id", VectorColumns: "^(height|width)$", LabelColumn: "kind",
			Output: filepath.Join(out, schemas.VectorsDir), Resume: true}, runtest.Direct)
		check(t, err)
		c := selecting.DefaultConfig()
		c.Input, c.Output = filepath.Join(out, schemas.VectorsDir), out
		c.Parameters.Scopes, c.Parameters.Top, c.Parameters.Space = []string{schemas.ScopeLabel}, 3, space
		_, err = selecting.Run(t.Context(), c, runtest.Direct)
		check(t, err)
		result, err := Run(t.Context(), Config{Report: reporting.Config{Selection: out}})
		check(t, err)
		if !strings.Contains(result.Summary(), "map: height and width of 80 images\n") {
			t.Errorf("%s: says %s", space, result.Summary())
		}
		m := result.Report.Map
		p := m.Projections[0]
		s := p.Scatter
		if s == nil || s.X.Name != "height" || s.Y.Name != "width" || p.Rows != 0 || len(m.Projections) != 1 {
			t.Fatalf("%s: the map is %+v", space, p)
		}
		ids := strings.Split(string(unpacked(t, m.IDs)), "\x00")
		xy := unpacked(t, p.XY)
		extent := [2]float64{}
		for i := range m.Points {
			for j, a := range []reporting.ScatterAxis{s.X, s.Y} {
				place := float64(binary.LittleEndian.Uint16(xy[4*i+2*j:]))
				extent[j] = max(extent[j], math.Abs(place-32767.5))
				got := a.Low + (a.High-a.Low)*place/65535
				if want := x[ids[i]][j]; !(math.Abs(got-want) <= 1.01*(a.High-a.Low)/65535) {
					t.Fatalf("%s: %s has %s %v, want %v", space, ids[i], a.Name, got, want)
				}
			}
		}
		if !(max(extent[0], extent[1]) > 32700) || space != "zscore" && !(min(extent[0], extent[1]) > 32700) {
			t.Errorf("%s: the points reach %v of 32768 from the middle", space, extent)
		}
		if len(s.Centers) != 2 {
			t.Fatalf("%s: centers %+v", space, s.Centers)
		}
		for _, c := range s.Centers {
			var mean [2]float64
			members := groups[result.Report.Groups[c.Group].ID]
			for _, id := range members {
				for j := range mean {
					mean[j] += x[id][j] / float64(len(members))
				}
			}
			if c.Center != schemas.CenterMean || !(math.Abs(c.X-mean[0]) <= 1e-3) || !(math.Abs(c.Y-mean[1]) <= 1e-6) {
				t.Errorf("%s: center %+v, want %v", space, c, mean)
			}
		}
	}
}
