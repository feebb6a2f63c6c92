package training

import (
	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// run is what the operations of a graph share: the batch at hand, and scratch.
type run struct {
	crew
	set   *kernel.Set
	batch int // most images
	lead  int // distance of the units of vectors: batch in whole blocks of 16

	images   int    // at hand
	training bool   // noise, dropout and sampling are on
	seed     uint64 // of all random numbers
	step     uint64 // steps done, which random numbers depend on

	slots   [2][]float32 // gradients of planes, see slot
	scratch [][]float32  // a worker
	sums    []float32    // gradients of weights, a slice of the batch after another
}

// blocks calls f for the ranges of length size that make up n.
func (r *run) blocks(n, size int, f func(worker, from, to int)) {
	r.each((n+size-1)/size, func(w, i int) { f(w, i*size, min(n, (i+1)*size)) })
}

// sliceImages is the number of images whose gradients are summed one after the
// other. The sums of slices are added in order, so that it is part of the
// numerics, and how many goroutines there are is not.
const sliceImages = 4

// slices calls f for every slice of the batch at hand with its sums, which are
// size long and start from zero, and then returns their total.
func (r *run) slices(size int, f func(worker, from, to int, sums []float32)) []float32 {
	r.blocks(r.images, sliceImages, func(w, from, to int) {
		sums := r.sums[from/sliceImages*size:][:size]
		clear(sums)
		f(w, from, to, sums)
	})
	total := r.sums[:size]
	r.blocks(size, 1<<14, func(_, from, to int) {
		for s := size; s < (r.images+sliceImages-1)/sliceImages*size; s += size {
			for i, v := range r.sums[s+from : s+to] {
				total[from+i] += v
			}
		}
	})
	return total
}

// reserve makes sure that there is scratch of a size for each worker, and sums
// of a size for each slice.
func (r *run) reserve(scratch, sums int) {
	for w := range r.scratch {
		if len(r.scratch[w]) < scratch {
			r.scratch[w] = allocate(scratch)
		}
	}
	if n := (r.batch + sliceImages - 1) / sliceImages * sums; len(r.sums) < n {
		r.sums = allocate(n)
	}
}

// layout says how a batch of activations lies in memory: as planes, an image
// after another, or as vectors, a unit after another.
type layout struct {
	shape  model.Shape
	stride int // numbers a pixel of a plane: channels, in whole blocks of 16 but for images
	pitch  int // distance of a plane's rows
	image  int // distance of planes
	lead   int // distance of units; 0 for planes
}

// planes is the layout of planes in (row, column, channel) order, with one pixel
// of zeros all around and more below and right for whole tiles of 4x4 pixels.
func planes(s model.Shape, stride int) layout {
	l := layout{shape: s, stride: stride}
	rows, cols := l.tiles()
	l.pitch = (4*cols + 2) * stride
	l.image = (4*rows + 2) * l.pitch
	return l
}

// vectors is the layout of vectors: the unit's numbers of all images together.
func (r *run) vectors(units int) layout {
	return layout{shape: model.Shape{Height: 1, Width: 1, Channels: units}, lead: r.lead}
}

// tiles returns the rows and columns of tiles of 4x4 pixels.
func (l layout) tiles() (rows, cols int) { return (l.shape.Height + 3) / 4, (l.shape.Width + 3) / 4 }

// size returns the numbers of a batch.
func (l layout) size(batch int) int {
	if l.lead > 0 {
		return l.shape.Channels * l.lead
	}
	return batch * l.image
}

// plane returns one image's plane of a batch, from the zeros above and left of
// the first pixel.
func (l *layout) plane(x []float32, image int) []float32 { return x[image*l.image:][:l.image] }

// first returns the numbers before the first pixel.
func (l *layout) first() int { return l.pitch + l.stride }

// row returns the pixels of row y of a plane.
func (l *layout) row(plane []float32, y int) []float32 {
	return plane[(y+1)*l.pitch+l.stride:][:l.shape.Width*l.stride]
}

// seal zeroes what is around the pixels of a plane.
func (l *layout) seal(plane []float32) {
	pitch := l.pitch
	clear(plane[:pitch])
	for y := range l.shape.Height {
		row := plane[(y+1)*pitch:][:pitch]
		clear(row[:l.stride])
		clear(row[(l.shape.Width+1)*l.stride:])
	}
	clear(plane[(l.shape.Height+1)*pitch:])
}

// gather copies the numbers of one image in (row, column, channel) order, as far
// as they are of the shape s.
func (l *layout) gather(dst, x []float32, image int, s model.Shape) {
	if l.lead > 0 {
		for i := range dst {
			dst[i] = x[i*l.lead+image]
		}
		return
	}
	plane, n := l.plane(x, image), s.Width*s.Channels
	for y := range s.Height {
		kernel.Compress(dst[y*n:(y+1)*n], l.row(plane, y), s.Channels, l.stride)
	}
}

// scatter is the reverse of gather; all other numbers of the image become zero.
func (l *layout) scatter(x, src []float32, image int, s model.Shape) {
	if l.lead > 0 {
		for i, v := range src {
			x[i*l.lead+image] = v
		}
		return
	}
	plane, n := l.plane(x, image), s.Width*s.Channels
	clear(plane)
	for y := range s.Height {
		kernel.Expand(l.row(plane, y), src[y*n:(y+1)*n], s.Channels, l.stride)
	}
}
