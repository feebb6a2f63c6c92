package schemas

import (
	"cmp"
	"fmt"
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

// NamesOf returns the names of channels, "" where there is none.
func NamesOf(channels []Channel) []string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = c.Name
	}
	return names
}
