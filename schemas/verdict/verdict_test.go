package verdict

import (
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// score is a figure of the picks that lies within the random ones.
func score(v float64) schemas.Score {
	return schemas.Score{Picks: v, Random: v, Low: v / 2, High: 2 * v}
}

// good is a space in which the picks are better than every random selection.
func good(name string) schemas.SpaceGrade {
	return schemas.SpaceGrade{Space: name, Dimension: 2, Skill: schemas.Interval{Value: 0.3, Low: 0.2, High: 0.4},
		Quantization: score(1), RadiusP50: score(1), RadiusP99: score(2), RadiusMax: score(3), Coverage: score(0.5), MMD2: score(0.01),
		Redundant: score(0.1), Outliers: score(0.01), Equivalent: schemas.Equivalent{Random: 196, Low: 170, High: 294}}
}

// fine is a selection of 100 picks with nothing to be said against it.
func fine() *schemas.SelectionManifest {
	return &schemas.SelectionManifest{
		Rows: 1000, Eligible: 1000, Picks: 100, Picked: 100,
		Parameters: schemas.SelectionParameters{Scopes: []string{schemas.ScopeCluster}, Top: 5, Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest}},
		Grade: &schemas.Grade{Draws: 20, Findings: []schemas.Finding{}, Sets: []schemas.SetGrade{{
			Scope: schemas.ScopeCluster, Center: schemas.CenterMean, Metric: schemas.MetricEuclidean, Picks: 100,
			Spaces:  []schemas.SpaceGrade{good(schemas.SpaceRaw), good(schemas.SpaceWhitened)},
			Balance: []schemas.Balance{{Column: "cluster", Values: 20, Variation: score(0.1)}},
		}},
			Stability: &schemas.Stability{Rows: 1000, Reseeded: schemas.Interval{Value: 0.9, Low: 0.8, High: 1},
				PicksKept: []schemas.SetStability{{Center: schemas.CenterMean, Metric: schemas.MetricEuclidean, Kept: schemas.Interval{Value: 0.8, Low: 0.7, High: 0.9}}}}},
	}
}

// alarmsOf are the kinds of the alarms of a selection.
func alarmsOf(m *schemas.SelectionManifest) (kinds []string) {
	for _, p := range Of(m).Points {
		if p.Alarm {
			kinds = append(kinds, p.Kind)
		}
	}
	return kinds
}

func TestNothingAgainst(t *testing.T) {
	v := Of(fine())
	if len(v.Points) != 1 || v.Points[0].Alarm || v.Points[0].Text != "80 % of the picks are re-selected with another seed (70 to 90 %)" {
		t.Errorf("%+v", v.Points)
	}
	want := "These 100 picks cover the collection as well as 196 random images would (170 to 294 in 20 draws). " +
		"With all directions of the latents weighted alike (whitened) they are as good as 196 (170 to 294)."
	if v.Sets[0].Sentence != want {
		t.Error(v.Sets[0].Sentence)
	}
}

// What follows from showing how far groups reach is told, and is no alarm; what does not is one.
func TestRangeIsNoAlarm(t *testing.T) {
	m := fine()
	m.Grade.Findings = []schemas.Finding{{Kind: schemas.FindingOutlier, Text: "9 % are outliers"}, {Kind: schemas.FindingSkill, Text: "worse"}, {Kind: schemas.FindingBatch, Text: "a batch"},
		{Kind: schemas.FindingBias, Text: "brighter"}}
	m.Grade.Sets[0].Spaces[0].Skill = schemas.Interval{Value: -1, Low: -2, High: -0.5}
	m.Grade.Stability.PicksKept[0].Kept.Value = 0.1
	if got := alarmsOf(m); len(got) != 6 {
		t.Errorf("by distance: %q", got)
	}
	m.Parameters.Picking.Strategy = schemas.StrategyRange
	v := Of(m)
	if got := alarmsOf(m); !slices.Equal(got, []string{schemas.FindingBatch}) {
		t.Errorf("alarms %q", got)
	}
	if p := v.Points[1]; p.Kind != KindDesign || !strings.Contains(p.Text, "--strategy=range") {
		t.Errorf("%+v", p)
	}
	all := v.Lines()
	for _, want := range []string{"note: 9 % are outliers", "note: worse", "note: brighter", "warning: a batch"} { // with no hint at another strategy
		if !slices.Contains(all, want) {
			t.Errorf("%q is not in %q", want, all)
		}
	}
	m.Grade.Findings, m.Grade.Sets[0].Spaces[0] = nil, good(schemas.SpaceRaw)
	if v := Of(m); v.Clear != "" {
		t.Error(v.Clear) // nothing is praised for what it was not made for
	}
}

