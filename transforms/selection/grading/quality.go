package grading

import (
	"math"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// quality is a column of the latents that says how an image is.
type quality struct {
	column        string
	lower, higher string // what images with small and with large numbers are
	of            func(b *latents.Batch, row int) float32
}

// qualities are the columns whose bias is looked at.
var qualities = []quality{
	{schemas.ColMSE, "easier to reconstruct", "harder to reconstruct", mseOf},
	{schemas.ColSharpness, "more blurred", "sharper", func(b *latents.Batch, row int) float32 { return b.Quality[row].Sharpness }},
	{schemas.ColMean, "dimmer", "brighter", func(b *latents.Batch, row int) float32 { return b.Quality[row].Mean }},
	{schemas.ColForeground, "smaller", "larger", func(b *latents.Batch, row int) float32 { return b.Quality[row].Foreground }},
	{schemas.ColObject, "smaller", "larger", objectOf},
	{schemas.ColSaturated, "less saturated", "more saturated", func(b *latents.Batch, row int) float32 { return b.Quality[row].Saturated }},
	{schemas.ColBorder, "less often at the edge", "more often at the edge", func(b *latents.Batch, row int) float32 { return b.Quality[row].Border }},
}

func mseOf(b *latents.Batch, row int) float32 {
	if !b.HasMSE[row] {
		return float32(math.NaN())
	}
	return b.MSE[row]
}

func objectOf(b *latents.Batch, row int) float32 {
	if !b.HasObject[row] {
		return float32(math.NaN())
	}
	return b.Quality[row].Object
}

// qualityOf returns the numbers of qualities of an image; nil where all are zeros, as those
// of vectors without pixels are.
func qualityOf(b *latents.Batch, row int) []float32 {
	if b.Quality[row] == (schemas.Quality{}) && b.QCFlags[row]&schemas.QCConstant == 0 {
		return nil
	}
	channels := b.ChannelsOf(row)
	numbers := make([]float32, 0, len(qualities)+len(channels)*len(ofChannels))
	for _, q := range qualities {
		numbers = append(numbers, q.of(b, row))
	}
	for c := range channels {
		for _, q := range ofChannels {
			numbers = append(numbers, channels[c].Of(q.column))
		}
	}
	return numbers
}

// ofChannels are those of qualities that each channel has, too, in images with channels.
var ofChannels = qualities[1:] // without the mse

// measured is a column of numbers of images.
type measured struct {
	name    string
	channel string // whose column it is
	of      func(*Image) (v float64, known bool)
}

// numbers returns the columns whose bias is looked at: those of the quality that are known of
// any image, of the whole and of each channel, and those of the metadata that are a number for
// each of the images.
func (g *grader) numbers(images []*Image) (list []measured) {
	add := func(i int, m measured) {
		m.of = func(im *Image) (float64, bool) {
			if len(im.Quality) <= i {
				return 0, false
			}
			v := float64(im.Quality[i])
			return v, !math.IsNaN(v)
		}
		for _, im := range images {
			if _, known := m.of(im); known {
				list = append(list, m)
				break
			}
		}
	}
	for i, q := range qualities {
		add(i, measured{name: q.column})
	}
	for c, channel := range g.Channels {
		for i, q := range ofChannels {
			add(len(qualities)+c*len(ofChannels)+i, measured{name: schemas.ChannelColumn(q.column, c), channel: channel})
		}
	}
	for c, name := range g.Metadata {
		of := func(im *Image) (float64, bool) { return schemas.Number(im.Metadata[c]) }
		if allKnown(images, of) {
			list = append(list, measured{name: name, of: of})
		}
	}
	return list
}

// allKnown reports whether there are images, and the number of each is known.
func allKnown(images []*Image, of func(*Image) (float64, bool)) bool {
	for _, im := range images {
		if _, known := of(im); !known {
			return false
		}
	}
	return len(images) > 0
}
