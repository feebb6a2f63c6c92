package sharding

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// rule returns the rule that decided the size; "" where none did.
func (p *plan) rule() string {
	if p.before != nil && !p.sized {
		return p.before.SizeRule
	}
	return p.given.SizeRule
}

// byRule decides the size by that of all images, where a rule was given.
func (p *plan) byRule(ctx context.Context) error {
	rule := p.given.SizeRule
	if rule == "" {
		return nil
	}
	percentile, err := schemas.ParseSizeRule(rule)
	if err != nil {
		return err
	}
	all, err := p.allSizes(ctx)
	if err != nil {
		return err
	}
	size, said := all.frequent(), ""
	if percentile > 0 {
		size, said = all.percentile(percentile)
	}
	p.params.Height, p.params.Width = size.Height, size.Width
	p.deciders = fmt.Sprintf("size %dx%d (height x width), %s of those of %s, %s%s", size.Height, size.Width, named(rule), words.Plural(all.n, "image", "images"), all.span(), said)
	return nil
}

// named is a rule in words.
func named(rule string) string {
	switch rule {
	case schemas.SizeLargest:
		return "the largest"
	case schemas.SizeFrequent:
		return "the most frequent"
	}
	return rule
}

// sizes counts images by their size, and names the first of each by name.
type sizes struct {
	n     int
	of    map[schemas.Size]int
	first map[schemas.Size]string
}

// allSizes reads the size of every image from the header of its file; what cannot be read does not
// count.
func (p *plan) allSizes(ctx context.Context) (*sizes, error) {
	conv, err := p.converter()
	if err != nil {
		return nil, err
	}
	entries := p.found.Entries
	meter := progress.Start("sizes", int64(len(entries)), "images")
	defer meter.Stop()
	all := &sizes{of: map[schemas.Size]int{}, first: map[schemas.Size]string{}}
	archives, i := archiveSizes{of: map[string]archiveSize{}}, 0
	for size, err := range parallel.Each(ctx, len(entries), lookAhead(p.found.Root, p.found.Account.Joined), func(ctx context.Context, i int) (schemas.Size, error) {
		if e := entries[i]; images.IsIDX(e.Source) {
			return archives.size(ctx, conv, e)
		}
		return conv.size(ctx, entries[i])
	}) {
		switch {
		case err != nil && !store.OfFile(err):
			return nil, err
		case err == nil:
			if all.of[size] == 0 {
				all.first[size] = entries[i].Name
			}
			all.n++
			all.of[size]++
		}
		i++
		progress.Add("sizes", 1)
	}
	if all.n == 0 {
		return nil, fmt.Errorf("Config.SizeRule=%s: none of %s of %s can be read", p.given.SizeRule, words.Plural(len(entries), "image", "images"), p.found.Root)
	}
	return all, nil
}

// size returns the size of an image; of one of several files that of the first.
func (c *converter) size(ctx context.Context, e schemas.ListEntry) (schemas.Size, error) {
	if len(e.Parts) > 0 {
		e.Parts = e.Parts[:1]
	}
	data, err := c.readAll(ctx, e)
	if err != nil {
		return schemas.Size{}, err
	}
	name := e.Name
	if len(e.Parts) > 0 {
		name = e.Parts[0].File
	}
	var size schemas.Size
	parallel.Compute(func() { size, err = images.Size(name, data[0], c.images) })
	return size, err
}

// archiveSizes remembers the sizes of the images in files of many.
type archiveSizes struct {
	mu sync.Mutex
	of map[string]archiveSize
}

type archiveSize struct {
	schemas.Size
	err error
}

func (a *archiveSizes) size(ctx context.Context, c *converter, e schemas.ListEntry) (schemas.Size, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.of[e.Source]
	if !ok {
		im, err := c.first(ctx, e)
		s = archiveSize{schemas.Size{Height: im.Height, Width: im.Width}, err}
		a.of[e.Source] = s
	}
	return s.Size, s.err
}

// frequent returns the most frequent size; of several the one with more pixels, then the taller one.
func (s *sizes) frequent() schemas.Size {
	return slices.MaxFunc(slices.Collect(maps.Keys(s.of)), func(a, b schemas.Size) int {
		return cmp.Or(cmp.Compare(s.of[a], s.of[b]), cmp.Compare(a.Height*a.Width, b.Height*b.Width), cmp.Compare(a.Height, b.Height))
	})
}

// percentile returns the height that at least so many percent of the images do not exceed, and the width,
// each rounded up to a multiple of 4, which every architecture takes; and which images have them.
func (s *sizes) percentile(of int) (size schemas.Size, said string) {
	height, tall := s.side(of, func(size schemas.Size) int { return size.Height })
	width, wide := s.side(of, func(size schemas.Size) int { return size.Width })
	said = fmt.Sprintf(": as high as %s and as wide as %s, up to a multiple of 4", tall, wide)
	return schemas.Size{Height: upTo4(height), Width: upTo4(width)}, said
}

// side returns the percentile of one side, and the first image by name that has it.
func (s *sizes) side(of int, side func(schemas.Size) int) (length int, name string) {
	counts := map[int]int{}
	for size, n := range s.of {
		counts[side(size)] += n
	}
	at := 0
	for _, length = range slices.Sorted(maps.Keys(counts)) {
		if at += counts[length]; at*100 >= of*s.n {
			break
		}
	}
	for size, first := range s.first {
		if side(size) == length && (name == "" || first < name) {
			name = first
		}
	}
	return length, name
}

// span says between which sizes the images are.
func (s *sizes) span() string {
	m := misfits{}
	for size, n := range s.of {
		m.size(size.Height, size.Width, n)
	}
	return m.span()
}

// sizeNotes say which images decided the size, and that a folder keeps its own.
func (p *plan) sizeNotes() (lines []string) {
	if p.deciders != "" {
		lines = append(lines, p.deciders)
	}
	if rule := p.given.SizeRule; rule != "" && p.before != nil && p.before.SizeRule != rule {
		lines = append(lines, fmt.Sprintf("Config.SizeRule=%s changed nothing: the folder keeps its size, %dx%d (height x width), unless Config.Overwrite makes it again", rule, p.shape.Height, p.shape.Width))
	}
	return lines
}
