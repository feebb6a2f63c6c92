package training

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"exemplar/model"
)

// accounted has the nanoseconds of one task of a step.
type accounted struct {
	alone float64   // what the caller does before it
	whole float64   // from its begin to its end
	jobs  []float64 // each job
}

// account has the least times of the parts of a step, of many: the same parts come in the
// same order every time, and other programs cannot make them shorter.
type account struct {
	share func(n int, f func(worker, job int)) // of the crew, or alone
	tasks []accounted
	tail  float64 // after the last task
	at    int
	last  time.Time
}

func newAccount(share func(n int, f func(worker, job int))) *account {
	return &account{share: share, tail: math.Inf(1)}
}

// alone does jobs one after the other, however many workers they are meant for.
func alone(n int, f func(worker, job int)) {
	for i := range n {
		f(0, i)
	}
}

func since(t time.Time) float64 { return float64(time.Since(t).Nanoseconds()) }

// each shares the jobs of a task and times them.
func (a *account) each(n int, f func(worker, job int)) {
	alone := since(a.last)
	if a.at == len(a.tasks) {
		a.tasks = append(a.tasks, accounted{math.Inf(1), math.Inf(1), slices.Repeat([]float64{math.Inf(1)}, n)})
	}
	t := &a.tasks[a.at]
	t.alone = min(t.alone, alone)
	start := time.Now()
	a.share(n, func(w, i int) {
		start := time.Now()
		f(w, i)
		t.jobs[i] = min(t.jobs[i], since(start))
	})
	t.whole = min(t.whole, since(start))
	a.at++
	a.last = time.Now()
}

// step accounts for one step.
func (a *account) step(do func()) {
	a.at, a.last = 0, time.Now()
	do()
	a.tail = min(a.tail, since(a.last))
}

// serial returns the time that no number of workers shortens.
func (a *account) serial() float64 {
	sum := a.tail
	for _, t := range a.tasks {
		sum += t.alone
	}
	return sum
}

// measured returns the time of a step by the workers that made it, part by part.
func (a *account) measured() float64 {
	sum := a.serial()
	for _, t := range a.tasks {
		sum += t.whole
	}
	return sum
}

// time returns that of a step by some workers as far as the jobs decide, if a task costs
// barrier beside them.
func (a *account) time(workers int, barrier float64) float64 {
	sum := a.serial()
	for _, t := range a.tasks {
		if sum += makespan(t.jobs, workers); workers > 1 {
			sum += barrier
		}
	}
	return sum
}

// makespan is the time of jobs that crew.each gives to workers: each has its share, and
// helps the next when that is done.
func makespan(jobs []float64, workers int) float64 {
	busy, next := make([]float64, workers), make([]int, workers)
	for w := range next {
		next[w] = w * len(jobs) / workers
	}
	for range jobs {
		w := 0
		for i, t := range busy {
			if t < busy[w] {
				w = i
			}
		}
		s := w
		for next[s] == (s+1)*len(jobs)/workers {
			s = (s + 1) % workers
		}
		busy[w] += jobs[next[s]]
		next[s]++
	}
	return slices.Max(busy)
}

// barrier is what a task costs beside its jobs: by two workers some 2 µs, in which the caller
// and the worker hand each other a dozen cache lines. That it grows with the workers, and how much, is
// an assumption.
func barrier(workers int) float64 { return 2000 + 100*float64(workers) }

// moved returns the bytes that the operations of a step take and make: activations,
// gradients and weights, each once for every operation, and eight numbers per weight for
// its norm and Adam.
func moved(t *Trainer) (bytes float64) {
	for _, c := range t.train.calls {
		for _, v := range append(slices.Clone(c.in), c.op.out) {
			if !v.Shape().IsScalar() {
				bytes += float64(4 * len(numbers(v)))
			}
		}
	}
	for _, w := range t.net.trained() {
		bytes += float64(4 * 8 * len(w.w))
	}
	return bytes
}

// BenchmarkAccount takes a step of every preset apart and reports, by one worker, its time,
// what of it is serial, its tasks and the bytes that they move; the efficiency of two
// workers that share it, part by part, and as far as their jobs decide; and what the jobs of a step
// that is meant for more workers would give, each on a core of its own, as they are (jobs),
// and with a barrier for every task (tasks). Times are the least of many steps, so that other programs
// matter little; what wakes a worker at the start of a run is not in them:
//
//	go test ./model/training -run '^$' -bench Account -benchtime 100x
func BenchmarkAccount(b *testing.B) {
	most := []int{4, 8, 16, 32}
	for _, preset := range model.Presets() {
		for _, batch := range []int{32, 256} {
			if preset == "ae1m" && batch > 32 {
				continue // some 15 GB
			}
			b.Run(fmt.Sprintf("%s/batch=%d", preset, batch), func(b *testing.B) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
				tr, pixels := benched(b, preset, batch, slices.Max(most))
				step := func() {
					if _, err := tr.Step(1e-5, pixels); err != nil {
						b.Fatal(err)
					}
				}
				step() // Gorgonia's run
				one, two, more := newAccount(tr.share), newAccount(tr.share), map[int]*account{}
				by := func(a *account, workers int) {
					runtime.GOMAXPROCS(workers)
					tr.watch = a.each
					a.step(step)
				}
				for b.Loop() {
					by(one, 1)
					by(two, 2)
					for _, w := range most {
						if more[w] == nil {
							more[w] = newAccount(alone)
						}
						by(more[w], w)
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(one.measured()/1e3, "µs")
				b.ReportMetric(one.serial()/1e3, "µs-serial")
				b.ReportMetric(float64(len(one.tasks)), "tasks")
				b.ReportMetric(moved(tr)/1e6, "MB")
				b.ReportMetric(one.measured()/two.measured()/2, "by-2")
				b.ReportMetric(one.measured()/two.time(2, 0)/2, "by-2-jobs")
				for w, a := range more {
					b.ReportMetric(one.time(1, 0)/a.time(w, 0)/float64(w), fmt.Sprintf("jobs-%d", w))
					b.ReportMetric(one.time(1, 0)/a.time(w, barrier(w))/float64(w), fmt.Sprintf("tasks-%d", w))
				}
			})
		}
	}
}

// TestAccount checks what the account computes of times that are known.
func TestAccount(t *testing.T) {
	for _, c := range []struct {
		jobs    []float64
		workers int
		want    float64
	}{
		{[]float64{3, 1, 2}, 1, 6},
		{[]float64{3, 1, 2}, 2, 3},
		{[]float64{1, 1, 1, 5}, 2, 6}, // the last job is begun last
		{[]float64{1, 1}, 4, 1},
		{[]float64{4, 1, 1, 1, 1}, 2, 4}, // the first one has two, and is helped with the second
		{nil, 3, 0},
	} {
		if got := makespan(c.jobs, c.workers); got != c.want {
			t.Errorf("%v by %d workers take %g, want %g", c.jobs, c.workers, got, c.want)
		}
	}
	a := &account{tasks: []accounted{{alone: 5, whole: 12, jobs: []float64{10, 10}}, {alone: 1, whole: 4, jobs: []float64{4}}}, tail: 2}
	if got := []float64{a.serial(), a.measured(), a.time(1, 7), a.time(2, 7)}; !slices.Equal(got, []float64{8, 24, 32, 36}) {
		t.Errorf("serial, measured, by one worker, by two: %v", got)
	}
}
