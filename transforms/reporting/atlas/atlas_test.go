package atlas

import (
	"cmp"
	"compress/gzip"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"exemplar/model"
	"exemplar/model/keras"
	"exemplar/model/nearest"
)

// grid returns numbers in [0, 1) that any language makes alike.
func grid(n int) []float32 {
	x, state := make([]float32, n), uint32(1)
	for i := range x {
		state = state*1664525 + 1013904223
		x[i] = float32(state>>8) / (1 << 24)
	}
	return x
}

// clusters returns n rows around k centers, and the center of each.
func clusters(n, d, k int, apart float64) (x []float32, of []int) {
	random := rand.New(rand.NewPCG(7, 11))
	centers := make([]float64, k*d)
	for i := range centers {
		centers[i] = apart * random.NormFloat64()
	}
	for i := range n {
		of = append(of, i%k)
		for p := range d {
			x = append(x, float32(centers[i%k*d+p]+random.NormFloat64()))
		}
	}
	return x, of
}

// TestTrustworthinessReference compares with sklearn.manifold.trustworthiness of
// scikit-learn 1.9.1 on the same arrays, in float64.
func TestTrustworthinessReference(t *testing.T) {
	for _, c := range []struct {
		n, d, k int
		want    float64
	}{
		{300, 8, 5, 0.6869200913},
		{1000, 3, 15, 0.8362981235},
		{1000, 40, 30, 0.5884186485},
	} {
		x := grid(c.n * c.d)
		xy := make([]float32, 2*c.n)
		for i := range c.n {
			xy[2*i], xy[2*i+1] = x[i*c.d], x[i*c.d+1]+x[i*c.d+2]
		}
		if got := Trustworthiness(x, c.d, xy, c.k); !(math.Abs(got-c.want) < 1e-6) {
			t.Errorf("%d rows of %d, %d neighbors: %.9f, scikit-learn says %.9f", c.n, c.d, c.k, got, c.want)
		}
	}
}

func TestTrustworthinessOfThePlaneItself(t *testing.T) {
	x := grid(400)
	if got := Trustworthiness(x, 2, x, 7); got != 1 {
		t.Errorf("%v, want 1", got)
	}
}

// TestPCAReference compares with sklearn.decomposition.PCA of scikit-learn 1.9.1.
func TestPCAReference(t *testing.T) {
	const n, d = 500, 6
	x := grid(n * d)
	for i := range n {
		for p := range d {
			x[i*d+p] *= float32(1 + p)
		}
	}
	xy, share := PCA(x, d)
	want := []float64{-0.3811570719, -2.1826686535, -0.3030884510, -1.3127543468}
	for i, v := range xy[:4] {
		if !(math.Abs(float64(v)-want[i]) < 1e-5) {
			t.Errorf("xy[%d] = %.7f, want %.7f", i, v, want[i])
		}
	}
	for c, v := range [2]float64{0.4052178088, 0.2671725333} {
		if !(math.Abs(share[c]-v) < 1e-6) {
			t.Errorf("share %d = %.8f, want %.8f", c+1, share[c], v)
		}
	}
}

func TestPCAOfLittle(t *testing.T) {
	for _, c := range []struct {
		name  string
		x     []float32
		d     int
		share [2]float64
	}{
		{"equal rows", make([]float32, 12), 3, [2]float64{}},
		{"one row", []float32{1, 2, 3}, 3, [2]float64{}},
		{"one dimension", []float32{1, 2, 4}, 1, [2]float64{1, 0}},
		{"a line", []float32{0, 0, 0, 1, 1, 0, 2, 2, 0}, 3, [2]float64{1, 0}},
	} {
		xy, share := PCA(c.x, c.d)
		if len(xy) != 2*len(c.x)/c.d {
			t.Errorf("%s: %d numbers", c.name, len(xy))
		}
		for i := range share {
			if !(math.Abs(share[i]-c.share[i]) < 1e-6) {
				t.Errorf("%s: shares %v, want %v", c.name, share, c.share)
			}
		}
	}
}

// TestNeighbors compares with a search by definition, where rows repeat, lie far
// from the rest, and where approximate distances say little.
func TestNeighbors(t *testing.T) {
	const n, d, k = 500, 24, 9
	x, _ := clusters(n, d, 5, 3)
	copy(x[17*d:], x[:3*d])
	for p := range d {
		x[100*d+p] = 1e4
	}
	for i := 200; i < 230; i++ {
		for p := range d {
			x[i*d+p] = 5 + float32(p)*1e-3 + float32(i)*1e-5
		}
	}
	found := neighbors(x, d, k)
	for q := range n {
		all := make([]neighbor, 0, n)
		squared := make([]float64, n)
		nearest.SquaredDistances(squared, x, nearest.Widen(x[q*d:(q+1)*d]))
		for i, v := range squared {
			if i != q {
				all = append(all, neighbor{int32(i), v})
			}
		}
		slices.SortFunc(all, func(a, b neighbor) int {
			return cmp.Or(cmp.Compare(a.square, b.square), cmp.Compare(a.row, b.row))
		})
		if !slices.Equal(found[q], all[:k]) {
			t.Fatalf("row %d: %v, want %v", q, found[q], all[:k])
		}
	}
}

// TestCurve compares with umap-learn's find_ab_params.
func TestCurve(t *testing.T) {
	for _, c := range [][3]float64{{0.1, 1.57694, 0.89506}, {0.001, 1.92908, 0.79150}, {0.5, 0.58303, 1.33417}} {
		if a, b := fitCurve(c[0]); !(math.Abs(a-c[1]) < 2e-4) || !(math.Abs(b-c[2]) < 2e-4) {
			t.Errorf("min_dist %v: %.5f, %.5f, want %.5f, %.5f", c[0], a, b, c[1], c[2])
		}
	}
}

