package comparing

import (
	"context"
	"encoding/binary"
	"iter"
	"runtime"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/seq"
)

// Step names this step and its progress counter.
const Step = "compare"

// Images are worked on some at a time: as many as mostBatch, or fewer where they are large. How
// many is part of the results, whose sums are those of batches, and does not depend on the
// machine.
const (
	mostBatch  = 32
	batchBytes = 4 << 20
)

func batchSize(s schemas.ImageShape) int {
	return max(1, min(mostBatch, batchBytes/(4*s.Bytes())))
}

// batch is consecutive images of a shard.
type batch struct {
	first  int      // the number of its first image, over all
	ids    []string // of the images
	labels []*string
	pixels [][]byte
}

// batches yields the images of all shards in their order; what holds no usable image is given
// to reject.
func (in *input) batches(ctx context.Context, reject func(schemas.ErrorRow)) iter.Seq2[*batch, error] {
	size, bytes := batchSize(in.folder.Shape), in.folder.Shape.Bytes()
	return seq.From(func(yield func(*batch, error) bool) error {
		n := 0
		for shard := range in.folder.Shards {
			var b *batch
			for im, err := range in.folder.Usable(ctx, shard, in.drawn, reject) {
				if err != nil {
					return err
				}
				if b == nil {
					b = &batch{first: n}
				}
				b.ids = append(b.ids, strings.Clone(im.Filename))
				b.pixels = append(b.pixels, append(make([]byte, 0, bytes), im.Pixels...))
				var label *string
				if im.HasLabel {
					l := strings.Clone(im.Label)
					label = &l
				}
				b.labels = append(b.labels, label)
				if n++; len(b.ids) == size {
					if !yield(b, nil) {
						return nil
					}
					b = nil
				}
			}
			if b != nil && !yield(b, nil) {
				return nil
			}
		}
		return nil
	})
}

// each works on all batches, several at once, and takes the results in the order of the images.
func each[R any](ctx context.Context, in *input, reject func(schemas.ErrorRow), work func(b *batch) (R, error), take func(R)) error {
	for r, err := range parallel.Map(ctx, in.batches(ctx, reject), ahead(), func(_ context.Context, b *batch) (r R, err error) {
		parallel.Compute(func() { r, err = work(b) })
		progress.Add(Step, int64(len(b.ids)))
		return r, err
	}) {
		if err != nil {
			return err
		}
		take(r)
	}
	return nil
}

// ahead is how many batches wait beside those that are worked on.
func ahead() int { return runtime.GOMAXPROCS(0) }

// unit writes raw pixels as numbers of which full is 1, rounded to float32 as the models' errors have
// them.
func unit(dst []float64, pixels []byte, bits, full int) {
	by := float32(full)
	if bits == 8 {
		for i, v := range pixels {
			dst[i] = float64(float32(v) / by)
		}
		return
	}
	for i := range dst {
		dst[i] = float64(float32(binary.LittleEndian.Uint16(pixels[2*i:])) / by)
	}
}
