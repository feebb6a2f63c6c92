package clustering

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/engine"
	"exemplar/transforms/latents"
	"exemplar/transforms/progress"
)

// Step names the progress counter of this package: rows read, over all passes.
const Step = "select"

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*scanFn]())
	beam.RegisterDoFn(reflect.TypeFor[*statsFn]())
	for _, t := range []reflect.Type{reflect.TypeFor[File](), reflect.TypeFor[Scanned](), reflect.TypeFor[Stats]()} {
		beam.RegisterType(t)
	}
}

// Scanned is what the first pass found in some files, encoded.
type Scanned struct{ JSON []byte }

// Counts is the content of a Scanned.
type Counts struct {
	Rows, Eligible int64
	MaxAbs         float64          // largest magnitude of a coordinate of an eligible row
	Labels         map[string]int64 // eligible rows of each label
	Unlabelled     int64            // eligible rows without a label
	Exclusions     []schemas.Exclusion
	Gate           schemas.Gate // of all files
}

// Decode returns what s holds.
func (s Scanned) Decode() (c Counts, err error) {
	err = json.Unmarshal(s.JSON, &c)
	return c, err
}

func (c *Counts) fold(o *Counts) {
	c.Rows, c.Eligible = c.Rows+o.Rows, c.Eligible+o.Eligible
	c.MaxAbs = max(c.MaxAbs, o.MaxAbs)
	for label, n := range o.Labels {
		c.Labels[label] += n
	}
	c.Unlabelled += o.Unlabelled
	c.Exclusions = append(c.Exclusions, o.Exclusions...)
	c.Gate = o.Gate
}

// JoinCounts adds up the results of the first pass; exclusions are sorted by
// image id.
func JoinCounts(scans []Scanned) (Counts, error) {
	total := Counts{Labels: map[string]int64{}}
	for _, s := range scans {
		c, err := s.Decode()
		if err != nil {
			return total, err
		}
		total.fold(&c)
	}
	slices.SortFunc(total.Exclusions, func(a, b schemas.Exclusion) int { return strings.Compare(a.ImageID, b.ImageID) })
	return total, nil
}

// Scan is the first pass: it checks every row, counts, and lists what the gate excludes. It
// takes PCollection<File> and returns PCollection<Scanned>. A coordinate that is
// not a finite number is an error.
func Scan(s beam.Scope, files beam.PCollection) beam.PCollection {
	return beam.ParDo(s.Scope("clustering.Scan"), &scanFn{}, files)
}

type scanFn struct {
	bundle Bundle[Counts]
}

// ProcessElement starts the scan of one file.
func (f *scanFn) ProcessElement(ctx context.Context, file File, _ func(Scanned)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*Counts, error) { return scan(ctx, file) }, (*Counts).fold)
	return nil
}

// FinishBundle emits the counts of the bundle's files.
func (f *scanFn) FinishBundle(_ context.Context, emit func(Scanned)) error {
	c, err := f.bundle.Wait()
	if c == nil || err != nil {
		return err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return engine.Fail(err)
	}
	emit(Scanned{data})
	return nil
}

func scan(ctx context.Context, file File) (*Counts, error) {
	c := &Counts{Labels: map[string]int64{}, Gate: file.Gate}
	err := EachBatch(ctx, file, latents.IDs|latents.Labels, func(b *Batch) error {
		for i := range b.N {
			largest := 0.0
			for _, v := range b.Latent(i) {
				a := math.Abs(float64(v))
				if !(a <= math.MaxFloat32) {
					return fmt.Errorf("%s: the latent of %q is not a finite number: encode again", file.Path, b.ImageID[i])
				}
				largest = max(largest, a)
			}
			c.count(b, i, largest)
		}
		progress.Add(Step, int64(b.N))
		return nil
	})
	return c, err
}

// count counts the row at position i of a batch.
func (c *Counts) count(b *Batch, i int, largest float64) {
	c.Rows++
	if reason, value, threshold := b.excluded(&c.Gate, i); reason != "" {
		c.Exclusions = append(c.Exclusions, schemas.Exclusion{ImageID: b.ImageID[i], Reason: reason, Value: value, Threshold: threshold})
		return
	}
	c.Eligible++
	c.MaxAbs = max(c.MaxAbs, largest)
	if b.HasLabel[i] {
		c.Labels[b.Label[i]]++
	} else {
		c.Unlabelled++
	}
}

// Stats is what later passes need of the counts: one element.
type Stats struct {
	Eligible     int64
	Labels       []string // of eligible rows, sorted
	Shift, Bound int      // Scale
}

func (s Stats) scale() Scale { return Scale{s.Shift, s.Bound} }

// Requirements are the least that a selection needs of the counts.
type Requirements struct {
	Clusters  int  // eligible rows; 0: one is enough
	Labels    bool // at least one label
	Dimension int
}

// Summarise joins the counts into PCollection<Stats> of one element, and fails
// in one line where they do not meet the requirements.
func Summarise(s beam.Scope, need Requirements, scans beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Summarise")
	return beam.ParDo(s, &statsFn{Need: need}, beam.Impulse(s), beam.SideInput{Input: scans})
}

type statsFn struct{ Need Requirements }

// ProcessElement joins all counts.
func (f *statsFn) ProcessElement(_ []byte, scans []Scanned) (Stats, error) {
	c, err := JoinCounts(scans)
	if err == nil {
		err = f.Need.check(c)
	}
	if err != nil {
		return Stats{}, engine.Fail(err)
	}
	scale := NewScale(c.MaxAbs, c.Eligible, f.Need.Dimension)
	stats := Stats{Eligible: c.Eligible, Shift: scale.Shift, Bound: scale.Bound}
	if f.Need.Labels {
		for label := range c.Labels {
			stats.Labels = append(stats.Labels, label)
		}
		slices.Sort(stats.Labels)
	}
	return stats, nil
}

// maxLabels bounds the groups of scope label: beyond it the column is no label.
const maxLabels = 10000

func (r Requirements) check(c Counts) error {
	switch {
	case c.Eligible == 0:
		return fmt.Errorf("none of the %d images is left by the quality gate: look at what was encoded, relax its thresholds, or switch it off with --gate=off", c.Rows)
	case int64(r.Clusters) > c.Eligible:
		return fmt.Errorf("--clusters=%d is more than the %d images that the quality gate leaves of %d: ask for fewer clusters", r.Clusters, c.Eligible, c.Rows)
	case r.Labels && len(c.Labels) == 0:
		return fmt.Errorf("--scope=label: no image has a label; shard with --label_pattern or --labels, or choose --scope=cluster")
	case r.Labels && len(c.Labels) > maxLabels:
		return fmt.Errorf("--scope=label: %d different labels are more than %d; check --label_pattern, or choose --scope=cluster", len(c.Labels), maxLabels)
	}
	return nil
}
