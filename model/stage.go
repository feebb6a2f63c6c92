package model

// planeStep is a step on planes.
type planeStep struct {
	op     planeOp
	out    Shape
	stride int // numbers per pixel of out
}

// size returns the numbers of the step's whole plane.
func (s planeStep) size() int { return planeSize(s.out, s.stride) }

// pitch returns the numbers of a row.
func (s planeStep) pitch() int { return (side(s.out.Width) + 2) * s.stride }

// stage is a chain of steps that go down the image together, band by band: the
// planes between them are windows of few rows, which stay in the cache.
type stage struct {
	steps []planeStep
	band  int   // rows of the last step that are computed at once
	rows  []int // that the window after each step but the last holds
}

// chaining says which steps form a chain. No result depends on it.
type chaining struct {
	plane   int // numbers of the largest plane that may lie between two stages
	windows int // numbers of all windows of a stage, if there is a choice
}

// inCache suits second-level caches of 1 to 2 MiB, which hold the scratch of
// the steps too, see package kernel.
var inCache = chaining{plane: 400_000, windows: 120_000}

// stages chains steps.
func (c chaining) stages(steps []planeStep) (list []stage) {
	for i := 0; i < len(steps); {
		end := i + 1
		for end < len(steps) && steps[end-1].size() > c.plane && c.fits(steps[i:end+1]) {
			end++
		}
		list = append(list, c.stage(steps[i:end]))
		i = end
	}
	return list
}

// fits reports whether a chain is worth its last step: whether the windows have
// room, or are at least far smaller than the plane that they save.
func (c chaining) fits(steps []planeStep) bool {
	s := stage{steps: steps}
	n := s.numbers(s.windows(s.last().op.grain()))
	return n <= c.windows || 8*n <= steps[len(steps)-2].size()
}

// numbers returns those of windows of rows.
func (s stage) numbers(rows []int) (sum int) {
	for i, n := range rows {
		sum += n * s.steps[i].pitch()
	}
	return sum
}

// stage chooses the largest band.
func (c chaining) stage(steps []planeStep) stage {
	s := stage{steps: steps}
	last := s.last()
	if len(steps) == 1 {
		s.band = last.out.Height
		return s
	}
	grain := last.op.grain()
	s.band, s.rows = grain, s.windows(grain)
	for band := 2 * grain; band < last.out.Height+grain; band += grain {
		rows := s.windows(band)
		if s.numbers(rows) > c.windows {
			break
		}
		s.band, s.rows = band, rows
	}
	return s
}

// last returns the step whose plane the stage makes.
func (s stage) last() planeStep { return s.steps[len(s.steps)-1] }

// windows returns the rows that the windows must hold for bands of the last
// step.
func (s stage) windows(band int) []int {
	rows := make([]int, len(s.steps)-1)
	for i := len(rows); i > 0; i-- {
		reader, writer := s.steps[i], s.steps[i-1]
		for from := 0; from < reader.out.Height; from += reader.op.grain() {
			lo, hi := reader.op.reads(from, min(from+band, reader.out.Height))
			rows[i-1] = max(rows[i-1], hi-lo+writer.op.grain())
		}
		band = rows[i-1]
	}
	return rows
}

// flow is a stage at work.
type flow struct {
	stage
	src, dst *plane
	windows  []plane // at least as many as the stage has
	scratch  []float32
}

// run computes dst from src.
func (f flow) run() {
	for i := range f.rows {
		f.windows[i].reset(f.steps[i].out, f.steps[i].stride)
	}
	last := f.last()
	f.dst.reset(last.out, last.stride)
	for f.dst.done < last.out.Height {
		f.extend(len(f.steps)-1, f.dst.done+f.band)
	}
}

// extend computes the rows before to of the plane after step i.
func (f flow) extend(i, to int) {
	s, src, dst := f.steps[i], f.plane(i), f.plane(i+1)
	grain := s.op.grain()
	to = min((to+grain-1)/grain*grain, s.out.Height)
	if to <= dst.done {
		return
	}
	lo, hi := s.op.reads(dst.done, to)
	if i > 0 && src.done < hi {
		src.keep(lo)
		f.extend(i-1, hi)
	}
	s.op.run(dst, src, dst.done, to, f.scratch)
	dst.seal(to)
}

// plane returns the plane before step i.
func (f flow) plane(i int) *plane {
	switch i {
	case 0:
		return f.src
	case len(f.steps):
		return f.dst
	}
	return &f.windows[i-1]
}
