package store

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// slowBody counts what is taken of it, a piece each millisecond.
type slowBody struct{ taken atomic.Int64 }

func (b *slowBody) Read(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	b.taken.Add(1)
	return min(len(p), 1<<10), nil
}

// TestNothingIsTakenAfterTheAnswer: a store that answers before it has read the request has no
// more of the body read, whose memory the client uses again.
func TestNothingIsTakenAfterTheAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.CopyN(io.Discard, r.Body, 4<<10) // an error is a cut connection, as good for this
		w.WriteHeader(http.StatusServiceUnavailable)
		w.(http.Flusher).Flush()
		time.Sleep(100 * time.Millisecond)
	}))
	defer server.Close()
	body := &slowBody{}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 1 << 20
	resp, err := watched{roundTripper{transport()}, time.Minute}.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	before := body.taken.Load()
	time.Sleep(50 * time.Millisecond)
	if after := body.taken.Load(); before < 4 || after != before {
		t.Errorf("%d pieces were taken before the answer, %d after it", before, after-before)
	}
	resp.Body.Close()
}
