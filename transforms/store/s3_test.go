package store

import (
	"crypto/md5"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"exemplar/transforms/store/storetest"
)

// fakeS3 is as much of the S3 protocol as the store uses, for one bucket called
// "bucket", addressed by path, in pages of a few keys.
type fakeS3 struct {
	mu      sync.Mutex
	objects map[string][]byte
	uploads map[string]map[int][]byte
}

const fakeS3Page = 3

func startS3(t *testing.T) *storetest.Faults {
	t.Helper()
	faults, url := serve(t, &fakeS3{objects: map[string][]byte{}, uploads: map[string]map[int][]byte{}})
	useS3(t, url)
	t.Setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
	return faults
}

// useS3 points s3:// names at an endpoint.
func useS3(t *testing.T, url string) {
	t.Setenv("AWS_ENDPOINT_URL", url)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testtest")
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
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

func (s *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	switch {
	case bucket != "bucket":
		s.fail(w, 404, "NoSuchBucket")
	case key == "" && r.Method == "GET":
		s.list(w, q)
	case r.Method == "POST" && q.Has("uploads"):
		s.uploads[key] = map[int][]byte{}
		fmt.Fprint(w, "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
	case r.Method == "PUT" && q.Has("partNumber"):
		n, _ := strconv.Atoi(q.Get("partNumber"))
		s.uploads[key][n] = body
		w.Header().Set("ETag", etag(body))
	case r.Method == "POST" && q.Has("uploadId"):
		s.objects[key] = nil
		for n := range len(s.uploads[key]) {
			s.objects[key] = append(s.objects[key], s.uploads[key][n+1]...)
		}
		fmt.Fprint(w, "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")
	case r.Method == "PUT":
		s.objects[key] = body
		w.Header().Set("ETag", etag(body))
	case r.Method == "DELETE":
		if !q.Has("uploadId") {
			delete(s.objects, key)
		}
		w.WriteHeader(204)
	default:
		data, ok := s.objects[key]
		if !ok {
			s.fail(w, 404, "NoSuchKey")
			return
		}
		w.Header().Set("ETag", etag(data))
		http.ServeContent(w, r, "", time.Now(), strings.NewReader(string(data)))
	}
}

func etag(data []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(data)) }

func (s *fakeS3) fail(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>test</Message></Error>", code)
}

func (s *fakeS3) list(w http.ResponseWriter, q url.Values) {
	type content struct {
		Key, LastModified, ETag string
		Size                    int
	}
	type prefix struct{ Prefix string }
	out := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string
		EncodingType          string
		Contents              []content
		CommonPrefixes        []prefix
	}{}
	var keys []string
	for key := range s.objects {
		if strings.HasPrefix(key, q.Get("prefix")) && key > q.Get("continuation-token") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i == fakeS3Page {
			out.IsTruncated, out.NextContinuationToken = true, keys[i-1]
			break
		}
		rest := strings.TrimPrefix(key, q.Get("prefix"))
		if dir, _, ok := strings.Cut(rest, "/"); ok && q.Get("delimiter") == "/" {
			out.CommonPrefixes = append(out.CommonPrefixes, prefix{q.Get("prefix") + dir + "/"})
			continue
		}
		out.Contents = append(out.Contents, content{key, time.Now().UTC().Format(time.RFC3339), etag(s.objects[key]), len(s.objects[key])})
	}
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		panic(err) // a test's own server
	}
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
