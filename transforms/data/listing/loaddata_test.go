package listing

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/store"
)

// listTable lists a table that lies beside the files.
func listTable(t *testing.T, dir, name, text string, c Config) (*Result, error) {
	t.Helper()
	c.InputList = filepath.Join(dir, name)
	if err := os.WriteFile(c.InputList, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return List(t.Context(), c)
}

// TestLoadData: a row of a list of CellProfiler is an image, named by the file of its first channel that
// is taken.
func TestLoadData(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "p1/a_d.tif", "p1/a_e.tif", "p2/a_d.tif", "p2/a_e.tif", "p1/b d.tif", "p1/b_e.tif", "flat.tif", "p1/t10k-images-idx3-ubyte")
	p1, p2 := store.Join(dir, "p1"), store.Join(dir, "p2")
	for _, c := range []struct {
		what, text, channels string
		want, rejected       []string
	}{
		{"names and folders", "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER\na_d.tif,P1,a_e.tif,P1\na_d.tif,P2,a_e.tif,P2\n", "",
			[]string{"p1/a_d.tif=DNA:p1/a_d.tif+ER:p1/a_e.tif", "p2/a_d.tif=DNA:p2/a_d.tif+ER:p2/a_e.tif"}, nil},
		{"of a database", "Image_PathName_ER,Image_FileName_ER,Image_FileName_DNA,Image_PathName_DNA\nP1,a_e.tif,a_d.tif,P1\n", "",
			[]string{"a_e.tif=ER:a_e.tif+DNA:a_d.tif"}, nil},
		{"order that was given", "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER\na_d.tif,P1,a_e.tif,P1\n", "ER,DNA",
			[]string{"a_d.tif=ER:a_e.tif+DNA:a_d.tif"}, nil},
		{"chosen, the others never looked at", "FileName_DNA,PathName_DNA,FileName_Gone,PathName_Gone\na_d.tif,P1,none.npy,/nowhere\n", "DNA",
			[]string{"a_d.tif=DNA:a_d.tif"}, nil},
		{"URLs", "URL_DNA,URL_ER\nfile:P1/b%20d.tif,file://P1/b_e.tif\n", "", []string{"b d.tif=DNA:b d.tif+ER:b_e.tif"}, nil},
		{"a file that all images share", "FileName_DNA,PathName_DNA,FileName_Flat,PathName_Flat\na_d.tif,P1,flat.tif,DIR\na_d.tif,P2,flat.tif,DIR\n", "",
			[]string{"p1/a_d.tif=DNA:p1/a_d.tif+Flat:flat.tif", "p2/a_d.tif=DNA:p2/a_d.tif+Flat:flat.tif"}, nil},
		{"one lacks a channel, one a file", "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER\na_d.tif,P1,a_e.tif,P1\na_d.tif,P2,,\nb d.tif,P1,c_e.tif,P1\n", "",
			[]string{"p1/a_d.tif=DNA:p1/a_d.tif+ER:p1/a_e.tif"}, []string{"p1/b d.tif=unreadable", "p2/a_d.tif=missing_channel"}},
		{"one file twice", "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER\na_d.tif,P1,a_d.tif,P1\nb d.tif,P1,b_e.tif,P1\n", "",
			[]string{"b d.tif=DNA:b d.tif+ER:b_e.tif"}, []string{"a_d.tif=duplicate"}},
		{"a page of a stack", "FileName_DNA,PathName_DNA,Frame_DNA,FileName_ER,PathName_ER,Series_ER\na_d.tif,P1,1,a_e.tif,P1,0\nb d.tif,P1,0,b_e.tif,P1,0\n", "",
			[]string{"b d.tif=DNA:b d.tif+ER:b_e.tif"}, []string{"a_d.tif=unsupported"}},
		{"an IDX file", "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER\nt10k-images-idx3-ubyte,P1,a_e.tif,P1\nb d.tif,P1,b_e.tif,P1\n", "",
			[]string{"b d.tif=DNA:b d.tif+ER:b_e.tif"}, []string{"t10k-images-idx3-ubyte=unsupported"}},
		{"rows that differ", "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER\na_d.tif,P1,a_e.tif,P1\na_d.tif,P1,b_e.tif,P1\nb d.tif,P1,b_e.tif,P1\nb d.tif,P1,b_e.tif,P1\n", "",
			[]string{"b d.tif=DNA:b d.tif+ER:b_e.tif"}, []string{"a_d.tif=duplicate"}},
	} {
		text := strings.NewReplacer("P1", p1, "P2", p2, "DIR", dir).Replace(c.text)
		r, err := listTable(t, dir, "load.csv", text, Config{Channels: c.channels})
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if d := cmp.Diff(c.want, partsOf(r)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, d)
		}
		if d := cmp.Diff(c.rejected, rejections(r)); d != "" {
			t.Errorf("%s: rejected (-want +got):\n%s", c.what, d)
		}
	}
	r, err := listTable(t, dir, "load.csv", "FileName_DNA,PathName_DNA,FileName_ER,PathName_ER\na_d.tif,"+p1+",a_e.tif,"+p1+"\na_d.tif,"+p2+",,\nb d.tif,"+p1+",,\n", Config{})
	if err != nil || r.Refusal == nil || !strings.Contains(r.Refusal.Error(), "2 of 3 images of Config.InputList=") || !strings.Contains(r.Refusal.Error(), "channel ER is missing") {
		t.Errorf("a column that is empty in most rows: %v, %v", r.Refusal, err)
	}
	type row struct {
		FileNameDNA string `parquet:"FileName_DNA"`
		PathNameDNA string `parquet:"PathName_DNA"`
		FileNameER  string `parquet:"FileName_ER"`
		PathNameER  string `parquet:"PathName_ER"`
		Well        string `parquet:"Metadata_Well"`
		Label       int64  `parquet:"label"`
	}
	r, err = listTable(t, dir, "load.parquet", string(parquetOf(t, []row{{"a_d.tif", p1, "a_e.tif", p1, "A01", 3}})), Config{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a_d.tif=DNA:a_d.tif+ER:a_e.tif"}, partsOf(r)); d != "" || r.Entries[0].Label != "3" || strings.Join(r.Entries[0].Metadata, ",") != "A01" {
		t.Errorf("Parquet: %+v\n%s", r.Entries, d)
	}
	for text, says := range map[string]string{
		"FileName_DNA,PathName_DNA\n,\n": "holds no paths",
		"FileName_DNA\nb d.tif\n":        "there is no channel ER",
	} {
		c := Config{}
		if strings.Contains(says, "ER") {
			says, c.Channels = "it has no channel ER of Config.Channels=ER: its columns FileName_… and URL_… are of the channels DNA", "ER"
		}
		if _, err := listTable(t, dir, "load.csv", text, c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	for text, says := range map[string]string{
		"FileName_DNA;PathName_DNA\na_d.tif;" + p1 + "\n":    "its columns are separated by semicolons or tabs: save it as CSV with commas",
		"FileName_DNA\tPathName_DNA\na_d.tif\t" + p1 + "\n":  "its columns are separated by semicolons or tabs",
		"FileName_DNA,PathName_DNA\na_d.tif,D:\\plates\\1\n": `D:\plates\1/a_d.tif is a path of Windows`,
		"path,label\nc:/plates/a_d.tif,x\n":                  `c:/plates/a_d.tif is a path of Windows`,
		"path,label\n\\\\server\\plates\\a_d.tif,x\n":        `\\server\plates\a_d.tif is a path of Windows`,
	} {
		if _, err := listTable(t, dir, "load.csv", text, Config{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", text, err, says)
		}
	}
	if _, err := listTable(t, dir, "load.csv", "FileName_DNA,PathName_DNA\na_d.tif,"+p1+"\n", Config{ChannelPattern: `_(?P<channel>.)`}); err == nil || !strings.Contains(err.Error(), "leave the pattern out") {
		t.Errorf("both: %v", err)
	}
	var many strings.Builder
	for i := range 17 {
		fmt.Fprintf(&many, "FileName_%d,", i)
	}
	if _, err := listTable(t, dir, "load.csv", many.String()+"x\n", Config{}); err == nil || !strings.Contains(err.Error(), "its columns are of 17 channels") {
		t.Errorf("17 channels: %v", err)
	}
}

// TestListsKeepLabelsAndMetadata: what columns say goes with the images, in the order of the columns' names.
func TestListsKeepLabelsAndMetadata(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "a.tif", "b.tif", "c.tif", "d_1.tif", "d_2.tif", "e_1.tif", "e_2.tif")
	r, err := listTable(t, dir, "list.csv", "path,Metadata_Well,Label,Image_Metadata_Cell line,area\na.tif,A1,x,U2OS,7\nb.tif,,,,\nc.tif,A2,y,,8\n", Config{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range r.Entries {
		got = append(got, fmt.Sprintf("%s %q %q", e.Name, e.Label, e.Metadata))
	}
	want := []string{`a.tif "x" ["U2OS" "A1"]`, `b.tif "" []`, `c.tif "y" ["" "A2"]`}
	if d := cmp.Diff(want, got); d != "" || strings.Join(r.Account.Metadata, ",") != "Metadata_Cell_line,Metadata_Well" {
		t.Errorf("%q (-want +got):\n%s", r.Account.Metadata, d)
	}
	notes := strings.Join(r.Notes(), "\n")
	for _, want := range []string{"1 column of the list not used: area", "label: 1 x, 1 y, 1 without", "2 columns of the list are in the shards, and in latents: Metadata_Cell_line, Metadata_Well"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%s: no %q", notes, want)
		}
	}
	// The same file with another label is in no group, and no image.
	r, err = listTable(t, dir, "list.csv", "path,label\na.tif,x\nb.tif,y\na.tif,z\n", Config{Root: dir})
	if err != nil || len(r.Entries) != 1 || strings.Join(rejections(r), "") != "a.tif=duplicate" {
		t.Errorf("two labels: %v, %v", err, rejections(r))
	}
	if _, err := listTable(t, dir, "list.csv", "path,label\na.tif,x\n", Config{Root: dir, LabelPattern: "(.)"}); err == nil || !strings.Contains(err.Error(), "both say the labels") {
		t.Errorf("label and pattern: %v", err)
	}
	// Of files that are joined what is said must be the same; what is of each file is no metadata of an image.
	r, err = listTable(t, dir, "list.csv", "path,label,Metadata_Stain,Metadata_Well\nd_1.tif,x,DNA,A1\nd_2.tif,x,ER,A1\ne_1.tif,x,DNA,A2\ne_2.tif,y,ER,A2\n", Config{Root: dir, ChannelPattern: `_(?P<channel>\d)`})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Entries) != 1 || r.Entries[0].Label != "x" || strings.Join(r.Entries[0].Metadata, ",") != "A1" || strings.Join(r.Account.Metadata, ",") != "Metadata_Well" ||
		strings.Join(rejections(r), "") != "e.tif=duplicate" || !strings.Contains(strings.Join(r.Notes(), "\n"), "Metadata_Stain (differs between the files of an image)") {
		t.Errorf("joined: %+v, %v, %q", r.Entries, rejections(r), r.Notes())
	}
}
