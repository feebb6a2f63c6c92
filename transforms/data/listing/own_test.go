package listing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/store"
)

// TestWhatExemplarWroteIsNoInput: folders are known by the format in their manifests,
// at any depth, in every store, and where a step did not end.
func TestWhatExemplarWroteIsNoInput(t *testing.T) {
	startGS(t)
	for _, dir := range []string{t.TempDir(), "gs://b/c"} {
		put := func(name, text string) {
			t.Helper()
			if err := store.WriteFile(t.Context(), store.Join(dir, name), []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		manifest := func(kind string) string { return "{\n  \"format\": \"exemplar." + kind + "\",\n" }
		put("a.tif", "")
		put("sub/b.tif", "")
		put("user/model.json", `{"format": "onnx"}`) // of another program
		put("user/c.tif", "")
		put("x/sel/selection.json", manifest("selection/9"))
		put("x/sel/images/cluster/00/001__a.tif", "")
		put("x/sel/figure.png", "")
		put("x/sel/report_files/p.png", "")
		put("x/sel-not/d.tif", "") // sorts between the folder and what is in it
		put("m/model.json", manifest("model/1"))
		put("m/reconstructions/epoch-001.png", "")
		put("unfinished/_state/parameters.json", `{"parameters": [{"name": "epochs", "value": "5"}]}`)
		put("unfinished/loss.png", "")
		put("foreign/_state/parameters.json", `{"parameters": 5}`)
		put("foreign/e.tif", "")
		put("o/sample/sample.json", manifest("sample/1"))
		put("o/sample/run01/f.tif", "")
		put("swept/run.json", manifest("run/1"))
		put("swept/loss.png", "")
		put("page/_state/report.json", manifest("report-files/1")+`"pages": [{"page": "p.html", "files": [{"file": "figure.png"}, {"file": "deepzoom/"}]}]}`)
		put("page/figure.png", "")
		put("page/deepzoom/sheet_files/1/0_0.png", "")
		put("page/mine.png", "")
		for _, input := range []string{dir, dir + "/**", dir + "/"} {
			r := mustList(t, Config{Inputs: []string{input}})
			want := []string{"a.tif", "foreign/e.tif", "page/mine.png", "sub/b.tif", "user/c.tif", "x/sel-not/d.tif"}
			if d := cmp.Diff(want, names(r)); d != "" {
				t.Errorf("%s (-want +got):\n%s", input, d)
			}
			notes := strings.Join(r.Notes(), "\n")
			if !strings.Contains(notes, "passed over: 9 pictures in 7 folders that Exemplar wrote, e.g. ") {
				t.Errorf("%s: %s", input, notes)
			}
		}
		// What is named is read, and that is said; never a figure.
		for input, want := range map[string][]string{
			"x/sel":            {"images/cluster/00/001__a.tif"},
			"x/sel/images":     {"cluster/00/001__a.tif"},
			"x/sel/images/*/*": {"cluster/00/001__a.tif"},
			"o/sample":         {"run01/f.tif"},
		} {
			if strings.Contains(input, "*") {
				input, want = "x/sel/images/**", []string{"cluster/00/001__a.tif"}
			}
			r := mustList(t, Config{Inputs: []string{store.Join(dir, input)}})
			if d := cmp.Diff(want, names(r)); d != "" {
				t.Errorf("%s (-want +got):\n%s", input, d)
			}
			if len(r.Account.Own) != 1 || !strings.Contains(strings.Join(r.Notes(), "\n"), "is what Exemplar wrote: it was named") {
				t.Errorf("%s: %q", input, r.Notes())
			}
		}
		if _, err := List(t.Context(), Config{Inputs: []string{store.Join(dir, "m"), store.Join(dir, "o")}}); err == nil || !strings.Contains(err.Error(), "in folders that Exemplar wrote") {
			t.Errorf("only what Exemplar wrote: %v", err)
		}
	}
}

// TestListsThatSayMore: what a list says beyond paths is refused, or named.
func TestListsThatSayMore(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "a.tif", "b.tif")
	list := func(name, text string) Config {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return Config{InputList: file, Root: dir}
	}
	for _, c := range []struct{ name, text, says string }{
		{"box.csv", "path,x,y,w,h\na.tif,0,0,8,8\na.tif,8,0,8,8\n", "its columns x, y, w, h look like boxes"},
		{"loc.csv", "file_name,Nuclei_Location_Center_X\na.tif,3\n", "Nuclei_Location_Center_X look like boxes"},
		{"cp.csv", "FileName_DNA,PathName_DNA\na.tif,/x\n", "/x/a.tif does not lie in"},
		{"twice.csv", "FileName_DNA,Image_FileName_DNA\na.tif,a.tif\n", "FileName_DNA and Image_FileName_DNA say the same of channel DNA"},
		{"web.csv", "URL_DNA\nhttp://x/a.tif\n", "images are not fetched from the web"},
		{"host.csv", "URL_DNA\nfile://host/a.tif\n", "a file on another machine"},
		{"labels.csv", "path,label,Label\na.tif,x,y\n", "label and Label are both labels"},
		{"wells.csv", "path,Metadata_a b,Metadata_a-b\na.tif,x,y\n", "would both be Metadata_a_b"},
		{"semi.csv", "path;label\na.tif;x\n", "separated by semicolons"},
		{"list.tsv", "a.tif\t0\n", "separated by tabs"},
		{"l.npz", "PK\x03\x04\x00\x1b[2J", "a zip file (.npz, .zip, .xlsx), not a list of paths"},
		{"l.h5", "\x89HDF\r\n\x1a\n", "an HDF5 file"},
		{"l.tar", "a.tif" + strings.Repeat("\x00", 252) + "ustar", "no text"},
		{"l.txt", "\xff\xfea\x00", "UTF-16"},
		{"mac.txt", "a.tif\rb.tif\r", "CR alone"},
	} {
		_, err := List(t.Context(), list(c.name, c.text))
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
			t.Errorf("%s: %v should be one line with %q", c.name, err, c.says)
		}
	}
	r := mustList(t, list("more.csv", "path,label,Metadata_well,area,size\na.tif,x,A1,7,5\nb.tif,y,A2,7,5\na.tif,x,A1,7,5\n"))
	notes := strings.Join(r.Notes(), "\n")
	if len(r.Entries) != 2 || !strings.Contains(notes, "1 path was in the list already") || !strings.Contains(notes, "1 column of the list not used: area") {
		t.Errorf("%v: %s", names(r), notes)
	}
}

// TestLabelCounts: one line shows what a pattern finds, and one that finds nothing
// is refused.
func TestLabelCounts(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "control/a.tif", "treated/a.tif", "treated/b.tif", "c.tif", "notes.csv", "old.bmp", ".h.tif")
	for pattern, want := range map[string]string{
		`^(?P<label>[^/]+)/`: "label: 1 control, 2 treated, 1 without",
		`^(?P<label>trea)`:   "label: 2 trea, 2 without",
		`well_(\d+)`:         "",
	} {
		r := mustList(t, Config{Inputs: []string{dir}, LabelPattern: pattern})
		if want == "" {
			if r.Refusal == nil || !strings.Contains(r.Refusal.Error(), "finds no label in any of the 4 names") {
				t.Errorf("%s: %v", pattern, r.Refusal)
			}
			continue
		}
		notes := strings.Join(r.Notes(), "\n")
		if r.Refusal != nil || !strings.Contains(notes, want) || !strings.Contains(notes, "no images by their name: 1 .bmp, 1 .csv, 1 hidden") {
			t.Errorf("%s: %v, %s", pattern, r.Refusal, notes)
		}
	}
}
