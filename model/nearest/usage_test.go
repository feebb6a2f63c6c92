package nearest_test

import (
	"fmt"

	"exemplar/model/nearest"
)

// The nearest of three centers for each of two rows of two dimensions.
func ExampleIndex_Find() {
	centers := nearest.New([]float64{0, 0, 10, 0, 0, 10}, 2)
	rows := []float32{1, 1, 2, 9}
	labels, squares := make([]int32, 2), make([]float64, 2)
	centers.Find(labels, squares, rows)
	fmt.Println(labels, squares)
	// Output: [0 2] [2 5]
}
