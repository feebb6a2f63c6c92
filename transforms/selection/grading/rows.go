package grading

import (
	"cmp"
	"slices"
	"strings"

	"exemplar/model/affine"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/run/parallel"
)

// Image is what is known of one image beside its vector.
type Image struct {
	ID       string
	Cluster  int32  // its number, where there are clusters
	Label    string // "" where HasLabel is false
	HasLabel bool
	Metadata []string
	Place    Place     // its SHA256 where Request.Sums asks for it
	Blank    bool      // (almost) no pixels above zero
	Quality  []float32 // the numbers of qualities, and of channels; NaN where one is not known; nil without pixels
}

// Rows are images with their vectors.
type Rows struct {
	Images  []Image
	D       int
	X       []float32 // len(Images) x D, in the selection's space
	E       int
	Encoded []float32 // len(Images) x E, as encoded; nil where that is the selection's space
}

// Len returns the number of rows.
func (r *Rows) Len() int { return len(r.Images) }

// row returns the vector of row i.
func (r *Rows) row(i int) []float32 { return r.X[i*r.D : (i+1)*r.D] }

// arrange puts row order[i] at place i, the vectors in place.
func (r *Rows) arrange(order []int32) {
	r.Images = permuted(r.Images, order)
	move(r.X, r.D, order)
	if r.Encoded != nil {
		move(r.Encoded, r.E, order)
	}
}

// move puts row order[i] of x at place i, along the cycles of the permutation:
// vectors are too many to be copied.
func move(x []float32, d int, order []int32) {
	row := func(i int) []float32 { return x[i*d : (i+1)*d] }
	done, spare := make([]bool, len(order)), make([]float32, d)
	for start := range order {
		if done[start] {
			continue
		}
		copy(spare, row(start))
		at := start
		for {
			done[at] = true
			from := int(order[at])
			if from == start {
				copy(row(at), spare)
				break
			}
			copy(row(at), row(from))
			at = from
		}
	}
}

// enter maps the vectors into the selection's space.
func (r *Rows) enter(m *affine.Map) {
	if m == nil {
		return
	}
	r.Encoded, r.E = r.X, r.D
	r.X, r.D = mapped(m, r.X), m.Out()
}

// mapped returns x in another space.
func mapped(m *affine.Map, x []float32) []float32 {
	const block = 1024
	n := len(x) / m.In()
	out := make([]float32, n*m.Out())
	parallel.All((n+block-1)/block, func(b int) {
		from, to := b*block, min(n, (b+1)*block)
		m.Apply(out[from*m.Out():to*m.Out()], x[from*m.In():to*m.In()])
	})
	return out
}

// permuted returns elements of v in the given order.
func permuted[T any](v []T, order []int32) []T {
	out := make([]T, len(order))
	for i, from := range order {
		out[i] = v[from]
	}
	return out
}

// ranked is a row and the number that decides its place.
type ranked struct {
	u   float64
	id  string
	row int32
}

func (a ranked) compare(b ranked) int {
	return cmp.Or(cmp.Compare(a.u, b.u), strings.Compare(a.id, b.id), cmp.Compare(a.row, b.row))
}

// shuffled returns the numbers of images, ordered by the hash of their ids with the
// seed.
func shuffled(seed uint64, images []Image) []int32 {
	list := make([]ranked, len(images))
	for i := range images {
		list[i] = ranked{draw.Uniform(seed, images[i].ID), images[i].ID, int32(i)}
	}
	slices.SortFunc(list, ranked.compare)
	order := make([]int32, len(list))
	for i, r := range list {
		order[i] = r.row
	}
	return order
}

// Seeds of the random choices: each has its own sequence of hashes, and none is
// that of the sample that clusters are seeded from.
const (
	sampleSalt = 0x67726164_73616d70 // which images are in the sample
	drawSalt   = 0x67726164_64726177 // order of the pool, plus the number of the draw
	batchSalt  = 0x67726164_62617463 // Monte-Carlo draws of the batch panel
	rankSalt   = 0x67726164_626f6f74 // bootstrap
	fitSalt    = 0x67726164_66697473 // clusters made again
	biasSalt   = 0x67726164_62696173 // Monte-Carlo draws of the percentiles
)

// SampleHash returns the number in [0, 1) that orders images for the sample.
func SampleHash(seed uint64, imageID string) float64 {
	return draw.Uniform(seed^sampleSalt, imageID)
}
