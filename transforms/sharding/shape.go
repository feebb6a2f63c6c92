package sharding

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// The shape of a collection is the most frequent one among images drawn by the hash of
// their names: so many, or fewer where these have many bytes, but not too few.
const (
	surveyImages = 1000
	surveyBytes  = 64 << 20
	surveyLeast  = 32
)

// survey counts the shapes of images that were drawn.
type survey struct {
	shapes map[schemas.ImageShape]int
	looks  map[look]int      // the same images with their channels
	colors map[string]string // of channels, by their names
	sizes  []pixelSize       // of images that state one
	others int               // images of other channels than the collection, see settle
	sound  int               // images
	reason string            // why the first one by name that is not sound is not
}

// looking decodes images that are drawn by the hash of their names.
func (p *plan) looking(ctx context.Context) (*survey, error) {
	conv, err := p.converter()
	if err != nil {
		return nil, err
	}
	found := p.found
	s := &survey{shapes: map[schemas.ImageShape]int{}, looks: map[look]int{}, colors: map[string]string{}}
	drawn := drawnOf(found.Entries)
	i := 0
	for seen, err := range parallel.Each(ctx, len(drawn), lookAhead(found.Root, found.Account.Joined), func(ctx context.Context, i int) (sighting, error) {
		im, err := conv.first(ctx, drawn[i])
		return sightingOf(im, drawn[i]), err
	}) {
		switch {
		case err != nil && !store.OfFile(err):
			return nil, err
		case err != nil:
			s.reason = cmp.Or(s.reason, fmt.Sprintf("%s: %v", drawn[i].Name, err))
		default:
			s.see(seen)
			s.sound++
		}
		i++
	}
	if s.sound == 0 {
		return nil, fmt.Errorf("none of %s of %s can be read; the first one by name says: %s",
			words.Plural(min(len(found.Entries), surveyImages), "image", "images"), found.Root, s.reason)
	}
	return s, nil
}

// nameHash returns a number below 2^32 by which images are drawn: the low bits of FNV,
// which are the good ones.
func nameHash(name string) uint64 {
	h := fnv.New64a()
	io.WriteString(h, name) // never fails
	return h.Sum64() & (1<<32 - 1)
}

// drawnOf returns the images of a survey, in order of their names.
func drawnOf(entries []schemas.ListEntry) (list []schemas.ListEntry) {
	type draw struct {
		hash uint64
		at   int
	}
	var drawn []draw
	limit := uint64(1 << 32)
	if n := uint64(len(entries)); n > surveyImages {
		limit = limit * surveyImages * 2 / n // about twice as many, to choose from
	}
	for i, e := range entries {
		if hash := nameHash(e.Name); hash < limit {
			drawn = append(drawn, draw{hash, i})
		}
	}
	slices.SortFunc(drawn, func(a, b draw) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.at, b.at)) })
	bytes, n := int64(0), 0
	for ; n < min(len(drawn), surveyImages) && (n < surveyLeast || bytes < surveyBytes); n++ {
		if e := entries[drawn[n].at]; !images.IsIDX(e.Source) {
			bytes += e.Size
		}
	}
	drawn = drawn[:n]
	slices.SortFunc(drawn, func(a, b draw) int { return cmp.Compare(a.at, b.at) })
	for _, d := range drawn {
		list = append(list, entries[d.at])
	}
	return list
}

// shape decides the shape of every image: the size that the user gave or the most
// frequent one, and the channels and bits that are most frequent: among images of that
// size, unless all sizes are fitted. Of several as frequent ones the size with more
// pixels counts, then the taller one; fewer channels, then more bits.
func (s *survey) shape(p schemas.ShardParameters) schemas.ImageShape {
	type size struct{ h, w int }
	sizes := map[size]int{}
	for shape, n := range s.shapes {
		sizes[size{shape.Height, shape.Width}] += n
	}
	best := size{p.Height, p.Width}
	if p.Height == 0 {
		best = slices.MaxFunc(slices.Collect(maps.Keys(sizes)), func(a, b size) int {
			return cmp.Or(cmp.Compare(sizes[a], sizes[b]), cmp.Compare(a.h*a.w, b.h*b.w), cmp.Compare(a.h, b.h))
		})
	}
	depths := map[schemas.ImageShape]int{}
	for shape, n := range s.shapes {
		if p.Fit == "reject" && sizes[best] > 0 && best != (size{shape.Height, shape.Width}) {
			continue
		}
		shape.Height, shape.Width = best.h, best.w
		if p.BitsMode == "8" {
			shape.Bits = 8
		}
		depths[shape] += n
	}
	return slices.MaxFunc(slices.Collect(maps.Keys(depths)), func(a, b schemas.ImageShape) int {
		return cmp.Or(cmp.Compare(depths[a], depths[b]), cmp.Compare(b.Channels, a.Channels), cmp.Compare(a.Bits, b.Bits))
	})
}

