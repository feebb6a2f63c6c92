//go:build !amd64 || noasm || gccgo || safe

package algebra

func addProduct(c, a, b Matrix)           { portableProduct(c, a, b) }
func addTransposedProduct(c, a, b Matrix) { portableTransposedProduct(c, a, b) }
func axpy(s float64, x, y []float64)      { portableAxpy(s, x, y) }