// Every figure that is worse than in all random selections, or at chance, is told;
// what is only just within them is not.
func TestBadNewsIsTold(t *testing.T) {
	space := func(i int) func(m *schemas.SelectionManifest) *schemas.SpaceGrade {
		return func(m *schemas.SelectionManifest) *schemas.SpaceGrade { return &m.Grade.Sets[0].Spaces[i] }
	}
	raw, whitened := space(0), space(1)
	high := func(s *schemas.Score) { s.Picks = s.High * 1.0001 }
	atHigh := func(s *schemas.Score) { s.Picks = s.High }
	for name, c := range map[string]struct {
		change func(m *schemas.SelectionManifest)
		alarms []string
		says   string
	}{
		"whitened at chance": {func(m *schemas.SelectionManifest) {
			whitened(m).Skill = schemas.Interval{Value: -0.0098, Low: -0.029, High: 0.0074}
		}, []string{KindChance}, "weighted alike (whitened) the picks are no better than random images (skill -0.0098, -0.029 to 0.0074;"},
		"whitened just above chance": {func(m *schemas.SelectionManifest) { whitened(m).Skill.Low = 1e-9 }, nil, ""},
		"raw worse, without a finding": {func(m *schemas.SelectionManifest) {
			raw(m).Skill = schemas.Interval{Value: -0.3, Low: -0.4, High: -0.2}
		},
			[]string{KindChance}, "in the latents as encoded the picks are worse than as many random images"},
		"raw worse, with a finding": {func(m *schemas.SelectionManifest) {
			raw(m).Skill = schemas.Interval{Value: -0.3, Low: -0.4, High: -0.2}
			m.Grade.Findings = []schemas.Finding{{Kind: schemas.FindingSkill, Scope: "cluster", Center: "mean", Metric: "euclidean", Text: "worse"}}
		}, []string{schemas.FindingSkill}, "warning: cluster, mean, euclidean: worse"},
		"median":   {func(m *schemas.SelectionManifest) { high(&raw(m).RadiusP50) }, []string{KindWorse}, "median distance of an image to the nearest pick, latents as encoded (2.0002, at random 0.5 to 2)"},
		"p99":      {func(m *schemas.SelectionManifest) { high(&raw(m).RadiusP99) }, []string{KindWorse}, "99th percentile"},
		"largest":  {func(m *schemas.SelectionManifest) { high(&whitened(m).RadiusMax) }, []string{KindWorse}, "largest distance of an image to the nearest pick, whitened"},
		"coverage": {func(m *schemas.SelectionManifest) { raw(m).Coverage.Picks = 0.2 }, []string{KindWorse}, "coverage, latents as encoded (20 %, at random 25 % to 100 %)"},
		"redundant": {func(m *schemas.SelectionManifest) { high(&raw(m).Redundant); high(&whitened(m).Redundant) }, []string{KindWorse},
			"share of redundant picks, latents as encoded (20.002 %, at random 5 % to 20 %); share of redundant picks, whitened"},
		"outliers":         {func(m *schemas.SelectionManifest) { high(&raw(m).Outliers) }, []string{KindWorse}, "share of outliers"},
		"as the worst one": {func(m *schemas.SelectionManifest) { atHigh(&raw(m).Outliers); atHigh(&raw(m).MMD2) }, nil, ""},
		"MMD² by design": {func(m *schemas.SelectionManifest) { high(&raw(m).MMD2) }, nil,
			"note: cluster, mean, euclidean: worse than in every one of 20 random selections, because small groups get as many picks as large ones, or nearly so: MMD²"},
		"balance as asked": {func(m *schemas.SelectionManifest) {
			high(&m.Grade.Sets[0].Balance[0].Variation)
			high(&raw(m).MMD2)
			m.Parameters.Picking.Strategy = schemas.StrategyRepresentative
			m.Parameters.Picking.Balance = schemas.Balancing{{Column: m.Grade.Sets[0].Balance[0].Column, Shares: schemas.QuotaEqual}}
		}, nil, "because equal shares were asked for: MMD²"},
		"balance by design": {func(m *schemas.SelectionManifest) { high(&m.Grade.Sets[0].Balance[0].Variation) }, nil, "nearly so: balance of cluster (0.20002, at random 0.05 to 0.2)"},
		"MMD² in proportion": {func(m *schemas.SelectionManifest) {
			high(&raw(m).MMD2)
			m.Parameters.Picking.Budget, m.Parameters.Picking.Quota = 100, schemas.QuotaProportional
		}, []string{KindWorse}, "worse than in every one of 20 random selections: MMD²"},
		"picks of the seed": {func(m *schemas.SelectionManifest) {
			m.Grade.Stability.PicksKept[0].Kept = schemas.Interval{Value: 0.277, Low: 0.17, High: 0.35}
		}, []string{KindPicks}, "only 27.7 % of the picks are re-selected with another seed (17 to 35 %)"},
		"picks that are not measured": {func(m *schemas.SelectionManifest) {
			m.Grade.Stability.PicksKept[0].Kept = schemas.Interval{Value: 0.277, Low: 0.17, High: 0.35}
			m.Parameters.Picking.Strategy = schemas.StrategyFacility
		}, nil, ""},
		"shares that representative picks could have": {func(m *schemas.SelectionManifest) {
			high(&raw(m).MMD2)
			m.Parameters.Picking.Strategy, m.Parameters.Picking.Quota = schemas.StrategyRepresentative, ""
		}, []string{KindWorse}, "worse than in every one of 20 random selections: MMD²"},
		"finding": {func(m *schemas.SelectionManifest) {
			m.Grade.Findings = []schemas.Finding{{Kind: schemas.FindingMixed, Scope: "cluster", Group: "03", Text: "the mean lies between"}}
		}, []string{schemas.FindingMixed}, "warning: the mean lies between"},
		"a model that learned nothing": {func(m *schemas.SelectionManifest) {
			m.Learned = &schemas.Learned{Images: 100, MSE: 1.249e-5, MeanImage: 2.39e-6, Gray: 1.315e-5}
			m.Gate.Limits = []schemas.GateLimit{{Reason: schemas.ReasonMSE, Threshold: 1}}
		}, []string{KindModel}, "warning: the model has learned nothing: its mean squared error, 1.249e-05, is no smaller than that of the mean image"},
		"a model that learned something": {func(m *schemas.SelectionManifest) {
			m.Learned = &schemas.Learned{Images: 100, MSE: 2.38e-6, MeanImage: 2.39e-6, Gray: 1.315e-5}
		}, nil, ""},
		"no grade": {func(m *schemas.SelectionManifest) { m.Grade = nil }, nil, "note: the picks are not graded: the selection holds no grade"},
	} {
		m := fine()
		if Of(m).Clear == "" {
			t.Fatal("nothing is clear of a selection that nothing speaks against")
		}
		m.Grade.Sets = append(m.Grade.Sets, m.Grade.Sets[0]) // so that sets are named
		m.Grade.Sets[0].Spaces = slices.Clone(m.Grade.Sets[0].Spaces)
		m.Grade.Sets[0].Balance = slices.Clone(m.Grade.Sets[0].Balance)
		m.Grade.Sets[1].Scope = schemas.ScopeLabel
		c.change(m)
		if got := alarmsOf(m); !slices.Equal(got, c.alarms) {
			t.Errorf("%s: alarms %v, want %v", name, got, c.alarms)
		}
		if clear := Of(m).Clear; (clear != "") != (len(c.alarms) == 0 && m.Grade != nil) {
			t.Errorf("%s: clear is %q with alarms %v", name, clear, c.alarms)
		}
		if lines := strings.Join(Of(m).Lines(), "\n"); !strings.Contains(lines, c.says) {
			t.Errorf("%s: says\n%s\nwant\n%s", name, lines, c.says)
		}
	}
}

