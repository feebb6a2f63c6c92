package preflight

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"exemplar/transforms/store"
)

func TestPrint(t *testing.T) {
	p := &Plan{Time: Range{3 * time.Minute, time.Minute, 10 * time.Hour}, Memory: 3 << 20}
	p.Reading("a")
	p.Reading("b")
	p.Writing("c")
	var out bytes.Buffer
	p.Print(&out)
	for _, want := range []string{"reads    a\n         b\nwrites   c\n", "about 3m0s (1m0s to 10h0m) on ", "memory   about 3.0 MiB\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	(&Plan{Nothing: "all is there."}).Print(&out)
	if out.String() != "Nothing to do: all is there.\n" {
		t.Errorf("%q", out.String())
	}
}

// The time of a hundred times the sample is a hundred times that of the sample, and
// its range holds what the parts differ by.
func TestTiming(t *testing.T) {
	var even, uneven Timing
	for i := range 8 {
		even.Add(10, time.Second)
		uneven.Add(10, time.Duration(1+i%2*2)*time.Second/2)
	}
	for _, timing := range []*Timing{&even, &uneven} {
		r := timing.For(8000)
		if r.Likely < 799*time.Second || r.Likely > 801*time.Second || r.Low > r.Likely*2/3+1 || r.High < r.Likely*3/2-1 {
			t.Errorf("range %+v", r)
		}
	}
	if e, u := even.For(8000), uneven.For(8000); u.High <= e.High || u.Low >= e.Low {
		t.Errorf("parts that differ give %+v, equal ones %+v", u, e)
	}
	if even.PerSecond() != 10 || even.Items() != 80 {
		t.Errorf("%g/s of %d", even.PerSecond(), even.Items())
	}
}

func TestSampleSize(t *testing.T) {
	for n, want := range map[int64]int64{0: 0, 50: 50, 1503: 128, 20_000: 200, 1_061_277: 512} {
		if got := SampleSize(n); got != want {
			t.Errorf("SampleSize(%d) = %d, want %d", n, got, want)
		}
	}
}

// A folder that does not exist yet is where the nearest one above it is; looking
// there, and measuring it, leaves nothing.
func TestRoom(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	if err := Room(deep, 1); err != nil {
		t.Error(err)
	}
	if err := Room(deep, 1<<60); err == nil || !strings.Contains(err.Error(), "are free there, and about 1024.0 PiB are to be written: free some space") {
		t.Errorf("an exbibyte fits: %v", err)
	}
	if err := Room("gs://bucket/a", 1<<60); err != nil {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Room(filepath.Join(file, "a"), 1); err == nil || !strings.Contains(err.Error(), "file") {
		t.Errorf("a folder in a file: %v", err)
	}
	disk, err := store.DiskOf(deep)
	if err != nil || disk.Folder != dir {
		t.Errorf("%+v, %v", disk, err)
	}
	if s, ok := disk.Speed(); ok && !(s.PerSecond > 0 && s.Sync > 0) {
		t.Errorf("%+v", s)
	}
	after, err := os.Stat(dir)
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("looking changed the folder: %v, %v", after.ModTime(), err)
	}
}
