package schemas

import "cmp"

// Channel is one channel of images that are more than gray or RGB pictures.
type Channel struct {
	Name  string `json:"name,omitempty"`  // as DNA; "" where nothing names it
	Color string `json:"color,omitempty"` // #rrggbb, where the file says one
}

// FullScale returns the sample that counts as 1.0 of images of so many bits: full, or the
// largest that the type holds where that is 0.
func FullScale(full, bits int) int { return cmp.Or(full, 1<<bits-1) }
