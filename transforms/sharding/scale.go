package sharding

import (
	"fmt"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// scale is the sample that counts as 1.0 in a collection, and who decided that.
type scale struct {
	full int // 0: the largest that the type holds
	from string
}

// fullGiven returns the full scale that the user gave, or had given for a folder that grows; 0 where the
// images decide.
func (p *plan) fullGiven() int {
	b := p.before
	switch {
	case p.given.FullScale > 0 || b == nil || b.FullScaleFrom != schemas.FromGiven:
		return p.given.FullScale
	case p.params.BitsMode == "8":
		return schemas.FullScale(b.Parameters.FullScale, 16)
	}
	return schemas.FullScale(b.FullScale, b.Image.Bits)
}

// countedAbove returns the full scale above which samples are counted; 0: none are.
func (p *plan) countedAbove() int {
	if p.params.BitsMode == "8" {
		return p.params.FullScale
	}
	return p.fullGiven()
}

// scaleOf decides the full scale of the images that parts tell of. Images that --bits=8 made are scaled
// already.
func (p *plan) scaleOf(s *summed) scale {
	most := 1<<p.shape.Bits - 1
	given := p.fullGiven()
	switch {
	case given > 0 && (given >= most || p.params.BitsMode == "8"):
		return scale{0, schemas.FromGiven}
	case given > 0:
		return scale{given, schemas.FromGiven}
	case p.params.BitsMode == "8" && s.top.Bits == 16:
		return scale{}
	}
	is := scale{}
	if !s.top.unknown { // as of an earlier version, which knew no other
		is = decideScale(s, most)
	}
	b := p.before
	if b == nil || schemas.FullScale(b.FullScale, b.Image.Bits) < s.top.Value || b.FullScale == is.full {
		return is
	}
	was := scale{b.FullScale, b.FullScaleFrom}
	if was.full > 0 && (was.from != schemas.FromPixels || schemas.Scales[depth(s.top.Value)] != was.full) {
		was.from = schemas.FromKept
	}
	return was
}

// decideScale decides the full scale by what files state and what pixels need, for a type that holds
// samples up to most.
func decideScale(s *summed, most int) (is scale) {
	switch {
	case s.top.images == 0:
		return scale{}
	case s.stated.Images == s.top.images && s.stated.Largest >= s.top.Value:
		is = scale{s.stated.Largest, schemas.FromStated}
	case s.top.Bits == 8:
		return scale{}
	default:
		is = scale{schemas.Scales[depth(s.top.Value)], schemas.FromPixels}
	}
	if is.full >= most {
		return scale{}
	}
	return is
}

// scaleNotes say what counts as full scale, and why.
func (p *plan) scaleNotes() (lines []string) {
	s, is := &p.seen.summed, p.final
	if s.top.images == 0 || s.top.unknown {
		return nil
	}
	if p.params.BitsMode == "8" {
		lines = p.bitsNotes()
	} else {
		lines = p.fullNotes(is)
	}
	if line := fewNote(s, is.from); line != "" {
		lines = append(lines, line)
	}
	if line := s.top.warning(p.used(is)); line != "" {
		lines = append(lines, line)
	}
	return lines
}

// used returns the full scale of the samples as they were read.
func (p *plan) used(is scale) int {
	bits, full := p.seen.top.Bits, is.full
	if p.params.BitsMode == "8" && bits == 16 {
		full = p.params.FullScale
	}
	return schemas.FullScale(full, bits)
}

// fullNotes tell of the full scale of images whose depth stays.
func (p *plan) fullNotes(is scale) (lines []string) {
	s, full := &p.seen.summed, words.Count(schemas.FullScale(is.full, p.shape.Bits))
	if b := p.before; b != nil && b.FullScale != is.full {
		lines = append(lines, p.changeNote(schemas.FullScale(b.FullScale, b.Image.Bits), schemas.FullScale(is.full, p.shape.Bits)))
	}
	brightest := fmt.Sprintf("the brightest pixel of %s has %s", words.Plural(s.top.images, "image", "images"), words.Count(s.top.Value))
	switch is.from {
	case schemas.FromPixels:
		lines = append(lines, fmt.Sprintf("full scale %s, the smallest of 8, 10, 12, 14 and 16 bits that holds all pixels: %s", full, brightest))
	case schemas.FromStated:
		lines = append(lines, fmt.Sprintf("full scale %s, as the files state: %s", full, brightest))
	case schemas.FromKept:
		lines = append(lines, fmt.Sprintf("full scale %s, kept: %s", full, brightest))
	case schemas.FromGiven:
		lines = append(lines, fmt.Sprintf("full scale %s, as given: %s", full, brightest))
		if s.excess.Samples > 0 {
			lines = append(lines, fmt.Sprintf("%s of %s %s above it; they stay as they are, and count as saturated",
				words.Plural(s.excess.Samples, "sample", "samples"), words.Plural(s.excess.Images, "image", "images"), words.Noun(s.excess.Samples, "is", "are")))
		}
	}
	return lines
}

// changeNote says that a folder that grows has another full scale now, and which image forces it.
func (p *plan) changeNote(was, is int) string {
	why := ""
	if t := p.seen.top; t.Value > was && t.Image != "" {
		why = fmt.Sprintf(": %s has %s", t.Image, words.Count(t.Value))
	}
	return fmt.Sprintf("full scale %s -> %s%s; latents of these shards have to be made again", words.Count(was), words.Count(is), why)
}

// bitsNotes tell what --bits=8 scaled from.
func (p *plan) bitsNotes() (lines []string) {
	s := &p.seen.summed
	if s.top.Bits != 16 {
		if p.given.FullScale > 0 {
			lines = append(lines, fmt.Sprintf("Config.FullScale=%d changed nothing: no image has 16 bits", p.given.FullScale))
		}
		return lines
	}
	full := schemas.FullScale(p.params.FullScale, 16)
	if b := p.before; b != nil && b.Parameters.FullScale != p.params.FullScale {
		lines = append(lines, p.changeNote(schemas.FullScale(b.Parameters.FullScale, 16), full))
	}
	if full < 1<<16-1 || p.given.FullScale > 0 {
		lines = append(lines, fmt.Sprintf("full scale %s became 255: the brightest pixel of %s has %s", words.Count(full), words.Plural(s.top.images, "image", "images"), words.Count(s.top.Value)))
	}
	if s.excess.Samples > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s %s above it and became 255, too",
			words.Plural(s.excess.Samples, "sample", "samples"), words.Plural(s.excess.Images, "image", "images"), words.Noun(s.excess.Samples, "was", "were")))
	}
	return lines
}

