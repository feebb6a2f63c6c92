package selecting

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// whereColumns are the columns of a collection that conditions are tried on. Numbers are
// written in several ways; one column has a value that is none, the first by its image's
// name but not the first that is read; and values are missing.
var whereColumns = []string{"Metadata_area", "Metadata_odd", "Metadata_well"}

func whereRows(n int) []schemas.Latent {
	rows := collection(n)
	for i := range rows {
		area := []string{"100", "0250", "1e3", "", "NaN", "250.0", "-5", "+.5e3"}[i%8]
		odd := fmt.Sprint(i)
		if i == 77 {
			rows[i].ImageID, odd = "a first one.tif", "n/a"
		}
		rows[i].Metadata = []string{area, odd, []string{"A01", "A02", "B 1", "it's", ""}[i/5%5]}
		rows[i].Quality.Mean = float32(i%10) / 10
		rows[i].Quality.Sharpness = float32(i)
		rows[i].MSE, rows[i].HasMSE = float32(i)/1000, i%3 != 0
	}
	return rows
}

// whereCases are conditions with what they say, by hand.
var whereCases = []struct {
	text, full string
	inside     func(r *schemas.Latent) bool
}{
	{"well=A01", "Metadata_well=A01", func(r *schemas.Latent) bool { return r.Metadata[2] == "A01" }},
	{"Metadata_well != A01", "Metadata_well!=A01", func(r *schemas.Latent) bool { return r.Metadata[2] != "A01" && r.Metadata[2] != "" }},
	{`WELL in ("it's", 'B 1') AND label != rest`, "Metadata_well in ('it''s', 'B 1') and label!=rest", func(r *schemas.Latent) bool {
		return (r.Metadata[2] == "it's" || r.Metadata[2] == "B 1") && r.HasLabel && r.Label != "rest"
	}},
	{"area=250", "Metadata_area=250", func(r *schemas.Latent) bool { return r.Metadata[0] == "0250" || r.Metadata[0] == "250.0" }},
	{"area != 1000", "Metadata_area!=1000", func(r *schemas.Latent) bool {
		return r.Metadata[0] != "" && r.Metadata[0] != "NaN" && r.Metadata[0] != "1e3"
	}},
	{"area>=250 and area<1e3", "Metadata_area>=250 and Metadata_area<1e3", func(r *schemas.Latent) bool {
		return r.Metadata[0] == "0250" || r.Metadata[0] == "250.0" || r.Metadata[0] == "+.5e3"
	}},
	{"mse>0.1 and mean<=0.6", "mse>0.1 and mean<=0.6", func(r *schemas.Latent) bool {
		return r.HasMSE && r.MSE > 0.1 && r.Quality.Mean <= 0.6
	}},
	{"odd != 7 and odd!=n/a and odd!='008'", "Metadata_odd!=7 and Metadata_odd!=n/a and Metadata_odd!=008", func(r *schemas.Latent) bool {
		return r.Metadata[1] != "7" && r.Metadata[1] != "n/a"
	}},
	{"qc_flags=0 and image_id!='batch 1/img0001.tif'", "qc_flags=0 and image_id!='batch 1/img0001.tif'", func(r *schemas.Latent) bool {
		return r.QCFlags == 0 && r.ImageID != "batch 1/img0001.tif"
	}},
}

