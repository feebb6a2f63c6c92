package cli

import (
	"errors"
	"testing"
)

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"256x128": {256, 128}, "40": {40, 40}} {
		var s Size
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("Set(%q) = %v, %+v, want %+v", text, err, s, want)
		}
	}
	for _, text := range []string{"", "0", "-3x3", "3x", "x3", "3x3x3", "1e3"} {
		if err := new(Size).Set(text); err == nil {
			t.Errorf("Set(%q) is accepted", text)
		}
	}
}

func TestInts(t *testing.T) {
	var n Ints
	for text, want := range map[string]string{"16": "16", "16, 32,64": "16,32,64"} {
		if err := n.Set(text); err != nil || n.String() != want {
			t.Errorf("Set(%q) = %v, %s", text, err, &n)
		}
	}
	for _, text := range []string{"", "0", "16,", "-1", "1.5", "a"} {
		if err := n.Set(text); err == nil {
			t.Errorf("Set(%q) is accepted", text)
		}
	}
}

func TestInputRange(t *testing.T) {
	for text, want := range map[string]InputRange{"0,1": "unit", "-1,1": "symmetric", "0,255": "byte"} {
		var r InputRange
		if err := r.Set(text); err != nil || r != want || r.String() != text {
			t.Errorf("Set(%q) = %v, %s, want %s", text, err, string(r), string(want))
		}
	}
	for _, text := range []string{"", "1,0", "0,256", "0,65535", "unit"} {
		if err := new(InputRange).Set(text); err == nil {
			t.Errorf("Set(%q) is accepted", text)
		}
	}
}

func TestErrorsAreFoldedIntoOneLine(t *testing.T) {
	if got, want := oneLine(errors.New("first\nsecond\r\nthird")), "first second third"; got != want {
		t.Errorf("oneLine = %q, want %q", got, want)
	}
}
