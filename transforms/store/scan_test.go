package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"slices"
	"sort"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/schemas/caught"
)

// keyList is an object store of keys, as gs and s3 are for a scan.
type keyList struct {
	keys     []string // sorted
	wait     time.Duration
	pages    atomic.Int64
	requests atomic.Int64
	inFlight atomic.Int64 // requests that wait for their answer
	most     atomic.Int64 // of these at a time
	broken   int64        // the number of the request that fails; 0 for none
	panics   bool         // instead of failing
}

var errBroken = errors.New("broken")

func (l *keyList) listAfter(ctx context.Context, dir, after string, page int) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		_, prefix := folderPrefix(dir)
		for i := sort.SearchStrings(l.keys, max(after, prefix)); ; {
			n := l.inFlight.Add(1)
			for most := l.most.Load(); n > most && !l.most.CompareAndSwap(most, n); most = l.most.Load() {
			}
			time.Sleep(l.wait)
			l.inFlight.Add(-1)
			if l.requests.Add(1) == l.broken {
				if l.panics {
					panic(errBroken)
				}
				yield(Object{}, errBroken)
				return
			}
			if page > 1 {
				l.pages.Add(1)
			}
			for n := 0; n < page; i++ {
				if i == len(l.keys) || ctx.Err() != nil {
					return
				}
				if l.keys[i] == after {
					continue
				}
				if n++; !yield(Object{Name: "gs://b/" + l.keys[i]}, nil) {
					return
				}
			}
		}
	}
}

// collections are ways in which people name many files.
var collections = map[string]func(i int) string{
	"one folder":       func(i int) string { return fmt.Sprintf("in/cell_%07d.tif", i) },
	"runs and ROIs":    func(i int) string { return fmt.Sprintf("in/run%02d/q%d/roi%06d_cell.tif", i%40, i%4, i) },
	"hashes":           func(i int) string { return fmt.Sprintf("in/%016x.png", rand.New(rand.NewPCG(1, uint64(i))).Uint64()) },
	"a folder each":    func(i int) string { return fmt.Sprintf("in/%08x/%d.png", i*2654435761%(1<<32), i) },
	"beyond ASCII":     func(i int) string { return fmt.Sprintf("in/%c/細胞%c%d.tif", 0x4e00+i%300, 0x1f600+i%7, i) },
	"numbers unpadded": func(i int) string { return fmt.Sprintf("in/%d.tif", i) },
}

func TestScan(t *testing.T) {
	const n = 20_000
	for what, name := range collections {
		l := &keyList{wait: 200 * time.Microsecond}
		for i := range n {
			l.keys = append(l.keys, name(i))
		}
		slices.Sort(l.keys)
		l.keys = slices.Compact(l.keys)
		checkScan(t, what, l)
		if p, r := l.pages.Load(), l.requests.Load(); p > n/scanPage*5 || r > n/scanPage*20 {
			t.Errorf("%s: %d pages, %d requests for %d keys", what, p, r, n)
		}
	}
}

func checkScan(t interface {
	Helper()
	Errorf(string, ...any)
}, what string, l *keyList) {
	t.Helper()
	var got []string
	for o, err := range scan(context.Background(), l, "gs://b/in") {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		got = append(got, keyOf(o))
	}
	slices.Sort(got)
	if !slices.Equal(got, l.keys) {
		t.Errorf("%s: %d keys, want %d (-want +got):\n%.2000s", what, len(got), len(l.keys), cmp.Diff(l.keys, got))
	}
}

// TestScanOfAnyKeys finds every key once, whatever the keys are.
func TestScanOfAnyKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := []rune(rapid.SampledFrom([]string{"ab", "019az", "a/-é\U0010ffff", "\x01~\u007f\u0080"}).Draw(t, "letters"))
		l := &keyList{}
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for range rapid.IntRange(1, 5000).Draw(t, "keys") {
			key := []rune("in/")
			for range 1 + rnd.IntN(14) {
				key = append(key, letters[rnd.IntN(len(letters))])
			}
			l.keys = append(l.keys, string(key)+".")
		}
		slices.Sort(l.keys)
		l.keys = slices.Compact(l.keys)
		checkScan(t, "any", l)
	})
}

// TestScanIsParallel: while pages are waited for, others are asked for.
func TestScanIsParallel(t *testing.T) {
	l := &keyList{wait: 5 * time.Millisecond}
	for i := range 200_000 {
		l.keys = append(l.keys, fmt.Sprintf("in/cell_%07d.tif", i))
	}
	checkScan(t, "slow", l)
	if most := l.most.Load(); most < 8 || most > scanAtOnce {
		t.Errorf("%d pages were in flight at once, want 8 to %d", most, scanAtOnce)
	}
}

func TestScanEnds(t *testing.T) {
	l := &keyList{}
	for i := range 10_000 {
		l.keys = append(l.keys, fmt.Sprintf("in/%05d", i))
	}
	n := 0
	for range scan(t.Context(), l, "gs://b/in") {
		if n++; n == 2500 {
			break
		}
	}
	for _, broken := range []int64{1, 3, 9} {
		l.requests.Store(0)
		l.broken = broken
		errs := 0
		for o, err := range scan(t.Context(), l, "gs://b/in") {
			if err != nil && (o.Name != "" || !errors.Is(err, errBroken)) {
				t.Errorf("%v, %v", o, err)
			}
			if err != nil {
				errs++
			}
		}
		if errs != 1 {
			t.Errorf("%d errors, want 1", errs)
		}
	}
	if _, err := collect(scan(t.Context(), &keyList{}, "gs://b/in")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestScanPanics: what a goroutine of a scan panics with reaches the one who scans,
// when the others have ended.
func TestScanPanics(t *testing.T) {
	l := &keyList{panics: true}
	for i := range 10_000 {
		l.keys = append(l.keys, fmt.Sprintf("in/%05d", i))
	}
	for _, l.broken = range []int64{1, 3, 9} {
		l.requests.Store(0)
		func() {
			defer func() {
				if p, ok := recover().(*caught.Panic); !ok || p.Value != errBroken {
					t.Errorf("request %d: recovered %v", l.broken, p)
				}
			}()
			for _, err := range scan(t.Context(), l, "gs://b/in") {
				if err != nil {
					t.Errorf("request %d: %v", l.broken, err)
				}
			}
			t.Errorf("request %d: it went on", l.broken)
		}()
	}
}
