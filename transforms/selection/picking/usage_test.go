package picking_test

import (
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/selection/picking"
)

// Ten picks of three groups, by the square roots of their sizes and by the sizes
// themselves: every group gets one before any gets two.
func ExampleQuotas() {
	c := picking.Config{Budget: 10, Quota: schemas.QuotaSqrt}
	fmt.Println(picking.Quotas(c, []int64{9000, 900, 100}, make([]int, 3)))
	c.Quota = schemas.QuotaProportional
	fmt.Println(picking.Quotas(c, []int64{9000, 900, 100}, make([]int, 3)))
	// Output:
	// [7 2 1]
	// [8 1 1]
}
