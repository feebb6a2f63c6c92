package encoding

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
)

// TestTablesAreCheckedBefore anything is encoded, by the plan, too.
func TestTablesAreCheckedBefore(t *testing.T) {
	shards, groups := makeShards(t, 20, 2)
	foreign, _ := makeShards(t, 20, 2)
	if err := os.Remove(filepath.Join(foreign, schemas.ShardsFile)); err != nil {
		t.Fatal(err)
	}
	listed, _ := makeShards(t, 20, 1)
	var list bytes.Buffer
	if err := listing.WriteList(&list, []schemas.ListEntry{{Name: "as listed.tif"}}); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(listed, schemas.StateDir), 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(listed, schemas.StateDir, schemas.ListName(0, 1)), list.Bytes())
	name, model := groups[1][2].Filename, makeModel(t, denseArch, false)
	for text, want := range map[string]string{
		"image_id,site\nother.tif,1\n":               "its image_id must hold their file names as in the shards; its first row names \"other.tif\", an image in the shards is \"",
		"image_id,site\n":                            "has a header and no rows",
		"image_id;site\n" + name + ";1\n":            `none of its columns is named image_id or file_name or filename, which tell the image of a row: the separator seems to be ";": save the table with commas`,
		"image_id\tsite\n" + name + "\t1\n":          "the separator seems to be a tab",
		"image_id,site\n" + name + ",Z\xfcrich\n":    "line 2, column site is not UTF-8",
		"image_id,image_id\n" + name + ",1\n":        "more than one column is named image_id",
		"image_id,site\n" + name + "," + long + "\n": "line 2, column 2 has a text of 70000 bytes",
		"image_id,site\rother,1\r":                   "carriage returns alone",
		"\xff\xfei\x00m\x00":                         "UTF-16",
		"\x93NUMPY\x01\x00\x1b[31m":                  "it is no text, but a NumPy array",
	} {
		for _, dir := range []string{shards, foreign, listed} {
			c := configOf(t, dir, model)
			c.MetadataCSV = filepath.Join(t.TempDir(), "m.csv")
			write(t, c.MetadataCSV, []byte(text))
			wantError(t, c, "m.csv", want)
			if _, err := os.Stat(c.Output); err == nil {
				t.Errorf("%.40q: something was written", text)
			}
			if _, err := Plan(context.Background(), c); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%.40q: plan: %v", text, err)
			}
		}
	}
	c := configOf(t, listed, model)
	c.MetadataCSV = filepath.Join(t.TempDir(), "m.csv")
	write(t, c.MetadataCSV, []byte("image_id,site\nas listed.tif,1\n"))
	wantError(t, c, "no row for any of the 20 images") // only one that was rejected had one
}

var long = strings.Repeat("a", 70000)

// TestRowsWithoutImages are counted, and the first is named.
func TestRowsWithoutImages(t *testing.T) {
	shards, groups := makeShards(t, 20, 2)
	c := configOf(t, shards, makeModel(t, denseArch, false))
	c.MetadataCSV = filepath.Join(t.TempDir(), "m.csv")
	write(t, c.MetadataCSV, []byte("image_id,site\nz.tif,1\n"+groups[0][0].Filename+",2\nb.tif,3\n"))
	if r := mustRun(t, c); r.Matched != 1 || r.Unmatched != 2 || r.FirstUnmatched != "b.tif" {
		t.Errorf("%d matched, %d not, first %q", r.Matched, r.Unmatched, r.FirstUnmatched)
	}
}

// TestNamesTwiceInForeignShards: nothing says which of the images is meant.
func TestNamesTwiceInForeignShards(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"a.tfrecord", "b.tfrecord"} {
		var recs [][]byte
		for _, im := range makeImages(5 + i) {
			if im.Filename != makeImages(1)[0].Filename && i == 1 {
				im.Filename = "b/" + im.Filename
			}
			recs = append(recs, records.Append(nil, &im))
		}
		write(t, filepath.Join(dir, name), frame(t, recs, false))
	}
	c := configOf(t, dir, makeModel(t, denseArch, false))
	const want = "is there more than once, in record 0 of a.tfrecord and record 0 of b.tfrecord: every image needs a name of its own"
	if _, err := Plan(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("plan: %v", err)
	}
	wantError(t, c, want)
	if _, err := os.Stat(filepath.Join(c.Output, schemas.LatentsFile)); err == nil {
		t.Error("a manifest was written")
	}
}

// TestEmptyForeignShards: a file of no bytes is a shard of no records, which is counted,
// and where its name says gzip, a damaged one.
func TestEmptyForeignShards(t *testing.T) {
	dir := t.TempDir()
	var recs [][]byte
	for _, im := range makeImages(4) {
		recs = append(recs, records.Append(nil, &im))
	}
	write(t, filepath.Join(dir, "a.tfrecord"), frame(t, recs, false))
	write(t, filepath.Join(dir, "b.tfrecord"), nil)
	write(t, filepath.Join(dir, "c.tfrecord.gz"), frame(t, nil, true))
	c := configOf(t, dir, makeModel(t, denseArch, false))
	if r := mustRun(t, c); r.Empty != 2 || r.Manifest.Rows != 4 {
		t.Errorf("%d shards without records, %d rows; want 2 and 4", r.Empty, r.Manifest.Rows)
	}
	write(t, filepath.Join(dir, "d.tfrecord.gz"), nil)
	c.Output = t.TempDir()
	wantError(t, c, "d.tfrecord.gz: record 0 at byte 0 is corrupt: the file is empty, without a gzip header: it was cut off")
}

// TestWhatAPatternFinds is said in one line a group, by a run and by a plan; a pattern
// that finds nothing is refused before anything is encoded.
func TestWhatAPatternFinds(t *testing.T) {
	shards, _ := makeShards(t, 20, 2)
	c := configOf(t, shards, makeModel(t, denseArch, false))
	c.MetadataPattern = `(?P<plate>P\d+)`
	wantError(t, c, "Config.MetadataPattern=(?P<plate>P\\d+) finds nothing in any of the 20 names, e.g. in \"run")
	if _, err := os.Stat(c.Output); err == nil {
		t.Error("something was written")
	}
	if _, err := Plan(t.Context(), c); err == nil || !strings.Contains(err.Error(), "finds nothing in any of the 20 names") {
		t.Errorf("plan: %v", err)
	}
	c.MetadataPattern = `^(?P<run>run[01])/(?P<well>B0[0-4])`
	p, err := Plan(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, c)
	if len(r.Notes) != 2 || !strings.HasPrefix(r.Notes[0], "Metadata_run") || !strings.Contains(r.Notes[0], "6") || !strings.HasPrefix(r.Notes[1], "Metadata_well") {
		t.Errorf("%q", r.Notes)
	}
	for _, note := range r.Notes {
		if !slices.Contains(p.Notes, note) {
			t.Errorf("the plan does not say %q: %q", note, p.Notes)
		}
	}
	t.Log(r.Notes)
	c.MetadataPattern, c.Overwrite = "", true
	if r := mustRun(t, c); len(r.Notes) != 0 {
		t.Errorf("of the shard step's own pattern: %q", r.Notes)
	}
}
