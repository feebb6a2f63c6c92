package sharding

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
)

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
	lines = append(lines, p.sizeNotes()...)
	lines = append(lines, p.readNotes()...)
	lines = append(lines, p.scaleNotes()...)
	return append(lines, p.micronNotes()...)
}

// readNotes say what was done to read the images, and which choice did nothing.
func (p *plan) readNotes() (lines []string) {
	projected, ranged := false, int64(0)
	for _, note := range slices.Sorted(maps.Keys(p.seen.notes)) {
		lines = append(lines, fmt.Sprintf("%s: %s", words.Plural(p.seen.notes[note], "image", "images"), note))
		projected = projected || images.Projected(note)
		if images.Ranged(note) {
			ranged += p.seen.notes[note]
		}
	}
	if p.params.Project != "" && !projected {
		lines = append(lines, fmt.Sprintf("Config.Projection=%s changed nothing: no image that was written has several Z or T", p.params.Project))
	}
	if others := p.seen.top.images - ranged; ranged > 0 && others > 0 {
		lines = append(lines, fmt.Sprintf("warning: %s no such numbers, and %s, on another scale than those of Config.Range=%s", words.Plural(others, "image holds", "images hold"), words.Noun(others, "stays as it is", "stay as they are"), p.params.Range))
	}
	if p.params.Range != "" && ranged == 0 {
		lines = append(lines, fmt.Sprintf("Config.Range=%s changed nothing: no image that was written holds floats, signed or 32-bit integers", p.params.Range))
	}
	return lines
}

func (p *plan) fit() images.Fit {
	return images.Fit{Shape: p.shape, Mode: p.params.Fit, Bits: p.params.BitsMode, Full: p.params.FullScale, Channels: p.channels}
}

// options are what the shards share.
func (p *plan) options() *Options {
	return &Options{Folder: p.folder, Root: p.found.Root, Given: p.found.Given, Image: p.shape, Parameters: p.params,
		FullScale: p.countedAbove(), Channels: p.channels, Metadata: p.columns(), Parts: p.found.Account.Joined}
}

func (p *plan) converter() (*converter, error) { return p.options().converter() }

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
	if p.survey == nil {
		p.grows = true
		if p.survey, err = p.looking(ctx); err != nil {
			return err
		}
		p.survey.settle(p.channels)
	}
	if err := p.sameMicrons(); err != nil || p.sized {
		return err
	}
	m := p.survey.misfits(p.fit())
	m.sample = len(drawnOf(p.found.Entries)) < len(p.found.Entries)
	return m.refusal(p.survey.sound, p.whose())
}

// whose says where the shape of a collection comes from that nobody has chosen.
func (p *plan) whose() string {
	switch {
	case p.grows:
		return "the shape that the images in the finished folder have"
	case p.given.SizeRule != "":
		return "the size that Config.SizeRule=" + p.given.SizeRule + " gives"
	}
	return "the most frequent shape"
}
