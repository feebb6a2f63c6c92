// Package gemm multiplies float32 matrices with a fixed order of summation.
//
// What lives here: the kernels of the model's plan, and the packed form of the
// weights that they read. What never enters: layers, images, files.
//
// # Numerics
//
// Each number of the product is summed by itself: over k in rising order, in
// chunks of Matrix.chunk terms that start from zero and are then added up in
// order. It depends on its row and column alone, so a row's result is the same
// bits whatever the number of rows and its place among them. No product is
// fused with the addition that follows, on any processor.
package gemm

// Tile of the micro-kernel: rows of a and columns of b. Eight accumulators, two
// weights and one input are what stays in registers.
const (
	tileRows = 4
	tileCols = 2
)

// Matrix is the right factor of a product, k x n, packed once and then only
// read: goroutines may share it.
type Matrix struct {
	k, n, chunk int

	// panels holds, for each chunk of k and each pair of columns, the chunk's
	// rows of that pair. An odd last column is paired with zeros.
	panels [][tileCols]float32
}

// Pack packs b, row-major k x n. Chunk is the number of terms that are summed
// from zero, k for one chunk.
func Pack(b []float32, k, n, chunk int) *Matrix {
	if k < 1 || n < 1 || chunk < 1 || len(b) != k*n {
		panic("gemm: Pack: sizes do not agree")
	}
	m := &Matrix{k: k, n: n, chunk: chunk}
	m.panels = make([][tileCols]float32, 0, k*((n+tileCols-1)/tileCols))
	for k0 := 0; k0 < k; k0 += chunk {
		for j := 0; j < n; j += tileCols {
			for p := k0; p < min(k0+chunk, k); p++ {
				var pair [tileCols]float32
				copy(pair[:], b[p*n+j:(p+1)*n])
				m.panels = append(m.panels, pair)
			}
		}
	}
	return m
}

// K returns the number of rows.
func (m *Matrix) K() int { return m.k }

// N returns the number of columns.
func (m *Matrix) N() int { return m.n }

// Mul computes c = a · m: a is rows x k and c rows x n, both row-major without
// gaps. The loop it stands for:
//
//	for i, j:  c[i][j] = 0
//	           for each chunk:  s = 0;  for k in chunk: s += a[i][k]*m[k][j]
//	                            c[i][j] += s
func (m *Matrix) Mul(c, a []float32, rows int) {
	if len(a) < rows*m.k || len(c) < rows*m.n {
		panic("gemm: Mul: a or c is too short")
	}
	panels := m.panels
	for k0 := 0; k0 < m.k; k0 += m.chunk {
		depth := min(m.chunk, m.k-k0)
		for j := 0; j < m.n; j += tileCols {
			panel := panels[:depth]
			panels = panels[depth:]
			cols := min(tileCols, m.n-j)
			i := 0
			for ; i+tileRows <= rows; i += tileRows {
				tile := tile4(a[i*m.k+k0:], m.k, panel)
				store(c[i*m.n+j:], m.n, cols, k0 > 0, tile[:])
			}
			for ; i < rows; i++ {
				tile := tile1(a[i*m.k+k0:], panel)
				store(c[i*m.n+j:], m.n, cols, k0 > 0, tile[:])
			}
		}
	}
}

// tile4 returns the products of four rows of a, ld apart, with a panel.
func tile4(a []float32, ld int, panel [][tileCols]float32) [tileRows][tileCols]float32 {
	n := len(panel)
	a0, a1, a2, a3 := a[:n], a[ld:][:n], a[2*ld:][:n], a[3*ld:][:n]
	var c00, c01, c10, c11, c20, c21, c30, c31 float32
	for k := range panel {
		b := &panel[k]
		b0, b1 := b[0], b[1]
		x := a0[k]
		c00 += float32(x * b0)
		c01 += float32(x * b1)
		x = a1[k]
		c10 += float32(x * b0)
		c11 += float32(x * b1)
		x = a2[k]
		c20 += float32(x * b0)
		c21 += float32(x * b1)
		x = a3[k]
		c30 += float32(x * b0)
		c31 += float32(x * b1)
	}
	return [tileRows][tileCols]float32{{c00, c01}, {c10, c11}, {c20, c21}, {c30, c31}}
}

// tile1 is tile4 for one row.
func tile1(a []float32, panel [][tileCols]float32) [1][tileCols]float32 {
	a = a[:len(panel)]
	var c0, c1 float32
	for k := range panel {
		b := &panel[k]
		c0 += float32(a[k] * b[0])
		c1 += float32(a[k] * b[1])
	}
	return [1][tileCols]float32{{c0, c1}}
}

// store writes the first cols columns of a tile to c, whose rows are ld apart,
// or adds them to what is there.
func store(c []float32, ld, cols int, add bool, tile [][tileCols]float32) {
	for i, row := range tile {
		out := c[i*ld:][:cols]
		for j := range out {
			if add {
				out[j] += row[j]
			} else {
				out[j] = row[j]
			}
		}
	}
}
