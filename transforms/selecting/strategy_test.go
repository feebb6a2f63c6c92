package selecting

import (
	"path/filepath"
	"reflect"
	"slices"
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

// ofTwelve returns a selection of 12 images that says no more, and the folder of its own.
func ofTwelve(t *testing.T) (c Config, dir string) {
	dir = t.TempDir()
	write(t, dir, collection(300), 2, "none")
	c = DefaultConfig()
	c.Input, c.Output = filepath.Join(dir, "latents"), filepath.Join(dir, "selection")
	c.Parameters.Clusters, c.Parameters.Picking.Budget = 4, 12
	return c, dir
}

// TestFoldersKeepTheirStrategy: a selection made when nearest was the default is complete as
// it is, and says so; it is extended as it was made; and it is replaced when that is asked for.
func TestFoldersKeepTheirStrategy(t *testing.T) {
	c, dir := ofTwelve(t)
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

// TestFoldersKeepTheirSearch: representative picks of the search of an earlier version are complete
// as they are, and say so; those that extend them, and those made anew, are of today's.
func TestFoldersKeepTheirSearch(t *testing.T) {
	c, dir := ofTwelve(t)
	before := c
	before.earlierSearch = true
	was := mustRun(t, before)
	if p := was.Parameters.Picking; p.Strategy != schemas.StrategyRepresentative || p.Search != "" || was.Sets[0].Objective.Whitened != 0 {
		t.Fatalf("strategy %s by search %q is not that of before", p.Strategy, p.Search)
	}
	for name, change := range map[string]func(c *Config){
		"no strategy":    func(*Config) {},
		"representative": func(c *Config) { c.Parameters.Picking.Strategy = schemas.StrategyRepresentative },
	} {
		c := c
		change(&c)
		r, err := Run(t.Context(), c, runner)
		check(t, err)
		if r.Made || !reflect.DeepEqual(r.Manifest, was) || !strings.Contains(r.Strategy, "an earlier version; Config.Overwrite") {
			t.Errorf("%s: made %v, says %q", name, r.Made, r.Strategy)
		}
		longer := c
		longer.Extend, longer.Output, longer.Parameters.Picking.Budget = c.Output, filepath.Join(dir, "longer "+name), 20
		r, err = Run(t.Context(), longer, runner)
		check(t, err)
		if p := r.Manifest.Parameters.Picking; p.Search != schemas.SearchGradual || r.Strategy != "" {
			t.Errorf("%s: extended by search %q, which says %q", name, p.Search, r.Strategy)
		}
	}
	c.Parameters.Picking.Strategy = schemas.StrategyNearest
	if _, err := Run(t.Context(), c, runner); err == nil || !strings.Contains(err.Error(), "Config.Strategy") {
		t.Errorf("one with another strategy was replaced: %v", err)
	}
	c.Parameters.Picking.Strategy, c.Overwrite = "", true
	r, err := Run(t.Context(), c, runner)
	check(t, err)
	if p := r.Manifest.Parameters.Picking; p.Search != schemas.SearchGradual || r.Strategy != "" || !(r.Manifest.Sets[0].Objective.Whitened > 0) {
		t.Errorf("made anew, it is by search %q and says %q", p.Search, r.Strategy)
	}
}

// TestFoldersKeepTheirScores: a selection in the z-scores of an earlier version is complete as it is, and
// says so, and goes on so where it is extended; one made anew has today's, which the parameters tell.
func TestFoldersKeepTheirScores(t *testing.T) {
	c, dir := ofTwelve(t)
	c.Parameters.Space = "zscore"
	before := c
	before.earlierScores = true
	was := mustRun(t, before)
	if was.Parameters.Deviation != "" {
		t.Fatalf("deviation %q", was.Parameters.Deviation)
	}
	r, err := Run(t.Context(), c, runner)
	check(t, err)
	if r.Made || !reflect.DeepEqual(r.Manifest, was) || !strings.Contains(r.Strategy, "by the deviation of a sample (n-1); Config.Overwrite") {
		t.Errorf("made %v, says %q", r.Made, r.Strategy)
	}
	longer := c
	longer.Extend, longer.Output, longer.Parameters.Picking.Budget = c.Output, filepath.Join(dir, "longer"), 20
	r, err = Run(t.Context(), longer, runner)
	check(t, err)
	if r.Manifest.Parameters.Deviation != "" || !strings.Contains(r.Strategy, "as "+c.Output+" was made by an earlier version") {
		t.Errorf("extended by %q, which says %q", r.Manifest.Parameters.Deviation, r.Strategy)
	}
	raw := c
	raw.Parameters.Space = "raw"
	if _, err := Run(t.Context(), raw, runner); err == nil || !strings.Contains(err.Error(), "Config.Space is raw here and was zscore there") {
		t.Errorf("one in another space was replaced: %v", err)
	}
	c.Overwrite = true
	r, err = Run(t.Context(), c, runner)
	check(t, err)
	if r.Manifest.Parameters.Deviation != schemas.DeviationPopulation || r.Strategy != "" {
		t.Errorf("made anew, by %q, which says %q", r.Manifest.Parameters.Deviation, r.Strategy)
	}
}

// TestExtendedByABudget: nearest picks have a cluster each, and more picks of an extended selection have
// the clusters that it has.
func TestExtendedByABudget(t *testing.T) {
	c, dir := ofTwelve(t)
	c.Parameters.Clusters, c.Parameters.Picking.Strategy = 0, schemas.StrategyNearest
	was := mustRun(t, c)
	longer := c
	longer.Extend, longer.Output, longer.Parameters.Picking.Budget = c.Output, filepath.Join(dir, "longer"), 20
	r, err := Run(t.Context(), longer, runner)
	check(t, err)
	if was.Parameters.Clusters != 12 || r.Manifest.Parameters.Clusters != 12 || r.Manifest.Sets[0].Fixed != 12 || r.Manifest.Sets[0].Picks != 20 {
		t.Errorf("%d clusters extended by %d: %+v", was.Parameters.Clusters, r.Manifest.Parameters.Clusters, r.Manifest.Sets[0])
	}
	if want := "Config.Clusters=12, as " + c.Output + " was made"; r.Strategy != want {
		t.Errorf("says %q, want %q", r.Strategy, want)
	}
	longer.Output, longer.Parameters.Clusters = filepath.Join(dir, "others"), 7
	if _, err := Run(t.Context(), longer, runner); err == nil || !strings.Contains(err.Error(), "Config.Clusters is 7 here and was 12 there") {
		t.Errorf("other clusters: %v", err)
	}
}

// TestExtendedOtherwise: where an extended selection was balanced, and its new picks are not, that
// is said, and what goes on as it was made: candidates of the middle; and nothing where both are
// given again.
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
		"Config.Candidates=middle, as ": func(c *Config) {
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

// TestExtendTakesTheCandidates of the selection that is extended: the picks are those with them
// given again, others are refused, and a strategy that has none says so.
func TestExtendTakesTheCandidates(t *testing.T) {
	dir := t.TempDir()
	rows := collection(300)
	for i := range rows {
		rows[i].Quality.Sharpness = 1 + float32(i%7)/10
	}
	write(t, dir, rows, 2, "none")
	run := func(change func(c *Config)) (*Result, string, error) {
		c := DefaultConfig()
		c.Input, c.Output, c.Parameters.Clusters, c.Parameters.Top = filepath.Join(dir, "latents"), filepath.Join(t.TempDir(), "s"), 4, 3
		change(&c)
		r, err := Run(t.Context(), c, runner)
		return r, c.Output, err
	}
	of := map[string]string{}
	for _, candidates := range []string{schemas.CandidatesMiddle, schemas.CandidatesAll} {
		_, output, err := run(func(c *Config) { c.Parameters.Picking.Candidates = candidates })
		check(t, err)
		of[candidates] = output
	}
	for _, tc := range []struct {
		of, candidates, strategy string
		want                     string // of the parameters
		fails                    string
	}{
		{"middle", "", "", "middle", ""},
		{"middle", "middle", "", "middle", ""},
		{"middle", "all", "", "", "that selection was made with Config.Candidates=middle, and its new picks cannot be with all: give what was given there, or leave Config.Candidates out"},
		{"all", "", "", "", ""},
		{"all", "all", "nearest", "", ""},
		{"all", "middle", "", "", "was made with Config.Candidates=all, and its new picks cannot be with middle"},
		{"middle", "", "facility", "", ""},
	} {
		r, output, err := run(func(c *Config) {
			c.Extend, c.Parameters.Top = of[tc.of], 5
			c.Parameters.Picking.Candidates, c.Parameters.Picking.Strategy = tc.candidates, tc.strategy
		})
		if tc.fails != "" || err != nil {
			if err == nil || tc.fails == "" || !strings.Contains(err.Error(), tc.fails) {
				t.Errorf("%+v: %v", tc, err)
			}
			continue
		}
		if got := r.Manifest.Parameters.Picking.Candidates; got != tc.want {
			t.Errorf("%+v: candidates are %q", tc, got)
		}
		if said := strings.Contains(r.Strategy, "Config.Candidates=middle"); said != (tc.of == "middle" && tc.candidates == "") {
			t.Errorf("%+v: it says %q", tc, r.Strategy)
		}
		first, longer := readPicks(t, of[tc.of]), readPicks(t, output)
		for _, p := range first {
			if !slices.ContainsFunc(longer, func(q schemas.Pick) bool { return q.ImageID == p.ImageID && q.Rank == p.Rank && q.GroupID == p.GroupID }) {
				t.Errorf("%+v: rank %d of group %s is no more %s", tc, p.Rank, p.GroupID, p.ImageID)
			}
		}
	}
}

// TestExtendNamesOtherGroups: what makes the groups of an extended selection others is said in
// words.
func TestExtendNamesOtherGroups(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(200), 2, "none")
	c := config(dir, "cluster")
	mustRun(t, c)
	for want, change := range map[string]func(c *Config){
		"that selection has other groups: Config.Clusters is 5 here and was 7 there; give what was given there": func(c *Config) { c.Parameters.Clusters = 5 },
		"Config.Scopes is cluster,global here and was cluster there, Config.Seed is 9 here and was 1 there;": func(c *Config) {
			c.Parameters.Scopes, c.Parameters.Seed = []string{"cluster", "global"}, 9
		},
		"Config.Gate.Mode is off here and was auto there":     func(c *Config) { c.Parameters.Gate.Mode = "off" },
		"Config.MinForeground is 0.5 here and was auto there": func(c *Config) { c.Parameters.Gate.MinForeground = schemas.GateBound{Given: true, Value: 0.5} },
		"Config.Clusters is auto here and was 7 there":        func(c *Config) { c.Parameters.Clusters, c.Parameters.Auto = 0, true },
	} {
		other := c
		other.Extend, other.Output = c.Output, filepath.Join(dir, "longer")
		change(&other)
		if _, err := Run(t.Context(), other, runner); err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "{}\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