// few is the number of images of which one may exceed what all others obey without being named; steep the
// number where it exceeds that by more than the next of schemas.Scales, as no object does that the others show, too.
const few, steep = 50, 10

// fewNote names the brightest of a few images that alone need the full scale that pixels decided; "" where
// it is not so.
func fewNote(s *summed, from string) string {
	if from != schemas.FromPixels && from != "" {
		return ""
	}
	top := len(s.depths) - 1
	for top > 0 && s.depths[top] == 0 {
		top--
	}
	next := top - 1
	for next > 0 && s.depths[next] == 0 {
		next--
	}
	of := int64(few)
	if next < top-1 {
		of = steep
	}
	if next < 0 || s.depths[next] == 0 || s.depths[top]*of > s.top.images {
		return ""
	}
	return fmt.Sprintf("%s of %s %s %s, the brightest %s with %s: Config.FullScale=%d is for the others, if they are hot pixels",
		words.Count(s.depths[top]), words.Plural(s.top.images, "image", "images"), words.Noun(s.depths[top], "exceeds", "exceed"), words.Count(schemas.Scales[next]), s.top.Image, words.Count(s.top.Value), schemas.Scales[next])
}

// warning says that the samples use a small part of their full scale; "" where they do not.
func (p *peak) warning(full int) string {
	used := 1 // bits
	for used < p.Bits && p.Value >= 1<<used {
		used++
	}
	if p.unknown || p.images == 0 || p.Value > 15 && (full < 1<<16-1 || p.Value > 1<<14-1) || full <= 15 {
		return ""
	}
	line := fmt.Sprintf("warning: no pixel of %s exceeds %s of %s: ", words.Plural(p.images, "image", "images"), words.Count(p.Value), words.Count(full))
	switch {
	case p.Value == 0:
		return line + "all are black"
	case used == 1:
		return line + "they may be masks. A model sees them as almost black, and overexposed pixels are not recognized"
	case p.Bits == 16 && used >= 9:
		line += fmt.Sprintf("they look like %d-bit values of a camera in 16-bit files, and Config.FullScale=%d would say so", max(10, used+used%2), 1<<max(10, used+used%2)-1)
	default:
		line += fmt.Sprintf("%d bits would hold them, and 1 to %d may be numbers of classes or masks", used, p.Value)
	}
	return line + ". A model sees them as almost black, and overexposed pixels are not recognized"
}
