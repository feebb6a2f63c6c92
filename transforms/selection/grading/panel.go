package grading

import (
	"math"
	"slices"
	"sort"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// panel is what selections are measured on in one space: images to evaluate, of
// which the first are the reference, and the pool in the orders of the draws.
type panel struct {
	d         int
	evaluated []float32
	reference []float32 // the beginning of evaluated
	pool      []float32
	draws     [][]int32 // rows of the pool

	pairs   []float64      // squared distances of each reference row to all, -1 to itself, in any order
	within  float64        // mean of the kernel over them
	kernel  []kernelRow    // of each reference row with all
	gamma   float64        // of the kernel
	typical float64        // median squared distance to the nearest other one
	far     float64        // its 99th percentile
	index   *nearest.Index // of the reference
	curves  [][]float64
}

// Limits of what compares all picks with all.
const (
	maxKernel    = 512
	maxRedundant = 2048
)

func newPanel(d int, evaluated, pool []float32, draws [][]int32, reference int) *panel {
	p := &panel{d: d, evaluated: evaluated, pool: pool, draws: draws}
	n := min(reference, len(evaluated)/d)
	p.reference = evaluated[:n*d]
	p.index = nearest.New(nearest.Widen(p.reference), d)
	p.pairs = make([]float64, n*n)
	parallel.All(n, func(i int) { nearest.SquaredDistances(p.pairs[i*n:(i+1)*n], p.reference, p.index.Row(i)) })
	p.bandwidth()
	for i := range n {
		p.pairs[i*n+i] = -1 // itself comes first, whatever equals it
	}
	sorted := slices.Sorted(slices.Values(p.neighbors(1)))
	p.typical, p.far = quantile(sorted, 0.5), quantile(sorted, 0.99)
	p.curves = p.equivalents()
	return p
}

func (p *panel) rows() int { return len(p.reference) / p.d }

// bandwidth sets the kernel from the median distance of two reference images.
func (p *panel) bandwidth() {
	n := p.rows()
	above := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		above = append(above, p.pairs[i*n+i+1:(i+1)*n]...)
	}
	median := quantileOf(above, 0.5)
	if median == 0 {
		median = math.SmallestNonzeroFloat32 // all images equal: the kernel tells equal from different
	}
	p.gamma = 1 / (2 * median)
	p.kernel = make([]kernelRow, n)
	parallel.All(n, func(i int) { p.kernel[i] = kernelRowOf(p.pairs[i*n:(i+1)*n], p.gamma) })
	sums := make([]float64, n)
	for i, k := range p.kernel {
		sums[i] = k.sum
	}
	p.within = mean(sums) / float64(n)
}

func kernelSum(squares []float64, gamma float64) (sum float64) {
	for _, s := range squares {
		sum += math.Exp(-float64(gamma * s))
	}
	return sum
}

// kernels turns squared distances into kernels, and returns their sum.
func kernels(squares []float64, gamma float64) (sum float64) {
	for i, s := range squares {
		squares[i] = math.Exp(-float64(gamma * s))
		sum += squares[i]
	}
	return sum
}

// neighbors returns for each reference image the squared distance to its k-th
// neighbor among the others.
func (p *panel) neighbors(k int) []float64 {
	n := p.rows()
	out := make([]float64, n)
	parallel.All(n, func(i int) {
		row := p.pairs[i*n : (i+1)*n]
		nth(row, min(k, n-1))
		out[i] = row[min(k, n-1)]
	})
	return out
}

// measures are the figures of one selection.
type measures struct {
	quantization, onReference float64
	p50, p99, max             float64
	coverage, mmd2, weighted  float64 // weighted is MMD² as well
	redundant, outliers       float64
}

// measure takes the figures of a selection. self is the place of each pick among
// the evaluated images, -1 where it is none of them, nil where none is: such an
// image is compared with the other picks. weights are nil where they are not known;
// neighbors are those of coverage.
func (p *panel) measure(picks []float32, self []int32, weights, neighbors []float64) (m measures) {
	square := p.distances(p.evaluated, picks, self)
	m.quantization, m.onReference = finiteMean(square), finiteMean(square[:p.rows()])
	covered := 0
	for i, limit := range neighbors {
		if square[i] <= limit {
			covered++
		}
	}
	m.coverage = float64(covered) / float64(p.rows())
	m.p50, m.p99, m.max = radii(square)
	m.mmd2, m.weighted = p.mmd2(picks, self, weights)
	m.redundant = p.redundant(picks)
	m.outliers = p.outliers(picks, self)
	return m
}

// distances returns the squared distance of each row to the nearest pick, of a pick
// that is a row to the nearest other one: self is its place, or -1.
func (p *panel) distances(rows, picks []float32, self []int32) []float64 {
	square := p.nearest(rows, nearest.New(nearest.Widen(picks), p.d))
	for i, at := range self {
		if at >= 0 {
			square[at] = p.nearestOther(picks, i, picks[i*p.d:(i+1)*p.d])
		}
	}
	return square
}

