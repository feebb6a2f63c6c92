package kernel

// Winograd is a convolution 3x3 by Winograd's F(4x4,3x3): tiles of 6x6 pixels
// are transformed, multiplied number by number with the transformed kernel,
// summed over channels (36 matrix products), and transformed back to 4x4
// pixels. 36 multiplications do what 144 would (Lavin and Gray, Fast Algorithms
// for Convolutional Neural Networks, 2016).
type Winograd struct {
	in, out int // channels, whole blocks of 16
	kernel  [36]*Matrix
	bias    []float32
}

// NewWinograd transforms a kernel of shape (3, 3, in, out), in and out at least
// the channels of kernel and bias. Channels that are added are zero.
func NewWinograd(kernel, bias []float32, cin int) *Winograd {
	cout := len(bias)
	w := &Winograd{in: Up16(cin), out: Up16(cout), bias: make([]float32, Up16(cout))}
	copy(w.bias, bias)
	var u [36][]float32
	for p := range u {
		u[p] = make([]float32, w.in*w.out)
	}
	for i := range cin {
		for o := range cout {
			var half [6][3]float64
			for x := range 3 {
				at := func(y int) float64 { return float64(kernel[((y*3+x)*cin+i)*cout+o]) }
				for j, v := range kernelTransform(at(0), at(1), at(2)) {
					half[j][x] = v
				}
			}
			for y, row := range half {
				for x, v := range kernelTransform(row[0], row[1], row[2]) {
					u[6*y+x][i*w.out+o] = float32(v)
				}
			}
		}
	}
	for p := range u {
		w.kernel[p] = Pack(u[p], w.in, w.out, w.in)
	}
	return w
}

// kernelTransform is G of F(4x4,3x3), with every operation rounded by itself.
func kernelTransform(g0, g1, g2 float64) [6]float64 {
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

// In and Out return the channels, with those that were added.
func (w *Winograd) In() int  { return w.in }
func (w *Winograd) Out() int { return w.out }

// Strip sizes: the transformed tiles and their products should stay in the
// second-level cache of about 2 MiB.
const (
	stripNumbers = 280_000
	stripSkew    = 16 // numbers between planes, so that they do not share a cache set
)

// strip returns the number of tiles that are done at once: as few strips of
// equal length as the cache allows.
func (w *Winograd) strip(tiles int) int {
	most := max(stripNumbers/36/(w.in+w.out)/24, 1) * 24
	n := (tiles + most - 1) / most
	return min((tiles+24*n-1)/(24*n)*24, tiles)
}

// Scratch returns the numbers of scratch that Run needs for a plane of tiles.
func (w *Winograd) Scratch(tiles int) int {
	n := w.strip(tiles)
	return 36 * (n*(w.in+w.out) + 2*stripSkew)
}

// Plane is an image of activations: rows that are Pitch numbers apart.
type Plane struct {
	Data  []float32
	Pitch int
}

// Run convolves rows x cols tiles of 4x4 pixels. Src starts at the pixel above
// and left of the first and has one more all around; dst starts at the first.
// With pool each 2x2 pixels of the result are averaged. Results are at least
// lo. All of src must be finite for all results to be: a tile's share its input.
func (s *Set) Run(w *Winograd, dst, src Plane, rows, cols int, pool bool, lo float32, scratch []float32) {
	tiles := rows * cols
	n := w.strip(tiles)
	vPlane, mPlane := n*w.in+stripSkew, n*w.out+stripSkew
	v, m := scratch[:36*vPlane], scratch[36*vPlane:36*(vPlane+mPlane)]
	transform, side := s.output, 4
	if pool {
		transform, side = s.pool, 2
	}
	_ = src.Data[(4*rows+1)*src.Pitch+(4*cols+2)*w.in-1]
	_ = dst.Data[(side*rows-1)*dst.Pitch+side*cols*w.out-1]
	for first := 0; first < tiles; first += n {
		count := min(n, tiles-first)
		for t, run := 0, 0; t < count; t += run { // runs of tiles in one row
			y, x := (first+t)/cols, (first+t)%cols
			run = min(cols-x, count-t)
			s.input(&v[t*w.in], vPlane, &src.Data[4*y*src.Pitch+4*x*w.in], src.Pitch, w.in, run)
		}
		for p, u := range w.kernel {
			s.Mul(u, m[p*mPlane:][:mPlane], w.out, Rows{v[p*vPlane:][:vPlane], count, w.in, 1, 0}, nil, 0)
		}
		for t, run := 0, 0; t < count; t += run {
			y, x := (first+t)/cols, (first+t)%cols
			run = min(cols-x, count-t)
			transform(&dst.Data[side*(y*dst.Pitch+x*w.out)], dst.Pitch, &m[t*w.out], mPlane, &w.bias[0], w.out, run, lo)
		}
	}
}