// TestWhere: a selection with a condition is that of the images that satisfy it, as if
// there were no others: groups, centers, picks, thresholds, exclusions and grade, which
// are those of a folder that holds only these; and all images are accounted for.
func TestWhere(t *testing.T) {
	rows := whereRows(400)
	for _, c := range whereCases {
		t.Run(c.text, func(t *testing.T) {
			var some []schemas.Latent
			for _, r := range rows {
				if c.inside(&r) {
					some = append(some, r)
				}
			}
			if len(some) == 0 || len(some) == len(rows) {
				t.Fatalf("%d of %d rows satisfy it", len(some), len(rows))
			}
			all, alone := t.TempDir(), t.TempDir()
			writeWith(t, all, rows, 3, "none", whereColumns...)
			writeWith(t, alone, some, 3, "none", whereColumns...)
			text := c.text
			made := func(dir, where string) (*schemas.SelectionManifest, []schemas.Pick, []schemas.Center) {
				t.Helper()
				c := config(dir, "cluster", "global", "Metadata_well")
				c.Where = where
				c.Parameters.Clusters, c.Parameters.Top, c.Parameters.SampleSize = 0, 0, 0
				c.Parameters.Space, c.Parameters.Centers, c.Parameters.Assignments = "whiten:3", []string{"mean", "medoid"}, true
				if strings.Contains(text, "mse") {
					c.Parameters.Picking.Strategy, c.Parameters.Centers = schemas.StrategyRepresentative, []string{"mean"}
				}
				m := mustRun(t, c)
				centers, err := parquet.ReadFile[schemas.Center](filepath.Join(c.Output, schemas.CentersParquet))
				check(t, err)
				return m, pickedOf(t, c.Output), centers
			}
			m, picks, centers := made(all, c.text)
			want, wantPicks, wantCenters := made(alone, "")
			if diff := cmp.Diff(wantPicks, picks, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("picks (-alone +where)\n%s", diff)
			}
			if diff := cmp.Diff(wantCenters, centers); diff != "" {
				t.Errorf("centers (-alone +where)\n%s", diff)
			}
			if got := m.Parameters.Where.String(); got != c.full {
				t.Errorf("the condition is %s, want %s", got, c.full)
			}
			if got, alone := m.Assignments, want.Assignments; got.Rows != alone.Rows || got.Rows == 0 {
				t.Errorf("%d rows of assignments, alone %d", got.Rows, alone.Rows)
			}
			outside := int64(len(rows) - len(some))
			if m.Rows != 400 || m.Outside != outside || m.Rows != m.Eligible+m.Excluded+outside || m.Eligible != want.Eligible {
				t.Errorf("%d rows, %d outside, %d eligible, %d excluded; alone %d eligible", m.Rows, m.Outside, m.Eligible, m.Excluded, want.Eligible)
			}
			check(t, m.Validate())
			for _, of := range [][2]any{{want.Gate, m.Gate}, {want.Exclusions, m.Exclusions}, {want.Grade, m.Grade}, {want.Sets, m.Sets},
				{want.Clustering, m.Clustering}, {want.Space, m.Space}, {want.Scopes, m.Scopes}} {
				if diff := cmp.Diff(of[0], of[1], cmpopts.EquateNaNs(), cmpopts.IgnoreFields(schemas.Criticism{}, "Shard", "Record", "Offset")); diff != "" {
					t.Errorf("%T (-alone +where)\n%s", of[0], diff)
				}
			}
			m.Parameters.Where = nil
			if diff := cmp.Diff(want.Parameters, m.Parameters); diff != "" {
				t.Errorf("parameters (-alone +where)\n%s", diff)
			}
		})
	}
}

// pickedOf reads selection.csv but for where the images lie.
func pickedOf(t *testing.T, dir string) (picks []schemas.Pick) {
	t.Helper()
	type row struct {
		Rank       int32   `parquet:"rank"`
		ImageID    string  `parquet:"image_id"`
		Scope      string  `parquet:"scope"`
		GroupID    string  `parquet:"group_id"`
		GroupSize  int64   `parquet:"group_size"`
		Center     string  `parquet:"center"`
		Distance   float64 `parquet:"distance"`
		Percentile float64 `parquet:"percentile"`
		Margin     float64 `parquet:"margin"`
		Next       string  `parquet:"next_image_id"`
		RankLow    *int64  `parquet:"rank_low,optional"`
		Area       string  `parquet:"Metadata_area"`
	}
	rows, err := parquet.ReadFile[row](filepath.Join(dir, schemas.SelectionParquet))
	check(t, err)
	for _, r := range rows {
		p := schemas.Pick{Rank: r.Rank, ImageID: r.ImageID, Scope: r.Scope, GroupID: r.GroupID, GroupSize: r.GroupSize, Center: r.Center,
			Distance: r.Distance, Percentile: r.Percentile, Margin: r.Margin, NextID: r.Next, Metadata: []string{r.Area}}
		if r.RankLow != nil {
			p.RankLow = *r.RankLow
		}
		picks = append(picks, p)
	}
	return picks
}

