package e2e

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// channelFiles writes 24 cells of a PNG for each of three channels, and a list of them as CellProfiler reads
// it, with labels and wells.
func channelFiles(t *testing.T) (dir, list string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "crops")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	text := "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER,FileName_RNA,PathName_RNA,label,Metadata_well\n"
	for i := range 24 {
		var row []string
		for c := range 3 {
			im := image.NewGray(image.Rect(0, 0, 12, 16))
			for k := range im.Pix {
				im.Pix[k] = byte(k*(i+1)*7 + 80*c)
			}
			name := fmt.Sprintf("c%02d_ch%d.png", i, c+1)
			f, err := os.Create(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, im); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			row = append(row, name, dir)
		}
		text += strings.Join(row, ",") + fmt.Sprintf(",%s,A%d\n", []string{"x", "y"}[i%2], i%3)
	}
	list = filepath.Join(filepath.Dir(dir), "load.csv")
	if err := os.WriteFile(list, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir, list
}

// TestChannelsOfFiles: files of one channel each are images to the programs, by a pattern and by a list, and every
// mistake is one line and nothing written.
func TestChannelsOfFiles(t *testing.T) {
	dir, list := channelFiles(t)
	out := filepath.Join(t.TempDir(), "shards")
	pattern := `--channel_pattern=_ch(?P<channel>\d)`
	plan := must(t, nil, "shard", "--input="+dir, "--output="+out, pattern, "--channels=DNA,ER,RNA", "--plan")
	for _, want := range []string{"24 images", "16x12x3 8-bit images", "24 images of 3 files each: 1,2,3", "channels: DNA,ER,RNA"} {
		if !strings.Contains(plan, want) {
			t.Errorf("--plan does not say %q:\n%s", want, plan)
		}
	}
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{1, `finds no channel in any of 72 names, e.g. in c00_ch1.png`, []string{`--channel_pattern=_w(?P<channel>\d)`}},
		{1, `finds no channel in 48 of 72 names`, []string{`--channel_pattern=_ch(?P<channel>1)`}},
		{2, `--channel_pattern=_ch(\d) has no group called channel`, []string{`--channel_pattern=_ch(\d)`}},
		{1, `--channels=A,B names 2 channels, and the numbers in the names are 1,2,3`, []string{pattern, "--channels=A,B"}},
		{2, `--channels=A,A: "A" is there twice`, []string{pattern, "--channels=A,A"}},
		{1, `--channels=A,B names 2, and most images are gray`, []string{"--channels=A,B"}},
	} {
		got := start(t, nil, "shard", append([]string{"--input=" + dir, "--output=" + out}, c.args...)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.says) || strings.Count(got.stderr, "\n") != 1 || exists(t, filepath.Join(out, "*.json")) {
			t.Errorf("%q: exit code %d, want %d and %q\n%s%s", c.args, got.code, c.code, c.says, got.stdout, got.stderr)
		}
	}
	must(t, nil, "shard", "--input_list="+list, "--output="+out)
	if got := must(t, nil, "shard", "--input_list="+list, "--output="+out); !strings.Contains(got, "Nothing to do") {
		t.Errorf("again: %s", got)
	}
	if got := start(t, nil, "shard", "--input_list="+list, "--output="+out, "--channels=RNA,DNA"); got.code != 1 || !strings.Contains(got.stderr, "--channels is RNA,DNA here and was not given there") {
		t.Errorf("other channels: exit code %d\n%s", got.code, got.stderr)
	}
	model, latents := out+"-model", out+"-latents"
	must(t, nil, "train", "--input="+out, "--output="+model, "--arch=linear", "--latent=3")
	must(t, nil, "encode", "--input="+out, "--model="+model, "--output="+latents)
	for _, folder := range []string{out, latents} {
		must(t, nil, "verify", "--input="+folder)
	}
	table := filepath.Join(t.TempDir(), "wells.csv")
	if err := os.WriteFile(table, []byte("image_id,well\nc00_ch1.png,B\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := start(t, nil, "encode", "--input="+out, "--model="+model, "--output="+latents+"2", "--metadata_csv="+table); got.code != 1 || !strings.Contains(got.stderr, "Metadata_well is given twice: the shards have it from the list") {
		t.Errorf("a column of both: exit code %d\n%s", got.code, got.stderr)
	}
	selection := out + "-selection"
	must(t, nil, "select", "--input="+latents, "--shards="+out, "--output="+selection, "--scope=Metadata_well,label", "--top=1")
	must(t, nil, "verify", "--input="+selection, "--latents="+latents, "--model="+model)
}
