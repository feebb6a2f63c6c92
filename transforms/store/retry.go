package store

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/smithy-go"
	"google.golang.org/api/googleapi"
)

// How often a request is sent before it has failed, and the pauses between:
// random, up to a limit that doubles from the first to the longest. A store that
// is away is waited for about a minute.
const (
	attempts     = 12
	firstPause   = 100 * time.Millisecond
	longestPause = 30 * time.Second
)

// pause returns how long to wait after a number of failed attempts, from 1 on.
func pause(failed int) time.Duration {
	limit := longestPause
	if failed < 16 {
		limit = min(limit, firstPause<<(failed-1))
	}
	return rand.N(limit) + 1
}

// sleep waits for the pause after a number of failed attempts, or until the
// context ends.
func sleep(ctx context.Context, failed int) error {
	t := time.NewTimer(pause(failed))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// transient reports whether a request that failed with err may succeed when it is
// sent again: the store is overloaded or broken (408, 429, 5xx), the connection
// was lost, the answer was cut off or did not come in time. What is missing or
// denied stays so, and a store that is full (507).
func transient(err error) bool {
	var dns *net.DNSError
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.Is(err, errStalled), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errDamaged):
		return true
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	if code := statusOf(err); code >= 400 {
		return code == http.StatusRequestTimeout || code == http.StatusTooManyRequests ||
			code >= 500 && code != http.StatusNotImplemented && code != http.StatusInsufficientStorage || hasCode(err, transientCodes...) ||
			code == http.StatusForbidden && slices.Contains(transientReasons, reasonOf(err))
	}
	var op *net.OpError
	var garbled *smithy.DeserializationError
	var temporary interface{ Temporary() bool }
	return errors.As(err, &op) || errors.As(err, &garbled) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &temporary) && temporary.Temporary() || lostConnection(err)
}

// giveUpHint says what to do when the retries did not help.
func giveUpHint(err error) string {
	if transient(err) {
		return "the store kept failing; start the same command again later, it goes on where it stopped"
	}
	return ""
}

// transientCodes are the names of errors that S3 answers with status 400
// although the request was right: its bytes came late or damaged.
var transientCodes = []string{"RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch"}

// transientReasons are the reasons of gs:// for status 403 that mean: more slowly.
var transientReasons = []string{"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}

// statusOf returns the HTTP status that a client's error reports; 0 for none.
func statusOf(err error) int {
	if gs, ok := errors.AsType[*googleapi.Error](err); ok {
		return gs.Code
	}
	var s3 interface{ HTTPStatusCode() int }
	if errors.As(err, &s3) {
		return s3.HTTPStatusCode()
	}
	return 0
}

// hasCode reports whether S3 called an error by one of the names.
func hasCode(err error, names ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(names, api.ErrorCode())
}

// lostConnection knows errors of net/http that have no exported type.
func lostConnection(err error) bool {
	return contains(err, "server closed idle connection", "client connection lost", "stream error", "GOAWAY", "connection reset")
}

// contains reports whether an error's text has one of some parts.
func contains(err error, parts ...string) bool {
	text := err.Error()
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
