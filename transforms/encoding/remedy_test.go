package encoding

import (
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestRemedy: shards of a shape that the model does not take are told with all flags
// that make others, and none where no flag does.
func TestRemedy(t *testing.T) {
	model := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}
	for _, c := range []struct {
		got  schemas.ImageShape
		want string
	}{
		{schemas.ImageShape{Height: 40, Width: 40, Channels: 1, Bits: 8}, "make shards with --size=28x28 --fit=resize (or crop, or pad)"},
		{schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 16}, "make shards with --bits=8"},
		{schemas.ImageShape{Height: 40, Width: 40, Channels: 1, Bits: 16}, "make shards with --size=28x28 --fit=resize (or crop, or pad) --bits=8"},
		{schemas.ImageShape{Height: 40, Width: 40, Channels: 3, Bits: 8}, "(exemplar train)"},
	} {
		if err := new(input).checkShape(0, 0, "", model); err != nil {
			t.Error(err)
		}
		in := &input{manifest: &schemas.ShardsManifest{Image: c.got}}
		if err := in.checkShape(0, 0, "", model); err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
