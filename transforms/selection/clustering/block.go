package clustering

import (
	"context"
	"encoding/binary"

	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

// SampleBlock is a part of the sample on its way between stages.
type SampleBlock struct {
	IDs     []byte // length-prefixed image ids
	Weights []byte // float64
	Rows    []byte // float32
}

// maxBlock is the number of bytes of rows after which a block is sent on.
const maxBlock = 1 << 20

// blockBuilder collects drawn rows.
type blockBuilder struct {
	block SampleBlock
}

func (b *blockBuilder) add(id string, weight float64, x []float32) {
	b.block.IDs = binary.AppendUvarint(b.block.IDs, uint64(len(id)))
	b.block.IDs = append(b.block.IDs, id...)
	b.block.Weights = append(b.block.Weights, pack([]float64{weight})...)
	b.block.Rows = append(b.block.Rows, pack(x)...)
}

// joinSample puts blocks together, in the order of the image ids.
func joinSample(blocks []SampleBlock, d int) kmeans.Sample {
	var rows []kmeans.Drawn
	for _, b := range blocks {
		weights, x := unpack[float64](b.Weights), unpack[float32](b.Rows)
		for i, w := range weights {
			n, size := binary.Uvarint(b.IDs)
			end := size + int(n)
			rows = append(rows, kmeans.Drawn{ID: string(b.IDs[size:end]), Weight: w, X: x[i*d : (i+1)*d]})
			b.IDs = b.IDs[end:]
		}
	}
	return kmeans.Join(rows, d)
}

// drawRows returns the eligible rows of a file that choose draws, with the
// weights that it gives them.
func drawRows(ctx context.Context, file rows.File, choose func(id string, x []float32) (weight float64, drawn bool)) (*[]SampleBlock, error) {
	var blocks []SampleBlock
	var b blockBuilder
	err := rows.EachBatch(ctx, file, latents.IDs, func(batch *rows.Batch) error {
		for _, row := range batch.Eligible {
			id, x := batch.ImageID[row], batch.Latent(row)
			weight, drawn := choose(id, x)
			if !drawn {
				continue
			}
			b.add(id, weight, x)
			if len(b.block.Rows) >= maxBlock {
				blocks = append(blocks, b.block)
				b = blockBuilder{}
			}
		}
		progress.Add(rows.Counter, int64(batch.N))
		return nil
	})
	return new(append(blocks, b.block)), err
}

// pack turns bulk numbers into the little-endian bytes that cross stages.
func pack[T float32 | float64](v []T) []byte {
	b, err := binary.Append(make([]byte, 0, binary.Size(v)), binary.LittleEndian, v)
	if err != nil {
		panic(err) // a slice of fixed-size numbers
	}
	return b
}

// unpack reverses pack.
func unpack[T float32 | float64](b []byte) []T {
	var zero T
	v := make([]T, len(b)/binary.Size(zero))
	if _, err := binary.Decode(b, binary.LittleEndian, v); err != nil {
		panic(err) // the length was taken from b
	}
	return v
}
