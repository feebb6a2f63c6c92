package sharding

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
)

// brightest returns the largest sample of an image.
func brightest(im images.Image) (most int) {
	if im.Bits == 8 {
		for _, v := range im.Pixels {
			most = max(most, int(v))
		}
		return most
	}
	for i := 0; i+1 < len(im.Pixels); i += 2 {
		most = max(most, int(binary.LittleEndian.Uint16(im.Pixels[i:])))
	}
	return most
}

// peak is the largest sample of many images, before --bits changes it.
type peak struct {
	max, bits int
	images    int64
	unknown   bool // of some it is not known
}

// add takes in what a part says: where it holds images of an earlier version, nothing.
func (p *peak) add(part schemas.ShardPart) {
	if part.Info.Records == 0 {
		return
	}
	p.images += part.Info.Records
	if part.Brightest == nil {
		p.unknown = true
		return
	}
	p.max, p.bits = max(p.max, part.Brightest.Value), max(p.bits, part.Brightest.Bits)
}

// warning says that the samples use a small part of their range; "" where they do not.
func (p *peak) warning(mode string) string {
	full := 1<<p.bits - 1
	used := 1 // bits
	for used < p.bits && p.max >= 1<<used {
		used++
	}
	if p.unknown || p.images == 0 || p.bits == 16 && p.max > 1<<14-1 || p.bits == 8 && p.max > 15 {
		return ""
	}
	line := fmt.Sprintf("warning: no pixel of %s exceeds %s of %s: ", words.Plural(p.images, "image", "images"), words.Count(p.max), words.Count(full))
	switch {
	case p.max == 0:
		return line + "all are black"
	case p.bits == 16 && used >= 9:
		line += fmt.Sprintf("they look like %d-bit values of a camera in 16-bit files", max(10, used+used%2))
	default:
		line += fmt.Sprintf("%d bits would hold them, and 1 to %d may be numbers of classes or masks", used, p.max)
	}
	line += ". A model sees them as almost black, and overexposed pixels are not recognized: stretch the values over the whole range first"
	if mode == "8" && p.bits == 16 {
		line += fmt.Sprintf("; Config.Bits=8 leaves %s of 256 gray levels", words.Count((p.max*255+32767)/65535+1))
	}
	return line
}

// patterns counts what the groups of the metadata pattern find in the names.
func (p *plan) patterns() ([]string, error) {
	return listing.Groups(p.params.MetadataPattern, func(yield func(string, error) bool) {
		for i := range p.found.Entries {
			if !yield(p.found.Entries[i].Name, nil) {
				return
			}
		}
	})
}

// notes are what the console says of a collection beside the counts.
func (p *plan) notes() []string {
	lines := append(p.found.Notes(), p.channelNotes()...)
	if values, err := p.metadata(); err == nil { // else what was made stays what it is
		lines = append(lines, values...)
	}
	lines = append(lines, misfitsOf(p.seen.rows, p.fit()).lines()...)
	if line := cutNote(p.seen.cut, p.seen.top.images); line != "" {
		lines = append(lines, line)
	}
	if w := p.seen.top.warning(p.params.BitsMode); w != "" {
		lines = append(lines, w)
	}
	return lines
}

func (p *plan) fit() images.Fit {
	return images.Fit{Shape: p.shape, Mode: p.params.Fit, Bits: p.params.BitsMode, Channels: p.channels}
}

func (p *plan) converter() *converter {
	return &converter{root: p.found.Root, images: images.Options{Limits: images.Limits{MaxPixels: p.params.MaxPixels}}, fit: p.fit(), metadata: p.columns(), align: p.params.Align}
}

// columns returns the Metadata_* columns of the list.
func (p *plan) columns() []string {
	if p.params.ListMetadata == "" {
		return nil
	}
	return strings.Split(p.params.ListMetadata, ",")
}

// refusal is what is wrong with a collection that is to be made.
func (p *plan) refusal(ctx context.Context) (err error) {
	if p.found.Refusal != nil {
		return p.found.Refusal
	}
	if _, err := p.metadata(); err != nil {
		return err
	}
	if column := listing.PatternColumn(p.params.MetadataPattern, p.found.Account.Metadata); column != "" {
		return fmt.Errorf("%s is a column of the list and a group of Config.MetadataPattern: rename the group, or leave the column out", column)
	}
	if p.sized {
		return nil
	}
	if p.survey == nil {
		p.grows = true
		if p.survey, err = p.looking(ctx); err != nil {
			return err
		}
		p.survey.settle(p.channels)
	}
	return p.survey.misfits(p.fit()).refusal(p.survey.sound, p.whose())
}

// whose says where the shape of a collection comes from that nobody has chosen.
func (p *plan) whose() string {
	if p.grows {
		return "the shape that the images in the finished folder have"
	}
	return "the most frequent shape"
}
