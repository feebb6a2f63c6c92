package algebra

import "fmt"

// Matrix is Rows x Cols numbers, row by row.
type Matrix struct {
	Rows, Cols int
	Data       []float64
}

// New returns a matrix of zeros.
func New(rows, cols int) Matrix {
	return Matrix{Rows: rows, Cols: cols, Data: make([]float64, rows*cols)}
}

// Row returns a row, which may be written to.
func (m Matrix) Row(i int) []float64 { return m.Data[i*m.Cols : (i+1)*m.Cols] }

// AddProduct adds a·b to c: to each number of c, one after the other, the products
// along the inner dimension. Numbers are finite, and none of c is -0.
func AddProduct(c, a, b Matrix) {
	if a.Cols != b.Rows || c.Rows != a.Rows || c.Cols != b.Cols {
		panic(fmt.Sprintf("algebra: %dx%d += %dx%d · %dx%d", c.Rows, c.Cols, a.Rows, a.Cols, b.Rows, b.Cols))
	}
	addProduct(c, a, b)
}

// AddTransposedProduct adds aᵀ·b to c as AddProduct does.
func AddTransposedProduct(c, a, b Matrix) {
	if a.Rows != b.Rows || c.Rows != a.Cols || c.Cols != b.Cols {
		panic(fmt.Sprintf("algebra: %dx%d += (%dx%d)ᵀ · %dx%d", c.Rows, c.Cols, a.Rows, a.Cols, b.Rows, b.Cols))
	}
	addTransposedProduct(c, a, b)
}
