package enginetest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"exemplar/transforms/store/storetest"
)

// Storage is a fake of Google Cloud Storage on the loopback address. Programs
// started with Env in their environment read and write it under gs:// names.
type Storage struct {
	// Faults are what requests meet; none at first.
	Faults *storetest.Faults
	server *fakestorage.Server
	host   string
}

// NewStorage starts a fake with the given empty buckets; it stops with the test.
func NewStorage(t testing.TB, buckets ...string) *Storage {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// The fake puts its own address into upload links and tells downloads by
	// their host, so that it has to know the address before it is made.
	host := l.Addr().String()
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		NoListener:  true,
		Scheme:      "http",
		ExternalURL: "http://" + host,
		PublicHost:  host,
		Writer:      io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	faults := storetest.NewFaults(storetest.Replay(server.HTTPHandler()), 0, 1)
	ts := &httptest.Server{Listener: l, Config: &http.Server{Handler: faults}}
	ts.Start()
	t.Cleanup(func() {
		ts.CloseClientConnections()
		ts.Close()
	})
	s := &Storage{Faults: faults, server: server, host: host}
	for _, b := range buckets {
		server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: b})
	}
	return s
}

// Env is the environment that points the storage clients of a program at s.
func (s *Storage) Env() []string { return []string{"STORAGE_EMULATOR_HOST=" + s.host} }

// Put makes the object bucket/name.
func (s *Storage) Put(bucket, name string, data []byte) {
	s.server.CreateObject(fakestorage.Object{
		ObjectAttrs: fakestorage.ObjectAttrs{BucketName: bucket, Name: name},
		Content:     data,
	})
}

// Get returns the content of an object; the test fails where it is missing.
func (s *Storage) Get(t testing.TB, bucket, name string) []byte {
	t.Helper()
	data, err := s.open("gs://" + bucket + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Names returns the objects of a bucket whose names start with prefix, sorted.
func (s *Storage) Names(t testing.TB, bucket, prefix string) []string {
	t.Helper()
	list, err := s.server.ListObjectsWithOptionsPaginated(bucket, fakestorage.ListOptions{Prefix: prefix})
	if err != nil {
		t.Fatalf("gs://%s/%s: %v", bucket, prefix, err)
	}
	var names []string
	for _, o := range list.Objects {
		names = append(names, o.Name)
	}
	slices.Sort(names)
	return names
}

// open returns the content of the object with a gs:// name.
func (s *Storage) open(url string) ([]byte, error) {
	path, isGS := strings.CutPrefix(url, "gs://")
	bucket, name, ok := strings.Cut(path, "/")
	if !isGS || !ok {
		return nil, fmt.Errorf("%q is not the name of an object", url)
	}
	o, err := s.server.GetObject(bucket, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	return o.Content, nil
}
