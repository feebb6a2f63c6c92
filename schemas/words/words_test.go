package words

import (
	"math"
	"testing"
)

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 1: "1", 999: "999", 1000: "1,000", 1061277: "1,061,277", -1: "-1", -12345: "-12,345",
		math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	if got := Count(uint64(math.MaxUint64)); got != "18,446,744,073,709,551,615" {
		t.Error(got)
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{0: "0 images", 1: "1 image", 2: "2 images", 1001: "1,001 images", -1: "-1 images"} {
		if got := Plural(n, "image", "images"); got != want {
			t.Errorf("Plural(%d) = %s, want %s", n, got, want)
		}
	}
	if Noun(1, "was", "were") != "was" || Noun(0, "was", "were") != "were" {
		t.Error("the forms of a verb")
	}
}

// A number that is not 0 is never written as 0.
func TestFigure(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 3: "3", 1234: "1,234", 1298.4: "1,298", 0.25: "0.25", 12.345: "12.3", 99.96: "100",
		0.00025: "0.00025", 0.000123456: "0.000123", 1.249e-5: "1.25e-05", -0.0098: "-0.0098", 5.5e12: "5.5e+12", 100.4: "100", 999.7: "1,000"} {
		if got := Figure(v, 3); got != want {
			t.Errorf("Figure(%g) = %s, want %s", v, got, want)
		}
	}
	for v := 1e-300; v < 1e300; v *= 7 {
		if got := Figure(v, 1); got == "0" {
			t.Errorf("%g is written as 0", v)
		}
	}
	if got := Percent(1, 2); got != "100 %" { // not 1.0e+2 %
		t.Error(got)
	}
}

// TestJoined: numbers as they are typed.
func TestJoined(t *testing.T) {
	for want, numbers := range map[string][]int{"": nil, "16": {16}, "16x-3x0": {16, -3, 0}} {
		if got := Joined(numbers, "x"); got != want {
			t.Errorf("%v is %q, want %q", numbers, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for s, want := range map[string]string{"": "", "a b": "A b.", "a.": "A.", "über": "Über."} {
		if got := Sentence(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := And([]string{"a", "b", "c"}); got != "a, b and c" || And([]string{"a"}) != "a" || And(nil) != "" {
		t.Error(got)
	}
}
