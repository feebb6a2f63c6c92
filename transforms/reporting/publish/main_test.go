package publish

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"os"
	"strings"
	"testing"

	"exemplar/transforms/reporting"
	"exemplar/transforms/run/runtest"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unpack returns what a map packed.
func unpack(t testing.TB, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	check(t, err)
	r, err := gzip.NewReader(bytes.NewReader(data))
	check(t, err)
	data, err = io.ReadAll(r)
	check(t, err)
	return data
}

// firstIDs returns the ids of the first points of the map.
func firstIDs(t testing.TB, r *reporting.Report, n int) []string {
	ids := strings.Split(strings.TrimSuffix(string(unpack(t, r.Map.IDs)), "\x00"), "\x00")
	return ids[:min(n, len(ids))]
}
