package picking

import "slices"

// apportion shares n by weights, each share from its least to its most: exactly as the
// weights are, but for these limits, and then in whole numbers by the largest remainders, of
// equal ones the first. The sum is n where the limits allow it.
func apportion(n int, weights []int64, least, most []int) []int {
	shares := make([]int, len(weights))
	fixed := make([]bool, len(weights)) // at a limit
	for {
		left, total := int64(n), int64(0)
		for i, w := range weights {
			if fixed[i] {
				left -= int64(shares[i])
			} else {
				total += w
			}
		}
		under, over := int64(0), int64(0) // by how much shares miss their limits, times total
		for i, w := range weights {
			if !fixed[i] {
				under += max(0, int64(least[i])*total-left*w)
				over += max(0, left*w-int64(most[i])*total)
			}
		}
		if under == 0 && over == 0 {
			round(shares, fixed, weights, left, total)
			return shares
		}
		for i, w := range weights {
			switch {
			case fixed[i]:
			case under >= over && left*w < int64(least[i])*total:
				shares[i], fixed[i] = least[i], true
			case over >= under && left*w > int64(most[i])*total:
				shares[i], fixed[i] = most[i], true
			}
		}
	}
}

// round gives the shares that are not fixed whole numbers of what is left.
func round(shares []int, fixed []bool, weights []int64, left, total int64) {
	if total == 0 {
		return
	}
	var open []int
	rest := left
	for i, w := range weights {
		if !fixed[i] {
			shares[i] = int(left * w / total)
			rest -= int64(shares[i])
			open = append(open, i)
		}
	}
	slices.SortStableFunc(open, func(a, b int) int {
		return int(min(1, max(-1, left*weights[b]%total-left*weights[a]%total)))
	})
	for _, i := range open[:rest] {
		shares[i]++
	}
}

// unlimited apportions without limits: what is due.
func unlimited(n int, weights []int64) []int {
	return apportion(n, weights, make([]int, len(weights)), slices.Repeat([]int{n}, len(weights)))
}
