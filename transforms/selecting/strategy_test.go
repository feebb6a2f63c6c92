package selecting

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestDefaultStrategy: what says how nearest images are taken has nearest ones.
func TestDefaultStrategy(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(p *schemas.SelectionParameters)
		want   string
	}{
		{"nothing given", func(p *schemas.SelectionParameters) {}, "representative"},
		{"a budget", func(p *schemas.SelectionParameters) { p.Picking.Budget = 2048 }, "representative"},
		{"scope global", func(p *schemas.SelectionParameters) { p.Scopes = []string{"global"} }, "representative"},
		{"a space", func(p *schemas.SelectionParameters) { p.Space = "zscore" }, "representative"},
		{"clusters", func(p *schemas.SelectionParameters) { p.Clusters = 7 }, "representative"},
		{"top", func(p *schemas.SelectionParameters) { p.Top = 1 }, "nearest"},
		{"quota", func(p *schemas.SelectionParameters) { p.Picking.Quota = "equal" }, "nearest"},
		{"a large budget", func(p *schemas.SelectionParameters) { p.Picking.Budget = 2049 }, "nearest"},
		{"a center", func(p *schemas.SelectionParameters) { p.Centers = []string{"medoid"} }, "nearest"},
		{"metrics", func(p *schemas.SelectionParameters) { p.Metrics = []string{"euclidean", "cosine"} }, "nearest"},
		{"scope label", func(p *schemas.SelectionParameters) { p.Scopes = []string{"cluster", "label"} }, "nearest"},
		{"hierarchical", func(p *schemas.SelectionParameters) { p.Clustering = "hierarchical" }, "nearest"},
	} {
		config := DefaultConfig()
		c.change(&config.Parameters)
		if p := config.parameters(100_000, 8); p.Picking.Strategy != c.want {
			t.Errorf("%s: %s, want %s", c.name, p.Picking.Strategy, c.want)
		} else if err := p.Validate(); err != nil {
			t.Errorf("%s: the default cannot be made: %v", c.name, err)
		}
	}
}

// TestFoldersKeepTheirStrategy: a selection made when nearest was the default is complete as
// it is, and says so; it is extended as it was made; and it is replaced when that is asked for.
func TestFoldersKeepTheirStrategy(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(300), 2, "none")
	c := DefaultConfig()
	c.Input, c.Output = filepath.Join(dir, "latents"), filepath.Join(dir, "selection")
	c.Parameters.Clusters, c.Parameters.Picking.Budget = 4, 12
	before := c
	before.Parameters.Picking.Strategy = schemas.StrategyNearest
	was := mustRun(t, before)

	r, err := Run(t.Context(), c, runner)
	check(t, err)
	if r.Made || !reflect.DeepEqual(r.Manifest, was) {
		t.Error("a selection with the default of before was made again")
	}
	if !strings.Contains(r.Strategy, "the default then; Config.Overwrite") {
		t.Errorf("nothing says that it has the default of before: %q", r.Strategy)
	}
	plan, err := Plan(t.Context(), c)
	check(t, err)
	if !strings.Contains(plan.Nothing, r.Strategy) {
		t.Errorf("the plan says nothing of it: %q", plan.Nothing)
	}

	longer := c
	longer.Extend, longer.Output, longer.Parameters.Picking.Budget = c.Output, filepath.Join(dir, "longer"), 20
	r, err = Run(t.Context(), longer, runner)
	check(t, err)
	if p := r.Manifest.Parameters.Picking; p.Strategy != schemas.StrategyNearest || !strings.Contains(r.Strategy, "as "+c.Output+" was made") {
		t.Errorf("it was extended by %s, and that says %q", p.Strategy, r.Strategy)
	}

	again, err := Run(t.Context(), longer, runner)
	check(t, err)
	if again.Made || again.Strategy != r.Strategy {
		t.Errorf("the same extension again: made %v, says %q", again.Made, again.Strategy)
	}

	c.Overwrite = true
	r, err = Run(t.Context(), c, runner)
	check(t, err)
	if r.Manifest.Parameters.Picking.Strategy != schemas.StrategyRepresentative || r.Strategy != "" {
		t.Errorf("made anew, it is %s and says %q", r.Manifest.Parameters.Picking.Strategy, r.Strategy)
	}
	c.Overwrite = false
	if r, err = Run(t.Context(), c, runner); err != nil || r.Made || r.Strategy != "" {
		t.Errorf("again: made %v, says %q, %v", r.Made, r.Strategy, err)
	}
	if _, err := Run(t.Context(), before, runner); err == nil || !strings.Contains(err.Error(), "Config.Strategy") {
		t.Errorf("one with another strategy was replaced: %v", err)
	}
}

// TestExtendedOtherwise: where an extended selection was balanced, or picked from the middle,
// and its new picks are not, that is said; and nothing where they are.
func TestExtendedOtherwise(t *testing.T) {
	dir := t.TempDir()
	rows := collection(300)
	for i := range rows {
		rows[i].Quality.Sharpness = 1 + float32(i%7)/10
	}
	write(t, dir, rows, 2, "none")
	c := DefaultConfig()
	c.Input, c.Parameters.Clusters = filepath.Join(dir, "latents"), 4
	for want, change := range map[string]func(c *Config){
		"was made with Config.Balance=label:equal,": func(c *Config) { c.Balance = "label:equal" },
		"was made with Config.Candidates=middle,": func(c *Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Picking.Candidates = schemas.StrategyNearest, schemas.CandidatesMiddle
		},
	} {
		first := c
		first.Output, first.Parameters.Picking.Budget = filepath.Join(t.TempDir(), "first"), 12
		change(&first)
		mustRun(t, first)
		longer := c
		longer.Extend, longer.Output, longer.Parameters.Picking.Budget = first.Output, filepath.Join(t.TempDir(), "longer"), 20
		r, err := Run(t.Context(), longer, runner)
		check(t, err)
		if !strings.Contains(r.Strategy, want) {
			t.Errorf("it says %q, want %q", r.Strategy, want)
		}
		change(&longer)
		longer.Output = filepath.Join(t.TempDir(), "longer")
		r, err = Run(t.Context(), longer, runner)
		check(t, err)
		if r.Strategy != "" {
			t.Errorf("extended in the same way, it says %q", r.Strategy)
		}
	}
}
