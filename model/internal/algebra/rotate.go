package algebra

import (
	"runtime"
	"sync/atomic"

	"exemplar/schemas/caught"
)

// rotation turns rows i and i+1.
type rotation struct {
	i    int
	c, s float64
}

// rotations gathers rotations of the rows of z, to apply many while a few columns
// of z are in the cache.
type rotations struct {
	z    Matrix
	list []rotation
}

// gathered is how many rotations are applied at once, strip to how many columns.
const (
	gathered = 1 << 15
	strip    = 64
)

func (r *rotations) add(i int, c, s float64) {
	r.list = append(r.list, rotation{i, c, s})
	if len(r.list) == gathered {
		r.apply()
	}
}

// apply applies what was added, in that order, to strips of columns side by side.
func (r *rotations) apply() {
	strips := (r.z.Cols + strip - 1) / strip
	var next atomic.Int64
	work := func() {
		for {
			from := (int(next.Add(1)) - 1) * strip
			if from >= r.z.Cols {
				return
			}
			to := min(r.z.Cols, from+strip)
			for _, t := range r.list {
				rotate(r.z.Row(t.i)[from:to], r.z.Row(t.i + 1)[from:to], t.c, t.s)
			}
		}
	}
	var workers caught.Group
	for range min(strips, runtime.GOMAXPROCS(0)) - 1 {
		workers.Go(work)
	}
	work()
	workers.Wait()
	r.list = r.list[:0]
}

func rotate(x, y []float64, c, s float64) {
	y = y[:len(x)]
	for k, v := range x {
		w := y[k]
		y[k] = float64(s*v) + float64(c*w)
		x[k] = float64(c*v) - float64(s*w)
	}
}
