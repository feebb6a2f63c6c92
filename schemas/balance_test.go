package schemas

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseBalance(t *testing.T) {
	for text, want := range map[string]Balancing{
		"Metadata_run":                  {{"Metadata_run", "proportional"}},
		"run:equal,label":               {{"run", "equal"}, {"label", "proportional"}},
		"run:proportional,drug_2:equal": {{"run", "proportional"}, {"drug_2", "equal"}},
	} {
		got, err := ParseBalance(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
		if again, err := ParseBalance(got.String()); err != nil || cmp.Diff(want, again) != "" {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	for text, want := range map[string]string{
		"":                `"" is no column`,
		"run,":            `"" is no column`,
		"run drug":        `"run drug" is no column`,
		"run:sqrt":        "run:sqrt: shares are proportional or equal",
		"run:":            "run:: shares are",
		"run:equal:equal": "shares are",
		"run,run:equal":   "run is there twice",
	} {
		if _, err := ParseBalance(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestBalanceNeedsRepresentative: shares are kept by one strategy, and others say so.
func TestBalanceNeedsRepresentative(t *testing.T) {
	p := PickParameters{Strategy: StrategyRepresentative, Budget: 3, Duplicates: DuplicatesSkip, Balance: Balancing{{"Metadata_run", QuotaEqual}}}
	if err := p.Validate(0); err != nil {
		t.Error(err)
	}
	p.Strategy, p.Quota = StrategyNearest, QuotaSqrt
	if err := p.Validate(0); err == nil || !strings.Contains(err.Error(), "Config.Balance=Metadata_run:equal: only Config.Strategy=representative keeps shares of columns, not nearest") {
		t.Error(err)
	}
}
