package clustering

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/progress"
)

// Moments describe all eligible rows, for drawing the seeding sample.
type Moments struct {
	N      int64
	Mean   []float64
	Spread float64 // sum of squared distances to the mean
}

// Inclusion returns the probability with which a row is drawn into a sample of
// about size rows, where d2 is its squared distance to the mean.
//
// The sample is a lightweight coreset (Bachem, Lucic and Krause, "Scalable
// k-means clustering via lightweight coresets", KDD 2018): q = 1/2·1/n +
// 1/2·d²/Σd². Rows are drawn independently with probability min(1, size·q), so that
// a row's fate does not depend on the others, and count 1/probability times.
func (m Moments) Inclusion(d2 float64, size int) float64 {
	n := float64(m.N)
	if int64(size) >= m.N {
		return 1
	}
	q := 1 / n
	if m.Spread > 0 {
		q = 0.5/n + 0.5*d2/m.Spread
	}
	return min(1, float64(size)*q)
}

// Sample is a weighted sample of rows.
type Sample struct {
	D       int
	X       []float32 // len(Weights) x D
	Weights []float64
}

// Len returns the number of rows.
func (s Sample) Len() int { return len(s.Weights) }

// Row returns row i.
func (s Sample) Row(i int) []float32 { return s.X[i*s.D : (i+1)*s.D] }

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
func joinSample(blocks []SampleBlock, d int) Sample {
	type drawn struct {
		id     string
		weight float64
		x      []float32
	}
	var rows []drawn
	for _, b := range blocks {
		weights, x := unpack[float64](b.Weights), unpack[float32](b.Rows)
		for i, w := range weights {
			n, size := binary.Uvarint(b.IDs)
			end := size + int(n)
			rows = append(rows, drawn{string(b.IDs[size:end]), w, x[i*d : (i+1)*d]})
			b.IDs = b.IDs[end:]
		}
	}
	slices.SortFunc(rows, func(a, b drawn) int { return cmp.Compare(a.id, b.id) })
	s := Sample{D: d, X: make([]float32, 0, len(rows)*d), Weights: make([]float64, 0, len(rows))}
	for _, r := range rows {
		s.X = append(s.X, r.x...)
		s.Weights = append(s.Weights, r.weight)
	}
	return s
}

// drawRows returns the eligible rows of a file that choose draws, with the
// weights that it gives them.
func drawRows(ctx context.Context, file File, choose func(id string, x []float32) (weight float64, drawn bool)) (*[]SampleBlock, error) {
	var blocks []SampleBlock
	var b blockBuilder
	err := EachBatch(ctx, file, latents.IDs, func(batch *Batch) error {
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
		progress.Add(Step, int64(batch.N))
		return nil
	})
	return new(append(blocks, b.block)), err
}