// TestWhereTypes: all values of a column decide how it compares, also those of images
// that another comparison leaves out.
func TestWhereTypes(t *testing.T) {
	dir := t.TempDir()
	writeWith(t, dir, whereRows(400), 3, "none", whereColumns...)
	c := config(dir, "global")
	c.Where = "odd=8 and area in (100) and well!=x and label!=x and mse>=0"
	o, _, err := options(t.Context(), c)
	check(t, err)
	if got, want := o.Parameters.Where.Types(), "Metadata_area and mse as numbers, Metadata_odd, Metadata_well and label as text"; got != want || o.Inside != 1 {
		t.Errorf("%s, want %s; %d images", got, want, o.Inside)
	}
}

// TestWhereIsRefused in one line, before any pipeline.
func TestWhereIsRefused(t *testing.T) {
	dir := t.TempDir()
	rows := whereRows(400)
	writeWith(t, dir, rows, 3, "none", append([]string{"Metadata_AREA"}, whereColumns[1:]...)...)
	list := filepath.Join(dir, "list.txt")
	check(t, os.WriteFile(list, []byte(rows[0].ImageID+"\n"+rows[1].ImageID+"\n"+rows[5].ImageID+"\n"), 0o666))
	for where, want := range map[string]string{
		"well":                    "Config.Where: behind the column well comes one of",
		"plate=1":                 "Config.Where: the latents have no column plate: their columns are Metadata_AREA, Metadata_odd, Metadata_well, label, image_id, mse",
		"odd>5":                   `Config.Where: Metadata_odd>5 asks for numbers, but Metadata_odd of image "a first one.tif" is "n/a", which is no number`,
		"label<5":                 `of image "batch 0/img0003.tif" is "mitosis"`,
		"image_id>5":              "Config.Where: image_id is text, which has no order",
		"AREA>big":                `Config.Where: Metadata_AREA compares as numbers, and "big" is no number`,
		"mean=NaN":                "Config.Where: behind mean= stands 'NaN': no image satisfies a comparison with an empty value or NaN",
		"AREA=inf":                `and "inf" is no number`,
		"well=A99":                "Config.Where: none of 400 images in " + filepath.Join(dir, "latents") + " satisfies it: no image has Metadata_well=A99, the values of Metadata_well are \"A01\", \"A02\", \"B 1\", \"it's\"",
		"area>1000":               "no image has Metadata_AREA>1000, Metadata_AREA is from -5 to 1000",
		"mse>5":                   "no image has mse>5, mse is from 0.001 to 0.398",
		"sharpness>9 and mean>.9": "no image has mean>.9, mean is from 0 to 0.9",
		"well=A01 and odd=5":      "each of its comparisons is satisfied by some images, and all of them by none",
		"odd in (1, 2, 3)":        "Config.Clusters=7 is more than the 3 images inside Config.Where in ",
		"well=A01":                "Config.Include=" + list + `: image "batch 2/img0005.tif" is not inside Config.Where=Metadata_well=A01: take it off, or change the condition`,
	} {
		c := config(dir, "cluster")
		c.Where = where
		if where == "well=A01" {
			c.Include = list
		}
		err := c.Validate()
		if err == nil {
			_, err = Run(t.Context(), c, nil)
		}
		_, planned := Plan(t.Context(), c)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want %q", where, err, want)
			}
		}
	}
}

// TestWhereOfTwoColumns: a short name in another case that several columns have is not
// taken for one of them.
func TestWhereOfTwoColumns(t *testing.T) {
	dir := t.TempDir()
	rows := whereRows(40)
	writeWith(t, dir, rows, 1, "none", "Metadata_A", "Metadata_a", "Metadata_mean")
	for where, want := range map[string]string{"A=100": "Metadata_A=100", "a=7": "Metadata_a=7", "METADATA_A=100": "", "mean>=0": "mean>=0", "Metadata_mean=A01": "Metadata_mean=A01"} {
		c := config(dir, "global")
		c.Where = where
		o, _, err := options(t.Context(), c)
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "METADATA_A may be each of Metadata_A and Metadata_a: write one of them") {
				t.Errorf("%s: %v", where, err)
			}
			continue
		}
		if check(t, err); o.Parameters.Where.String() != want {
			t.Errorf("%s is %s", where, o.Parameters.Where)
		}
	}
}

