package linear

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"exemplar/model"
	"exemplar/schemas/caught"
)

// memory is a Source of images in memory.
type memory struct {
	shards [][][]byte
	fail   error // of the last shard, after its images
}

func (m *memory) Shards() int { return len(m.shards) }

func (m *memory) Images(_ context.Context, shard int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, im := range m.shards[shard] {
			if !yield(im, nil) {
				return
			}
		}
		if m.fail != nil && shard == len(m.shards)-1 {
			yield(nil, m.fail)
		}
	}
}

var input = model.Input{Height: 12, Width: 10, Channels: 1, Bits: 16, Scale: model.ScaleUnit}

// images returns n 16-bit images of the given rank around a mean image, with
// variances that fall by about a factor a dimension, and a little noise.
func images(n, rank int, fall, noise float64, in model.Input) [][]byte {
	r := rand.New(rand.NewPCG(3, uint64(rank)))
	d := in.Values()
	parts := make([][]float64, rank)
	for k := range parts {
		parts[k] = make([]float64, d)
		for i := range parts[k] {
			parts[k][i] = r.NormFloat64() * math.Pow(fall, float64(k)) * 1500
		}
	}
	out := make([][]byte, n)
	for j := range out {
		v := make([]float64, d)
		for i := range v {
			v[i] = 32000 + noise*r.NormFloat64()
		}
		for _, p := range parts {
			s := r.NormFloat64()
			for i := range v {
				v[i] += s * p[i]
			}
		}
		out[j] = make([]byte, 2*d)
		for i := range v {
			binary.LittleEndian.PutUint16(out[j][2*i:], uint16(max(0, min(65535, v[i]))))
		}
	}
	return out
}

func split(all [][]byte, n int) *memory {
	m := &memory{shards: make([][][]byte, n)}
	for i, im := range all {
		m.shards[i*n/len(all)] = append(m.shards[i*n/len(all)], im)
	}
	return m
}

// exact returns the eigenvalues, falling, and eigenvectors (columns) of the
// covariance of pooled images, formed and decomposed as a whole.
func exact(all [][]byte, in model.Input, to model.Size) ([]float64, *mat.Dense, []float64) {
	d := to.Height * to.Width * in.Channels
	x := mat.NewDense(len(all), d, nil)
	mean := make([]float64, d)
	pooled := make([]float32, d)
	for i, im := range all {
		model.Pool(pooled, im, in, to)
		for j, v := range pooled {
			x.Set(i, j, float64(v))
			mean[j] += float64(v) / float64(len(all))
		}
	}
	x.Apply(func(_, j int, v float64) float64 { return v - mean[j] }, x)
	var c mat.SymDense
	c.SymOuterK(1/float64(len(all)), x.T())
	var e mat.EigenSym
	e.Factorize(&c, true)
	rising := e.Values(nil)
	var v mat.Dense
	e.VectorsTo(&v)
	values, vectors := make([]float64, d), mat.NewDense(d, d, nil)
	for j := range d {
		values[j] = rising[d-1-j]
		for i := range d {
			vectors.Set(i, j, v.At(i, d-1-j))
		}
	}
	return values, vectors, mean
}

func kernel(m *model.Model) *mat.Dense {
	k := m.Encoder[0]
	out := mat.NewDense(k.Shape[0], k.Shape[1], nil)
	for i, v := range k.Data {
		out.Set(i/k.Shape[1], i%k.Shape[1], float64(v))
	}
	return out
}

