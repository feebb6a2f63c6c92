package schemas

import "slices"

// Reasons for which the quality gate excludes images, in the order in which they are tried.
var GateReasons = []string{ReasonConstant, ReasonForeground, ReasonSaturated, ReasonBorder, ReasonSharpness, ReasonNoise, ReasonMSE}

// ExcludedFor counts the images that were excluded for a reason and, where it was one, by a channel.
type ExcludedFor struct {
	Reason, Channel string
	Images          int64
}

// Of says a word for the reason, with the channel.
func (e ExcludedFor) Of(word string) string { return ReasonOf(word, e.Channel) }

// ExcludedByReason counts the excluded images in the order in which reasons are tried, and of one
// reason in the order of the channels.
func (m *SelectionManifest) ExcludedByReason() (list []ExcludedFor) {
	counts := map[ExcludedFor]int64{}
	for _, e := range m.Exclusions {
		counts[ExcludedFor{Reason: e.Reason, Channel: e.Channel}]++
	}
	channels := []string{""}
	for _, c := range m.Gate.Channels {
		channels = append(channels, c.Channel)
	}
	for e := range counts { // of no channel that the gate has
		if !slices.Contains(channels, e.Channel) {
			channels = append(channels, e.Channel)
		}
	}
	slices.Sort(channels[1+len(m.Gate.Channels):])
	for _, reason := range GateReasons {
		for _, channel := range channels {
			e := ExcludedFor{Reason: reason, Channel: channel}
			if e.Images = counts[e]; e.Images > 0 {
				list = append(list, e)
			}
		}
	}
	return list
}
