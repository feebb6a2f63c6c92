package cli

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
)

func TestFlagMistakesReadAsTheyAreTyped(t *testing.T) {
	for want, args := range map[string][]string{
		"flag provided but not defined: --bogus": {"--bogus=1"},
		`for flag --shards: parse error`:         {"--shards=many"},
		"flag needs an argument: --shards":       {"--shards"},
		`for flag --size: want HEIGHTxWIDTH`:     {"--size=big"},
		`invalid boolean value "maybe" for`:      {"--resume=maybe"},
	} {
		fs := flag.NewFlagSet("test", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		fs.Int("shards", 0, "")
		fs.Bool("resume", true, "")
		fs.Var(&Size{}, "size", "")
		err := fs.Parse(args)
		if err == nil || !strings.Contains(doubleDashes(err.Error()), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
}

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
	for text, want := range map[string]InputRange{"0,1": "unit", "-1,1": "symmetric"} {
		var r InputRange
		if err := r.Set(text); err != nil || r != want || r.String() != text {
			t.Errorf("Set(%q) = %v, %s, want %s", text, err, string(r), string(want))
		}
	}
	for _, text := range []string{"", "1,0", "0,255", "unit"} {
		if err := new(InputRange).Set(text); err == nil {
			t.Errorf("Set(%q) is accepted", text)
		}
	}
}

func TestBeamFlagsGiveWayToOurs(t *testing.T) {
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	labels := fs.String("labels", "", "")
	adoptBeamFlags(fs, map[string]bool{"labels": true})
	if err := fs.Parse([]string{"--labels=ours.idx", `--beam_labels={"team":"cells"}`, "--project=p"}); err != nil {
		t.Fatal(err)
	}
	if *labels != "ours.idx" || fs.Lookup("beam_labels").Value.String() != `{"team":"cells"}` || fs.Lookup("project").Value.String() != "p" {
		t.Errorf("labels %q, beam_labels %q, project %q", *labels, fs.Lookup("beam_labels").Value, fs.Lookup("project").Value)
	}
}

func TestErrorsAreFoldedIntoOneLine(t *testing.T) {
	if got, want := oneLine(errors.New("first\nsecond\r\nthird")), "first second third"; got != want {
		t.Errorf("oneLine = %q, want %q", got, want)
	}
}
