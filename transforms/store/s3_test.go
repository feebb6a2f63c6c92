package store

import (
	"errors"
	"strings"
	"testing"

	"exemplar/transforms/store/storetest"
)

func startS3(t *testing.T) *storetest.Faults {
	t.Helper()
	faults, url := serve(t, storetest.FakeS3("bucket", 3))
	useS3(t, url)
	t.Setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
	return faults
}

// useS3 points s3:// names at an endpoint.
func useS3(t *testing.T, url string) {
	t.Helper()
	for _, v := range storetest.S3Env(url) {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

// startS3Server starts a real server, versitygw over a folder, behind faults.
func startS3Server(t *testing.T) *storetest.Faults {
	t.Helper()
	s, err := storetest.StartS3(t.Context(), t.TempDir(), "bucket")
	if errors.Is(err, storetest.ErrNoServer) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	faults, url := serve(t, s)
	useS3(t, url)
	return faults
}

func TestS3ErrorsSayWhatToDo(t *testing.T) {
	startS3(t)
	for what, err := range map[string]error{
		"list":  errOf(collect(List(t.Context(), "s3://nope/x", true))),
		"open":  errOf(Open(t.Context(), "s3://nope/x")),
		"write": WriteFile(t.Context(), "s3://nope/x", []byte("x")),
	} {
		if err == nil || !strings.Contains(err.Error(), "there is no bucket nope") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
