package figure

import (
	"math"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestShares: the legend says what the picks stand for, of how many images, and which
// images are beside these; the table has the weights. Without weights neither says a word.
func TestShares(t *testing.T) {
	shape := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}
	weighted := func(clusters int, each ...float64) (Config, map[string][]byte) {
		c, pixels := selection(clusters, 2, shape)
		c.Selection.Scopes = []schemas.ScopeSummary{{Scope: schemas.ScopeGlobal, Images: 12_000}, {Scope: schemas.ScopeCluster, Images: 1_908, Ungrouped: 92}}
		for i := range c.Picks {
			c.Picks[i].Weight = each[i%len(each)]
		}
		return c, pixels
	}
	three, pixels := weighted(3, .25, .0625, .5, .126, .06, .0015)
	some, _ := weighted(3, .25, .0625, .5, .126, .06, .0015)
	some.PerGroup = 1
	one, _ := weighted(1, .75, .25)
	single, _ := weighted(1, 1)
	single.PerGroup = 1
	many, _ := weighted(27, 1./54)
	sets, _ := weighted(3, .25, .0625, .5, .126, .06, .0015)
	sets.Sets = []Set{{"cluster", "mean", "euclidean"}, {"cluster", "medoid", "euclidean"}}
	where, _ := weighted(1, .5)
	where.Selection.Excluded, where.Selection.Outside, where.Selection.Scopes[1].Ungrouped = 0, 7, 0
	all, _ := weighted(1, .5)
	all.Selection.Excluded, all.Selection.Scopes[1].Ungrouped = 0, 0
	earlier, _ := weighted(3, math.NaN())
	const beside = "; beside these there are 345 left out by the quality gate and 92 in no cluster."
	const begins = "Every image counts for the pick nearest to it: the "
	for name, c := range map[string]struct {
		config Config
		want   string // "": nothing is said
	}{
		"groups":         {three, "picks shown stand for 31 % (A), 63 % (B) and 6.2 % (C) of 1,908 images" + beside},
		"some picks":     {some, "picks shown stand for 25 % (A), 50 % (B) and 6 % (C) of 1,908 images" + beside},
		"one group":      {one, "2 picks shown stand for 100 % of 1,908 images" + beside},
		"one pick":       {single, "pick shown stands for 100 % of 1,908 images" + beside},
		"no letters":     {many, "54 picks shown stand for 100 % of 1,908 images" + beside},
		"two sets":       {sets, "picks shown stand for 100 % of 1,908 images (A) and 100 % of 1,908 images (B)" + beside},
		"outside":        {where, "2 picks shown stand for 100 % of 1,908 images; beside these there are 7 outside the condition."},
		"nothing beside": {all, "2 picks shown stand for 100 % of 1,908 images."},
		"earlier":        {earlier, ""},
	} {
		f, err := New(c.config)
		if err != nil {
			t.Fatal(err)
		}
		if legend := f.Legend(); c.want != "" && !strings.Contains(legend, begins+c.want+" ") || c.want == "" && strings.Contains(legend, "counts for") {
			t.Errorf("%s: the legend lacks %q: %s", name, c.want, legend)
		}
		if strings.Contains(f.text(), "weight") != (c.want != "") {
			t.Errorf("%s: the table is\n%s", name, f.text())
		}
	}
	_, out, _ := drawn(t, three, pixels)
	for _, want := range []string{"\tpercentile\tsha256\tweight\tof_images\nA\t", "\nB\tcluster\t01\t1001\tmean\teuclidean\t2\t1/1.tif\t1\t0\tabc\t0.126\t1908\n"} {
		if !strings.Contains(string(out.Text), want) {
			t.Errorf("the text lacks %q:\n%s", want, out.Text)
		}
	}
}

func TestShare(t *testing.T) {
	for v, want := range map[float64]string{0: "0 %", 0.0006671: "0.067 %", 0.0123: "1.2 %", 0.0994: "9.9 %", 0.0996: "10 %", 0.12: "12 %", 0.999: "100 %", 1: "100 %"} {
		if got := share(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}
