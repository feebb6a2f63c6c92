// Package nearest finds the nearest of many centers for each of many rows: the
// assignment step of k-means.
//
// What lives here: the definition of the distance (SquaredDistance), an Index of centers
// that finds the smallest one, and the exact sum of rows (Accumulate). What never
// enters: files, flags; how centers are made.
//
// # Exact, at the speed of 16-bit integers
//
// The answer is the first center whose SquaredDistance, a float64 sum in a fixed
// order, is the smallest. It depends on the row and the centers alone, not on the
// processor, the other rows or their order.
//
// With m the mean of the centers, rounded to float32, y = x - m and c' = c - m,
//
//	|x-c|² = |y|² + 2s    s = |c'|²/2 - y·c'
//
// so the scores s decide, and they are an offset less a matrix product. Package
// kernel computes that with y and c' rounded to 16-bit integers, exactly, which
// takes half the time of float32, and keeps the two smallest scores of each row.
// Where these lie farther apart than the rounding can have brought them, the
// smaller one is the answer. In the other rows, a few percent on ordinary data,
// the centers that can be the nearest are compared by the definition.
//
// # The error of a score
//
// Let u = 2^-24, d the dimensions, X >= |y|, C = |c'| and H = C²/2, the offset. A
// row is stored as q = round(y·S/|y|), a center as p = round(c'·S/C), S = 32700. So |q|
// and |p| are at most S + √d/2, no integer exceeds an int16 and no sum of products
// an int32 for d up to 2^16. With P = |c' - p·C/S|, which is computed, the
// inequality of Cauchy and Schwarz bounds the error of y·c' by
//
//	E = X·((√d/(2S) + 3u)·(C+P) + P + 8u·C)
//
// where √d/(2S)·X and 3u·X are what rounding y costs, P what rounding c' does, and
// 8u·X·C covers the conversion of the sum to float32, its factors and what is
// rounded after it. E is part of the score, which is so at most s, less the offset's
// rounding, and at least s - 2E - 6u·H: what is far from one center may be
// imprecise without harm to the others. X is the norm of y that scales the row,
// 0.1 % up, more than its own rounding; that and terms of second order are in
// a factor 1.012. Where norms are outside of 1e-12 to 1e18, or d is above 2^16,
// scores prove nothing, and all centers are compared by the definition.
package nearest