func TestForces(t *testing.T) {
	f := newForces(0.1)
	a, b := fitCurve(0.1)
	for e := -30.0; e < 20; e += 0.013 {
		square := math.Exp2(e)
		want := -2 * a * b * math.Pow(square, b-1) / (1 + a*math.Pow(square, b))
		if got := float64(f.attraction.at(float32(square))); !(math.Abs(got/want-1) < 2e-4) {
			t.Fatalf("attraction at 2^%.3f: %v, want %v", e, got, want)
		}
	}
}

func TestUMAPKeepsClustersApart(t *testing.T) {
	const n, d, k = 1000, 32, 5
	x, of := clusters(n, d, k, 4)
	xy := UMAP(x, d, UMAPConfig{Seed: 1})
	centers := make([]float64, 2*k)
	for i, c := range of {
		centers[2*c] += float64(xy[2*i]) * k / n
		centers[2*c+1] += float64(xy[2*i+1]) * k / n
	}
	labels, d2 := make([]int32, n), make([]float64, n)
	nearest.New(centers, 2).Find(labels, d2, xy)
	for i, c := range of {
		if int(labels[i]) != c {
			t.Fatalf("row %d of cluster %d lies in cluster %d", i, c, labels[i])
		}
	}
	if got := Trustworthiness(x, d, xy, 15); !(got > 0.75) {
		t.Errorf("trustworthiness %.3f", got)
	}
}

func TestUMAPOfLittle(t *testing.T) {
	for n := range 6 {
		for _, x := range [][]float32{make([]float32, 3*n), grid(3 * n)} {
			xy := UMAP(x, 3, UMAPConfig{})
			if len(xy) != 2*n {
				t.Errorf("%d rows: %d numbers", n, len(xy))
			}
			for _, v := range xy {
				if !(math.Abs(float64(v)) < 1e4) {
					t.Errorf("%d rows: %v", n, xy)
				}
			}
		}
	}
}

func TestSameBitsOnAnyNumberOfProcessors(t *testing.T) {
	x, _ := clusters(600, 20, 4, 2)
	run := func() (results []float32) {
		xy, share := PCA(x, 20)
		results = append(xy, float32(share[0]), float32(share[1]))
		embedded := UMAP(x, 20, UMAPConfig{Seed: 3, Epochs: 60})
		results = append(append(results, embedded...), float32(Trustworthiness(x, 20, embedded, 10)))
		return append(results, TSNE(x, 20, TSNEConfig{Seed: 3, Early: 20, Iterations: 20})...)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := run()
	for _, n := range []int{2, 5} {
		runtime.GOMAXPROCS(n)
		if !slices.Equal(one, run()) {
			t.Errorf("GOMAXPROCS %d differs from 1", n)
		}
	}
	if other := UMAP(x, 20, UMAPConfig{Seed: 4, Epochs: 60}); slices.Equal(other, UMAP(x, 20, UMAPConfig{Seed: 3, Epochs: 60})) {
		t.Error("another seed gives the same embedding")
	}
}

// TestUMAPReference embeds the latents of the first 5,000 MNIST test digits by the
// study's encoder, and compares the trustworthiness, of 15 neighbors, with that
// of umap-learn 0.5.12, init="pca", random_state=0.
func TestUMAPReference(t *testing.T) {
	const n, d, reference = 5000, 64, 0.9589
	x := digits(t, n)
	xy := UMAP(x, d, UMAPConfig{Seed: 1})
	got := Trustworthiness(x, d, xy, 15)
	t.Logf("trustworthiness %.4f, umap-learn %.4f", got, reference)
	if !(math.Abs(got-reference) < 0.02) {
		t.Errorf("trustworthiness %.4f, umap-learn has %.4f", got, reference)
	}
}

// digits returns latents of MNIST test digits.
func digits(t *testing.T, n int) []float32 {
	t.Helper()
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		t.Skip("EXEMPLAR_DATA not set: no digits to embed")
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	arch, err := model.Preset("mnist-conv")
	if err != nil {
		t.Fatal(err)
	}
	m, err := keras.Import(keras.Options{Encoder: keras.Source{Name: "encoder.h5", Data: read("study/mnist_encoder_weights.h5")}, Arch: &arch})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(root, "mnist/t10k-images-idx3-ubyte.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	pixels := make([]byte, 16+n*784)
	if _, err := io.ReadFull(z, pixels); err != nil {
		t.Fatal(err)
	}
	latents, runner := make([]float32, n*64), plan.NewRunner(50)
	for i := 0; i < n; i += 50 {
		var batch [][]byte
		for j := i; j < i+50; j++ {
			batch = append(batch, pixels[16+j*784:16+(j+1)*784])
		}
		runner.Encode(latents[i*64:(i+50)*64], batch)
	}
	return latents
}

func BenchmarkPCA(b *testing.B) {
	n, d := 100_000, 512
	if testing.Short() {
		n /= 10
	}
	x := grid(n * d)
	for b.Loop() {
		PCA(x, d)
	}
}

func BenchmarkUMAP(b *testing.B) {
	n := 20_000
	if testing.Short() {
		n /= 10
	}
	x, _ := clusters(n, 64, 30, 1)
	for b.Loop() {
		UMAP(x, 64, UMAPConfig{Seed: 1})
	}
}

func BenchmarkTrustworthiness(b *testing.B) {
	x, _ := clusters(5_000, 64, 30, 1)
	xy, _ := PCA(x, 64)
	for b.Loop() {
		Trustworthiness(x, 64, xy, 15)
	}
}
