package dataset

import (
	"bytes"
	"cmp"
	"context"
	"runtime"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
)

// scanner reads the shards of both folders for the first time.
type scanner struct {
	cfg    Config
	budget atomic.Int64 // bytes of pixels that may still be kept; negative: keep none

	training, held *variance.Sums
}

// part is what was found in one shard.
type part struct {
	training, held          int64
	rejected                []schemas.ErrorRow
	kept                    []records.Image
	heldSample, trainSample []records.Image
	keys                    map[uint64]string // names by the hash of name and pixels; only where there is a folder for validation
}

// scan returns what is in each shard of f.
func (sc *scanner) scan(ctx context.Context, f *Folder, sample *Sample, held func(id string) bool) ([]*part, error) {
	var parts []*part
	for p, err := range parallel.Each(ctx, len(f.Shards), runtime.GOMAXPROCS(0), func(ctx context.Context, i int) (*part, error) {
		return sc.shard(ctx, f, i, sample, held)
	}) {
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (sc *scanner) shard(ctx context.Context, f *Folder, shard int, sample *Sample, held func(id string) bool) (*part, error) {
	p := &part{keys: map[uint64]string{}}
	reject := func(row schemas.ErrorRow) { p.rejected = append(p.rejected, row) }
	for im, err := range f.Usable(ctx, shard, sample, reject) {
		if err != nil {
			return nil, err
		}
		progress.Add(StepScan, 1)
		pixels := im.Pixels
		im.Pixels = nil
		if sc.budget.Add(-int64(len(pixels))) >= 0 {
			im.Pixels = bytes.Clone(pixels)
			p.kept = append(p.kept, im)
		} else {
			p.kept = nil
		}
		if sc.cfg.Validation != nil {
			p.keys[xxh3.HashStringSeed(im.Filename, xxh3.Hash(pixels))] = im.Filename
		}
		if held(im.Filename) {
			p.held++
			sc.add(sc.held, f, pixels)
			p.heldSample = offer(p.heldSample, im, pixels, sc.cfg.Sample)
		} else {
			p.training++
			sc.add(sc.training, f, pixels)
			p.trainSample = offer(p.trainSample, im, pixels, sc.cfg.Sample)
		}
	}
	return p, nil
}

// add adds an image to sums; rows are added in their order, see Set.sum.
func (sc *scanner) add(sums *variance.Sums, f *Folder, pixels []byte) {
	if !f.Table() {
		sums.Add(pixels)
	}
}

// offer adds an image to the n that have the smallest hash so far, if it is one
// of them.
func offer(sample []records.Image, im records.Image, pixels []byte, n int) []records.Image {
	if len(sample) == n && (n == 0 || byDraw(im, sample[n-1]) >= 0) {
		return sample
	}
	im.Pixels = bytes.Clone(pixels)
	return smallest(append(sample, im), n)
}

// smallest returns the n images with the smallest hash, sorted by it.
func smallest(images []records.Image, n int) []records.Image { return draw.Smallest(images, n, byDraw) }

func byDraw(a, b records.Image) int {
	return cmp.Or(cmp.Compare(partOf(a.Filename), partOf(b.Filename)), cmp.Compare(a.Filename, b.Filename))
}
