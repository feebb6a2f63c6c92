package kernel

import (
	"runtime"
	"sync/atomic"

	"exemplar/schemas/caught"
)

// Matrix is the right factor of a product, k x n, packed once and then only
// read: goroutines may share it. Columns are padded with zeros to blocks of 16.
type Matrix struct {
	k, n, chunk int
	rows        int       // that are multiplied in one call of a kernel
	panels      []float32 // [chunk of k][block of columns][row of the chunk][16]
}

// Pack packs b, row-major k x n. Chunk is the number of terms that are summed
// from zero, k for one chunk. Several cores share the work.
func Pack(b []float32, k, n, chunk int) *Matrix {
	if k < 1 || n < 1 || chunk < 1 || len(b) != k*n {
		panic("kernel: Pack: sizes do not agree")
	}
	m := NewMatrix(k, n, chunk)
	var next atomic.Int64
	work := func() {
		for k0 := int(next.Add(int64(chunk))) - chunk; k0 < k; k0 = int(next.Add(int64(chunk))) - chunk {
			m.pack(b, n, k0, k0, min(k0+chunk, k))
		}
	}
	var wg caught.Group
	for range min((k-1)/chunk, runtime.GOMAXPROCS(0)-1) {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return m
}

// NewMatrix returns a matrix of zeros, for Fill or FillTransposed.
func NewMatrix(k, n, chunk int) *Matrix {
	rows := max(12, callTerms/min(k, chunk)/12*12)
	return &Matrix{k: k, n: n, chunk: chunk, rows: rows, panels: make([]float32, k*Up16(n))}
}

// Fill packs b, whose row p starts at b[p*lead].
func (m *Matrix) Fill(b []float32, lead int) { m.FillRows(b, lead, 0, m.k) }

// FillRows does the part of Fill that rows from to to have: goroutines can share the
// work.
func (m *Matrix) FillRows(b []float32, lead, from, to int) {
	for p := from; p < to; {
		k0 := p / m.chunk * m.chunk
		end := min(k0+m.chunk, to)
		m.pack(b, lead, k0, p, end)
		p = end
	}
}

// FillTransposed packs the transpose of b, whose row j, the column of the
// matrix, starts at b[j*lead].
func (m *Matrix) FillTransposed(b []float32, lead int) { m.FillColumns(b, lead, 0, m.n) }

// FillColumns does the part of FillTransposed that columns from to to have, from a multiple
// of 16.
func (m *Matrix) FillColumns(b []float32, lead, from, to int) {
	width := Up16(m.n)
	for k0 := 0; k0 < m.k; k0 += m.chunk {
		depth := min(m.chunk, m.k-k0)
		for j := from; j < to; j += 16 {
			out := m.panels[k0*width+j*depth:]
			for i := range min(16, to-j) {
				for p, v := range b[(j+i)*lead+k0:][:depth] {
					out[16*p+i] = v
				}
			}
		}
	}
}

// pack packs rows from to to of the chunk that begins at row k0 of b, whose rows are
// lead apart.
func (m *Matrix) pack(b []float32, lead, k0, from, to int) {
	depth := min(m.chunk, m.k-k0)
	for j := 0; j < m.n; j += 16 {
		width := min(16, m.n-j)
		out := m.panels[k0*Up16(m.n)+j*depth+16*(from-k0):]
		for p := from; p < to; p++ {
			copy(out[:16], b[p*lead+j:][:width])
			out = out[16:]
		}
	}
}

// K returns the number of rows.
func (m *Matrix) K() int { return m.k }

// N returns the number of columns.
func (m *Matrix) N() int { return m.n }

// Rows is the left factor of a product. Row i is Segments pieces of equal
// length, piece t starting at Data[i*Lead+t*Stride].
type Rows struct {
	Data             []float32
	N, Lead          int
	Segments, Stride int
}

// callTerms bounds rows times k of one call of a kernel.
const callTerms = 1 << 17

// Mul computes row i of c, at c[i*ldc], of Up16(m.N()) numbers:
//
//	c[i] = max(lo, a[i]·m + bias)
//
// A nil bias leaves out the addition and the bound. Where m has several chunks,
// there must be a bias, and a one segment.
func (s *Set) Mul(m *Matrix, c []float32, ldc int, a Rows, bias []float32, lo float32) {
	width, segs := Up16(m.n), a.Segments
	if a.N == 0 {
		return
	}
	seg := m.k
	if segs != 1 {
		seg /= segs
	}
	if m.chunk < m.k && (segs != 1 || bias == nil) || seg*segs != m.k || bias != nil && len(bias) < width {
		panic("kernel: Mul: not a product that is known")
	}
	_ = a.Data[(a.N-1)*a.Lead+(segs-1)*a.Stride+seg-1]
	_ = c[(a.N-1)*ldc+width-1]
	for k0 := 0; k0 < m.k; k0 += m.chunk {
		depth, bound := min(m.chunk, m.k-k0), Unbounded
		if segs == 1 {
			seg = depth
		}
		if k0+depth == m.k {
			bound = lo
		}
		for j := 0; j < width; {
			gemm, blocks := s.gemm1, 1
			if s.gemm2 != nil && j+32 <= width {
				gemm, blocks = s.gemm2, 2
			}
			b := &m.panels[k0*width+j*depth]
			for i := 0; i < a.N; i += m.rows {
				out := &c[i*ldc+j]
				d, ldd := out, ldc
				if bias == nil {
					d, ldd = nil, 0
				} else if k0 == 0 {
					d, ldd = &bias[j], 0
				}
				gemm(out, ldc, &a.Data[i*a.Lead+k0], a.Lead, b, min(m.rows, a.N-i), seg, segs, a.Stride, d, ldd, bound)
			}
			j += 16 * blocks
		}
	}
}
