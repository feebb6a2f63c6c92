package verifying

import (
	"slices"

	"exemplar/model"
	"exemplar/schemas"
)

// checkModelChannels compares what is said of the channels of the model, and of how the images' became
// them, with the model and the shards; m is nil where the model is not at hand.
func (l *latentsCheck) checkModelChannels(m *model.Model) {
	says, r := l.m.ModelChannels, l.report
	if l.m.Spec.Source != "" {
		return
	}
	switch {
	case m == nil:
		if len(says) > 0 || l.m.ChannelsBy != "" {
			r.uncheckedf("the names of the model's channels, %q, said to have been met by %q: the model is not at hand", says, l.m.ChannelsBy)
		}
	case !slices.Equal(says, schemas.NamesOf(m.Channels)):
		r.problemf(schemas.LatentsFile, "the channels of the model are said to be %q, the model has %q", says, schemas.NamesOf(m.Channels))
	}
	switch {
	case l.shards != nil:
		if is := channelsBy(says, schemas.NamesOf(l.shards.manifest.Channels)); l.m.ChannelsBy != is {
			r.problemf(schemas.LatentsFile, "the channels are said to be met by %q, the names of %s and of the model give %q", l.m.ChannelsBy, schemas.ShardsFile, is)
		}
	case m != nil && l.m.ChannelsBy != "":
		r.uncheckedf("channels_by %q of %s: the shards are not at hand", l.m.ChannelsBy, schemas.LatentsFile)
	}
}

// channelsBy returns how images of channels of some names become those of a model.
func channelsBy(its, here []string) string {
	named := func(name string) bool { return name != "" }
	switch {
	case !slices.ContainsFunc(its, named) && !slices.ContainsFunc(here, named):
		return ""
	case slices.Equal(its, here) && !slices.Contains(its, ""):
		return "names"
	}
	return "order"
}
