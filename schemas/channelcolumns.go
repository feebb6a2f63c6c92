package schemas

import (
	"slices"
	"strconv"
	"strings"
)

// ChannelColumns are the columns of latents that are also there for each channel of images
// with channels of their own, see ChannelColumn, in their order.
var ChannelColumns = []string{ColMean, ColMax, ColSaturated, ColForeground, ColSharpness, ColBorder, ColObject}

// ChannelColumn returns the name of one of ChannelColumns of channel c, from 0: mean_c0.
func ChannelColumn(column string, c int) string { return column + "_c" + strconv.Itoa(c) }

// ParseChannelColumn returns what ChannelColumn made a name of; ok is false of another name.
func ParseChannelColumn(name string) (column string, c int, ok bool) {
	at := strings.LastIndex(name, "_c")
	if at < 0 {
		return "", 0, false
	}
	c, err := strconv.Atoi(name[at+2:])
	ok = err == nil && c >= 0 && c < MaxChannels && slices.Contains(ChannelColumns, name[:at]) && ChannelColumn(name[:at], c) == name
	if !ok {
		return "", 0, false
	}
	return name[:at], c, true
}

// IsQualityColumn reports whether latents can have a column of that name that holds one number
// an image: one of QualityColumns, or one of ChannelColumns of a channel.
func IsQualityColumn(name string) bool {
	_, _, ok := ParseChannelColumn(name)
	return ok || slices.Contains(QualityColumns, name)
}

// Of returns the figure in one of ChannelColumns.
func (q *Quality) Of(column string) float32 {
	switch column {
	case ColMean:
		return q.Mean
	case ColMax:
		return q.Max
	case ColSaturated:
		return q.Saturated
	case ColForeground:
		return q.Foreground
	case ColSharpness:
		return q.Sharpness
	case ColBorder:
		return q.Border
	}
	return q.Object
}

// ChannelLabels returns what the channels of latents are called in messages, lists and
// manifests: by their names or, where one has none, by the end of its columns, c0. If two would
// be called the same, all are called by these.
func ChannelLabels(names []string) []string {
	labels := make([]string, len(names))
	for c, name := range names {
		if labels[c] = name; name == "" {
			labels[c] = "c" + strconv.Itoa(c)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(labels)))) == len(labels) {
		return labels
	}
	for c := range labels {
		labels[c] = "c" + strconv.Itoa(c)
	}
	return labels
}
