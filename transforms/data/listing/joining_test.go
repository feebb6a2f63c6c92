package listing

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// partsOf writes entries as id=channel:file+channel:file.
func partsOf(r *Result) (all []string) {
	for _, e := range r.Entries {
		var parts []string
		for _, p := range e.Parts {
			parts = append(parts, p.Channel+":"+p.File)
		}
		all = append(all, e.Name+"="+strings.Join(parts, "+"))
	}
	return all
}

// rejections writes rejected images as id=reason.
func rejections(r *Result) (all []string) {
	for _, row := range r.Rejected {
		all = append(all, row.Name+"="+row.Reason)
	}
	return all
}

// TestJoin: files become images by what the pattern leaves of their names, and what is not whole is
// rejected.
func TestJoin(t *testing.T) {
	for _, c := range []struct {
		what, pattern, channels string
		files                   []string
		want, rejected          []string
	}{
		{"two channels", `_ch(?P<channel>\d)`, "", []string{"a_ch2.tif", "a_ch1.tif", "b_ch1.tif", "b_ch2.tif"},
			[]string{"a.tif=1:a_ch1.tif+2:a_ch2.tif", "b.tif=1:b_ch1.tif+2:b_ch2.tif"}, nil},
		{"numbers, not text", `_(?P<channel>\d+)`, "", []string{"a_10.tif", "a_9.tif", "a_08.tif"}, []string{"a.tif=08:a_08.tif+9:a_9.tif+10:a_10.tif"}, nil},
		{"text", `_(?P<channel>w\w+)`, "", []string{"a_w2.tif", "a_w10.tif"}, []string{"a.tif=w10:a_w10.tif+w2:a_w2.tif"}, nil},
		{"folders", `(?P<channel>DNA|ER)/`, "", []string{"DNA/p/a.png", "ER/p/a.png"}, []string{"p/a.png=DNA:DNA/p/a.png+ER:ER/p/a.png"}, nil},
		{"what is left has a folder without a name", `(?P<channel>DNA|ER)`, "", []string{"p/DNA/a.png", "p/ER/a.png"}, []string{"p/a.png=DNA:p/DNA/a.png+ER:p/ER/a.png"}, nil},
		{"what is left would climb", `_(?P<channel>\d)`, "", []string{"x/_1../b.tif", "x/_2../b.tif"}, []string{"b.tif=1:x/_1../b.tif+2:x/_2../b.tif"}, nil},
		{"order and choice", `_(?P<channel>\w+)\.`, "RNA,DNA", []string{"a_DNA.tif", "a_ER.tif", "a_RNA.tif", "b_RNA.tif", "b_DNA.tif"},
			[]string{"atif=RNA:a_RNA.tif+DNA:a_DNA.tif", "btif=RNA:b_RNA.tif+DNA:b_DNA.tif"}, nil},
		{"numbers chosen", `_(?P<channel>\d)`, "3,1", []string{"a_1.tif", "a_2.tif", "a_3.tif"}, []string{"a.tif=3:a_3.tif+1:a_1.tif"}, nil},
		{"numbers named", `_(?P<channel>\d)`, "DNA,ER", []string{"a_1.tif", "a_2.tif"}, []string{"a.tif=1:a_1.tif+2:a_2.tif"}, nil},
		{"missing", `_(?P<channel>\d)`, "", []string{"a_1.tif", "a_2.tif", "b_2.tif", "c_1.tif", "c_2.tif"},
			[]string{"a.tif=1:a_1.tif+2:a_2.tif", "c.tif=1:c_1.tif+2:c_2.tif"}, []string{"b.tif=missing_channel"}},
		{"missing of those chosen", `_(?P<channel>\d)`, "1,2", []string{"a_1.tif", "a_2.tif", "b_2.tif", "b_3.tif"},
			[]string{"a.tif=1:a_1.tif+2:a_2.tif"}, []string{"b.tif=missing_channel"}},
		{"one more than most", `_(?P<channel>\d)`, "", []string{"a_1.tif", "a_2.tif", "b_1.tif", "b_2.tif", "b_3.tif", "c_1.tif", "c_2.tif"},
			[]string{"a.tif=1:a_1.tif+2:a_2.tif", "c.tif=1:c_1.tif+2:c_2.tif"}, []string{"b.tif=wrong_channels"}},
		{"twice", `_(?P<channel>\d)(_new)?`, "", []string{"a_1.tif", "a_1_new.tif", "a_2.tif", "b_1.tif", "b_2.tif"},
			[]string{"b.tif=1:b_1.tif+2:b_2.tif"}, []string{"a.tif=duplicate"}},
		{"other names", `_(?P<channel>\d)`, "", []string{"a_1.tif", "a_2.tif", "a.tif", "mask.tif", "b_1.tif", "b_2.tif"},
			[]string{"a.tif=1:a_1.tif+2:a_2.tif", "b.tif=1:b_1.tif+2:b_2.tif"}, []string{"a.tif=duplicate", "mask.tif=no_channel"}},
		{"an empty channel", `_(?P<channel>\d*)\.`, "", []string{"a_.tif", "a_1.tif", "b_1.tif"}, []string{"atif=1:a_1.tif", "btif=1:b_1.tif"}, []string{"a_.tif=no_channel"}},
	} {
		dir := t.TempDir()
		makeFiles(t, dir, c.files...)
		r := mustList(t, Config{Inputs: []string{dir}, ChannelPattern: c.pattern, Channels: c.channels})
		if d := cmp.Diff(c.want, partsOf(r)); d != "" || r.Refusal != nil {
			t.Errorf("%s: %v (-want +got):\n%s", c.what, r.Refusal, d)
		}
		if d := cmp.Diff(c.rejected, rejections(r)); d != "" {
			t.Errorf("%s: rejected (-want +got):\n%s", c.what, d)
		}
		size := int64(0)
		for _, e := range r.Entries {
			sum := int64(0)
			for _, p := range e.Parts {
				sum += int64(len(p.File)) // the content is the name
			}
			if e.Size != sum || !e.ModTime.IsZero() || e.Source != "" {
				t.Errorf("%s: %+v has %d bytes", c.what, e, sum)
			}
			size += sum
		}
		if len(r.Rejected) == 0 && r.Bytes != size {
			t.Errorf("%s: %d bytes, want %d", c.what, r.Bytes, size)
		}
	}
}

