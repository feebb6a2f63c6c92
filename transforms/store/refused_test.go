package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"

	"exemplar/transforms/store/storetest"
)

// refusing starts a store that refuses, of the scheme, with nothing known of denials.
func refusing(t *testing.T, scheme string) *storetest.Refusing {
	t.Helper()
	r := &storetest.Refusing{JSON: scheme == "gs"}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	if scheme == "gs" {
		t.Setenv("STORAGE_EMULATOR_HOST", server.URL)
	} else {
		useS3(t, server.URL)
	}
	denials.Lock()
	denials.buckets = nil
	denials.Unlock()
	return r
}

// TestRefusals: what says something of one object is told from what every object
// meets, in one line that says what to do, without asking again.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		scheme string
		status int
		code   string
		ofFile bool
		says   string
	}{
		{"s3", 403, "AccessDenied", true, "permission denied: give your account access to bucket b"},
		{"s3", 403, "", true, "permission denied"},
		{"s3", 403, "InvalidObjectState", true, "archived (InvalidObjectState): restore it first"},
		{"s3", 404, "NoSuchKey", true, "nothing is there"},
		{"s3", 404, "NoSuchBucket", false, "there is no bucket b"},
		{"s3", 403, "InvalidAccessKeyId", false, "does not know the access key (InvalidAccessKeyId): check AWS_ACCESS_KEY_ID"},
		{"s3", 403, "SignatureDoesNotMatch", false, "does not accept the signature (SignatureDoesNotMatch): check AWS_SECRET_ACCESS_KEY"},
		{"s3", 403, "ExpiredToken", false, "expired or are no longer valid (ExpiredToken): get new ones"},
		{"s3", 400, "ExpiredToken", false, "expired or are no longer valid (ExpiredToken): get new ones"},
		{"s3", 400, "InvalidToken", false, "(InvalidToken): get new ones"},
		{"s3", 403, "RequestTimeTooSkewed", false, "the clock of this machine is wrong"},
		{"s3", 403, "AllAccessDisabled", false, "(AllAccessDisabled): ask whoever"},
		{"s3", 403, "UserSuspended", false, "UserSuspended"},
		{"s3", 401, "", false, "does not accept the credentials"},
		{"s3", 400, "", false, "look at the credentials, which may have expired, and at AWS_REGION"},
		{"s3", 301, "PermanentRedirect", false, "in another region (PermanentRedirect): set AWS_REGION"},
		{"s3", 507, "", false, "the store is full: the store takes no more"},
		{"gs", 403, "forbidden", true, "permission denied: why"},
		{"gs", 404, "notFound", true, "nothing is there"},
		{"gs", 401, "authError", false, "does not accept the credentials (authError): run 'gcloud"},
		{"gs", 401, "", false, "does not accept the credentials"},
		{"gs", 403, "insufficientPermissions", false, "not for Cloud Storage"},
		{"gs", 403, "accessNotConfigured", false, "not switched on"},
		{"gs", 403, "quotaExceeded", false, "a quota of the store is used up (quotaExceeded)"},
		{"gs", 403, "dailyLimitExceeded", false, "a quota of the store is used up"},
		{"gs", 403, "accountDisabled", false, "billing is off"},
		{"gs", 403, "somethingElse", false, "somethingElse: why"},
		{"gs", 507, "", false, "the store is full"},
	} {
		t.Run(fmt.Sprint(c.scheme, c.status, c.code), func(t *testing.T) {
			r := refusing(t, c.scheme)
			r.Refuse(c.status, c.code, "why", nil)
			name := c.scheme + "://b/x"
			for what, err := range map[string]error{
				"stat": errOf(Stat(t.Context(), name)), "open": errOf(Open(t.Context(), name)),
				"openAt": errOf(OpenAt(t.Context(), name)), "read": errOf(ReadFile(t.Context(), name)),
			} {
				headless := c.scheme == "s3" && (what == "stat" || what == "openAt") && (c.status == 404 || c.status == 301)
				if err == nil || strings.Contains(err.Error(), "\n") || !headless && (OfFile(err) != c.ofFile || !strings.Contains(err.Error(), c.says)) {
					t.Errorf("%s: of the file %v, want %v: %v", what, OfFile(err), c.ofFile, err)
				}
			}
			if asked := len(r.Asked()); asked > 6 { // four, and the first byte after two HEAD
				t.Errorf("%d requests", asked)
			}
		})
	}
}

// TestFullStores names the quota, and asks once.
func TestFullStores(t *testing.T) {
	for _, c := range []struct {
		scheme string
		status int
		code   string
		says   string
	}{
		{"s3", 403, "QuotaExceeded", "a quota of the store is used up: the store takes no more"},
		{"s3", 507, "XMinioStorageFull", "the store is full: the store takes no more"},
		{"s3", 507, "", "the store is full: the store takes no more"},
		{"gs", 507, "", "the store is full: the store takes no more"},
	} {
		r := refusing(t, c.scheme)
		r.Refuse(c.status, c.code, "no room, quota exceeded", nil)
		err := WriteFile(t.Context(), c.scheme+"://b/x", []byte("x"))
		if n := len(r.Asked()); err == nil || !strings.Contains(err.Error(), c.says) || OfFile(err) || n != 1 {
			t.Errorf("%v: %d requests, %v", c, n, err)
		}
	}
}