// misfits counts the images that do not become a shape.
func (s *survey) misfits(fit images.Fit) *misfits {
	m := &misfits{fit: fit}
	if s.others > 0 {
		m.kind(otherChannels, s.others)
	}
	for shape, n := range s.shapes {
		switch {
		case fit.Check(shape) == nil:
		case shape.Channels != fit.Shape.Channels || shape.Bits != fit.Shape.Bits && !(shape.Bits == 16 && fit.Bits == "8"):
			m.depth(shape, fit.Shape, n)
		default:
			m.size(shape.Height, shape.Width, n)
		}
	}
	return m
}

// kept returns the shape of a finished folder of the same collection, which stays when
// it grows; ok is false where there is none.
func (p *plan) kept(ctx context.Context) (shape schemas.ImageShape, channels images.Channels, ok bool, err error) {
	m, there, err := outdir.ReadManifest[schemas.ShardsManifest](ctx, p.folder.File(schemas.ShardsFile))
	if err != nil || !there || m.Validate() != nil || m.Parameters.Fit != p.params.Fit || m.Parameters.BitsMode != p.params.BitsMode ||
		m.Parameters.Channels != p.params.Channels || m.Parameters.ChannelPattern != p.params.ChannelPattern {
		return shape, channels, false, err
	}
	collection, there, err := outdir.ReadManifest[schemas.Collection](ctx, p.folder.File(schemas.CollectionFile))
	if err != nil || !there || collection.Root != p.found.Given {
		return shape, channels, false, err
	}
	p.before = &m
	return m.Image, images.ChannelsOf(&m), true, nil
}

// decideShape decides the shape of every image and its channels, that of a finished folder unless all is
// made again or the user gave one.
func (p *plan) decideShape(ctx context.Context, again bool) (err error) {
	ok := false
	given, err := schemas.ChannelNames(p.params.Channels)
	if err != nil {
		return err
	}
	p.channels = images.Channels{Of: channelsNamed(given, nil), Given: given != nil}
	if !again {
		var shape schemas.ImageShape
		var channels images.Channels
		if shape, channels, ok, err = p.kept(ctx); ok {
			p.shape, p.channels = shape, channels
		}
	}
	if err == nil && !ok {
		err = p.byRule(ctx)
	}
	if err == nil && (!ok || p.sized) {
		if p.survey, err = p.looking(ctx); err == nil {
			err = p.decide(given, ok)
		}
	}
	p.params.Height, p.params.Width = p.shape.Height, p.shape.Width
	return err
}

// decide decides shape and channels by the survey; channels that are kept stay.
func (p *plan) decide(given []string, kept bool) (err error) {
	s := p.survey
	if !kept {
		if p.channels, err = s.channels(given, s.shape(p.params).Channels); err != nil {
			return err
		}
	}
	s.settle(p.channels)
	if len(s.shapes) == 0 {
		return fmt.Errorf("no image that was looked at has the channels of the collection, %s", images.Listed(schemas.NamesOf(p.channels.Of)))
	}
	p.shape = s.shape(p.params)
	return nil
}

// first reads and decodes one image outside of the pipeline; of one in an IDX file
// only the shape.
func (c *converter) first(ctx context.Context, e schemas.ListEntry) (images.Image, error) {
	if images.IsIDX(e.Source) {
		stream := idxStream{name: listing.Source(c.root, e)}
		defer stream.close()
		if err := stream.open(ctx); err != nil {
			return images.Image{}, idxFault(err)
		}
		return images.Image{Height: stream.idx.Height, Width: stream.idx.Width, Channels: 1, Bits: 8}, nil
	}
	data, err := c.readAll(ctx, e)
	if err != nil {
		return images.Image{}, err
	}
	return c.decode(e, data)
}