// TestJoinRefused: what no run could make right is one line before any work.
func TestJoinRefused(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "a_1.tif", "a_2.tif", "a_3.tif", "b_1.tif", "b_2.tif", "b_3.tif")
	many := t.TempDir()
	for i := range 17 {
		makeFiles(t, many, fmt.Sprintf("a_%02d.tif", i))
	}
	for _, c := range []struct{ dir, pattern, channels, says string }{
		{dir, `_(?P<channel>x)`, "", "finds no channel in any of 6 names, e.g. in a_1.tif"},
		{dir, `_(\d)`, "", "has no group called channel"},
		{dir, `_(?P<channel>`, "", "no regular expression"},
		{dir, `.*(?P<channel>\d).*`, "", "matches all of the name a_1.tif"},
		{dir, `_(?P<channel>\d)`, "A,B", "names 2 channels, and the numbers in the names are 1,2,3"},
		{dir, `_(?P<channel>\d)`, "A,A", `"A" is there twice`},
		{dir, `_(?P<channel>\d\.)`, "A,B,C", "there is no channel A: the names have the channels 1.,2.,3."},
		{dir, `_(?P<channel>1)`, "", "finds no channel in 4 of 6 names, e.g. in a_2.tif"},
		{many, `_(?P<channel>\d+)`, "", "finds 17 channels, 00, 01, 02, 03, 04, 05 and 11 more, and 16 are the most"},
	} {
		r, err := List(t.Context(), Config{Inputs: []string{c.dir}, ChannelPattern: c.pattern, Channels: c.channels})
		if err == nil {
			err = r.Refusal
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %s: %v, want %q", c.pattern, c.channels, err, c.says)
		}
	}
	odd := t.TempDir()
	makeFiles(t, odd, "a_1.tif", "b_2.tif", "c_3.tif")
	if r := mustListRefused(t, Config{Inputs: []string{odd}, ChannelPattern: `_(?P<channel>\d)`}); !strings.Contains(r, "2 of 3 images that Config.ChannelPattern joins are not whole, the first b.tif: channel 1 is missing") {
		t.Error(r)
	}
	named := t.TempDir()
	makeFiles(t, named, "a_1.tif", "a_2.tif", "b_2.tif", "c_1.tif")
	if r := mustListRefused(t, Config{Inputs: []string{named}, ChannelPattern: `_(?P<channel>\d)`, Channels: "DNA,ER"}); !strings.Contains(r, "the first b.tif: channel 1 (DNA) is missing: of this image there is b_2.tif, channel 2") {
		t.Error(r)
	}
	if r := mustListRefused(t, Config{Inputs: []string{named}, ChannelPattern: `_(?P<channel>\d)`, Channels: "2,1"}); !strings.Contains(r, "the first b.tif: channel 1 is missing") {
		t.Error(r)
	}
	if err := os.WriteFile(filepath.Join(odd, "t10k-images-idx3-ubyte"), idx(t, false, 2, 2, 2), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := List(t.Context(), Config{Inputs: []string{odd}, ChannelPattern: `_(?P<channel>\d)`}); err == nil || !strings.Contains(err.Error(), "is an IDX file") {
		t.Errorf("an IDX file: %v", err)
	}
}

