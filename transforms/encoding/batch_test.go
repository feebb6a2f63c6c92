package encoding

import (
	"testing"

	"exemplar/schemas"
)

func TestBatchSize(t *testing.T) {
	small, large := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}, schemas.ImageShape{Height: 4096, Width: 2048, Channels: 1, Bits: 16}
	for _, c := range []struct {
		limit   int
		records int64
		shape   schemas.ImageShape
		most    int
	}{{32, -1, small, 32}, {32, 0, small, 32}, {32, 1, small, 1}, {32, 10_000, small, 32}, {7, 10_000, small, 7}, {32, 1 << 40, small, 32}, {32, 100, large, 1}, {32, 33, small, 17}} {
		got := batchSize(c.limit, c.records, c.shape)
		if got < 1 || got > c.most || c.records > 1000 && got < c.most {
			t.Errorf("batchSize(%d, %d, %v) = %d, want at most %d", c.limit, c.records, c.shape, got, c.most)
		}
	}
}
