package composite

import (
	"testing"

	"exemplar/schemas"
)

func TestText(t *testing.T) {
	list := []schemas.ShownChannel{{Name: "DNA", Color: "#0072b2", Low: 0, High: 1671}, {Name: "ER", Low: 2, High: 4095}}
	if got, want := Text(list, 4095), "DNA #0072b2 from 0 to 1671, ER in gray alone, from 2 to 4095, of 4095"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