func mustListRefused(t *testing.T, c Config) string {
	t.Helper()
	r := mustList(t, c)
	if r.Refusal == nil {
		t.Fatalf("not refused: %v", partsOf(r))
	}
	return r.Refusal.Error()
}

// TestPartsAreSeen: a change of any file of an image is one of its list or of its stamps, and nothing
// else is.
func TestPartsAreSeen(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "a_1.tif", "a_2.tif", "b_1.tif", "b_2.tif")
	read := func(checksum bool) (list, stamps string) {
		r := mustList(t, Config{Inputs: []string{dir}, ChannelPattern: `_(?P<channel>\d)`, Checksum: checksum})
		var b bytes.Buffer
		if err := WriteList(&b, r.Entries); err != nil {
			t.Fatal(err)
		}
		var again []schemas.ListEntry
		for e, err := range ReadList(bytes.NewReader(b.Bytes())) {
			if err != nil {
				t.Fatal(err)
			}
			again = append(again, e)
		}
		var c bytes.Buffer
		if err := WriteList(&c, again); err != nil || c.String() != b.String() {
			t.Errorf("a list that was read is another one: %v", err)
		}
		return b.String(), Stamps(r.Entries)
	}
	list, stamps := read(false)
	summed, none := read(true)
	if strings.Contains(list, "mtime") || none != "" || strings.Count(summed, "checksum") != 4 {
		t.Errorf("lists with times, or without checksums:\n%s%s%s", list, none, summed)
	}
	file := filepath.Join(dir, "b_2.tif")
	if err := os.Chtimes(file, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if l, s := read(false); l != list || s == stamps {
		t.Error("a file of other time is not seen, or in the list")
	}
	if l, s := read(true); l != summed || s != "" {
		t.Error("the time of a file is seen though its bytes are compared")
	}
	if err := os.WriteFile(file, []byte("b_3.tif"), 0o666); err != nil {
		t.Fatal(err)
	}
	if l, _ := read(true); l == summed {
		t.Error("other bytes are not seen")
	}
	makeFiles(t, dir, "b_2.tif.tif")
	if err := os.WriteFile(file, []byte("longer than it was"), 0o666); err != nil {
		t.Fatal(err)
	}
	if l, _ := read(false); l == list {
		t.Error("another size is not seen")
	}
}
