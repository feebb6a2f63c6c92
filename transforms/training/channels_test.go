package training

import (
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
)

// TestSameImages: images for validation have the channels and the full scale of the others.
func TestSameImages(t *testing.T) {
	of := func(full int, names ...string) *dataset.Folder {
		f := &dataset.Folder{Shape: schemas.ImageShape{Height: 2, Width: 2, Channels: 2, Bits: 16}, FullScale: full}
		for _, name := range names {
			f.Channels = append(f.Channels, schemas.Channel{Name: name, Color: "#ff00" + name[:1] + "0"})
		}
		return f
	}
	c := Config{Shards: "a", HeldShards: "b"}
	for _, x := range []struct {
		here, held *dataset.Folder
		want       string
	}{
		{of(0), of(65535), ""},
		{of(4095, "DNA", "ER"), of(4095, "DNA", "ER"), ""},
		{of(4095, "DNA", "ER"), of(4095, "ER", "DNA"), "Config.HeldShards=b holds images of the channels [\"ER\" \"DNA\"]"},
		{of(4095, "DNA", "ER"), of(4095), "of the channels []"},
		{of(4095, "DNA", "ER"), of(1023, "DNA", "ER"), "Config.HeldShards=b has the full scale 1023, Config.Shards=a 4095"},
	} {
		err := c.sameImages(x.here, x.held)
		if (err != nil) != (x.want != "") || err != nil && !strings.Contains(err.Error(), x.want) {
			t.Errorf("%v, want %q", err, x.want)
		}
	}
}
