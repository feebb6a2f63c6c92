package schemas

import (
	"strings"
	"testing"
)

// TestRangeRefuses: what would give picks without a position, or another number of them, is refused.
func TestRangeRefuses(t *testing.T) {
	good := PickParameters{Strategy: StrategyRange, Duplicates: DuplicatesSkip, Exclude: []string{"a"}, MinDistance: 1}
	if err := good.Validate(2); err != nil {
		t.Error(err)
	}
	for want, tc := range map[string]struct {
		top    int
		change func(p *PickParameters)
	}{
		"give Config.Top":          {0, func(p *PickParameters) { p.Budget = 5 }},
		"leave Config.Quota out":   {1, func(p *PickParameters) { p.Quota = QuotaSqrt }},
		"leave Config.Include out": {1, func(p *PickParameters) { p.Include = []string{"b"} }},
		"leave Config.Extend out":  {1, func(p *PickParameters) { p.Extend = &EarlierPick{} }},
		"only Config.Strategy=nea": {1, func(p *PickParameters) { p.Candidates = CandidatesMiddle }},
		"only Config.Strategy=rep": {1, func(p *PickParameters) { p.Balance = Balancing{{Column: ColLabel, Shares: QuotaEqual}} }},
		"must be at least 1":       {0, func(*PickParameters) {}},
	} {
		p := good
		tc.change(&p)
		if err := p.Validate(tc.top); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", want, err)
		}
	}
}