func TestSentences(t *testing.T) {
	g := &schemas.Grade{Draws: 20}
	set := func(picks int, skill schemas.Interval, e schemas.Equivalent) *schemas.SetGrade {
		s := good(schemas.SpaceRaw)
		s.Skill, s.Equivalent = skill, e
		return &schemas.SetGrade{Picks: picks, Spaces: []schemas.SpaceGrade{s}}
	}
	for want, s := range map[string]*schemas.SetGrade{
		"These 100 picks cover the collection worse than as many random images: only as well as 56 random images would (50 to 60 in 20 draws).": set(100,
			schemas.Interval{Value: -0.2, Low: -0.3, High: -0.1}, schemas.Equivalent{Random: 56, Low: 50, High: 60}),
		"These 100 picks cover the collection no better than random images: as well as 99 random images would (80 to 120 in 20 draws).": set(100,
			schemas.Interval{Value: 0, Low: -0.1, High: 0.1}, schemas.Equivalent{Random: 99, Low: 80, High: 120}),
		"This pick covers the collection as well as 1 random image would (1 in 20 draws).": set(1,
			schemas.Interval{Value: 0.2, Low: 0.1, High: 0.3}, schemas.Equivalent{Random: 1, Low: 1, High: 1}),
		"These 20 picks cover the collection as well as more than 75 random images, all that there are to compare with, would (in each of 20 draws).": set(20,
			schemas.Interval{Value: 0.2, Low: 0.1, High: 0.3}, schemas.Equivalent{Random: 75, Low: 75, High: 75, Beyond: 20}),
		"These 20 picks cover the collection as well as 70 random images would (50 to more than 75 in 20 draws).": set(20,
			schemas.Interval{Value: 0.2, Low: 0.1, High: 0.3}, schemas.Equivalent{Random: 70, Low: 50, High: 75, Beyond: 1}),
		"Not graded: too few images.": {Reason: "too few images"},
	} {
		if got := Sentence(s, g); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// Every hand in the choice is counted, one by one, and none where there was none.
func TestHands(t *testing.T) {
	m := fine()
	if got := Hands(m); got != nil || ByEye(m) {
		t.Error(got)
	}
	m.Parameters.Picking.Exclude = []string{"a", "b", "c"}
	m.Parameters.Picking.Include = []string{"d"}
	m.Parameters.Picking.Extend = &schemas.EarlierPick{Targets: []schemas.KeptTargets{{ImageIDs: []string{"e", "f"}}, {ImageIDs: []string{"g"}}}}
	m.EarlierHands = &schemas.EarlierHands{Include: []string{"e"}, Exclude: []string{"x", "y"}, Dropped: []string{"c"}}
	m.Parameters.Gate.MaxBorder = schemas.GateBound{Off: true}
	m.Parameters.Gate.MaxMSE = schemas.GateBound{Given: true, Value: 0.5}
	want := []string{"3 images were excluded by hand, by name (--exclude)", "1 image was asked for by name (--include)", "3 picks were kept from an earlier selection (--extend)",
		"1 pick of the earlier selection was thrown out, by name, and others took the places (--exclude)",
		"1 image was asked for by name when the earlier selection was made", "2 images were excluded by hand, by name, when the earlier selection was made",
		"2 limits of the quality gate were set by hand (--max_border=off, --max_mse=0.5)"}
	if got := Hands(m); !slices.Equal(got, want) || !ByEye(m) {
		t.Errorf("%q", got)
	}
	lines := Of(m).Lines()
	for _, text := range want {
		if !slices.Contains(lines, "note: "+text) {
			t.Errorf("%q is not in %q", text, lines)
		}
	}
}

// "None was chosen by eye" is true of limits, and of what extends a selection in which
// nobody named an image; where that is not known it is not said.
func TestByEye(t *testing.T) {
	extends := &schemas.EarlierPick{Targets: []schemas.KeptTargets{{ImageIDs: []string{"a"}}}}
	for name, c := range map[string]struct {
		change func(m *schemas.SelectionManifest)
		want   bool
	}{
		"nothing":  {func(*schemas.SelectionManifest) {}, false},
		"gate off": {func(m *schemas.SelectionManifest) { m.Parameters.Gate.Mode = schemas.GateOff }, false},
		"limit":    {func(m *schemas.SelectionManifest) { m.Parameters.Gate.MaxMSE.Off = true }, false},
		"include":  {func(m *schemas.SelectionManifest) { m.Parameters.Picking.Include = []string{"a"} }, true},
		"exclude":  {func(m *schemas.SelectionManifest) { m.Parameters.Picking.Exclude = []string{"a"} }, true},
		"condition": {func(m *schemas.SelectionManifest) {
			m.Parameters.Where = schemas.Condition{{Column: schemas.ColImageID, Op: schemas.OpIn, Values: []string{"a", "b"}, As: schemas.AsText}}
		}, true},
		"not known": {func(m *schemas.SelectionManifest) { m.Parameters.Picking.Extend = extends }, true},
		"plain": {func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Extend, m.EarlierHands = extends, &schemas.EarlierHands{}
		}, false},
		"of earlier": {func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Extend, m.EarlierHands = extends, &schemas.EarlierHands{Exclude: []string{"b"}}
		}, true},
		"older": {func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Extend, m.EarlierHands = extends, &schemas.EarlierHands{Unknown: true}
		}, true},
	} {
		m := fine()
		c.change(m)
		if got := ByEye(m); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if hands := Hands(m); (len(hands) > 0) == (name == "nothing") {
			t.Errorf("%s: %q", name, hands)
		}
	}
}

