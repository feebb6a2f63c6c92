package storetest

import (
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fakeS3 is as much of the S3 protocol as the store uses, for one bucket,
// addressed by path.
type fakeS3 struct {
	bucket  string
	page    int
	mu      sync.Mutex
	made    time.Time            // of objects uploaded in parts
	written map[string]time.Time // of all others
	objects map[string][]byte
	uploads map[string]map[int][]byte
}

// FakeS3 returns a handler that serves an empty bucket, and lists so many keys a
// page.
func FakeS3(bucket string, page int) http.Handler {
	return &fakeS3{bucket: bucket, page: page, made: time.Now(), written: map[string]time.Time{}, objects: map[string][]byte{}, uploads: map[string]map[int][]byte{}}
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
	case bucket != s.bucket:
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
	case r.Method == "PUT" && !s.meets(key, r.Header):
		s.fail(w, 412, "PreconditionFailed")
	case r.Method == "PUT":
		s.objects[key] = body
		s.written[key] = time.Now()
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
		http.ServeContent(w, r, "", s.time(key), strings.NewReader(string(data)))
	}
}

// meets reports whether the conditions of a request hold.
func (s *fakeS3) meets(key string, h http.Header) bool {
	data, ok := s.objects[key]
	if h.Get("If-None-Match") == "*" && ok {
		return false
	}
	want := h.Get("If-Match")
	return want == "" || ok && want == etag(data)
}

// time returns when an object was written.
func (s *fakeS3) time(key string) time.Time {
	if t, ok := s.written[key]; ok {
		return t
	}
	return s.made
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
	page, _ := strconv.Atoi(q.Get("max-keys"))
	if page == 0 || page > s.page {
		page = s.page
	}
	after := max(q.Get("continuation-token"), q.Get("start-after"))
	for key := range s.objects {
		if strings.HasPrefix(key, q.Get("prefix")) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for i, key := range keys {
		if i == page {
			out.IsTruncated, out.NextContinuationToken = true, keys[i-1]
			break
		}
		rest := strings.TrimPrefix(key, q.Get("prefix"))
		if dir, _, ok := strings.Cut(rest, "/"); ok && q.Get("delimiter") == "/" {
			out.CommonPrefixes = append(out.CommonPrefixes, prefix{q.Get("prefix") + dir + "/"})
			continue
		}
		out.Contents = append(out.Contents, content{key, s.time(key).UTC().Format(time.RFC3339), etag(s.objects[key]), len(s.objects[key])})
	}
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		panic(err) // a test's own server
	}
}