// TestRatesAreRetried: for gs:// some 403 mean to ask more slowly.
func TestRatesAreRetried(t *testing.T) {
	r := refusing(t, "gs")
	n := 0
	r.Refuse(403, "rateLimitExceeded", "slow down", func(*http.Request) bool { n++; return n == 1 })
	if data, err := ReadFile(t.Context(), "gs://b/x"); err != nil || string(data) != "0123456789" || n < 2 {
		t.Errorf("%q, %v", data, err)
	}
}

// TestHeadIsAskedAgain: the code that an answer to HEAD has no room for is learned
// with one more request, and only where there is a question.
func TestHeadIsAskedAgain(t *testing.T) {
	r := refusing(t, "s3")
	for _, c := range []struct {
		status int
		code   string
		want   []string
	}{
		{400, "ExpiredToken", []string{"HEAD", "GET"}}, {403, "InvalidAccessKeyId", []string{"HEAD", "GET"}},
		{400, "", []string{"HEAD", "GET"}}, {404, "NoSuchKey", []string{"HEAD"}}, {0, "", []string{"HEAD"}},
	} {
		r.Refuse(c.status, c.code, "why", nil)
		_, err := Stat(t.Context(), "s3://b/x")
		if asked := r.Asked(); !slices.Equal(asked, c.want) || (err == nil) != (c.status == 0) {
			t.Errorf("%d %s: %v, %v", c.status, c.code, asked, err)
		}
	}
}

// TestManyDenied: some objects may be denied; all of the first, or very many in a
// row, mean that the key has no rights.
func TestManyDenied(t *testing.T) {
	for _, scheme := range []string{"gs", "s3"} {
		code := map[string]string{"gs": "forbidden", "s3": "AccessDenied"}[scheme]
		r := refusing(t, scheme)
		ask := func(ok bool) error {
			if ok {
				r.Refuse(0, "", "", nil)
			} else {
				r.Refuse(403, code, "no", nil)
			}
			return errOf(ReadFile(t.Context(), scheme+"://b/x"))
		}
		deny := func(most int, says string) {
			t.Helper()
			for i := 1; i < most; i++ {
				if err := ask(false); !errors.Is(err, fs.ErrPermission) || !OfFile(err) {
					t.Fatalf("%s: denied %d: %v", scheme, i, err)
				}
			}
			if err := ask(false); OfFile(err) || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), says) {
				t.Fatalf("%s: denied %d: %v", scheme, most, err)
			}
		}
		deny(deniedFirst, "the 19 objects of "+scheme+"://b before it, all that were asked for")
		if err := ask(true); err != nil {
			t.Fatal(err)
		}
		deny(deniedInRow, "the 99 objects of "+scheme+"://b before it, one after another")
	}
}

// TestEchoes: a store that sends back what it was asked with.
func TestEchoes(t *testing.T) {
	const secret = "hunter2hunter2"
	t.Setenv("AWS_SESSION_TOKEN", secret)
	echo := "Authorization: AWS4-HMAC-SHA256 Credential=test/2026/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0123abcd x-amz-security-token:" + secret
	for _, scheme := range []string{"gs", "s3"} {
		r := refusing(t, scheme)
		for _, status := range []int{400, 403, 409} {
			r.Refuse(status, "Odd", echo, nil)
			for _, err := range []error{errOf(Stat(t.Context(), scheme+"://b/x?X-Amz-Signature=0123abcd")), errOf(ReadFile(t.Context(), scheme+"://b/x"))} {
				if text := fmt.Sprint(err); strings.Contains(text, secret) || strings.Contains(text, "0123abcd") || strings.Contains(text, "test/2026") {
					t.Errorf("%s %d: %s", scheme, status, text)
				}
			}
		}
	}
}

// TestOfFile: local files too may fail for a reason that is not theirs.
func TestOfFile(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{newError("open", "/x", &fs.PathError{Op: "open", Path: "/x", Err: syscall.EMFILE}, ""), false},
		{newError("open", "/x", syscall.ENOTCONN, ""), false},
		{newError("read", "/x", syscall.EIO, ""), true},
		{newError("open", "/x", fs.ErrPermission, ""), true},
		{newError("open", "s3://b/x", errors.New("odd"), ""), false},
		{fmt.Errorf("x: %w", t.Context().Err()), true},
		{errors.New("damaged"), true},
	} {
		if got := OfFile(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// A disk that holds no more files is not full.
func TestNoInodes(t *testing.T) {
	before := diskLeft
	defer func() { diskLeft = before }()
	line := func() string { return newError("create", "/a/b/c", syscall.ENOSPC, "").Error() }
	diskLeft = func(dir string) (int64, int64) {
		if dir != "/a" {
			return -1, -1 // not there yet
		}
		return 1 << 30, 0
	}
	if got := line(); !strings.Contains(got, "no inodes left") {
		t.Error(got)
	}
	for _, left := range [][2]int64{{0, 0}, {1 << 30, 5}, {1 << 30, -1}, {-1, -1}} {
		diskLeft = func(string) (int64, int64) { return left[0], left[1] }
		if got := line(); !strings.Contains(got, "the disk is full") {
			t.Error(left, got)
		}
	}
}
