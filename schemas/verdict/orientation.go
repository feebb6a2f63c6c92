package verdict

import (
	"fmt"

	"exemplar/schemas/words"
)

// OrientedShare is the share of the variance of latents from which on how the objects lie is an alarm.
const OrientedShare = 0.1

// Oriented is how much of the variance of latents the angles of objects explain.
type Oriented struct {
	Images    int     // that it was measured on
	Share     float64 // adjusted R² over all latents
	Null      float64 // the largest of permuted angles
	Permuted  int     // how often they were
	Aligned   bool    // the shards were; then Share is of the angles before
	Remaining float64 // of the angles that objects of aligned shards have
}

// Alarm reports whether the orientation is a good part of what the latents say.
func (o Oriented) Alarm() bool { return o.Share > OrientedShare && o.Share > o.Null }

// Sentence puts it into words.
func (o Oriented) Sentence() string {
	share := func(v float64) string { return words.Figure(100*max(v, 0), 2) + " %" }
	null := fmt.Sprintf("permuted at random, %d times, angles explain at most %s", o.Permuted, share(o.Null))
	if o.Aligned {
		return fmt.Sprintf("The objects were turned to their principal axis. The angles that they had before explain %s of the variance of the latents, those that they have since %s; %s (%s).",
			share(o.Share), share(o.Remaining), null, words.Plural(o.Images, "image", "images"))
	}
	return fmt.Sprintf("How the objects lie explains %s of the variance of the latents; %s (%s).", share(o.Share), null, words.Plural(o.Images, "image", "images"))
}

// Advice says what to do; "" where nothing is to be done.
func (o Oriented) Advice() string {
	switch {
	case !o.Alarm():
		return ""
	case o.Aligned:
		return "Images differ with how their objects lay before they were turned: they may come from sources in which cells lie in different ways, or turning cut the objects; see the notes of shard."
	}
	return "Cells have no up: the latents, and so clusters and distances, tell objects apart by how they happen to lie. Make shards with --align=moments, train and encode again."
}
