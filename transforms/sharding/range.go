package sharding

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// decideScale settles what --bits=8 scales from before any shard is written: what was given, or what all
// images need, which a pass over them finds; where only a sample is to be looked at, these.
func (p *plan) decideScale(ctx context.Context, whole bool) error {
	given := p.fullGiven()
	if p.params.BitsMode != "8" {
		if most := 1<<p.shape.Bits - 1; given > most {
			return fmt.Errorf("Config.FullScale=%d: the images have %d bits, of which %d is the largest value", given, p.shape.Bits, most)
		}
		return nil
	}
	if given > 0 {
		p.params.FullScale = besides16(given)
		return nil
	}
	if b := p.before; b != nil {
		p.params.FullScale = b.Parameters.FullScale
		if err := p.cut(); err != nil || p.fingerprint == b.Fingerprint {
			return err
		}
		if p.params.FullScale == 0 {
			return nil // nothing exceeds it
		}
	}
	is, err := p.pass(ctx, whole)
	if b := p.before; err == nil && (b == nil || schemas.FullScale(is, 16) > schemas.FullScale(b.Parameters.FullScale, 16)) {
		p.params.FullScale = is
	}
	return err
}

// besides16 leaves out the full scale of 16 bits, which decided nothing in earlier versions.
func besides16(full int) int {
	if full == 1<<16-1 {
		return 0
	}
	return full
}

// pass finds the full scale of all images of 16 bits that would be written, first among those that a
// survey draws: where these need all 16 bits, the others change nothing.
func (p *plan) pass(ctx context.Context, whole bool) (full int, err error) {
	conv, err := p.converter()
	if err != nil {
		return 0, err
	}
	conv.full = 0
	var s summed
	if err := s.look(ctx, p, conv, drawnOf(p.found.Entries), func() {}); err != nil || !whole || s.needsAll() {
		return besides16(decided(&s)), err
	}
	s = summed{}
	meter := progress.Start("range", int64(len(p.found.Entries)), "images")
	defer meter.Stop()
	err = s.look(ctx, p, conv, p.found.Entries, func() { progress.Add("range", 1) })
	return besides16(decided(&s)), err
}

// decided returns the full scale of images that were looked at; that of 16 bits where there are none.
func decided(s *summed) int {
	return schemas.FullScale(decideScale(s, 1<<16-1).full, 16)
}

// needsAll reports whether no other images can change that all 16 bits are needed.
func (s *summed) needsAll() bool {
	return s.stated.Images < s.top.images && depth(s.top.Value) == len(schemas.Scales)-1
}

// look adds up the images of 16 bits among those that would be written.
func (s *summed) look(ctx context.Context, p *plan, conv *converter, entries []schemas.ListEntry, done func()) error {
	for got, err := range parallel.Each(ctx, len(entries), lookAhead(p.found.Root, p.found.Account.Joined), func(ctx context.Context, i int) (o outcome, err error) {
		e := entries[i]
		if images.IsIDX(e.Source) {
			return o, nil // of 8 bits
		}
		im, err := conv.first(ctx, e)
		if err == nil {
			im, err = conv.fit.Channels.Apply(im)
		}
		if err == nil {
			err = conv.fit.Check(im.Shape())
		}
		switch {
		case err != nil && !store.OfFile(err):
			return o, err
		case err != nil || im.Bits != 16:
			return o, nil // it will be rejected, or is not scaled
		}
		return outcome{name: e.Name, told: conv.tell(im)}, nil
	}) {
		if err != nil {
			return err
		}
		if got.bright.Bits == 16 {
			var part schemas.ShardPart
			got.count(&part)
			s.add(part)
		}
		done()
	}
	return nil
}