// TestAgreesWithExact compares with the whole covariance's eigendecomposition.
//
// Subspace iteration leaves of a discarded direction the share
// (λ_discarded/λ_kept)^passes: with variances falling by 0.64 a dimension, 8
// columns of oversampling and 4 multiplications at most (0.64^9)^4 ≈ 1e-7, and of
// a variance its square. The weights are float32: a component of unit length is
// off by up to 2^-24 (6e-8).
func TestAgreesWithExact(t *testing.T) {
	all := images(400, 60, 0.8, 0, input)
	to := model.Size{Height: 12, Width: 10}
	m, s, err := Train(context.Background(), Config{Input: input, Working: to, Latent: 10, Oversample: 8, Passes: 5, Seed: 1}, split(all, 5))
	if err != nil {
		t.Fatal(err)
	}
	values, vectors, _ := exact(all, input, to)
	for j, v := range s.Components {
		if !(math.Abs(v/values[j]-1) <= 1e-8) {
			t.Errorf("variance %d is %g, exactly %g: off by %.1e", j, v, values[j], v/values[j]-1)
		}
	}
	total := 0.0
	for _, v := range values {
		total += v
	}
	if !(math.Abs(s.Variance/total-1) <= 1e-10) {
		t.Errorf("total variance is %g, exactly %g", s.Variance, total)
	}
	// The cosines of the angles between the two subspaces are the singular values
	// of VᵀW; the sine of the largest angle is what is left of W outside V.
	w := kernel(m)
	v := vectors.Slice(0, s.Size, 0, 10).(*mat.Dense)
	var within, outside mat.Dense
	within.Mul(v.T(), w)
	outside.Mul(v, &within)
	outside.Sub(w, &outside)
	if sine := mat.Norm(&outside, 2); !(sine <= 3e-6) {
		t.Errorf("sine of the angle between subspaces is %.1e", sine)
	}
	for j := range 10 {
		if c := math.Abs(within.At(j, j)); !(math.Abs(c-1) <= 1e-6) {
			t.Errorf("component %d has cosine %.9f with the exact one", j, c)
		}
		largest := 0.0
		for i := range s.Size {
			if x := w.At(i, j); math.Abs(x) > math.Abs(largest) {
				largest = x
			}
		}
		if !(largest > 0) {
			t.Errorf("component %d: its largest loading is %g, want it positive", j, largest)
		}
	}
}

// TestFullBasisIsExact needs no convergence: the basis spans all of the pooled
// image, so the tolerance is rounding alone.
func TestFullBasisIsExact(t *testing.T) {
	all := images(150, 30, 0.95, 300, input)
	to := model.Size{Height: 6, Width: 5}
	_, s, err := Train(context.Background(), Config{Input: input, Working: to, Latent: 30}, split(all, 3))
	if err != nil {
		t.Fatal(err)
	}
	values, _, _ := exact(all, input, to)
	for j, v := range s.Components {
		if !(math.Abs(v-values[j]) <= 1e-13*values[0]) {
			t.Errorf("variance %d is %g, exactly %g", j, v, values[j])
		}
	}
	if s.Passes != 2 || !(math.Abs(s.Explained()-1) <= 1e-12) {
		t.Errorf("%d passes, %g explained; want 2 and all of it", s.Passes, s.Explained())
	}
}

// TestReconstructionIsResidual runs the compiled model: the mean squared error
// of decode(encode(x)) is the variance that the components leave, divided by the
// pixels. Float32 rounding of values below 1 adds at most (d·2^-24)² ≈ 5e-11.
func TestReconstructionIsResidual(t *testing.T) {
	all := images(300, 40, 0.93, 200, input)
	to := model.Size{Height: input.Height, Width: input.Width}
	m, s, err := Train(context.Background(), Config{Input: input, Working: to, Latent: 12}, split(all, 4))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	r := plan.NewRunner(32)
	z, mse := make([]float32, len(all)*12), make([]float64, len(all))
	r.Encode(z, all)
	r.MSE(mse, z, all)
	got := 0.0
	for _, v := range mse {
		got += v / float64(len(all))
	}
	want := s.Variance * (1 - s.Explained()) / float64(s.Size)
	if !(math.Abs(got-want) <= 1e-4*want+5e-11) {
		t.Errorf("mean squared error is %g, the residual variance says %g", got, want)
	}
	// Latents have mean 0 and the stated variances.
	for j, v := range s.Components {
		sum, square := 0.0, 0.0
		for i := range all {
			x := float64(z[i*12+j])
			sum, square = sum+x, square+x*x
		}
		n := float64(len(all))
		if !(math.Abs(sum/n) <= 1e-5) || !(math.Abs(square/n/v-1) <= 1e-3) {
			t.Errorf("latent %d has mean %g and mean square %g, want 0 and %g", j, sum/n, square/n, v)
		}
	}
}

