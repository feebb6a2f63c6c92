package training

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"exemplar/model"
)

// task times of one step: what the caller does alone before it, and each job.
type accounted struct {
	alone float64
	jobs  []float64
}

// account has the least time of each part of a step, of many steps by one worker: the same
// parts come in the same order, and other programs cannot make them shorter.
type account struct {
	tasks []accounted
	tail  float64 // after the last task
	at    int
	last  time.Time
}

// since returns the nanoseconds since a.last.
func (a *account) since() float64 { return float64(time.Since(a.last).Nanoseconds()) }

// each does the jobs of a task and times them, see crew.instead.
func (a *account) each(n int, f func(worker, job int)) {
	alone := a.since()
	if a.at == len(a.tasks) {
		a.tasks = append(a.tasks, accounted{math.Inf(1), slices.Repeat([]float64{math.Inf(1)}, n)})
	}
	t := &a.tasks[a.at]
	t.alone = min(t.alone, alone)
	for i := range n {
		a.last = time.Now()
		f(0, i)
		t.jobs[i] = min(t.jobs[i], a.since())
	}
	a.at++
	a.last = time.Now()
}

// step accounts for one step.
func (a *account) step(do func()) {
	a.at, a.last = 0, time.Now()
	do()
	if tail := a.since(); a.tail == 0 || tail < a.tail {
		a.tail = tail
	}
}

// serial returns the nanoseconds that no number of workers shortens.
func (a *account) serial() float64 {
	sum := a.tail
	for _, t := range a.tasks {
		sum += t.alone
	}
	return sum
}

// time returns that of a step by some workers, if a task costs barrier beside its jobs.
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

// moved returns the bytes that the operations of a step take and make, if each reads all it
// takes from memory and writes all it makes: activations, gradients and weights, and
// seven numbers per weight in Adam, and the gradients once more for their norm.
func moved(t *Trainer) (bytes float64) {
	for _, c := range t.train.calls {
		for _, v := range append(c.in, c.op.out) {
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

// BenchmarkAccount takes a step of every preset apart, by one worker: what is serial, how
// many tasks there are, and how long a step would take by more workers, each on a core of
// its own, as far as the jobs decide: the efficiency without what a task costs beside its jobs, and with
// 0.3 µs a worker. Times are the least of many steps, so that other programs matter little:
//
//	go test ./model/training -run '^$' -bench Account -benchtime 100x
func BenchmarkAccount(b *testing.B) {
	for _, preset := range model.Presets() {
		for _, batch := range []int{32, 256} {
			if preset == "ae1m" && batch > 32 {
				continue // 30 GB
			}
			b.Run(fmt.Sprintf("%s/batch=%d", preset, batch), func(b *testing.B) {
				tr, pixels := benched(b, preset, batch, 1)
				step := func() {
					if _, err := tr.Step(1e-5, pixels); err != nil {
						b.Fatal(err)
					}
				}
				step() // the graph's first run is another
				a := &account{}
				tr.instead = a.each
				for b.Loop() {
					a.step(step)
				}
				one := a.time(1, 0)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(one/1e3, "µs")
				b.ReportMetric(a.serial()/1e3, "µs-serial")
				b.ReportMetric(float64(len(a.tasks)), "tasks")
				b.ReportMetric(moved(tr)/1e6, "MB")
				for _, w := range []int{2, 4, 8, 16, 32} {
					b.ReportMetric(one/a.time(w, 0)/float64(w), fmt.Sprintf("on-%d", w))
					b.ReportMetric(one/a.time(w, 300*float64(w))/float64(w), fmt.Sprintf("on-%d-barriers", w))
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
		{[]float64{4, 1, 1, 1, 1}, 2, 4}, // 4 and 1 are the first one's, who is helped
		{nil, 3, 0},
	} {
		if got := makespan(c.jobs, c.workers); got != c.want {
			t.Errorf("%v by %d workers take %g, want %g", c.jobs, c.workers, got, c.want)
		}
	}
	a := &account{tasks: []accounted{{alone: 5, jobs: []float64{10, 10}}, {alone: 1, jobs: []float64{4}}}, tail: 2}
	if got := []float64{a.serial(), a.time(1, 7), a.time(2, 7)}; !slices.Equal(got, []float64{8, 32, 36}) {
		t.Errorf("serial, one worker, two: %v", got)
	}
}
