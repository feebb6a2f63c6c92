package picking

// ranking is a heap of numbers: the first one comes before all others.
type ranking struct {
	numbers []int
	before  func(a, b int) bool
}

// Len, Less, Swap, Push and Pop make ranking a heap.Interface.
func (r *ranking) Len() int { return len(r.numbers) }

func (r *ranking) Less(i, j int) bool { return r.before(r.numbers[i], r.numbers[j]) }

func (r *ranking) Swap(i, j int) { r.numbers[i], r.numbers[j] = r.numbers[j], r.numbers[i] }

func (r *ranking) Push(n any) { r.numbers = append(r.numbers, n.(int)) }

func (r *ranking) Pop() any {
	last := r.numbers[len(r.numbers)-1]
	r.numbers = r.numbers[:len(r.numbers)-1]
	return last
}
