package sharding

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
)

// sighting is what a survey sees of an image.
type sighting struct {
	shape    schemas.ImageShape
	channels []schemas.Channel // nil of gray and RGB
	joined   bool              // of a file for each channel
	name     string
	microns  float64 // a pixel; 0: not known
}

func sightingOf(im images.Image, e schemas.ListEntry) sighting {
	s := sighting{shape: im.Shape(), joined: len(e.Parts) > 0, name: e.Name}
	if im.Facts != nil {
		s.microns = im.Facts.MicronsPerPixel
	}
	if im.Facts != nil && len(im.Facts.Channels) == im.Channels {
		s.channels = im.Facts.Channels
	}
	return s
}

// look is a sighting as it is counted: names have a NUL between them.
type look struct {
	shape  schemas.ImageShape
	names  string
	named  bool // there are channels, with names or without: it is neither gray nor RGB
	joined bool
}

// see counts a sighting, and remembers the first color of each channel.
func (s *survey) see(of sighting) {
	l := look{shape: of.shape, named: of.channels != nil, joined: of.joined, names: strings.Join(schemas.NamesOf(of.channels), "\x00")}
	s.looks[l]++
	if of.microns > 0 {
		s.sizes = append(s.sizes, pixelSize{l, schemas.PixelSizes{Images: 1, Low: of.microns, LowImage: of.name, High: of.microns, HighImage: of.name}})
	}
	for i, c := range of.channels {
		if key := colorKey(c.Name, i); s.colors[key] == "" {
			s.colors[key] = c.Color
		}
	}
	s.shapes[of.shape]++
}

// pixelSize is the size of a pixel that the file of an image states.
type pixelSize struct {
	look
	schemas.PixelSizes
}

// head returns an image without pixels that looks so.
func (l look) head() images.Image {
	im := images.Image{Height: l.shape.Height, Width: l.shape.Width, Channels: l.shape.Channels, Bits: l.shape.Bits}
	if l.named {
		im.Facts = &images.Facts{Channels: channelsNamed(strings.Split(l.names, "\x00"), nil)}
	}
	return im
}

// channelsNamed returns channels of those names, and of the colors that are known of some.
func channelsNamed(names []string, colors map[string]string) (channels []schemas.Channel) {
	for i, name := range names {
		channels = append(channels, schemas.Channel{Name: name, Color: colors[colorKey(name, i)]})
	}
	return channels
}

// colorKey is a channel among the colors of a survey: its name, or where it has none its place.
func colorKey(name string, i int) string {
	if name == "" {
		return fmt.Sprintf("\x00%d", i)
	}
	return name
}

// settle counts the shapes again as they are with the channels of the collection.
func (s *survey) settle(c images.Channels) {
	s.shapes, s.others = map[schemas.ImageShape]int{}, 0
	for l, n := range s.looks {
		if im, err := c.Apply(l.head()); err != nil {
			s.others += n
		} else {
			s.shapes[im.Shape()] += n
		}
	}
}

// frequent returns the most frequent look of those that are asked for; of several the one with more names,
// then the first by them.
func (s *survey) frequent(of func(look) bool) (best look, ok bool) {
	byName := func(a, b look) int {
		return cmp.Or(cmp.Compare(a.names, b.names), cmp.Compare(a.shape.Channels, b.shape.Channels), cmp.Compare(a.shape.Bits, b.shape.Bits),
			cmp.Compare(a.shape.Height, b.shape.Height), cmp.Compare(a.shape.Width, b.shape.Width))
	}
	for _, l := range slices.SortedFunc(maps.Keys(s.looks), byName) {
		if of(l) && (!ok || s.looks[l] > s.looks[best]) {
			best, ok = l, true
		}
	}
	return best, ok
}

// channels decides the channels of a collection: those that were given; else, where the most frequent
// images of that number have channels, the names of most of these that have any.
func (s *survey) channels(given []string, number int) (c images.Channels, err error) {
	if given != nil {
		c = images.Channels{Of: channelsNamed(given, s.colors), Given: true}
		all := s.merged(func(look) bool { return true })
		most, _ := all.frequent(func(look) bool { return true })
		if _, err := c.Apply(most.head()); err != nil {
			return c, refuseNames(given, most)
		}
		if most.named && strings.Trim(most.names, "\x00") == "" { // the names are for these, and so are the colors
			for i := range c.Of {
				c.Of[i].Color = cmp.Or(c.Of[i].Color, s.colors[colorKey("", i)])
			}
		}
		return c, nil
	}
	of := s.merged(func(l look) bool { return l.shape.Channels == number })
	most, ok := of.frequent(func(look) bool { return true })
	if !ok || !most.named || number == 1 && (!most.joined || most.names == "") {
		return c, nil
	}
	if named, ok := of.frequent(func(l look) bool { return strings.Trim(l.names, "\x00") != "" }); ok {
		most = named
	}
	return images.Channels{Of: channelsNamed(strings.Split(most.names, "\x00"), s.colors)}, nil
}

// merged counts looks whatever their size and depth.
func (s *survey) merged(of func(look) bool) *survey {
	m := &survey{looks: map[look]int{}}
	for l, n := range s.looks {
		if of(l) {
			l.shape.Height, l.shape.Width, l.shape.Bits = 1, 1, 8
			m.looks[l] += n
		}
	}
	return m
}

// refuseNames says which of the names that were given most images do not have.
func refuseNames(given []string, most look) error {
	names := strings.Split(most.names, "\x00")
	field := "Config.Channels=" + strings.Join(given, ",")
	if !most.named || strings.Trim(most.names, "\x00") == "" {
		kind := fmt.Sprintf("have %d channels without names", most.shape.Channels)
		if !most.named {
			kind = map[int]string{1: "are gray, of one channel", 3: "are RGB, of the channels R,G,B"}[most.shape.Channels]
		}
		return fmt.Errorf("%s names %d, and most images %s: name as many, in their order", field, len(given), kind)
	}
	if slices.Contains(names, "") {
		return fmt.Errorf("%s: most images have the channels %s, where ? has no name: name all %d, in their order, and those that have names by these", field, images.Listed(names), len(names))
	}
	for _, name := range given {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%s: there is no channel %s: most images have the channels %s", field, name, images.Listed(names))
		}
	}
	return fmt.Errorf("%s: most images have the channels %s, some of the same name", field, images.Listed(names))
}

// channelNotes say which channels the collection has; gray and RGB have none.
func (p *plan) channelNotes() []string {
	names := schemas.NamesOf(p.channels.Of)
	switch {
	case len(names) == 0:
		return nil
	case strings.Join(names, "") == "":
		return []string{fmt.Sprintf("%s without names: Config.Channels names them", words.Plural(len(names), "channel", "channels"))}
	}
	return []string{fmt.Sprintf("%s: %s", words.Noun(len(names), "channel", "channels"), images.Listed(names))}
}
