package listing

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/schemas"
)

func TestGroup(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "names")
		n := rapid.IntRange(1, 20).Draw(t, "shards")
		var entries []schemas.ListEntry
		for i, name := range names {
			entries = append(entries, schemas.ListEntry{Name: name, Size: int64(i)})
		}
		groups := Group(entries, n)
		if len(groups) != n {
			t.Fatalf("%d groups, want %d", len(groups), n)
		}
		seen := map[string]int64{}
		for s, group := range groups {
			for i, e := range group {
				if schemas.ShardOf(e.Name, n) != s {
					t.Fatalf("%q is in shard %d", e.Name, s)
				}
				if i > 0 && group[i-1].Name >= e.Name {
					t.Fatalf("%q before %q", group[i-1].Name, e.Name)
				}
				seen[e.Name] = e.Size
			}
		}
		if len(seen) != len(names) {
			t.Fatalf("%d entries of %d", len(seen), len(names))
		}
		for i, name := range names {
			if seen[name] != int64(i) {
				t.Fatalf("%q has size %d, want %d", name, seen[name], i)
			}
		}
	})
}

func TestListRoundTrip(t *testing.T) {
	entries := []schemas.ListEntry{
		{Name: "<a> & b.tif", Size: 1, ModTime: time.Date(2024, 2, 3, 4, 5, 6, 789, time.UTC)},
		{Name: "line\nbreak µ.tif", Size: 2, Generation: 1 << 60, Checksum: "ab", Label: "G1"},
		{Name: "t10k-images/00042", Source: "/x/t10k-images-idx3-ubyte.gz", Index: 42, Size: 3},
	}
	var a, b bytes.Buffer
	if err := errors.Join(WriteList(&a, entries), WriteList(&b, entries)); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() || strings.Count(a.String(), "\n") != 3 {
		t.Errorf("lists:\n%s\n%s", a.String(), b.String())
	}
	const first = `{"name":"<a> & b.tif","size":1}` + "\n"
	if !strings.HasPrefix(a.String(), first) {
		t.Errorf("first line of %s\nwant %s", a.String(), first)
	}
	var got []schemas.ListEntry
	for e, err := range ReadList(&a) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	timeless := slices.Clone(entries)
	for i := range timeless {
		timeless[i].ModTime, timeless[i].Generation = time.Time{}, 0
	}
	if d := cmp.Diff(timeless, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestListV0 holds the form of version 0.1.0, by which its folders are known.
func TestListV0(t *testing.T) {
	var list bytes.Buffer
	err := WriteListV0(&list, "/x", []schemas.ListEntry{
		{Name: "<a> & b.tif", Size: 1, ModTime: time.Date(2024, 2, 3, 4, 5, 6, 789, time.UTC)},
		{Name: "a", Size: 2, Generation: 7, Checksum: "ab", Label: "G1"},
		{Name: "t10k-images/00042", Source: "t10k-images-idx3-ubyte.gz", Index: 42, Size: 3},
	})
	want := `{"name":"<a> & b.tif","size":1,"mtime":"2024-02-03T04:05:06.000000789Z"}
{"name":"a","size":2,"generation":7,"checksum":"ab","label":"G1"}
{"name":"t10k-images/00042","source":"` + Source("/x", schemas.ListEntry{Source: "t10k-images-idx3-ubyte.gz"}) + `","index":42,"size":3}
`
	if err != nil || list.String() != want {
		t.Errorf("%v, list:\n%s\nwant:\n%s", err, list.String(), want)
	}
}

func TestStamps(t *testing.T) {
	at := time.Date(2024, 2, 3, 4, 5, 6, 789, time.UTC)
	seen := map[string]string{}
	for name, entries := range map[string][]schemas.ListEntry{
		"time":        {{Name: "a", ModTime: at}},
		"later":       {{Name: "a", ModTime: at.Add(1)}},
		"generation":  {{Name: "a", Generation: 1}},
		"later one":   {{Name: "a", Generation: 2}},
		"two":         {{Name: "a", ModTime: at}, {Name: "b", Generation: 1}},
		"two swapped": {{Name: "a", Generation: 1}, {Name: "b", ModTime: at}},
		"checksum":    {{Name: "a", ModTime: at, Checksum: "ab"}},
	} {
		sum := Stamps(entries)
		if other, ok := seen[sum]; ok {
			t.Errorf("%s and %s have the same stamps", name, other)
		}
		seen[sum] = name
	}
	if seen[""] != "checksum" {
		t.Errorf("%q has no stamps, want the one with a checksum", seen[""])
	}
}

func TestReadListRefusesDamage(t *testing.T) {
	for list, says := range map[string]string{
		`{"name":"a"}` + "\n" + `{"name":"b"`:           "line 2 is cut off",
		`{"name":"a"}` + "\n" + `{"na` + "\n":           "line 2",
		`{"name":"b"}` + "\n" + `{"name":"a"}` + "\n":   `"a" does not come after "b"`,
		`{"name":"a"}` + "\n" + `{"name":"a"}` + "\n":   "does not come after",
		`{"size":1}` + "\n":                             "line 1 has no name",
		"{\"name\":\"\xe9\"}\n":                         "line 1 is not UTF-8",
		`{"name":"a"}` + "\n\n" + `{"name":"b"}` + "\n": "line 2",
	} {
		var last error
		for _, err := range ReadList(strings.NewReader(list)) {
			if last != nil {
				t.Errorf("%q: goes on after an error", list)
			}
			last = err
		}
		if !errors.Is(last, ErrList) || !strings.Contains(last.Error(), says) {
			t.Errorf("%q: %v, want %q", list, last, says)
		}
	}
}

// BenchmarkMillionEntries states the memory of a million entries as a listing
// of a local folder makes them: while they are gathered, and grouped.
func BenchmarkMillionEntries(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n /= 10
	}
	for b.Loop() {
		rnd := rand.New(rand.NewPCG(1, 2))
		g := gatherer{}
		for i := range n {
			name := fmt.Sprintf("/data/collections/nuclei-2024/run%02d/quadrant%d/roi%06d_cell%08x.tif", i%40, i%4, i, rnd.Uint32())
			g.files.add(schemas.ListEntry{Name: name, Size: 65814, ModTime: time.Unix(1700000000, int64(i)).UTC()})
		}
		r := Result{Root: "/data/collections/nuclei-2024"}
		entries, err := r.relative(g.files.flatten())
		if err != nil {
			b.Fatal(err)
		}
		groups := Group(entries, 100)
		var heap runtime.MemStats
		runtime.ReadMemStats(&heap)
		b.ReportMetric(float64(heap.HeapSys)/1e6, "peak-heap-MB") // what the heap ever took
		runtime.GC()
		runtime.ReadMemStats(&heap)
		b.ReportMetric(float64(heap.HeapAlloc)/1e6, "live-heap-MB")
		runtime.KeepAlive(groups)
	}
}
