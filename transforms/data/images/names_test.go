package images_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/data/images"
)

// TestNamesThatTellNothing: names that several channels have, and such as no channel may have, are left out, which
// is said; the others stay, and the files can be used further on. Black is no color to draw a channel in.
func TestNamesThatTellNothing(t *testing.T) {
	for _, c := range []struct{ names, want, note string }{
		{"DNA,ER,RNA", "DNA,ER,RNA", ""},
		{"Cam,Cam,RNA", ",,RNA", "a name that several channels have is left out"},
		{" Cam,RNA,Cam ", ",RNA,", "a name that several channels have is left out"},
		{"A,,", "A,,", ""},
		{"A," + strings.Repeat("x", 2000) + ",B", "A,,B", "a name of a channel that is too long, or not printed, is left out"},
		{"A,B\u200b,C", "A,,C", "a name of a channel that is too long, or not printed, is left out"},
	} {
		names := strings.Split(c.names, ",")
		of := []schemas.Channel{{Name: names[0], Color: "#000000"}, {Name: names[1], Color: "#00ff00"}, {Name: names[2], Color: "#ffffff"}}
		shape := schemas.ImageShape{Height: 2, Width: 2, Channels: 3, Bits: 8}
		im, err := images.Decode("a.tif", imagefile.OME(shape, make([]byte, shape.Bytes()), imagefile.Described{Channels: of}), images.Options{})
		if err != nil {
			t.Errorf("%q: %v", c.names, err)
			continue
		}
		want := strings.Split(c.want, ",")
		if d := cmp.Diff([]schemas.Channel{{Name: want[0]}, {Name: want[1], Color: "#00ff00"}, {Name: want[2]}}, im.Facts.Channels); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.names, d)
		}
		if got := strings.Join(im.Facts.Notes, "\n"); got != c.note {
			t.Errorf("%q: %q, want %q", c.names, got, c.note)
		}
		if err := schemas.CheckChannels(im.Facts.Channels); err != nil {
			t.Errorf("%q: %v", c.names, err)
		}
	}
}
