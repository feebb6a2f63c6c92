package nearest

import "slices"

// Widen converts coordinates to float64.
func Widen(x []float32) []float64 {
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide
}

// Narrow rounds coordinates to float32.
func Narrow(x []float64) []float32 {
	rounded := make([]float32, len(x))
	for i, v := range x {
		rounded[i] = float32(v)
	}
	return rounded
}

// Keep adds v to a list in the order of compare, of which the first are kept, at most so
// many. It returns the list and the place of v in it, -1 where v is not kept.
func Keep[T any](list []T, v T, most int, compare func(a, b T) int) ([]T, int) {
	if n := len(list); n >= most && (n == 0 || compare(v, list[n-1]) > 0) {
		return list, -1
	}
	at, _ := slices.BinarySearchFunc(list, v, compare)
	list = slices.Insert(list, at, v)
	return list[:min(len(list), most)], at
}
