package selecting

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/selection/rows"
)

// Quartiles of the distances of each target are found digit by digit, as medians are in
// package centering: each pass counts, of the distances whose leading bits are those found so
// far, how many have which next bits. So they are exact, and memory does not grow with the
// images. First come the quartiles of all images, which give the fence, then those of the
// inliers.
const (
	distanceBits  = 63      // of a float64 that is not negative: in their order they are integers
	spreadBytes   = 4 << 20 // of the counters of one pass, for every file that is read at a time
	leastDigit    = 4
	largestDigit  = 16
	quartilePairs = 2 // searches, one after the other
)

// digitOf returns how many bits a pass finds, of two quartiles of so many targets.
func digitOf(targets int) int {
	digit := bits.Len(uint(spreadBytes/4/max(1, 2*targets))) - 1
	return max(leastDigit, min(digit, largestDigit))
}

// spreadPasses returns the number of passes that find the quartiles at most.
func (o *Options) spreadPasses() int {
	p, groups := &o.Parameters, 0
	for _, scope := range p.Scopes {
		switch {
		case scope == schemas.ScopeGlobal:
			groups++
		case scope == schemas.ScopeCluster && !p.Auto:
			groups += p.Clusters
		default: // only the data tell how many there are
			groups = math.MaxInt32
		}
		groups = min(groups, math.MaxInt32)
	}
	digit := digitOf(groups * len(p.Centers) * len(p.Metrics))
	return quartilePairs * ((distanceBits + digit - 1) / digit)
}

// Spreads is a spreading on its way between passes.
type Spreads struct {
	Centers centering.Encoded
	State   spill.Value // spreading, gob
	Done    bool
	Stale   []string // files of the pass before the last one
}

// spreading is what is known of the quartiles.
type spreading struct {
	Digit int
	Open  int              // bits that are not found yet
	Low   []uint64         // of the two quartiles of each target: the bits found, zeros behind them
	Rank  []uint32         // number of distances below it, of those with these bits
	Found []schemas.Spread // of the targets, as far as they are known
	Inner bool             // the quartiles of all images are found, those of the inliers are not
}

// spreadCounts are those of a pass.
type spreadCounts struct {
	Bins    []uint32 // quartiles x 2^digit
	Inliers []uint32 // of the targets; nil but in the first pass for the quartiles of these

	s            *spreading
	shift, digit int
}

func newSpreading(targets int) *spreading {
	return &spreading{Digit: digitOf(targets), Open: distanceBits, Low: make([]uint64, 2*targets), Rank: make([]uint32, 2*targets), Found: make([]schemas.Spread, targets)}
}

func (s *spreading) open() *spreadCounts {
	digit := min(s.Digit, s.Open)
	c := &spreadCounts{Bins: make([]uint32, len(s.Low)<<digit), s: s, digit: digit, shift: s.Open - digit}
	if s.Inner && s.Open == distanceBits {
		c.Inliers = make([]uint32, len(s.Found))
	}
	return c
}

func (c *spreadCounts) add(target int, distance float64) {
	u, mask := math.Float64bits(distance), uint64(1)<<c.digit-1
	for i := 2 * target; i < 2*target+2; i++ {
		if u>>c.s.Open == c.s.Low[i]>>c.s.Open {
			c.Bins[i<<c.digit|int(u>>c.shift&mask)]++
		}
	}
	if c.Inliers != nil && c.s.Found[target].Inlier(distance) {
		c.Inliers[target]++
	}
}

func (c *spreadCounts) fold(from *spreadCounts) {
	kmeans.AddAll(c.Bins, from.Bins)
	kmeans.AddAll(c.Inliers, from.Inliers)
}

// take finds the next bits; sizes are those of the targets' groups.
func (s *spreading) take(metric func(target int) string, sizes func(target int) int64, c *spreadCounts) (done bool) {
	if c.Inliers != nil {
		for t := range s.Found {
			s.Found[t].Inliers = int64(c.Inliers[t])
			s.Found[t].Outliers = sizes(t) - s.Found[t].Inliers
		}
	}
	of := sizes
	if s.Inner {
		of = func(t int) int64 { return s.Found[t].Inliers }
	}
	if s.Open == distanceBits {
		for t := range s.Found {
			first, third := picking.Quartiles(of(t))
			s.Rank[2*t], s.Rank[2*t+1] = uint32(first), uint32(third)
		}
	}
	for i := range s.Low {
		if sizes(i/2) == 0 {
			continue
		}
		bin, counts := 0, c.Bins[i<<c.digit:(i+1)<<c.digit]
		for ; s.Rank[i] >= counts[bin]; bin++ {
			s.Rank[i] -= counts[bin]
		}
		s.Low[i] |= uint64(bin) << c.shift
	}
	if s.Open = c.shift; s.Open > 0 {
		return false
	}
	for t := range s.Found {
		at, below := &s.Found[t], func(i int, rank int64) int64 { return rank - int64(s.Rank[2*t+i]) }
		low, high := math.Float64frombits(s.Low[2*t]), math.Float64frombits(s.Low[2*t+1])
		if first, third := picking.Quartiles(of(t)); s.Inner {
			at.P25, at.P75, at.NearerP25, at.NearerP75 = low, high, below(0, first), below(1, third)
		} else {
			at.Q1, at.Q3 = low, high
			at.Fence = picking.Fence(metric(t), sizes(t), low, high)
		}
	}
	done = s.Inner
	s.Inner, s.Open = true, distanceBits
	clear(s.Low)
	return done
}

