package outdir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

func TestAnUnfinishedRunWithOtherParametersIsRefused(t *testing.T) {
	list := func(fit string, shards int, derived bool, more ...Parameter) []Parameter {
		return append([]Parameter{Chosen("fit", fit), Chosen("shards", shards).DerivedIf(derived), Given("labels", "")}, more...)
	}
	o := output(t)
	o.Parameters = list("crop", 4, true)
	none := func(string) bool { return false }
	if err := o.Clean(t.Context(), none); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		here  []Parameter
		again bool
		want  []string // parts of the error; none for none
	}{
		"the same":           {list("crop", 4, true), false, nil},
		"the same, given":    {list("crop", 4, false), false, nil},
		"a grown collection": {list("crop", 7, true), false, nil},
		"another number":     {list("crop", 7, false), false, []string{"Config.Shards is 7 here and was 4 there"}},
		"two":                {list("resize", 7, false), false, []string{"Config.Fit is resize here and was crop there", "Config.Shards is 7"}},
		"made again":         {list("resize", 7, false), true, nil},
		"one more":           {list("crop", 4, true, Chosen("bits", 8)), false, []string{"Config.Bits is 8 here and was not given there"}},
		"fields by their names": {list("crop", 4, true, Chosen("metadata_csv", "a"), Chosen("max_pixels", 1), Chosen("scope", "c").Of("Config.Scopes")), false,
			[]string{"Config.MetadataCSV is a here", "Config.MaxPixels is 1 here", "Config.Scopes is c here"}},
		"one less":              {list("crop", 4, true)[1:], false, []string{"Config.Fit is not given here and was crop there"}},
		"a long one":            {list(strings.Repeat("x y", 99), 4, true), false, []string{`"x yx y`, "…"}},
		"many":                  {list("pad", 9, false, Chosen("a", "b"), Chosen("c", "d"), Chosen("e", true)), false, []string{"Config.A is b", "and 2 more"}},
		"without a value, same": {list("crop", 4, true, Chosen("a", 0), Chosen("b", false), Chosen("c", []string(nil))), false, nil},
	} {
		o.Parameters = c.here
		err := o.Agrees(t.Context(), c.again)
		if c.want == nil && err != nil || c.want != nil && err == nil {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		for _, part := range c.want {
			if err != nil && (!strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), "Config.Overwrite") || strings.Contains(err.Error(), "\n")) {
				t.Errorf("%s: %v, want one line with %q", name, err, part)
			}
		}
	}
	// Clean keeps word of what is intended, and what is finished needs none.
	o.Parameters = list("resize", 4, true)
	for range 2 {
		if err := o.Clean(t.Context(), none); err != nil {
			t.Fatal(err)
		}
	}
	other := o
	other.Parameters = list("crop", 4, true)
	if err := other.Agrees(t.Context(), false); err == nil || !strings.Contains(err.Error(), "was resize there") {
		t.Errorf("after Clean: %v", err)
	}
	if err := o.Publish(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, schemas.IntentFile)); err == nil {
		t.Error("a finished folder says what it intends")
	}
	if err := other.Agrees(t.Context(), false); err != nil {
		t.Errorf("a finished folder: %v", err)
	}
}
