// Package storetest is a store that fails on purpose: a handler in front of a
// real server's, or of a proxy to one, that answers a share of the requests as
// overloaded stores and bad lines do.
//
// It is for tests alone.
//
// What never enters: Beam, Parquet; anything that is not a test's.
package storetest

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"time"
)

// The faults.
const (
	Busy      = "429"    // too many requests
	Broken    = "500"    // internal error
	Away      = "503"    // service unavailable
	Reset     = "reset"  // the connection is reset before the request is looked at
	Lost      = "lost"   // the request is carried out, the connection reset instead of an answer
	Cut       = "cut"    // the answer ends in the middle, with the connection
	Short     = "short"  // the answer ends in the middle, and says that this is its length
	Silent    = "silent" // no answer comes
	Frozen    = "frozen" // half of the answer comes, then nothing
	Forbidden = "403"    // permanent: to be told, not repeated
)

// Temporary are the faults that a client overcomes by asking again; those that
// take time are rarer.
var Temporary = []string{Busy, Broken, Away, Reset, Lost, Cut, Busy, Broken, Away, Reset, Lost, Cut, Silent, Frozen}

// Faults is a handler that answers a share of the requests badly. The same seed
// and the same order of requests give the same faults.
type Faults struct {
	next  http.Handler
	meets func() bool // reports whether the next request meets a fault
	kinds []string
	mu    sync.Mutex
	rnd   *rand.Rand
	count map[string]int
	all   int
}

// NewFaults returns a handler that answers as next does, but for a share of
// rate of the requests, which meet one of kinds (one given twice is twice as
// frequent).
func NewFaults(next http.Handler, rate float64, seed uint64, kinds ...string) *Faults {
	f := &Faults{next: next, rnd: rand.New(rand.NewPCG(seed, 0)), count: map[string]int{}}
	f.Set(rate, kinds...)
	return f
}

// Set changes what happens from now on.
func (f *Faults) Set(rate float64, kinds ...string) {
	f.Choose(func() bool { return f.rnd.Float64() < rate }, kinds...)
}

// Choose makes those requests meet a fault from now on for which meets says so.
func (f *Faults) Choose(meets func() bool, kinds ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.meets, f.kinds = meets, kinds
}

// Seed starts the faults anew, others for every seed.
func (f *Faults) Seed(seed uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rnd = rand.New(rand.NewPCG(seed, 0))
}

// Requests returns how many requests came, and how many of them met a fault.
func (f *Faults) Requests() (all, faults int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.count {
		faults += n
	}
	return f.all, faults
}

// String says how often each fault happened.
func (f *Faults) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	text := fmt.Sprintf("%d requests", f.all)
	for _, kind := range slices.Sorted(maps.Keys(f.count)) {
		text += fmt.Sprintf(", %s %d", kind, f.count[kind])
	}
	return text
}

// draw decides what happens to the next request; "" is nothing.
func (f *Faults) draw() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all++
	if !f.meets() || len(f.kinds) == 0 {
		return ""
	}
	kind := f.kinds[f.rnd.IntN(len(f.kinds))]
	f.count[kind]++
	return kind
}

func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch kind := f.draw(); kind {
	case "":
		f.next.ServeHTTP(w, r)
	case Busy, Broken, Away, Forbidden:
		status, _ := strconv.Atoi(kind)
		http.Error(w, http.StatusText(status), status)
	case Reset:
		reset(w)
	case Silent:
		hang(r)
		reset(w)
	default:
		f.spoil(kind, w, r)
	}
}

// spoil carries the request out and spoils the answer.
func (f *Faults) spoil(kind string, w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	f.next.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	if kind == Lost || len(body) == 0 {
		reset(w)
		return
	}
	maps.Copy(w.Header(), answer.Result().Header)
	length := len(body)
	if kind == Short {
		length /= 2
	}
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(answer.Code)
	w.Write(body[:len(body)/2]) // the client may have gone
	if kind == Short {
		return
	}
	http.NewResponseController(w).Flush()
	if kind == Frozen {
		hang(r)
	}
	reset(w)
}

// hang waits until the client has enough of it, or the test is over. The end of
// the connection is seen once the request has been read.
func hang(r *http.Request) {
	io.Copy(io.Discard, r.Body) // the client may have gone
	select {
	case <-r.Context().Done():
	case <-time.After(time.Minute):
	}
}

// reset ends the connection so that the client sees a reset, not an end.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