// spreads finds how the distances of all groups spread: PCollection<Middles>, one element.
func (o Options) spreads(s beam.Scope, n stages) beam.PCollection {
	state := beam.ParDo(s, &spreadStartFn{Options: o}, n.centers)
	state = beamrun.Passes(s, o.spreadPasses(), func() (pass, update any) { return &spreadPassFn{Options: o}, &spreadStepFn{Options: o} }, state, n.files)
	return beam.ParDo(s, &spreadEndFn{Options: o}, state)
}

type spreadStartFn struct{ Options Options }

// ProcessElement begins the search.
func (f *spreadStartFn) ProcessElement(ctx context.Context, centers centering.Encoded) (Spreads, error) {
	s, err := centers.State(ctx)
	if err != nil {
		return Spreads{}, beamrun.Fail(err)
	}
	v, err := f.Options.put(ctx, "spread", newSpreading(f.Options.target(s.Len(), 0, 0)))
	return Spreads{Centers: centers, State: v}, beamrun.Fail(err)
}

// read returns the state of a search.
func (s Spreads) read(ctx context.Context) (*spreading, error) {
	state := &spreading{}
	return state, s.State.Read(ctx, func(r io.Reader) error { return gob.NewDecoder(r).Decode(state) })
}

// SpreadPass is what the files of a bundle have in one pass.
type SpreadPass struct {
	From   Spreads
	Counts spill.Value // spreadCounts, gob; nothing where From is done
}

type spreadPassFn struct {
	Options Options
	bundle  beamrun.Fold[spreadCounts]
	reader  centering.Reader
	from    *Spreads // nil before the first file
	state   *spreading
}

// ProcessElement starts the pass over one file.
func (f *spreadPassFn) ProcessElement(ctx context.Context, file rows.File, from Spreads, _ func(SpreadPass)) error {
	first := f.from == nil
	f.from = &from
	if from.Done {
		return nil
	}
	s, groups, err := f.reader.Read(ctx, from.Centers)
	if err == nil && first {
		f.state, err = from.read(ctx)
	}
	if err != nil {
		return beamrun.Fail(err)
	}
	state := f.state
	f.bundle.Go(ctx, func(ctx context.Context) (*spreadCounts, error) {
		counts, p := state.open(), newPlacer(&f.Options, s, groups)
		return counts, rows.EachBatch(ctx, file, placedColumns, func(b *rows.Batch) error {
			return p.each(b, b.X(), func(at placed) error {
				counts.add(f.Options.target(at.group, at.center, at.metric), at.distance)
				return nil
			})
		})
	}, (*spreadCounts).fold)
	return nil
}

// FinishBundle emits the counts of the bundle's files.
func (f *spreadPassFn) FinishBundle(ctx context.Context, _ Spreads, emit func(SpreadPass)) error {
	f.reader.Drop()
	defer func() { f.from, f.state = nil, nil }() // the runner keeps f
	counts, err := f.bundle.Wait()
	if f.from == nil || err != nil {
		return err
	}
	p := SpreadPass{From: *f.from}
	if counts != nil {
		if p.Counts, err = f.Options.put(ctx, "distances", counts); err != nil {
			return beamrun.Fail(err)
		}
	}
	emit(p)
	return nil
}

type spreadStepFn struct{ Options Options }

// ProcessElement puts the counts of all files together.
func (f *spreadStepFn) ProcessElement(ctx context.Context, _ []byte, passes func(*SpreadPass) bool) (Spreads, error) {
	var first SpreadPass
	if !passes(&first) {
		return Spreads{}, beamrun.Fail(errors.New("no file of latents was read"))
	}
	if first.From.Done {
		return first.From, nil
	}
	next, err := f.step(ctx, first, passes)
	return next, beamrun.Fail(err)
}

func (f *spreadStepFn) step(ctx context.Context, p SpreadPass, others func(*SpreadPass) bool) (next Spreads, err error) {
	o, from := &f.Options, p.From
	s, err := from.Centers.State(ctx)
	if err != nil {
		return next, err
	}
	state, err := from.read(ctx)
	if err != nil {
		return next, err
	}
	total := state.open()
	inputs := []spill.Value{from.State}
	for ok := true; ok; ok = others(&p) {
		var some spreadCounts
		if err := p.Counts.Read(ctx, func(r io.Reader) error { return gob.NewDecoder(r).Decode(&some) }); err != nil {
			return next, err
		}
		total.fold(&some)
		inputs = append(inputs, p.Counts)
	}
	targets, metrics := o.target(1, 0, 0), o.Parameters.Metrics
	next.Centers = from.Centers
	next.Done = state.take(func(t int) string { return metrics[t%len(metrics)] }, func(t int) int64 { return s.Sizes[t/targets] }, total)
	if next.State, err = o.put(ctx, "spread", state); err != nil {
		return next, err
	}
	// What this pass began with may be wanted once more, but nothing of the one before.
	next.Stale = spill.Files(inputs...)
	return next, spill.Remove(ctx, from.Stale, append(inputs, next.State)...)
}

type spreadEndFn struct{ Options Options }

// ProcessElement hands on what was found.
func (f *spreadEndFn) ProcessElement(ctx context.Context, found Spreads) (m Middles, err error) {
	state, err := found.read(ctx)
	if err == nil && !found.Done {
		err = fmt.Errorf("the quartiles of distances were not found in %d passes: run the same command again", f.Options.spreadPasses())
	}
	if err == nil {
		m.Found, err = f.Options.put(ctx, "middles", &middles{Spreads: slices.Clone(state.Found)})
	}
	return m, beamrun.Fail(err)
}
