package verifying

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/grading"
	"exemplar/transforms/selection/grading/looks"
)

// regrade grades the picks of selection.parquet again, on the latents, and
// compares the grade with the one in the manifest. What the latents give for the
// ranks of the picks is left in s.ranked.
func (s *selection) regrade(ctx context.Context, r *Report) error {
	selection := &grading.Selection{Parameters: s.m.Parameters, Metadata: s.m.Metadata, Channels: schemas.ChannelLabels(s.latents.manifest.Spec.Channels),
		Encoded: s.latents.manifest.Spec.Dimension, Space: s.m.Space.Kind, Map: s.mapper, Eligible: s.eligible(),
		Picks: slices.Clone(s.picks), Centers: s.centers, EarlierSearch: s.m.Grade != nil && earlierSearch(s.m.Grade)}
	for i := range selection.Picks {
		selection.Picks[i].RankLow, selection.Picks[i].RankHigh = 0, 0
		selection.Picks[i].Weight = s.weights[i]
	}
	if err := s.openPixels(ctx, selection, r); err != nil {
		return err
	}
	blocks, ok, err := s.gather(ctx, selection.Request(), r)
	if err != nil || !ok {
		return err
	}
	grade, err := selection.Grade(ctx, blocks)
	if err != nil {
		r.problemf(schemas.SelectionFile, "its picks cannot be graded: %v", err)
		return nil
	}
	s.ranked = selection.Picks
	if s.m.Grade == nil {
		r.problemf(schemas.SelectionFile, "has no grade")
		return nil
	}
	if selection.Pixels == nil {
		withoutPixels(s.m.Grade)
	}
	for _, what := range earlier(s.m.Grade, grade) {
		r.uncheckedf("%s: %s is of an earlier version, which did not ask", what, schemas.SelectionFile)
	}
	if columns := warnedOfOwn(s.m.Grade, &s.m.Parameters); len(columns) > 0 {
		r.uncheckedf("that values of %s are over-represented: %s is of an earlier version, which warned of columns that the groups were asked by", words.And(columns), schemas.SelectionFile)
	}
	var says, is any
	for from, to := range map[*schemas.Grade]*any{s.m.Grade: &says, grade: &is} {
		data, err := json.Marshal(from)
		if err == nil {
			err = json.Unmarshal(data, to)
		}
		if err != nil {
			return err
		}
	}
	var reworded []string
	if what := differs("grade", says, is, &reworded); what != "" {
		r.problemf(schemas.SelectionFile, "%s", what)
	}
	if n := len(reworded); n > 0 {
		r.uncheckedf("the wording of %s in %s, which this version words otherwise: the numbers beside hold, quote what they say. The first, %s",
			words.Plural(n, "sentence", "sentences"), schemas.SelectionFile, reworded[0])
	}
	return nil
}

// earlierSearch reports whether the hints of a grade tried the search of an earlier version.
func earlierSearch(g *schemas.Grade) bool {
	return !slices.ContainsFunc(g.Sets, func(s schemas.SetGrade) bool { return s.Repicked != nil && s.Repicked.Search != "" })
}

// earlier says what a grade does not hold because it is of a version that did not look for
// it, and takes that out of the other one.
func earlier(says, is *schemas.Grade) (unasked []string) {
	without := func(what string, has func(schemas.SetGrade) bool, drop func(*schemas.SetGrade)) bool {
		if slices.ContainsFunc(says.Sets, has) || !slices.ContainsFunc(is.Sets, has) {
			return false
		}
		for i := range is.Sets {
			drop(&is.Sets[i])
		}
		unasked = append(unasked, what)
		return true
	}
	if without("whether picks are biased", func(s schemas.SetGrade) bool { return len(s.Bias) > 0 }, func(s *schemas.SetGrade) { s.Bias = nil }) {
		is.Findings = slices.DeleteFunc(is.Findings, func(f schemas.Finding) bool { return f.Kind == schemas.FindingBias })
	}
	without("what other samples of the collection give", func(s schemas.SetGrade) bool { return s.Repicked != nil }, func(s *schemas.SetGrade) { s.Repicked, s.Hints = nil, nil })
	without("whether picks are blurred, by what no way of picking has seen", func(s schemas.SetGrade) bool { return s.Blur != nil }, func(s *schemas.SetGrade) { s.Blur = nil })
	without("the standard error of the MMD²'s own term", func(s schemas.SetGrade) bool {
		return slices.ContainsFunc(s.Spaces, func(s schemas.SpaceGrade) bool { return s.MMD2Own != nil })
	}, func(s *schemas.SetGrade) {
		for i := range s.Spaces {
			s.Spaces[i].MMD2Own = nil
		}
	})
	without("which images the picks represent worst", func(s schemas.SetGrade) bool { return s.Criticisms != nil }, func(s *schemas.SetGrade) { s.Criticisms = nil })
	return unasked
}

