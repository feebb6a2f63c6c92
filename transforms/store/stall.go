package store

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// errStalled is the error of a request on which no byte moved for too long.
var errStalled = errors.New("the store stopped answering")

// stallLimit is how long a request may wait for a byte to move. The environment
// variable EXEMPLAR_STORE_TIMEOUT sets it for slow links.
func stallLimit() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("EXEMPLAR_STORE_TIMEOUT")); err == nil && d > 0 {
		return d
	}
	return time.Minute
}

// doer sends a request, as *http.Client does.
type doer interface {
	Do(*http.Request) (*http.Response, error)
}

// watched sends requests through next, and ends one with errStalled on which no
// byte has moved for the limit. The time that the reader of an answer takes
// between two reads does not count.
type watched struct {
	next  doer
	limit time.Duration
}

// RoundTrip makes watched an http.RoundTripper.
func (w watched) RoundTrip(req *http.Request) (*http.Response, error) { return w.Do(req) }

func (w watched) Do(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	d := &dog{ctx: ctx, cancel: cancel, limit: w.limit}
	d.timer = time.AfterFunc(w.limit, func() { cancel(errStalled) })
	req = req.WithContext(ctx)
	upload := &watchedUpload{dog: d}
	if req.Body != nil && req.Body != http.NoBody {
		upload.ReadCloser = req.Body
		req.Body = upload
	}
	resp, err := w.next.Do(req)
	upload.end()
	d.timer.Stop()
	if err != nil {
		err = d.explain(err)
		cancel(nil)
		return nil, err
	}
	resp.Body = &watchedAnswer{resp.Body, d}
	return resp, nil
}

// dog watches one request.
type dog struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	limit  time.Duration
}

// explain returns errStalled where that is why the request was canceled.
func (d *dog) explain(err error) error {
	if err != nil && err != io.EOF && context.Cause(d.ctx) == errStalled {
		return errStalled
	}
	return err
}

// errAnswered is what a connection reads that goes on sending a request after its answer.
var errAnswered = errors.New("the request was answered before all of it was sent")

// watchedUpload is the body of a request: taking a piece of it is a sign of life. When the
// request is answered nothing more is taken: the connection may still be sending, and clients
// use the memory of the body again for the next request, which they must not before it is closed.
type watchedUpload struct {
	io.ReadCloser
	dog *dog

	mu   sync.Mutex // held while a piece is taken
	over bool
}

func (b *watchedUpload) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errAnswered
	}
	b.dog.timer.Reset(b.dog.limit)
	return b.ReadCloser.Read(p)
}

// end waits for the piece that is being taken, and has no other taken.
func (b *watchedUpload) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
}

// watchedAnswer is the body of an answer.
type watchedAnswer struct {
	io.ReadCloser
	dog *dog
}

func (b *watchedAnswer) Read(p []byte) (int, error) {
	b.dog.timer.Reset(b.dog.limit)
	n, err := b.ReadCloser.Read(p)
	b.dog.timer.Stop()
	return n, b.dog.explain(err)
}

func (b *watchedAnswer) Close() error {
	b.dog.timer.Stop()
	err := b.ReadCloser.Close()
	b.dog.cancel(nil)
	return err
}

// transport sends requests, and keeps connections open for many small reads at
// once.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	keepConnections(t)
	return t
}

func keepConnections(t *http.Transport) { t.MaxIdleConns, t.MaxIdleConnsPerHost = 256, 256 }

// roundTripper makes a doer of an http.RoundTripper.
type roundTripper struct{ http.RoundTripper }

func (r roundTripper) Do(req *http.Request) (*http.Response, error) { return r.RoundTrip(req) }
