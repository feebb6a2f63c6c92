package modeldir

import (
	"fmt"
	"strings"

	"exemplar/schemas"
)

// Fits returns an error unless a model, which takes such images, takes those that shards hold.
func Fits(dir string, takes schemas.ImageShape, shards string, hold schemas.ImageShape) error {
	if hold == takes {
		return nil
	}
	return fmt.Errorf("the model %s takes %s images, the shards %s hold %s: %s", dir, takes, shards, hold, remedy(hold, takes))
}

// remedy says what makes shards of a shape that a model takes, of those of another.
func remedy(got, want schemas.ImageShape) string {
	const train = "use a model for such images (exemplar train)"
	if got.Channels != want.Channels {
		return "make shards of the model's channels with sharding.Config.Channels, which chooses and orders them by name, or " + train
	}
	if got.Bits < want.Bits {
		return train
	}
	fields := ""
	if got.Height != want.Height || got.Width != want.Width {
		fields = fmt.Sprintf(" sharding.Config.Size=%dx%d sharding.Config.Fit=resize (or crop, or pad)", want.Height, want.Width)
	}
	if got.Bits > want.Bits {
		fields += " sharding.Config.Bits=8"
	}
	return train + ", or make shards with" + fields
}

// FitsChannels compares the channels that a model was made for with those of shards, where both
// have as many. Names that differ are an error; said is what to say where names are missing on
// one side, and "" where both have them all, or none has any.
func FitsChannels(dir string, takes []schemas.Channel, shards string, hold []schemas.Channel) (said string, err error) {
	its, here := schemas.NamesOf(takes), schemas.NamesOf(hold)
	named := func(names []string) bool { return strings.Join(names, "") != "" }
	if !named(its) && !named(here) {
		return "", nil
	}
	unknown := 0
	for i := range max(len(its), len(here)) {
		a, b := nameAt(its, i), nameAt(here, i)
		switch {
		case a == b && a != "":
		case a == "" || b == "":
			unknown++
		default:
			return "", fmt.Errorf("the model %s is of the channels %s, the shards %s hold %s: make shards with the model's, in its order (sharding.Config.Channels=%s), or train a model on these",
				dir, listed(its), shards, listed(here), strings.Join(its, ","))
		}
	}
	switch {
	case unknown == 0:
		return "", nil
	case !named(here):
		return fmt.Sprintf("channels: those of %s have no names, and are taken in the order of the model %s: %s", shards, dir, listed(its)), nil
	case !named(its):
		return fmt.Sprintf("channels: the model %s names none, and takes those of %s in their order: %s", dir, shards, listed(here)), nil
	}
	return fmt.Sprintf("channels: some have no name, and are taken in their order: the model %s is of %s, the shards %s hold %s", dir, listed(its), shards, listed(here)), nil
}

func nameAt(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return ""
}

// listed joins names, with a mark for one that is missing.
func listed(names []string) string {
	marked := make([]string, len(names))
	for i, name := range names {
		if marked[i] = name; name == "" {
			marked[i] = "(unnamed)"
		}
	}
	return strings.Join(marked, ",")
}
