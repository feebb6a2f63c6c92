package scratch

import (
	"os"
	"slices"
	"testing"
	"time"
)

func place(t *testing.T) Place {
	p := Place{Run: t.Name(), Dir: t.TempDir()}
	t.Cleanup(p.Drop)
	return p
}

// TestEntry: what was filled is read, of each source its own, from any row on, and
// the folder shows nothing.
func TestEntry(t *testing.T) {
	p := place(t)
	a, b := []float32{1, 2, 3, 4, 5, 6}, []float32{-1, -2}
	for path, x := range map[string][]float32{"a": a, "b": b} {
		e := p.Of(path, int64(len(x)/2), 2)
		f := e.Fill()
		if e.Complete() || f == nil || e.Fill() != nil {
			t.Fatalf("%s: an entry that is being filled is complete, or filled twice", path)
		}
		for i := len(x) - 2; i >= 0; i -= 2 {
			f.Write(x[i:i+2], int64(i/2))
		}
		f.Close(true)
	}
	if names, err := os.ReadDir(p.Dir); err != nil || len(names) > 0 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
	for path, x := range map[string][]float32{"a": a[2:], "b": nil} {
		e, got := p.Of(path, 9, 9), make([]float32, len(x))
		if !e.Complete() || e.Fill() != nil {
			t.Fatalf("%s is not complete", path)
		}
		if err := e.Read(got, 1); err != nil || !slices.Equal(got, x) {
			t.Errorf("%s: read %v, %v, want %v", path, got, err, x)
		}
	}
}

// TestIncomplete: what was left unfinished is filled again.
func TestIncomplete(t *testing.T) {
	e := place(t).Of("a", 2, 1)
	f := e.Fill()
	f.Write([]float32{1}, 0)
	f.Close(false)
	if e.Complete() || e.Fill() == nil {
		t.Error("half an entry is complete, or cannot be filled again")
	}
}

// TestFailure: an error of the disk, or no folder, ends the keeping only.
func TestFailure(t *testing.T) {
	p := place(t)
	e := p.Of("a", 1, 1)
	f := e.Fill()
	f.file.Close()
	f.Write([]float32{1}, 0)
	f.Close(true)
	if e.Complete() || p.Of("b", 1, 1) != nil {
		t.Error("a run keeps rows on a disk that fails")
	}
	if err := e.Read(make([]float32, 1), 0); err == nil {
		t.Error("rows were read that nobody wrote")
	}
	for _, p := range []Place{{Run: "nowhere", Dir: p.Dir + "/missing"}, {Dir: p.Dir}} {
		if e := p.Of("a", 1, 1); e != nil || e.Complete() || e.Fill() != nil {
			t.Errorf("%+v keeps rows", p)
		}
		p.Drop()
	}
	var none *Filler
	none.Write([]float32{1}, 0)
	none.Close(true)
}

// TestRoom: rows that leave less than the reserve free are not kept.
func TestRoom(t *testing.T) {
	p := place(t)
	if e := p.Of("huge", 1<<40, 1<<10); e != nil {
		t.Error("4 PiB found room")
	}
	if e := p.Of("small", 1, 1); e == nil {
		t.Error("4 bytes found none")
	}
}

// TestIdle: a run of which nothing was heard for long is over when another begins.
func TestIdle(t *testing.T) {
	old := Place{Run: "old", Dir: t.TempDir()}
	e := old.Of("a", 1, 1)
	f := e.Fill()
	f.Write([]float32{1}, 0)
	f.Close(true)
	mu.Lock()
	runs["old"].used = time.Now().Add(-2 * idle)
	mu.Unlock()
	place(t).Of("a", 1, 1)
	if e.Complete() || runs["old"] != nil {
		t.Error("an idle run still holds its file")
	}
}