// A warning about an average is about picks that were made by it, and what cures picks
// that are worse than random ones is said where it was not done.
func TestFindingsOfAStrategy(t *testing.T) {
	for strategy, want := range map[string][2]bool{schemas.StrategyNearest: {true, true}, schemas.StrategyFacility: {false, false}, schemas.StrategyRepresentative: {false, false}} {
		m := fine()
		m.Parameters.Picking.Strategy = strategy
		m.Grade.Findings = []schemas.Finding{{Kind: schemas.FindingMixed, Text: "an average"}, {Kind: schemas.FindingGroups, Text: "in 6 of 10 groups"}, {Kind: schemas.FindingBias, Text: "the picks are dimmer"}}
		lines := strings.Join(Of(m).Lines(), "\n")
		if strings.Contains(lines, "warning: the picks are dimmer; those nearest to a center are average images, --candidates=middle corrects it, and --strategy=representative") != want[1] || !strings.Contains(lines, "warning: the picks are dimmer") {
			t.Errorf("%s:\n%s", strategy, lines)
		}
		if got := [2]bool{strings.Contains(lines, "an average"), strings.Contains(lines, "--strategy=facility")}; got != want || !strings.Contains(lines, "in 6 of 10 groups") {
			t.Errorf("%s: %v\n%s", strategy, got, lines)
		}
	}
}

