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
	crew  *crew
	tasks []accounted
	tail  float64 // after the last task
	at    int
	last  time.Time
}

func newAccount(c *crew) *account {
	a := &account{crew: c, tail: math.Inf(1)}
	c.watch = a.each
	return a
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
	a.crew.share(n, func(w, i int) {
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

// BenchmarkAccount takes a step of every preset apart, by one worker and by two, and reports
// the times of one, what of it is serial, the tasks of a step and the bytes that they move;
// the efficiency of two workers, part by part; and what the jobs' times by one worker give
// for more, each on a core of its own: as they are, and with 0.2 µs a worker for every
// task. Times are the least of many steps, so that other programs matter little, but what
// wakes a worker at the start of a run is not in them:
//
//	go test ./model/training -run '^$' -bench Account -benchtime 100x
func BenchmarkAccount(b *testing.B) {
	for _, preset := range model.Presets() {
		for _, batch := range []int{32, 256} {
			if preset == "ae1m" && batch > 32 {
				continue // some 30 GB
			}
			b.Run(fmt.Sprintf("%s/batch=%d", preset, batch), func(b *testing.B) {
				var trainers [2]*Trainer
				var accounts [2]*account
				var pixels [][]byte
				for i := range trainers {
					trainers[i], pixels = benched(b, preset, batch, i+1)
					if _, err := trainers[i].Step(1e-5, pixels); err != nil { // Gorgonia's run
						b.Fatal(err)
					}
					accounts[i] = newAccount(&trainers[i].crew)
				}
				for b.Loop() {
					for i, t := range trainers {
						accounts[i].step(func() {
							if _, err := t.Step(1e-5, pixels); err != nil {
								b.Fatal(err)
							}
						})
					}
				}
				one := accounts[0]
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(one.measured()/1e3, "µs")
				b.ReportMetric(one.serial()/1e3, "µs-serial")
				b.ReportMetric(float64(len(one.tasks)), "tasks")
				b.ReportMetric(moved(trainers[0])/1e6, "MB")
				if runtime.GOMAXPROCS(0) > 1 {
					b.ReportMetric(one.measured()/accounts[1].measured()/2, "by-2")
					b.ReportMetric(one.measured()/accounts[1].time(2, 0)/2, "by-2-jobs")
				}
				for _, w := range []int{2, 4, 8, 16, 32} {
					b.ReportMetric(one.time(1, 0)/one.time(w, 0)/float64(w), fmt.Sprintf("jobs-%d", w))
					b.ReportMetric(one.time(1, 0)/one.time(w, 200*float64(w))/float64(w), fmt.Sprintf("tasks-%d", w))
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
