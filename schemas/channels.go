package schemas

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Channel is one channel of images that are more than gray or RGB pictures.
type Channel struct {
	Name  string `json:"name,omitempty"`  // as DNA; "" where nothing names it
	Color string `json:"color,omitempty"` // #rrggbb, where the file says one
}

// FullScale returns the sample that counts as 1.0 of images of so many bits: full, or the
// largest that the type holds where that is 0.
func FullScale(full, bits int) int { return cmp.Or(full, 1<<bits-1) }

// ChannelNames returns the names that Config.Channels gives: 1 to MaxChannels, each once, of printable
// characters; none where it is "".
func ChannelNames(given string) ([]string, error) {
	if given == "" {
		return nil, nil
	}
	names := strings.Split(given, ",")
	if len(names) > MaxChannels {
		return nil, fmt.Errorf("Config.Channels names %d channels: at most %d are known", len(names), MaxChannels)
	}
	for i, name := range names {
		if fault := channelFault(name); fault != "" {
			return nil, fmt.Errorf("Config.Channels=%s: name %d, %q, %s", given, i+1, name, fault)
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("Config.Channels=%s: %q is there twice", given, name)
		}
	}
	return names, nil
}

// maxChannelName bounds the bytes of a name.
const maxChannelName = 200

// channelFault says why a name is none of a channel; "" where it is one.
func channelFault(name string) string {
	switch {
	case name == "":
		return "is empty"
	case name != strings.TrimSpace(name):
		return "begins or ends with a space"
	case strings.ContainsFunc(name, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }):
		return "has a character that is not printed"
	case len(name) > maxChannelName:
		return fmt.Sprintf("has more than %d bytes", maxChannelName)
	}
	return ""
}

// CheckChannels reports the first name or colour that no channel has, or a name that two have.
func CheckChannels(channels []Channel) error {
	for i, c := range channels {
		if fault := channelFault(c.Name); c.Name != "" && fault != "" {
			return fmt.Errorf("the name of channel %d, %.80q, %s", i, c.Name, fault)
		}
		if c.Color != "" && !channelColor.MatchString(c.Color) {
			return fmt.Errorf("the colour of channel %d, %.80q, is not of the form #rrggbb", i, c.Color)
		}
		if c.Name != "" && slices.ContainsFunc(channels[:i], func(o Channel) bool { return o.Name == c.Name }) {
			return fmt.Errorf("two channels have the name %q", c.Name)
		}
	}
	return nil
}

var channelColor = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// NamesOf returns the names of channels, "" where there is none.
func NamesOf(channels []Channel) []string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = c.Name
	}
	return names
}

// ShownChannel says how pictures show a channel: black at Low, in its full color at High.
type ShownChannel struct {
	Name  string  `json:"name"`            // see ChannelLabels
	Color string  `json:"color,omitempty"` // #rrggbb in composites; "" where these leave it out
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}
