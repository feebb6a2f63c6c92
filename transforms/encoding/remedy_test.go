package encoding

import (
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestRemedy: shards of a shape that the model does not take are told with all fields
// that make others, and none where no field does.
func TestRemedy(t *testing.T) {
	model := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}
	for _, c := range []struct {
		got  schemas.ImageShape
		want string
	}{
		{schemas.ImageShape{Height: 40, Width: 40, Channels: 1, Bits: 8}, "make shards with sharding.Config.Size=28x28 sharding.Config.Fit=resize (or crop, or pad)"},
		{schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 16}, "make shards with sharding.Config.Bits=8"},
		{schemas.ImageShape{Height: 40, Width: 40, Channels: 1, Bits: 16}, "make shards with sharding.Config.Size=28x28 sharding.Config.Fit=resize (or crop, or pad) sharding.Config.Bits=8"},
		{schemas.ImageShape{Height: 40, Width: 40, Channels: 3, Bits: 8}, "(exemplar train)"},
	} {
		if err := new(input).checkShape(schemas.Size{}, "", model); err != nil {
			t.Error(err)
		}
		in := &input{manifest: &schemas.ShardsManifest{Image: c.got}}
		if err := in.checkShape(schemas.Size{}, "", model); err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