// TestWhereAgain: the same condition finds the selection complete, another one is other
// work, and so is none; a selection is extended under the same condition.
func TestWhereAgain(t *testing.T) {
	dir := t.TempDir()
	writeWith(t, dir, whereRows(400), 3, "none", whereColumns...)
	c := config(dir, "cluster")
	c.Where = "well in (A01, A02)"
	first := mustRun(t, c)
	for _, same := range []string{"well in (A01, A02)", "Metadata_well   IN ('A01','A02')"} {
		c.Where = same
		r, err := Run(t.Context(), c, nil)
		if check(t, err); r.Made || r.Manifest.Fingerprint != first.Fingerprint {
			t.Errorf("%s: made %v", same, r.Made)
		}
		p, err := Plan(t.Context(), c)
		if check(t, err); p.Nothing == "" {
			t.Errorf("%s: %+v", same, p)
		}
	}
	for _, other := range []string{"", "well=A01", "well in (A02, A01)"} {
		c.Where = other
		if _, err := Run(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), "Config.Where is ") || !strings.Contains(err.Error(), "was \"Metadata_well in (A01, A02)\" there") {
			t.Errorf("%q: %v", other, err)
		}
	}
	more := config(dir, "cluster")
	more.Output, more.Extend, more.Parameters.Top = filepath.Join(dir, "more"), c.Output, 4
	for _, other := range []string{"", "well=A01"} {
		more.Where = other
		if _, err := Run(t.Context(), more, nil); err == nil || !strings.Contains(err.Error(), "that selection is of the images with Metadata_well in (A01, A02) (Metadata_well as text), this one of ") {
			t.Errorf("%q extended: %v", other, err)
		}
	}
	more.Where = "well in (A01, A02)"
	m := mustRun(t, more)
	kept := map[string]bool{}
	for _, p := range pickedOf(t, more.Output) {
		kept[p.ImageID] = true
	}
	for _, p := range pickedOf(t, c.Output) {
		if !kept[p.ImageID] {
			t.Errorf("%s is not picked any more", p.ImageID)
		}
	}
	if m.Picks <= first.Picks || m.Outside != first.Outside {
		t.Errorf("%d picks after %d", m.Picks, first.Picks)
	}
}

// TestWhereKilled: a run that is killed goes on under its condition, to the same bytes,
// and not under another one.
func TestWhereKilled(t *testing.T) {
	jobsEnd(t, 1, 3, 6)
	c := slow(t)
	c.Where = "run in (run0, run2)"
	whole, err := passesOf(t, t.Context(), c, nil)
	check(t, err)
	if len(whole) < 3 {
		t.Fatalf("passes %v are no test", whole)
	}
	want := tree(t, c.Output)
	again := slow(t)
	again.Where = c.Where
	killed := errors.New("killed")
	if _, err := passesOf(t, t.Context(), again, func(i int, run func(context.Context) error) error {
		if i == 2 {
			return killed
		}
		return run(t.Context())
	}); err == nil {
		t.Fatal("no error")
	}
	other := again
	for _, other.Where = range []string{"", "run=run0"} {
		if _, err := Run(t.Context(), other, nil); err == nil || !strings.Contains(err.Error(), "an unfinished run with other parameters left: Config.Where is ") {
			t.Errorf("%q: %v", other.Where, err)
		}
	}
	got, err := passesOf(t, t.Context(), again, nil)
	check(t, err)
	if diff := cmp.Diff(whole[1:], got); diff != "" {
		t.Errorf("passes of the second run (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, tree(t, again.Output)); diff != "" {
		t.Errorf("the output differs:\n%.1000s", diff)
	}
}
