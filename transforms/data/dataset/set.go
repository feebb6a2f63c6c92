package dataset

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/progress"
)

// StepScan is the name under which package progress counts the records that Scan
// has read.
const StepScan = "scan"

// StepLabels is the name under which package progress counts the records that Labels has
// read.
const StepLabels = "labels"

// DefaultBuffer is a good size of the shuffle buffer, in bytes of pixels.
const DefaultBuffer = 256 << 20

// Config says what a training run reads.
type Config struct {
	Train *Folder
	// Validation holds the images for validation; nil: the share Fraction of
	// Train's images, in [0, 1), is held out.
	Validation *Folder
	Fraction   float64

	Limit  int64  // images of Train to use, drawn by the hash of their ids and Seed; 0: all
	Seed   uint64 // of the order
	Buffer int64  // bytes of pixels in the shuffle buffer; at least one image fits
	Sample int    // images that Set.Sample gets, at most
}

// held reports whether an image of Train is held out for validation.
func (c Config) held(id string) bool { return c.Validation == nil && Held(id, c.Fraction) }

// Set is a scanned collection. Its methods may be called by several goroutines.
type Set struct {
	Training, Held int64              // images of each part
	Rejected       []schemas.ErrorRow // records of both folders that are no usable image

	// Sample is some images for validation, the same ones however the collection is
	// sharded, those with the smallest hash of their id; images for training where
	// none is held out.
	Sample []records.Image

	// Drawn is the number of records of Train that Limit drew from; 0: all were used.
	Drawn int64

	// TrainingSums and HeldSums are those of the pixels of each part.
	TrainingSums, HeldSums *variance.Sums

	cfg   Config
	drawn *Sample           // of Train; nil: all
	kept  [][]records.Image // the images of each shard of Train, if all fit into the buffer
	apart [][]records.Image // those of Validation, likewise
}

// SampleOf returns the sample of Train that is used; nil where it is all.
func (s *Set) SampleOf() *Sample { return s.drawn }

// Scan reads every image once: it counts the parts, finds the records that
// cannot be used, and keeps the images where they fit into the buffer. An image
// that is in Train and in Validation, by name and pixels, is an error.
func Scan(ctx context.Context, c Config) (*Set, error) {
	drawn, err := c.Train.Draw(ctx, c.Limit, c.Seed)
	if err != nil {
		return nil, err
	}
	s := &Set{cfg: c, drawn: drawn, Drawn: drawn.From()}
	total := c.Train.Records(drawn)
	if v := c.Validation; v != nil {
		if v.Shape != c.Train.Shape { // of tables it is the same
			return nil, fmt.Errorf("%s holds %s images, %s holds %s: validation needs images of the same kind",
				v.Dir, v.Shape, c.Train.Dir, c.Train.Shape)
		}
		total += v.Records(nil)
	}
	meter := progress.Start(StepScan, total, c.Train.things())
	defer meter.Stop()

	sums := func() *variance.Sums { return variance.New(c.Train.Shape.Bytes(), c.Train.Shape.Bits, c.Train.Full()) }
	s.TrainingSums, s.HeldSums = sums(), sums()
	sc := &scanner{cfg: c, training: s.TrainingSums, held: s.HeldSums}
	sc.budget.Store(c.Buffer)
	var apart []*part
	if v := c.Validation; v != nil {
		if apart, err = sc.scan(ctx, v, nil, func(string) bool { return true }); err != nil {
			return nil, err
		}
	}
	parts, err := sc.scan(ctx, c.Train, drawn, c.held)
	if err != nil {
		return nil, err
	}
	if err := s.merge(parts, apart, sc.budget.Load() >= 0); err != nil {
		return nil, err
	}
	if c.Train.Table() {
		if err := s.sum(ctx); err != nil {
			return nil, err
		}
	}
	return s, s.check()
}

// merge fills the set from what was found in the shards of both folders.
func (s *Set) merge(parts, apart []*part, keep bool) error {
	var held, training []records.Image
	keys := map[uint64]bool{}
	for _, p := range apart {
		for k := range p.keys {
			keys[k] = true
		}
		if keep {
			s.apart = append(s.apart, p.kept)
		}
	}
	for _, p := range parts {
		for k, name := range p.keys {
			if keys[k] {
				return fmt.Errorf("%s %q is in %s and in %s: %s for validation must not be trained on", s.cfg.Train.thing(), name, s.cfg.Train.Dir, s.cfg.Validation.Dir, map[bool]string{false: "an image", true: "a row"}[s.cfg.Train.Table()])
			}
		}
		if keep {
			s.kept = append(s.kept, p.kept)
		}
	}
	for _, p := range append(apart, parts...) {
		s.Training, s.Held = s.Training+p.training, s.Held+p.held
		s.Rejected = append(s.Rejected, p.rejected...)
		held, training = append(held, p.heldSample...), append(training, p.trainSample...)
	}
	s.Sample = smallest(held, s.cfg.Sample)
	if s.Held == 0 {
		s.Sample = smallest(training, s.cfg.Sample)
	}
	return nil
}

// check refuses collections that nothing can be learned from.
func (s *Set) check() error {
	dir, fraction := s.cfg.Train.Dir, s.cfg.Fraction
	switch {
	case s.Training == 0 && s.Held == 0:
		return fmt.Errorf("%s: no shard holds a usable image", dir)
	case s.Training == 0 && s.cfg.Validation != nil:
		return fmt.Errorf("%s: no shard holds a usable image", dir)
	case s.Training == 0:
		return fmt.Errorf("%s: all its %s, %d, are held out for validation: choose a smaller Config.Validation than %g", dir, s.cfg.Train.things(), s.Held, fraction)
	case s.Held == 0 && s.cfg.Validation != nil:
		return fmt.Errorf("%s: no shard holds a usable image", s.cfg.Validation.Dir)
	case s.Held == 0 && fraction > 0:
		return fmt.Errorf("%s: Config.Validation=%g of %s is none: choose a larger share, or 0", dir, fraction, words.Plural(s.Training, s.cfg.Train.thing(), s.cfg.Train.things()))
	}
	return nil
}
