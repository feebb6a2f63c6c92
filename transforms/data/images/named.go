package images

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
)

// Channels brings the channels of images into the order of a collection, by their names.
type Channels struct {
	// Of is what the collection has; nil of gray and RGB, whose channels have no names.
	Of []schemas.Channel
	// Given says that the user named them: an image may have others beside these, which are left out,
	// and RGB is taken as channels R, G and B.
	Given bool
}

// ChannelsOf returns the channels of a finished collection.
func ChannelsOf(m *schemas.ShardsManifest) Channels {
	return Channels{Of: m.Channels, Given: m.Parameters.Channels != ""}
}

// InOrder is the note of an image without names of channels in a collection that has some.
const InOrder = "channels without names are taken in their order"

// Nameless is the note of an image with names of channels in a collection that has none.
const Nameless = "names of channels are left out: the collection has none"

// Notes of names that tell no channel from another, or that no channel may have.
const (
	sameNames = "a name that several channels have is left out"
	badNames  = "a name of a channel that is too long, or not printed, is left out"
)

// leaveOutNames takes away the names by which no channel can be known.
func (f *Facts) leaveOutNames() {
	times := map[string]int{}
	for _, c := range f.Channels {
		times[c.Name]++
	}
	same, bad := false, false
	for i := range f.Channels {
		c := &f.Channels[i]
		switch {
		case c.Name == "":
		case times[c.Name] > 1:
			c.Name, same = "", true
		case schemas.CheckChannels([]schemas.Channel{{Name: c.Name}}) != nil:
			c.Name, bad = "", true
		}
	}
	if same {
		f.Notes = append(f.Notes, sameNames)
	}
	if bad {
		f.Notes = append(f.Notes, badNames)
	}
}

// Apply returns the image with the channels of the collection; one that has them in their order is
// returned as it is. Where it has no names and as many channels, these are taken in their order, which its
// Facts note. Of another number without names it is returned as it is, for Fit to refuse. Every error is a
// *RejectError with stage fit.
func (c Channels) Apply(im Image) (Image, error) {
	names := namesOf(im)
	want := schemas.NamesOf(c.Of)
	switch {
	case c.Of == nil && len(names) < 2, slices.Equal(names, want):
		return im, nil
	case c.Of == nil:
		return im, c.refuse(im, names)
	}
	if c.Given && names == nil && im.Channels == 3 {
		names = []string{"R", "G", "B"}
		if !contains(names, want) {
			names = nil
		}
	}
	if order := c.order(names, want); order != nil {
		return im.Select(order), nil
	}
	switch {
	case names == nil && im.Channels == 3 && !c.Given:
		return im, c.refuse(im, names)
	case im.Channels == len(want) && compatible(names, want):
		return im.taken(c.Of), nil
	case named(names) || c.Given:
		return im, c.refuse(im, names)
	}
	return im, nil
}

// order returns where the wanted channels are; nil where the names do not tell.
func (c Channels) order(names, want []string) (order []int) {
	if !unique(names) || !unique(want) || !c.Given && len(names) != len(want) || !contains(names, want) {
		return nil
	}
	for _, name := range want {
		order = append(order, slices.Index(names, name))
	}
	return order
}

// refuse is the rejection of an image of other channels.
func (c Channels) refuse(im Image, names []string) error {
	is, of := describe(names, im.Channels), "gray or RGB"
	if c.Of != nil {
		of = "of " + describe(schemas.NamesOf(c.Of), len(c.Of))
	}
	return rejectFit(schemas.ReasonWrongChannels, "the image has %s, the collection is %s: channels are never guessed, name those to take with --channels", is, of)
}

// describe says which channels there are.
func describe(names []string, n int) string {
	switch {
	case named(names):
		return "the channels " + Listed(names)
	case n == 1:
		return "one channel without a name"
	case n == 3 && names == nil:
		return "the channels of an RGB picture"
	}
	return fmt.Sprintf("%d channels without names", n)
}

// Listed writes names of channels as --channels takes them; one that is not known is "?".
func Listed(names []string) string {
	names = slices.Clone(names)
	for i, name := range names {
		if name == "" {
			names[i] = "?"
		}
	}
	return strings.Join(names, ",")
}

// namesOf returns the names of the channels of an image; nil of gray and RGB.
func namesOf(im Image) []string {
	if im.Facts == nil || len(im.Facts.Channels) != im.Channels {
		return nil
	}
	return schemas.NamesOf(im.Facts.Channels)
}

// named reports whether any channel has a name.
func named(names []string) bool { return strings.Join(names, "") != "" }

// unique reports whether every channel has a name of its own.
func unique(names []string) bool {
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return false
		}
	}
	return len(names) > 0
}

func contains(names, want []string) bool {
	return !slices.ContainsFunc(want, func(name string) bool { return !slices.Contains(names, name) })
}

// compatible reports whether names of as many channels contradict each other nowhere.
func compatible(names, want []string) bool {
	for i, name := range names {
		if name != "" && want[i] != "" && name != want[i] {
			return false
		}
	}
	return true
}

// taken returns an image of other names, or none, as one with those of the collection, which is noted.
func (im Image) taken(of []schemas.Channel) Image {
	facts := Facts{}
	if im.Facts != nil {
		facts = *im.Facts
	}
	note := InOrder
	if !named(schemas.NamesOf(of)) {
		note = Nameless
	}
	facts.Notes = append(slices.Clone(facts.Notes), note)
	facts.Channels = of
	im.Facts = &facts
	return im
}