// warnedOfOwn takes the warnings of an earlier version out of a grade that a column of the scope
// itself is over-represented, and returns these columns.
func warnedOfOwn(g *schemas.Grade, p *schemas.SelectionParameters) (columns []string) {
	g.Findings = slices.DeleteFunc(g.Findings, func(f schemas.Finding) bool {
		set := slices.IndexFunc(g.Sets, func(s schemas.SetGrade) bool {
			return s.Scope == f.Scope && s.Center == f.Center && s.Metric == f.Metric
		})
		if f.Kind != schemas.FindingBatch || set < 0 {
			return false
		}
		for _, b := range g.Sets[set].Batches {
			if grading.AsAsked(p, f.Scope, b.Column) && strings.HasPrefix(f.Text, "some values of "+b.Column+" are ") {
				columns = append(columns, b.Column)
				return true
			}
		}
		return false
	})
	return columns
}

// openPixels has the grade look at the pixels, where that in the manifest did, and the images
// are at hand.
func (s *selection) openPixels(ctx context.Context, selection *grading.Selection, r *Report) error {
	if s.m.Grade == nil || s.m.Grade.Pixels == nil {
		if s.m.Images {
			r.uncheckedf("how the picks represent the pixels: %s does not say it, as those of earlier versions, and of compressed shards", schemas.SelectionFile)
		}
		return nil
	}
	shards, err := neighbor(ctx, s.shards, s.dir, "shards", schemas.ShardsFile)
	if err != nil {
		return err
	}
	if shards == "" {
		r.uncheckedf("how the picks represent the pixels, and whether they are blurred there: there is no folder shards/ beside the selection; name it with Config.Shards")
		return nil
	}
	selection.Pixels = func(ctx context.Context, images []grading.Image) (*grading.Looks, error) {
		return looks.Read(ctx, shards, images)
	}
	return nil
}

// withoutPixels takes out of a grade what follows from pixels.
func withoutPixels(g *schemas.Grade) {
	g.Pixels = nil
	for i := range g.Sets {
		s := &g.Sets[i]
		s.Blur = nil
		spaces := len(s.Spaces)
		s.Spaces = slices.DeleteFunc(s.Spaces, func(s schemas.SpaceGrade) bool { return s.Space == schemas.SpacePixels })
		if len(s.Spaces) < spaces {
			s.Sentence = verdict.Sentence(s, g)
		}
	}
}

// gather reads the rows that a grade needs. ok is false where a file is damaged.
func (s *selection) gather(ctx context.Context, request grading.Request, r *Report) (blocks []grading.Block, ok bool, err error) {
	excluded := map[string]bool{}
	for _, e := range s.exclusions {
		excluded[e.ImageID] = true
	}
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) ([]grading.Block, error) {
		c := grading.NewCollector(request)
		var failed error
		err := s.eachEncoded(ctx, info, latents.All, func(b *latents.Batch) {
			for k := range b.N {
				if err := c.Offer(b, k, !excluded[b.ImageID[k]] && !s.outside(b, k)); err != nil {
					failed = err
				}
			}
		})
		if err := cmp.Or(err, failed); err != nil {
			return nil, err
		}
		return c.Blocks()
	}, func(part []grading.Block) { blocks = append(blocks, part...) })
	return blocks, ok, err
}

// wordings are the fields of a grade that hold a sentence for people. What they say is
// in the numbers, kinds and names beside them; a later version may say it better.
var wordings = map[string]bool{"sentence": true, "text": true, "reason": true}

// differs says where two JSON values differ first, "" where they do not. Numbers
// may differ by rounding; of sentences only whether there is one counts, those that say
// anything else are added to reworded.
func differs(path string, says, is any, reworded *[]string) string {
	switch a := says.(type) {
	case map[string]any:
		b, ok := is.(map[string]any)
		if !ok {
			break
		}
		names := maps.Clone(a)
		maps.Copy(names, b)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			said, isText := a[name].(string)
			says, alsoText := b[name].(string)
			if wordings[name] && isText && alsoText && (said == "") == (says == "") {
				if said != says {
					*reworded = append(*reworded, fmt.Sprintf("%s.%s, is %q; the latents give %q", path, name, said, says))
				}
				continue
			}
			if what := differs(path+"."+name, a[name], b[name], reworded); what != "" {
				return what
			}
		}
		return ""
	case []any:
		b, ok := is.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		for i := range a {
			if what := differs(fmt.Sprintf("%s[%d]", path, i), a[i], b[i], reworded); what != "" {
				return what
			}
		}
		return ""
	case float64:
		if b, ok := is.(float64); ok && close(a, b, 1e-3) {
			return ""
		}
	default:
		if says == is {
			return ""
		}
	}
	return fmt.Sprintf("%s is %s, the latents give %s", path, brief(says), brief(is))
}

// brief writes a JSON value in a few words.
func brief(v any) string {
	switch v := v.(type) {
	case nil:
		return "missing"
	case map[string]any:
		return "an object"
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}
