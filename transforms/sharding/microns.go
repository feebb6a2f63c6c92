package sharding

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
)

// resizedUnevenly is the note on a size of a pixel that is not taken.
const resizedUnevenly = "resizing changes the sides of a pixel differently: its size is not taken"

// microns returns the size of a pixel of an image as it will be fitted, 0 where it is not known, with the
// notes of its file and what is to be added to them.
func (c *converter) microns(im images.Image, stated float64, notes []string) (float64, []string) {
	if stated == 0 || c.fit.Mode != "resize" {
		return stated, notes
	}
	h, w := float64(im.Height)/float64(c.fit.Shape.Height), float64(im.Width)/float64(c.fit.Shape.Width)
	if math.Abs(h-w) > min(h, w)/1000 {
		return 0, append(slices.Clip(notes), resizedUnevenly)
	}
	return stated * h, notes
}

// micronsGiven returns the size of a pixel that the user gave, or had given for a folder that grows; 0
// where the files decide.
func (p *plan) micronsGiven() float64 {
	if p.given.MicronsPerPixel == 0 && p.before != nil && p.before.MicronsFrom == schemas.FromGiven {
		return p.before.MicronsPerPixel
	}
	return p.given.MicronsPerPixel
}

// microns decides the size of a pixel: given, or the smallest that files state where these are the same.
func (p *plan) microns(s schemas.PixelSizes) (size float64, from string, err error) {
	given := p.micronsGiven()
	switch {
	case given > 0:
		return given, schemas.FromGiven, nil
	case s.Images == 0:
		return 0, "", nil
	case schemas.SameMicrons(s.Low, s.High):
		return sixDigits(s.Low), schemas.FromStated, nil
	case p.params.Fit == "resize":
		return 0, "", nil
	}
	return 0, "", fmt.Errorf("images have pixels of different sizes: %s says %.6g microns a pixel, %s %.6g: Config.MicronsPerPixel decides, where this is known to be wrong; else shard them apart",
		s.LowImage, s.Low, s.HighImage, s.High)
}

// sixDigits rounds a size that a file may state as a fraction, 20000/30769 for 0.65.
func sixDigits(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return v
	}
	return rounded
}

// micronNotes say where the size of a pixel is from, and of how many images that is not said.
func (p *plan) micronNotes() (lines []string) {
	s, of := p.seen.microns, p.seen.top.images
	given := p.micronsGiven()
	size, _, err := p.microns(s)
	if b := p.before; b != nil && b.MicronsPerPixel != size {
		lines = append(lines, fmt.Sprintf("microns per pixel: %s -> %s; what is made of these shards takes it from encode, run again", micronsOf(b.MicronsPerPixel), micronsOf(size)))
	}
	switch {
	case s.Images == 0 && given == 0:
	case given > 0 && s.Images > 0 && !(schemas.SameMicrons(s.Low, given) && schemas.SameMicrons(s.High, given)):
		states := fmt.Sprintf("%.6g", s.Low)
		if !schemas.SameMicrons(s.Low, s.High) {
			states += fmt.Sprintf(" to %.6g", s.High)
		}
		lines = append(lines, fmt.Sprintf("microns per pixel: %g as given, where %s %s %s", given, words.Plural(s.Images, "file", "files"), words.Noun(s.Images, "says", "say"), states))
	case given > 0:
		lines = append(lines, fmt.Sprintf("microns per pixel: %g, as given", given))
	case err == nil && size == 0:
		lines = append(lines, fmt.Sprintf("microns per pixel: not known, Config.Fit=resize makes pixels of %.6g to %.6g of images of different sizes", s.Low, s.High))
	case err == nil && s.Images < of:
		lines = append(lines, fmt.Sprintf("microns per pixel: %.6g, as %s of %s; the others do not say it", size, words.Count(s.Images), words.Plural(of, "image says", "images say")))
	case err == nil:
		lines = append(lines, fmt.Sprintf("microns per pixel: %.6g, as the files state", size))
	}
	return lines
}

func micronsOf(size float64) string {
	if size == 0 {
		return "not known"
	}
	return strconv.FormatFloat(size, 'g', -1, 64)
}

// sameMicrons refuses images of a survey that have pixels of different sizes: so early that nothing is written.
func (p *plan) sameMicrons() error {
	var s schemas.PixelSizes
	fit := p.fit()
	for _, of := range p.survey.sizes {
		head, err := p.channels.Apply(of.look.head())
		if err == nil && fit.Check(head.Shape()) == nil {
			s.Add(of.PixelSizes)
		}
	}
	_, _, err := p.microns(s)
	return err
}
