package selectcmd

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

func TestSummarizeGrade(t *testing.T) {
	set := schemas.SetGrade{Scope: "cluster", Center: "mean", Metric: "euclidean", Picks: 12,
		Spaces: []schemas.SpaceGrade{{Space: "raw", Skill: schemas.Interval{Value: 0.25, Low: 0.2, High: 0.31}, Equivalent: schemas.Equivalent{Random: 40, Low: 30, High: 50}}, {Space: "whitened", Skill: schemas.Interval{Value: -0.1, Low: -0.2, High: 0}, Equivalent: schemas.Equivalent{Random: 9, Low: 8, High: 11}}}}
	g := &schemas.Grade{Evaluated: 1200, Pool: 1250, Draws: 20, Sets: []schemas.SetGrade{set},
		Stability: &schemas.Stability{Rows: 2450, Reseeded: schemas.Interval{Value: 0.8, Low: 0.7, High: 0.9}, Halves: schemas.Interval{Value: 0.6}}}
	for range 5 {
		g.Findings = append(g.Findings, schemas.Finding{Kind: schemas.FindingMixed, Scope: "label", Center: "mean", Text: "the mean of label 4 lies where no images are"})
	}
	g.Findings = append(g.Findings, schemas.Finding{Kind: schemas.FindingBlank, Scope: "cluster", Center: "mean", Metric: "euclidean", Text: "1 pick is blank"})
	check := func(want string) {
		t.Helper()
		var out strings.Builder
		summarizeGrade(&out, &schemas.SelectionManifest{Grade: g})
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
	}
	check(`These 12 picks cover the collection as well as 40 random images would (30 to 50 in 20 draws). With all directions of the latents weighted alike (whitened) they are no better than random images: as good as 9 (8 to 11).
  skill 0.25 (0.2 to 0.31), raw space; 1 is perfect, 0 is chance
  skill -0.1 (-0.2 to 0), whitened space; 1 is perfect, 0 is chance
how good: graded on 1,200 images, against 20 random selections out of 1,250 others; the ranges in brackets are those of the 20 draws
clusters of 2,450 images with other seeds: adjusted Rand index 0.8 (0.7 to 0.9), of halves 0.6; 1 is the same, 0 is chance
warning: with all directions of the latents weighted alike (whitened) the picks are no better than random images (skill -0.1, -0.2 to 0; 1 is perfect, 0 is chance)
warning: the mean of label 4 lies where no images are
warning: the mean of label 4 lies where no images are
warning: the mean of label 4 lies where no images are
warning: the mean of label 4 lies where no images are
warning: the mean of label 4 lies where no images are
warning: 1 pick is blank
`)
	g.Sets[0].Picks = 12
	g.Sets[0].Spaces[0].Equivalent = schemas.Equivalent{Random: 50, Low: 50, High: 50, Beyond: 20}
	g.Sets = append(g.Sets, schemas.SetGrade{Scope: "global", Center: "median", Metric: "cosine", Sentence: "Not graded: there are no picks.", Reason: "there are no picks"})
	g.Stability, g.Findings = nil, g.Findings[5:]
	check(`  picks                         as good as random            skill, raw          skill, whitened
  cluster, mean, euclidean: 12  more than 50 (more than 50)  0.25 (0.2 to 0.31)  -0.1 (-0.2 to 0)
  global, median, cosine: 0     not graded: there are no picks
how good: graded on 1,200 images, against 20 random selections out of 1,250 others; the ranges in brackets are those of the 20 draws
warning: cluster, mean, euclidean: with all directions of the latents weighted alike (whitened) the picks are no better than random images (skill -0.1, -0.2 to 0; 1 is perfect, 0 is chance)
warning: cluster, mean, euclidean: 1 pick is blank
note: global, median, cosine: the picks are not graded: there are no picks
`)
	g = &schemas.Grade{Evaluated: 973, Pool: 974, Draws: 20, Sets: []schemas.SetGrade{{Scope: "label", Center: "mean", Metric: "euclidean", Reason: "there are no picks"}}}
	check("note: the picks are not graded: there are no picks\n") // and not "graded on 973 images"
	g = &schemas.Grade{Reason: "30 images are too few to set some of them aside"}
	check("note: the picks are not graded: 30 images are too few to set some of them aside\n")
	g = nil
	check("note: the picks are not graded: the selection holds no grade\n")
}
