package kernel

// Winograd is a convolution by Winograd's method: tiles of pixels are
// transformed, multiplied number by number with the transformed kernel, summed
// over channels (a matrix product for each number), and transformed back to
// pixels (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks,
// 2016). Its forms are F(4x4,3x3), where tiles of 6x6 pixels become 4x4 with 36
// multiplications instead of 144, F(2x2,3x3), where 4x4 become 2x2 with 16
// instead of 36, and that of NewTransposed.
type Winograd struct {
	in, out int // channels, whole blocks of 16
	side    int // pixels and transformed numbers of a tile's side
	step    int // pixels from tile to tile
	result  int // pixels of a tile's result
	slots   int // products of a number: the most phases of a tile, see NewTransposed
	kernel  []*Matrix
	bias    []float32
	of      func(*Set) transforms
	g       func(g0, g1, g2 float64) [6]float64 // of the kernel, in one dimension
}

// NewWinograd transforms a kernel of shape (3, 3, in, out), in and out at least
// the channels of kernel and bias, for tiles of 4x4 or 2x2 results. Channels
// that are added are zero.
func NewWinograd(kernel, bias []float32, cin, tile int) *Winograd {
	w := newWinograd(cin, bias, tile)
	w.Set(kernel, bias, cin, 0, cin)
	return w
}

// newWinograd returns a convolution whose kernel is zero.
func newWinograd(cin int, bias []float32, tile int) *Winograd {
	w := &Winograd{side: tile + 2, step: tile, result: tile, slots: 1, of: func(s *Set) transforms { return s.f4 }, g: kernelF4}
	if tile == 2 {
		w.of, w.g = func(s *Set) transforms { return s.f2 }, kernelF2
	}
	w.shape(cin, bias)
	for range w.side * w.side {
		w.kernel = append(w.kernel, NewMatrix(cin, w.out, cin))
	}
	return w
}

// shape sets channels and bias.
func (w *Winograd) shape(cin int, bias []float32) {
	w.in, w.out, w.bias = Up16(cin), Up16(len(bias)), make([]float32, Up16(len(bias)))
	copy(w.bias, bias)
}

// kernelF4 is G of F(4x4,3x3), with every operation rounded by itself.
func kernelF4(g0, g1, g2 float64) [6]float64 {
	even, odd := g0+g2, g1
	wide := g0/4 + g2
	return [6]float64{
		g0 / 4,
		-(even + odd) / 6,
		-(even - odd) / 6,
		(wide + odd/2) / 6,
		(wide - odd/2) / 6,
		g2,
	}
}

// kernelF2 is G of F(2x2,3x3).
func kernelF2(g0, g1, g2 float64) [6]float64 {
	even, odd := g0+g2, g1
	return [6]float64{g0, (even + odd) / 2, (even - odd) / 2, g2}
}

// Strip sizes: the transformed tiles and their products should stay in the
// second-level cache of about 2 MiB.
const (
	stripNumbers = 280_000
	callPixels   = 1 << 13 // bounds tiles times channels of one call of a transform
	stripSkew    = 16      // numbers between planes, so that they do not share a cache set
)

// In and Out return the channels, with those that were added.
func (w *Winograd) In() int  { return w.in }
func (w *Winograd) Out() int { return w.out }

// Tiles returns the tiles that cover a side of n pixels.
func (w *Winograd) Tiles(n int) int { return (n + w.step - 1) / w.step }

// Result returns the pixels of a tile's result, a side.
func (w *Winograd) Result() int { return w.result }

// Reads returns the rows of pixels that rows of tiles take. They begin above
// the image, with row -1.
func (w *Winograd) Reads(first, end int) (lo, hi int) {
	return w.step*first - 1, w.step*(end-1) + w.side - 1
}

// strip returns the number of tiles that are done at once: as few strips of
// equal length as the cache allows.
func (w *Winograd) strip(tiles int) int {
	most := max(stripNumbers/len(w.kernel)/(w.in+w.slots*w.out)/24, 1) * 24
	n := (tiles + most - 1) / most
	return min((tiles+24*n-1)/(24*n)*24, tiles)
}

// Scratch returns the numbers of scratch that Run needs for rows x cols tiles,
// and for fewer rows of them, which may take longer strips.
func (w *Winograd) Scratch(rows, cols int) int {
	return len(w.kernel) * (longest(rows, cols, w.strip)*(w.in+w.slots*w.out) + 2*stripSkew)
}

// longest returns the most tiles that strip does at once of any number of parts,
// 1 to parts, of tiles each. It need not be that of all parts: strips are of equal
// length, so that 256 tiles may take two of 144 and 192 one of 192.
func longest(parts, tiles int, strip func(tiles int) int) (n int) {
	for p := range parts {
		n = max(n, strip((p+1)*tiles))
	}
	return n
}

// Plane is an image of activations: rows that are Pitch numbers apart.
type Plane struct {
	Data  []float32
	Pitch int
}

// Run convolves rows x cols tiles. Src starts at the pixel above and left of the
// first and has one more all around; dst starts at the first. With pool each 2x2
// pixels of the result are averaged. Results are at least lo. All of src must be
// finite for all results to be: a tile's share its input.
func (s *Set) Run(w *Winograd, dst, src Plane, rows, cols int, pool bool, lo float32, scratch []float32) {
	of := w.of(s)
	transform, side := of.output, w.result
	if pool {
		transform, side = of.pool, w.result/2
	}
	_ = dst.Data[(side*rows-1)*dst.Pitch+side*cols*w.out-1]
	s.products(w, src, rows, cols, scratch, func(y, x, run int, m *float32, plane int) {
		transform(&dst.Data[side*(y*dst.Pitch+x*w.out)], dst.Pitch, m, plane, &w.bias[0], w.out, run, lo)
	})
}

// products computes the products of rows x cols tiles, strip by strip, and calls
// finish for every run of tiles in one row: those of tile (y, x) and of the next
// begin at m, in planes.
func (s *Set) products(w *Winograd, src Plane, rows, cols int, scratch []float32, finish func(y, x, run int, m *float32, plane int)) {
	tiles, wide, input := rows*cols, w.slots*w.out, w.of(s).input
	n := w.strip(tiles)
	vPlane, mPlane := n*w.in+stripSkew, n*wide+stripSkew
	v, m := scratch[:len(w.kernel)*vPlane], scratch[len(w.kernel)*vPlane:len(w.kernel)*(vPlane+mPlane)]
	_ = src.Data[(w.step*(rows-1)+w.side-1)*src.Pitch+(w.step*(cols-1)+w.side)*w.in-1]
	for first := 0; first < tiles; first += n {
		count := min(n, tiles-first)
		for t, run := 0, 0; t < count; t += run { // runs of tiles in one row
			y, x := (first+t)/cols, (first+t)%cols
			run = min(cols-x, count-t, max(1, callPixels/w.in))
			input(&v[t*w.in], vPlane, &src.Data[w.step*(y*src.Pitch+x*w.in)], src.Pitch, w.in, run)
		}
		for p, u := range w.kernel {
			s.Mul(u, m[p*mPlane:][:mPlane], wide, Rows{v[p*vPlane:][:vPlane], count, w.in, 1, 0}, nil, 0)
		}
		for t, run := 0, 0; t < count; t += run {
			y, x := (first+t)/cols, (first+t)%cols
			run = min(cols-x, count-t, max(1, callPixels/w.out))
			finish(y, x, run, &m[t*wide], mPlane)
		}
	}
}
