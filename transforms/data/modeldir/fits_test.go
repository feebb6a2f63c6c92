package modeldir

import (
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestFitsChannels: names that differ in any place are an error that lists both; where one side
// lacks names it is said, and where neither has any, or both the same, nothing is.
func TestFitsChannels(t *testing.T) {
	of := func(names string) (list []schemas.Channel) {
		if names == "-" {
			return nil
		}
		for _, name := range strings.Split(names, ",") {
			list = append(list, schemas.Channel{Name: name})
		}
		return list
	}
	for _, c := range []struct{ takes, hold, said, fault string }{
		{"-", "-", "", ""},
		{"-", ",,", "", ""},
		{"DNA,ER", "DNA,ER", "", ""},
		{"DNA,ER", "-", "those of s have no names, and are taken in the order of the model m: DNA,ER", ""},
		{"DNA,ER", ",", "those of s have no names", ""},
		{"-", "DNA,ER", "the model m names none, and takes those of s in their order: DNA,ER", ""},
		{"DNA,", "DNA,ER", "some have no name", ""},
		{"DNA,ER", "ER,DNA", "", "the model m is of the channels DNA,ER, the shards s hold ER,DNA: make shards with the model's, in its order (sharding.Config.Channels=DNA,ER)"},
		{"DNA,ER", "DNA,RNA", "", "hold DNA,RNA"},
		{"DNA,", "RNA,", "", "is of the channels DNA,(unnamed)"},
	} {
		said, err := FitsChannels("m", of(c.takes), "s", of(c.hold))
		if (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s for %s: error %v, want %q", c.hold, c.takes, err, c.fault)
		}
		if (said == "") != (c.said == "") || !strings.Contains(said, c.said) {
			t.Errorf("%s for %s: says %q, want %q", c.hold, c.takes, said, c.said)
		}
	}
}

// TestFits: five channels for three are told, with what to do.
func TestFits(t *testing.T) {
	of := func(channels int) schemas.ImageShape {
		return schemas.ImageShape{Height: 8, Width: 8, Channels: channels, Bits: 16}
	}
	if err := Fits("m", of(3), "s", of(3)); err != nil {
		t.Error(err)
	}
	err := Fits("m", of(3), "s", of(5))
	if err == nil || !strings.Contains(err.Error(), "sharding.Config.Channels") || !strings.Contains(err.Error(), "8x8x5") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}
