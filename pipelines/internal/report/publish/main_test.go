package publish

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"exemplar/pipelines/internal/report"
)

func TestMain(m *testing.M) { os.Exit(ptest.MainRetWithDefault(m, "prism")) }

func prism(ctx context.Context, p *beam.Pipeline) error {
	_, err := beam.Run(ctx, "prism", p)
	return err
}

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
func firstIDs(t testing.TB, r *report.Report, n int) []string {
	ids := strings.Split(strings.TrimSuffix(string(unpack(t, r.Map.IDs)), "\x00"), "\x00")
	return ids[:min(n, len(ids))]
}