func TestSameBytesOnAnyCores(t *testing.T) {
	all := images(260, 30, 0.9, 500, input)
	var want model.Files
	for _, c := range []struct {
		procs int
		cache int64
	}{{1, DefaultCache}, {2, DefaultCache}, {5, DefaultCache}, {2, 1}, {3, 40_000}} {
		old := runtime.GOMAXPROCS(c.procs)
		m, _, err := Train(context.Background(), Config{Input: input, Latent: 9, Seed: 4, Cache: c.cache}, split(all, 7))
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		files, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = files
		}
		for name := range want {
			if !bytes.Equal(files[name], want[name]) {
				t.Errorf("GOMAXPROCS %d, cache %d: %s differs", c.procs, c.cache, name)
			}
		}
	}
}

// TestFewImages: 4 images span 3 dimensions around their mean; the rest of the
// latent vector is zero.
func TestFewImages(t *testing.T) {
	all := images(4, 8, 0.9, 100, input)
	m, s, err := Train(context.Background(), Config{Input: input, Latent: 6}, split(all, 2))
	if err != nil {
		t.Fatal(err)
	}
	if s.Rank != 3 {
		t.Errorf("rank is %d, want 3", s.Rank)
	}
	plan, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float32, 4*6)
	plan.NewRunner(4).Encode(z, all)
	for i, v := range z {
		if (i%6 < 3) == (v == 0) {
			t.Errorf("latent %d of image %d is %g", i%6, i/6, v)
		}
	}
}

func TestRefusals(t *testing.T) {
	same := images(1, 3, 0.9, 100, input)[0]
	symmetric, bytes := input, input
	symmetric.Scale, bytes.Scale = model.ScaleSymmetric, model.ScaleByte
	broken := errors.New("the disk is gone")
	for name, c := range map[string]struct {
		cfg    Config
		src    *memory
		is     error
		expect string
	}{
		"no images":    {Config{Input: input}, &memory{shards: make([][][]byte, 3)}, ErrNothingToLearn, "no images"},
		"no shards":    {Config{Input: input}, &memory{}, ErrNothingToLearn, "no images"},
		"equal images": {Config{Input: input}, split([][]byte{same, same, same, same, same, same, same}, 2), ErrNothingToLearn, "all the same"},
		"other scale":  {Config{Input: symmetric}, split([][]byte{same}, 1), nil, "use scale unit"},
		"bytes":        {Config{Input: bytes}, split([][]byte{same}, 1), nil, "[0,1] and [0,255]: use scale unit"},
		"too wide":     {Config{Input: input, Working: model.Size{Height: 2, Width: 3}, Latent: 7}, split([][]byte{same}, 1), nil, "7 latent dimensions"},
		"too large":    {Config{Input: input, Working: model.Size{Height: 13, Width: 3}}, split([][]byte{same}, 1), nil, "working size"},
		"read error":   {Config{Input: input}, &memory{shards: split(images(9, 3, 0.9, 9, input), 3).shards, fail: broken}, broken, "disk"},
		"wrong size":   {Config{Input: input}, &memory{shards: [][][]byte{{same, same[:10]}}}, nil, "10 bytes"},
	} {
		_, _, err := Train(context.Background(), c.cfg, c.src)
		if err == nil || (c.is != nil && !errors.Is(err, c.is)) || !strings.Contains(fmt.Sprint(err), c.expect) {
			t.Errorf("%s: error is %v, want one about %q", name, err, c.expect)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Train(ctx, Config{Input: input}, split(images(9, 3, 0.9, 9, input), 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error is %v", err)
	}
}

// panicking is a source whose second shard panics.
type panicking struct{ *memory }

func (p panicking) Images(ctx context.Context, shard int) iter.Seq2[[]byte, error] {
	if shard == 1 {
		return func(func([]byte, error) bool) { panic("damaged") }
	}
	return p.memory.Images(ctx, shard)
}

// TestPanics: what a goroutine panics with reaches the one who trains.
func TestPanics(t *testing.T) {
	defer func() {
		if p, ok := recover().(*caught.Panic); !ok || p.Value != "damaged" {
			t.Errorf("recovered %v", p)
		}
	}()
	_, _, err := Train(t.Context(), Config{Input: input}, panicking{split(images(9, 3, 0.9, 9, input), 5)})
	t.Error("it went on:", err)
}
