// Package algebra is dense linear algebra in float64 with the same bits on every
// processor: what principal components are found with.
//
// Every operation is rounded by itself (Go fuses x*y + z on some processors,
// float64(x*y) + z on none), and sums are in an order that is written here. Gonum's
// are not: its assembly for amd64 adds dot products in another order than its Go.
//
//   - Products add in the order of the inner dimension, as those of gonum do on
//     amd64, which take no less time.
//   - Bases are orthonormalized by Householder reflections.
//   - Symmetric matrices are made tridiagonal by reflections, whose eigenvalues the
//     implicit QL method finds (Martin, Reinsch & Wilkinson 1968; Dubrulle, Martin &
//     Wilkinson 1968; both in Wilkinson & Reinsch, Linear Algebra, 1971).
//
// Goroutines share the work by columns and rows of results, which changes no bit.
//
// What lives here: matrices and these three. What never enters: images, files, flags.
package algebra
