package outdir

import (
	"fmt"

	"exemplar/schemas/words"
)

// mostGone says how many of the images may be gone for the others to be the same
// collection: one of so many.
const mostGone = 10

// Gone is what a collection lacks of the images that finished work is of.
type Gone struct {
	Images int64  // of the work
	Lost   int64  // of these, that are not in the collection
	First  string // of the lost; "" where that is not known
}

// Grown reports whether the collection is that of the work still: it may have grown, and
// may have lost a tenth of the images.
func (g Gone) Grown() bool { return g.Lost <= g.Images/mostGone }

// OtherPixels says that none of n images that are still there, which were compared, has
// the pixels that it had.
func OtherPixels(n int, first string) string {
	return fmt.Sprintf("Config.Shards has images of the same names with other pixels: %s compared, the first %q", words.Plural(n, "image was", "images were"), first)
}

// String says what is lost, of work that would be replaced.
func (g Gone) String() string {
	text := fmt.Sprintf("%s of its %s are not in this collection", words.Plural(g.Lost, "image", "images"), words.Count(g.Images))
	if g.Lost == 1 {
		text = fmt.Sprintf("1 of its %s is not in this collection", words.Plural(g.Images, "image", "images"))
	}
	if g.First != "" {
		text += fmt.Sprintf(", the first %q", g.First)
	}
	return text
}
