package parquetguard

import (
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// TestPagesOfNothing: a page that stands for far more than its bytes is refused
// before memory is taken for it, one that is large by itself is read.
func TestPagesOfNothing(t *testing.T) {
	for want, h := range map[string]format.PageHeader{
		"":                                  {CompressedPageSize: 3 << 20, UncompressedPageSize: 100 << 20, DataPageHeader: data(9 << 20)},
		"100000000 bytes packed in 1000000": {CompressedPageSize: 1_000_000, UncompressedPageSize: 100_000_000, DataPageHeader: data(1)},
		"9000000 values in 1000 bytes":      {CompressedPageSize: 1000, UncompressedPageSize: 1000, DataPageHeader: data(9_000_000)},
	} {
		g := stream{chunk: &chunk{end: 1 << 30, values: 1 << 30}}
		err := g.checkSizes(&h, 0)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func data(values int32) (d thrift.Null[format.DataPageHeader]) {
	d.Valid, d.V.NumValues = true, values
	return d
}