// radii returns the median, the 99th percentile and the largest of the distances
// whose squares these are; it reorders them.
func radii(square []float64) (p50, p99, largest float64) {
	radius := finiteOf(square)
	for i, s := range radius {
		radius[i] = math.Sqrt(s)
	}
	return quantileOf(radius, 0.5), quantileOf(radius, 0.99), slices.Max(radius)
}

// nearestOther returns the squared distance of x to the nearest row but row i;
// infinite where there is no other.
func (p *panel) nearestOther(rows []float32, i int, x []float32) float64 {
	square := make([]float64, len(rows)/p.d)
	nearest.SquaredDistances(square, rows, nearest.Widen(x))
	square[i] = math.Inf(1)
	return slices.Min(square)
}

// outliers returns the share of picks that are farther from all reference images,
// but themselves, than most of these are.
func (p *panel) outliers(picks []float32, self []int32) float64 {
	square := p.nearest(picks, p.index)
	count := 0
	for i, s := range square {
		if self != nil && self[i] >= 0 && int(self[i]) < p.rows() {
			s = p.nearestOther(p.reference, int(self[i]), picks[i*p.d:(i+1)*p.d])
		}
		if s > p.far {
			count++
		}
	}
	return float64(count) / float64(len(square))
}

// nearest returns the squared distance of each row to the nearest center.
func (p *panel) nearest(rows []float32, centers *nearest.Index) []float64 {
	n := len(rows) / p.d
	labels, square := make([]int32, n), make([]float64, n)
	centers.Find(labels, square, rows)
	return square
}

// mmd2 returns the squared maximum mean discrepancy between the reference and
// the first picks, and that of the picks weighted. A pick that is a reference image is
// not compared with itself.
func (p *panel) mmd2(picks []float32, self []int32, weights []float64) (plain, weighted float64) {
	n := min(len(picks)/p.d, maxKernel)
	picks = picks[:n*p.d]
	across, among := make([]float64, p.rows()), make([]float64, n)
	mixed, own, pairs := 0.0, 0.0, n*p.rows()
	w := weightedKernel{weights: shares(weights, n)}
	for i := range n {
		row := nearest.Widen(picks[i*p.d : (i+1)*p.d])
		nearest.SquaredDistances(across, p.reference, row)
		if self != nil && self[i] >= 0 && int(self[i]) < p.rows() {
			across[self[i]] = math.Inf(1) // its kernel is 0
			pairs--
		}
		kernel := kernelSum(across, p.gamma)
		mixed += kernel
		nearest.SquaredDistances(among, picks, row)
		own += kernels(among, p.gamma)
		w.add(i, across, among, kernel)
	}
	return p.within + own/float64(n*n) - 2*mixed/float64(max(pairs, 1)), p.within + w.own - w.mixed()
}

// redundant returns the share of the first picks that are nearer to another one
// than the typical image is to any other.
func (p *panel) redundant(picks []float32) float64 {
	n := min(len(picks)/p.d, maxRedundant)
	count := 0
	for i := range n {
		if p.nearestOther(picks[:n*p.d], i, picks[i*p.d:(i+1)*p.d]) < p.typical {
			count++
		}
	}
	return float64(count) / float64(n)
}

// equivalents returns for each draw the quantization of the reference by its
// first m images, for m from 1.
func (p *panel) equivalents() [][]float64 {
	const block = 64
	n, pool := p.rows(), len(p.pool)/p.d
	curves := make([][]float64, len(p.draws))
	for r, draw := range p.draws {
		curves[r] = make([]float64, len(draw))
	}
	square := make([]float64, block*pool)
	for from := 0; from < n; from += block {
		rows := min(block, n-from)
		parallel.All(rows, func(i int) {
			nearest.SquaredDistances(square[i*pool:(i+1)*pool], p.pool, p.index.Row(from+i))
		})
		parallel.All(len(p.draws), func(r int) {
			for i := range rows {
				falls(curves[r], p.draws[r], square[i*pool:(i+1)*pool])
			}
		})
	}
	for _, c := range curves {
		sum := 0.0
		for m, fall := range c {
			sum += fall
			c[m] = sum / float64(n)
		}
	}
	return curves
}

// falls adds to change[m] by how much the smallest squared distance to the first
// m+1 images differs from that to the first m.
func falls(change []float64, draw []int32, square []float64) {
	if len(draw) == 0 {
		return
	}
	best := square[draw[0]]
	change[0] += best
	for m, j := range draw {
		if s := square[j]; s < best {
			change[m] -= best - s
			best = s
		}
	}
}

// equivalent returns how many random images have a quantization of at most q.
func (p *panel) equivalent(q float64) (e schemas.Equivalent) {
	counts := make([]int, len(p.curves))
	for r, c := range p.curves {
		m := sort.Search(len(c), func(i int) bool { return c[i] <= q })
		if m == len(c) {
			e.Beyond++
			m--
		}
		counts[r] = m + 1
	}
	slices.Sort(counts)
	e.Random, e.Low, e.High = counts[len(counts)/2], counts[0], counts[len(counts)-1]
	return e
}
