package clustering

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/model/nearest"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*sampleFn]())
	beam.RegisterDoFn(reflect.TypeFor[*seedFn]())
	beamrun.RegisterElement(reflect.TypeFor[SampleBlock]())
}

// Config is a k-means run.
type Config struct {
	Clusters   int // 0: as many as kmeans.ChooseK finds
	Seed       uint64
	Restarts   int              // seedings that are tried on the sample
	SampleSize int              // expected rows of the sample; all rows where there are no more
	Hierarchy  kmeans.Hierarchy // instead, where it has fine clusters
}

// Seed draws the sample and clusters it. It takes PCollection<File> and the
// Solution of Mean, and returns PCollection<Solution> of one element. Large values
// go through files in the folder dir.
func Seed(s beam.Scope, c Config, dir string, mean, files beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Seed")
	blocks := beam.ParDo(s, &sampleFn{Size: c.SampleSize, Seed: int64(c.Seed)}, files, beam.SideInput{Input: mean})
	return beam.ParDo(s, &seedFn{Config: c, Dir: dir}, mean, beam.SideInput{Input: blocks})
}

type sampleFn struct {
	Size   int
	Seed   int64
	bundle beamrun.Fold[[]SampleBlock]
}

// ProcessElement starts drawing from one file.
func (f *sampleFn) ProcessElement(ctx context.Context, file rows.File, mean Solution, _ func(SampleBlock)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*[]SampleBlock, error) { return f.draw(ctx, file, mean) },
		beamrun.Extend)
	return nil
}

// FinishBundle emits what was drawn.
func (f *sampleFn) FinishBundle(_ context.Context, _ Solution, emit func(SampleBlock)) error {
	return beamrun.EmitAll(&f.bundle, emit)
}

func (f *sampleFn) draw(ctx context.Context, file rows.File, mean Solution) (*[]SampleBlock, error) {
	center, err := mean.Rows(ctx)
	if err != nil {
		return nil, err
	}
	moments := kmeans.Moments{N: mean.Eligible, Mean: center, Spread: mean.Spread}
	return drawRows(ctx, file, func(id string, x []float32) (weight float64, drawn bool) {
		p := moments.Inclusion(nearest.SquaredDistance(x, moments.Mean), f.Size)
		return 1 / p, draw.Uniform(uint64(f.Seed), id) < p
	})
}

type seedFn struct {
	Config Config
	Dir    string
}

// ProcessElement clusters the sample.
func (f *seedFn) ProcessElement(ctx context.Context, mean Solution, blocks []SampleBlock) (Solution, error) {
	s, err := f.seed(ctx, mean, joinSample(blocks, mean.D))
	return s, beamrun.Fail(err)
}

func (f *seedFn) seed(ctx context.Context, mean Solution, sample kmeans.Sample) (Solution, error) {
	s := mean
	s.K = f.Config.Clusters
	s.SampleRows = int64(sample.Len())
	var err error
	if sample.Len() > 0 { // otherwise the mean is the first center, and passes find the others
		if s.K == 0 {
			s.K, s.Curve = kmeans.ChooseK(sample, f.Config.Seed)
		}
		var centers []float64
		if f.Config.Hierarchy.Fine > 0 {
			centers, s.Levels = f.Config.Hierarchy.Fit(sample)
		} else {
			centers, _ = kmeans.Fit(sample, s.K, f.Config.Seed, f.Config.Restarts)
		}
		err = s.put(ctx, f.Dir, centers)
	}
	s.K = max(s.K, 1)
	return s, err
}