// TestCandidatesOfTheMiddle: whether such picks return with another seed is not measured, which is by the nearest
// images; and bias has another cure.
func TestCandidatesOfTheMiddle(t *testing.T) {
	m := fine()
	m.Parameters.Picking.Candidates = schemas.CandidatesMiddle
	m.Grade.Stability.PicksKept[0].Kept.Value = 0.1
	m.Grade.Findings = []schemas.Finding{{Kind: schemas.FindingMixed, Text: "an average"}, {Kind: schemas.FindingBias, Text: "the picks are dimmer"}}
	want := []string{"warning: an average", "warning: the picks are dimmer; --strategy=representative picks images distributed as all are"}
	if got := Of(m).Lines(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	m.Grade.Findings = nil
	if got := Of(m).Clear; got == "" || strings.Contains(got, "of the picks return with another seed") {
		t.Error(got)
	}
}

// "No alarms" says what was looked at, and nothing of what nobody measured.
func TestClear(t *testing.T) {
	const better, figures = "The picks are better than random images in every space", "no figure is worse than in every random selection"
	const kept, seeds = "at least half of the picks return with another seed", "other seeds give much the same clusters"
	const noKept, noSeeds = "whether all picks return with another seed", "whether other seeds give the same clusters"
	const noBias = "whether the picks are more blurred, dimmer or easier to reconstruct than their groups"
	const again, noAgain = "other samples of the collection give these picks or near ones", "what other samples of the collection give"
	const noBatch, noMixtures = "whether batches are over-represented", "whether groups are mixtures of separate populations"
	for name, c := range map[string]struct {
		change func(m *schemas.SelectionManifest)
		want   string
	}{
		"all": {func(m *schemas.SelectionManifest) {
			m.Gate.Judged, m.Grade.Mixtures = 1000, []schemas.Mixture{{}, {}}
			m.Grade.Sets[0].Batches = []schemas.BatchTest{{Column: "Metadata_run", P: 0.5}}
			m.Grade.Pixels = &schemas.Pixels{Dimension: 16}
			m.Grade.Sets[0].Repicked = &schemas.Repicked{Resampled: schemas.Return{Near: schemas.Interval{Value: 0.9, High: 0.9}}, Chance: 0.6}
			m.Grade.Sets[0].Bias = []schemas.Bias{{Column: schemas.ColMSE, P: 0.5}}
			m.Grade.Sets[0].Blur = &schemas.Bias{Column: schemas.BlurFocus, P: 0.5, Adjusted: 1}
		}, better + "; " + figures + "; " + kept + "; " + again + "; " + seeds + "; no pick is blank; pixels, which no way of picking has seen, are among these spaces; the picks are not measurably more blurred in the pixels than their groups; the picks are as their groups in every column of numbers; no batch is over-represented; none of the 2 groups that are large enough to be tested is a mixture of separate populations."},
		"little": {func(*schemas.SelectionManifest) {}, better + "; " + figures + "; " + kept + "; " + seeds + ". Not measured: " + noAgain + ", " + noBias + ", " + noBatch + " and " + noMixtures + "."},
		"stability not measured": {func(m *schemas.SelectionManifest) { m.Grade.Stability = &schemas.Stability{Reason: "few"} },
			better + "; " + figures + ". Not measured: " + noKept + ", " + noAgain + ", " + noSeeds + ", " + noBias + ", " + noBatch + " and " + noMixtures + "."},
		"labels": {func(m *schemas.SelectionManifest) {
			m.Grade.Stability, m.Parameters.Scopes, m.Grade.Sets[0].Scope = nil, []string{schemas.ScopeLabel}, schemas.ScopeLabel
		}, better + "; " + figures + ". Not measured: " + noKept + ", " + noAgain + ", " + noBias + ", " + noBatch + " and " + noMixtures + "."},
		"facility": {func(m *schemas.SelectionManifest) { m.Parameters.Picking.Strategy = schemas.StrategyFacility },
			better + "; " + figures + "; " + seeds + ". Not measured: " + noAgain + ", " + noBias + " and " + noBatch + "."},
		"representative": {func(m *schemas.SelectionManifest) { m.Parameters.Picking.Strategy = schemas.StrategyRepresentative },
			better + "; " + figures + "; " + seeds + ". Not measured: " + noAgain + ", " + noBias + " and " + noBatch + "."},
		"global": {func(m *schemas.SelectionManifest) {
			m.Grade.Stability, m.Parameters.Scopes, m.Grade.Sets[0].Scope = nil, []string{schemas.ScopeGlobal}, schemas.ScopeGlobal
		}, better + "; " + figures + ". Not measured: " + noKept + ", " + noAgain + ", " + noBias + ", " + noBatch + " and " + noMixtures + "."},
		"by design": {func(m *schemas.SelectionManifest) { m.Grade.Sets[0].Balance[0].Variation.Picks = 0.9 },
			better + "; " + figures + " but where the way of picking makes it so; " + kept + "; " + seeds + ". Not measured: " + noAgain + ", " + noBias + ", " + noBatch + " and " + noMixtures + "."},
		"some picks are not graded": {func(m *schemas.SelectionManifest) {
			m.Grade.Sets = append(m.Grade.Sets, schemas.SetGrade{Scope: schemas.ScopeLabel, Reason: "few"})
		}, ""},
		"not graded": {func(m *schemas.SelectionManifest) { m.Grade = &schemas.Grade{Reason: "few"} }, ""},
	} {
		m := fine()
		c.change(m)
		if got := Of(m).Clear; got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// Picks that do not return are a warning, and so are those that return no more than random ones
// would; picks so many that they are near to everything are neither.
func TestPicksAgain(t *testing.T) {
	near := func(v float64) schemas.Return {
		return schemas.Return{Same: schemas.Interval{Value: 0.25, Low: 0.2, High: 0.3}, Near: schemas.Interval{Value: v, Low: v, High: v}}
	}
	for name, c := range map[string]struct {
		r    schemas.Repicked
		want string
	}{
		"stable":   {schemas.Repicked{Resampled: near(0.92), Doubled: near(0.9), Chance: 0.67}, "note: of another sample of the collection 25 % of the picks return, and 92 % return or have one of their 1 % nearest images in their place (of random picks 67 %); of twice as many images 25 % and 90 %"},
		"unstable": {schemas.Repicked{Resampled: near(0.4), Doubled: near(0.9), Chance: 0.2}, "warning: the picks are unstable: of another sample"},
		"chance":   {schemas.Repicked{Resampled: near(0.6), Doubled: near(0.9), Chance: 0.6}, "warning: the picks are unstable: of another sample"},
		"many":     {schemas.Repicked{Resampled: near(0.97), Doubled: near(1), Chance: 0.98}, "note: of another sample"},
		"unknown":  {schemas.Repicked{Reason: "few"}, ""},
	} {
		m := fine()
		m.Grade.Sets[0].Repicked = &c.r
		lines := strings.Join(Of(m).Lines(), "\n")
		if c.want == "" && strings.Contains(lines, "another sample") || !strings.Contains(lines, c.want) {
			t.Errorf("%s: %q, want %q", name, lines, c.want)
		}
	}
}

// A hint is a line of its own kind, and says what came of it where it was tried.
func TestHints(t *testing.T) {
	m := fine()
	m.Grade.Sets[0].Hints = []schemas.Hint{{Flags: schemas.HintFlags{Strategy: "representative", Budget: 20}, Images: 1499, Is: schemas.Trial{Error: 0.57, Energy: 28}, Would: schemas.Trial{Error: 0.69, Energy: 0.24}},
		{Flags: schemas.HintFlags{Balance: "Metadata_run:proportional"}, Images: 1, Is: schemas.Trial{Error: 0.5, Energy: 0.5}, Would: schemas.Trial{Error: 0.5, Energy: 0.5}}}
	m.Parameters.Top, m.Images = 2, true
	m.Grade.Sets[0].Repicked = &schemas.Repicked{Resampled: schemas.Return{Near: schemas.Interval{Value: 0.9, High: 0.9}}}
	v := Of(m)
	lines := strings.Join(v.Lines(), "\n")
	for _, want := range []string{
		"note: the picks were not compared in the pixels, which no way of picking has seen: the shards are compressed",
		"hint: try --strategy=representative --budget=20, and no --top=2: on 1,499 images it came to 0.24 of the energy distance of random images to the collection instead of 28, and 0.69 of their error instead of 0.57",
		"hint: try --balance=Metadata_run:proportional: on 1 image it came to",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("%q lacks %q", lines, want)
		}
	}
	if v.Clear == "" {
		t.Error("a hint counts as an alarm")
	}
}

// Picks that are more blurred by what no way of picking has seen are an alarm, sharper ones are not;
// and where nobody looked at the pixels, it says so.
func TestBlur(t *testing.T) {
	measured := func(value, adjusted float64) func(*schemas.SelectionManifest) {
		return func(m *schemas.SelectionManifest) {
			m.Grade.Pixels = &schemas.Pixels{Dimension: 16}
			m.Grade.Sets[0].Blur = &schemas.Bias{Column: schemas.BlurFocus, Picks: 100, P: adjusted / 5, Adjusted: adjusted,
				Percentile: schemas.Interval{Value: value, Low: value - 6, High: value + 6}}
		}
	}
	for name, c := range map[string]struct {
		change func(m *schemas.SelectionManifest)
		alarm  bool
		says   string // a line; "" for none
	}{
		"blurred": {measured(31, 1e-6), true, "warning: the picks are more blurred than the other images of their groups: by focus, taken from the pixels, which no way of picking has seen, their mean percentile is 31 (95 % 25 to 37, p 1e-06); random images have 50; those nearest to a center are average images, --candidates=middle"},
		"blurred, of the collection": {func(m *schemas.SelectionManifest) {
			measured(31, 0)(m)
			m.Grade.Sets[0].Scope, m.Parameters.Picking.Strategy = schemas.ScopeGlobal, schemas.StrategyFacility
		}, true, "warning: the picks are more blurred than the other images of the collection: by focus, taken from the pixels, which no way of picking has seen, their mean percentile is 31 (95 % 25 to 37, p < 1e-300); random images have 50"},
		"at chance":         {measured(46, 0.01), false, "note: the picks are not measurably more blurred than the other images of their groups: by focus, taken from the pixels, which no way of picking has seen, their mean percentile is 46 (95 % 40 to 52, p 0.01); random images have 50"},
		"hardly, certainly": {measured(48.1, 1e-9), false, "note: the picks are not measurably more blurred than"},
		"sharper":           {measured(70, 1e-9), false, "note: the picks are sharper than the other images of their groups: by focus"},
		"not of these images": {func(m *schemas.SelectionManifest) {
			measured(0, 0)(m)
			m.Grade.Sets[0].Blur.Reason = "all images have the same value"
		}, false, "note: whether the picks are blurred was not measured in the pixels (focus): all images have the same value"},
		"without shards": {func(m *schemas.SelectionManifest) { m.Gate.Judged = 1000 }, false, "note: the picks were not compared in the pixels, which no way of picking has seen, nor was it measured there whether they are blurred: name the shards, by --shards"},
		"compressed":     {func(m *schemas.SelectionManifest) { m.Images = true }, false, "or the images are alike; nor was it measured there whether they are blurred"},
		"earlier": {func(m *schemas.SelectionManifest) { m.Grade.Pixels = &schemas.Pixels{Dimension: 16} }, false,
			"note: whether the picks are blurred was not measured in the pixels: the selection is of an earlier version, which did not ask"},
		"vectors": {func(*schemas.SelectionManifest) {}, false, ""},
		"much earlier": {func(m *schemas.SelectionManifest) {
			m.Gate.Judged, m.Grade.Sets[0].Repicked = 1000, nil
		}, false, ""},
	} {
		m := fine()
		m.Grade.Sets[0].Repicked = &schemas.Repicked{Resampled: schemas.Return{Near: schemas.Interval{Value: 0.9, High: 0.9}}}
		c.change(m)
		lines := slices.DeleteFunc(Of(m).Lines(), func(line string) bool { return !strings.Contains(line, "blur") && !strings.Contains(line, "focus") })
		if (len(lines) > 0) != (c.says != "") || len(lines) > 1 || len(lines) == 1 && !strings.Contains(lines[0], c.says) {
			t.Errorf("%s: %q, want %q", name, lines, c.says)
		}
		if got := alarmsOf(m); slices.Contains(got, KindBlur) != c.alarm {
			t.Errorf("%s: alarms %q", name, got)
		}
	}
}

// How certain the term of the MMD² is that is of the images alone is said once, where a point is about it.
func TestOwnTerm(t *testing.T) {
	m := fine()
	for _, own := range []struct {
		space int
		error float64
	}{{0, 0.0051}, {1, 0}} {
		m.Grade.Sets[0].Spaces[own.space].MMD2Own = &schemas.OwnTerm{Images: 749, Value: 0.6, Error: own.error}
	}
	m.Grade.Sets = append(m.Grade.Sets, m.Grade.Sets[0])
	m.Grade.Sets[1].Scope = schemas.ScopeLabel
	const want = "note: MMD² has a term of the collection with itself, the same for the picks and for random images: by a sample of 749 images its standard error is 0.0051 (latents as encoded) and 0 (whitened); it cancels where picks are compared with random ones"
	said := func() (n int) {
		for _, line := range Of(m).Lines() {
			if line == want {
				n++
			}
		}
		return n
	}
	if n := said(); n != 0 {
		t.Errorf("said %d times, where no point is about it", n)
	}
	m.Grade.Sets[0].Spaces[0].MMD2.Picks = 1
	m.Grade.Sets[1].Spaces[0].MMD2.Picks = 1
	if n := said(); n != 1 {
		t.Errorf("said %d times of %q", n, Of(m).Lines())
	}
}

// Equal shares of more values than picks are an alarm; proportions, which give none to rare values, are not.
func TestSharesOfManyValues(t *testing.T) {
	const says = "warning: equal shares of Metadata_source were asked for (--balance), which has more values than there are picks: 2 picks of 3 values, 1 value is due none"
	for shares, values := range map[string]map[int]bool{schemas.QuotaEqual: {3: true, 2: false}, schemas.QuotaProportional: {3: false}} {
		for n, want := range values {
			m := fine()
			m.Sets = []schemas.PickSet{{Scope: schemas.ScopeCluster, Center: schemas.CenterMean, Metric: schemas.MetricEuclidean, Picks: 2, Balance: []schemas.ColumnBalance{{
				Balanced: schemas.Balanced{Column: "Metadata_source", Shares: shares}, Values: n,
				Counts: []schemas.ValueBalance{{Value: "a", Due: 1, Picks: 1}, {Value: "b", Due: 1}, {Value: "c", Picks: 1}}}}}}
			if got := slices.Contains(Of(m).Lines(), says); got != want || want != slices.Contains(alarmsOf(m), KindShares) {
				t.Errorf("%s, %d values: %q", shares, n, Of(m).Lines())
			}
		}
	}
}
