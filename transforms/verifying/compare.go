package verifying

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
)

// compare holds the claims of the selection against what the latents gave.
func (s *selection) compare(r *Report) {
	m := s.m
	claim := func(name string, says, is any) {
		if says != is {
			r.problemf(schemas.SelectionFile, "%s is %v, the latents give %v", name, says, is)
		}
	}
	claim("rows", m.Rows, s.rows)
	claim("excluded", m.Excluded, int64(len(s.exclusions)))
	claim("picks", m.Picks, int64(len(s.picks)))
	claim("picked", m.Picked, s.pickedImages())
	claim("model", m.ModelSHA256, s.latents.manifest.Spec.ModelSHA256)
	claim("comparison of the model with the mean image", shown(m.Learned), shown(s.latents.manifest.Learned()))
	claim("metadata", fmt.Sprint(m.Metadata), fmt.Sprint(s.latents.manifest.Spec.Metadata))
	for i := range min(len(m.Exclusions), len(s.exclusions)) {
		if m.Exclusions[i] != s.exclusions[i] {
			r.problemf(schemas.SelectionFile, "exclusion %d is %+v, the latents give %+v", i, m.Exclusions[i], s.exclusions[i])
			break // the others are shifted
		}
	}
	s.compareGate(r)
	s.compareClustering(r)
	s.compareCentering(r)
	r.uncheckedf("the course of the search for centers: that it took %s over the latents", words.Plural(s.m.Centering.Passes, "pass", "passes"))
	s.tellHands(r)
	for i := range s.scopes {
		s.compareScope(i, r)
	}
	for g := range s.claims {
		s.compareCenters(&s.claims[g], &s.groups[g], r)
	}
	s.comparePicking(r)
}

// shown makes what is known of a model's errors comparable.
func shown(l *schemas.Learned) string {
	if l == nil {
		return "none"
	}
	return fmt.Sprintf("%+v", *l)
}

// pickedImages counts the different images among the picks.
func (s *selection) pickedImages() int64 {
	ids := map[string]bool{}
	for _, p := range s.picks {
		ids[p.ImageID] = true
	}
	return int64(len(ids))
}

// tellHands says what cannot be checked of the images that people named: what they named
// in earlier selections.
func (s *selection) tellHands(r *Report) {
	p, h := &s.m.Parameters.Picking, s.m.EarlierHands
	if p.Extend == nil && h == nil {
		return
	}
	if h == nil || h.Unknown {
		r.uncheckedf("what people named in the earlier selections that this one extends: %s does not say", schemas.SelectionFile)
	}
	if h == nil {
		return
	}
	for _, id := range h.Dropped {
		if _, out := slices.BinarySearch(p.Exclude, id); !out {
			r.problemf(schemas.SelectionFile, "image %q is said to be thrown out, but is not excluded", id)
		}
	}
	r.uncheckedf("what people named in the earlier selections that this one extends, which are not at hand: %s asked for, %s kept out, %s thrown out since",
		words.Plural(len(h.Include), "image", "images"), words.Count(len(h.Exclude)), words.Count(len(h.Dropped)))
}

// compareClustering checks what is said about the k-means run.
func (s *selection) compareClustering(r *Report) {
	c, p := s.m.Clustering, s.m.Parameters
	if (c != nil) != p.Clustered() {
		r.problemf(schemas.SelectionFile, "clustering is given: %v, with scopes %v", c != nil, p.Scopes)
	}
	if c == nil {
		return
	}
	inertia := 0.0
	for i := range s.groups {
		inertia += s.groups[i].squares
	}
	if !close(c.Inertia, inertia, 0) {
		r.problemf(schemas.SelectionFile, "inertia is %v, the latents give %v", c.Inertia, inertia)
	}
	if p.Hierarchical() { // see remakeClusters for the rest
		if c.Passes != 0 || c.Converged {
			r.problemf(schemas.SelectionFile, "%d passes, converged: %v, of hierarchical k-means, which makes none", c.Passes, c.Converged)
		}
		return
	}
	if c.Levels != nil {
		r.problemf(schemas.SelectionFile, "clustering has levels %+v, with clustering %q", c.Levels, p.Clustering)
	}
	if c.Passes < 1 || c.Passes > p.MaxPasses || !c.Converged && c.Passes != p.MaxPasses {
		r.problemf(schemas.SelectionFile, "%d passes, converged: %v, with at most %d passes", c.Passes, c.Converged, p.MaxPasses)
	}
	if c.SampleRows > s.m.Eligible || s.m.Eligible <= int64(p.SampleSize) && c.SampleRows != s.m.Eligible {
		r.problemf(schemas.SelectionFile, "%d rows in the sample of %d, of %d eligible images", c.SampleRows, p.SampleSize, s.m.Eligible)
	}
	r.uncheckedf("the course of k-means, by restarts %d, max_passes %d, sample_size %d: that it took %s over the latents, from a sample of %s",
		p.Restarts, p.MaxPasses, p.SampleSize, words.Plural(c.Passes, "pass", "passes"), words.Plural(c.SampleRows, "image", "images"))
	if !c.Converged {
		r.uncheckedf("that the centers are means: k-means did not converge in %d passes", c.Passes)
	}
}

// compareScope checks the counts, the names and the order of a scope's groups:
// clusters from the largest to the smallest, others by name.
func (s *selection) compareScope(at int, r *Report) {
	scope, ungrouped := &s.scopes[at], s.ungrouped[at]
	want := schemas.ScopeSummary{Scope: scope.name, Groups: scope.len, Images: s.eligible() - ungrouped, Ungrouped: ungrouped, Empty: s.empty(at)}
	if at < len(s.m.Scopes) && !reflect.DeepEqual(s.m.Scopes[at], want) {
		r.problemf(schemas.SelectionFile, "scope %s is %+v, the latents give %+v", scope.name, s.m.Scopes[at], want)
	}
	if missing := s.missing[at]; missing != "" {
		r.problemf(schemas.CentersParquet, "scope %s has no group %q, which there are images of", scope.name, missing)
	}
	clustered := scope.name == schemas.ScopeCluster
	if c := s.m.Clustering; clustered && (c == nil || scope.len > c.Clusters || !s.m.Parameters.Auto && c.Clusters != s.m.Parameters.Clusters) {
		r.problemf(schemas.CentersParquet, "%d groups, not what clusters asks for", scope.len)
	}
	for i := range scope.len {
		c := &s.claims[scope.first+i]
		if number := fmt.Sprintf("%0*d", max(2, len(fmt.Sprint(scope.len-1))), i); clustered && c.id != number {
			r.problemf(schemas.CentersParquet, "cluster %d is named %q, want %q", i, c.id, number)
		}
		if i == 0 {
			continue
		}
		before := &s.claims[scope.first+i-1]
		order := cmp.Compare(before.id, c.id)
		if clustered {
			order = cmp.Or(cmp.Compare(c.size, before.size),
				slices.Compare(before.centers[schemas.CenterKMeans], c.centers[schemas.CenterKMeans]))
		}
		if order >= 0 {
			r.problemf(schemas.CentersParquet, "group %s of scope %s comes after group %s: not in order", c.id, c.scope, before.id)
		}
	}
}

// compareFingerprint recomputes the fingerprint, which is one of the latents,
// the shards where originals were fetched, and the parameters.
func (s *selection) compareFingerprint(r *Report) error {
	shards := ""
	if s.m.Images {
		shards = s.latents.manifest.Shards
	}
	want, err := outdir.Fingerprint(schemas.SelectionFormat, s.m.Latents, shards, s.m.Parameters)
	if err == nil && want != s.m.Fingerprint {
		r.problemf(schemas.SelectionFile, "fingerprint is %s, latents and parameters give %s", s.m.Fingerprint, want)
	}
	return err
}

// comparePicks names the first difference of every pick.
func (s *selection) comparePicks(want []schemas.Pick, r *Report) {
	if len(want) != len(s.picks) {
		r.problemf(schemas.SelectionParquet, "%d picks, the latents give %d", len(s.picks), len(want))
	}
	for i := range min(len(want), len(s.picks)) {
		ranked := s.picks[i] // where nothing was graded again
		if i < len(s.ranked) {
			ranked = s.ranked[i]
		}
		want[i].RankLow, want[i].RankHigh, want[i].Weight = ranked.RankLow, ranked.RankHigh, s.weights[i]
		if what := difference(s.picks[i], want[i]); what != "" {
			w := &want[i]
			r.problemf(schemas.SelectionParquet, "row %d, %s %s, %s, %s, rank %d: %s", i, w.Scope, w.GroupID, w.Center, w.Metric, w.Rank, what)
		}
	}
}

// difference says how a pick differs from the recomputed one, "" where it does not.
func difference(got, want schemas.Pick) string {
	scale := math.Abs(want.Distance)
	switch {
	case got.GroupID != want.GroupID || got.Rank != want.Rank || got.Scope != want.Scope:
		return fmt.Sprintf("the row is rank %d of group %s in scope %s", got.Rank, got.GroupID, got.Scope)
	case got.ImageID != want.ImageID:
		return fmt.Sprintf("image is %q, the latents give %q at distance %v", got.ImageID, want.ImageID, want.Distance)
	case got.Center != want.Center || got.Metric != want.Metric:
		return fmt.Sprintf("center and metric are %s and %s, want %s and %s", got.Center, got.Metric, want.Center, want.Metric)
	case !close(got.Distance, want.Distance, 0):
		return fmt.Sprintf("distance is %v, the latents give %v", got.Distance, want.Distance)
	case got.GroupSize != want.GroupSize:
		return fmt.Sprintf("group size is %d, the latents give %d", got.GroupSize, want.GroupSize)
	case got.Position != want.Position:
		return fmt.Sprintf("position is %q, the latents give %q", got.Position, want.Position)
	case !close(got.Percentile, want.Percentile, 0):
		return fmt.Sprintf("percentile is %v, the latents give %v", got.Percentile, want.Percentile)
	case !close(got.Margin, want.Margin, scale):
		return fmt.Sprintf("margin is %v, the latents give %v", got.Margin, want.Margin)
	case got.NextID != want.NextID:
		return fmt.Sprintf("next image is %q, the latents give %q", got.NextID, want.NextID)
	case got.RankLow != want.RankLow || got.RankHigh != want.RankHigh:
		return fmt.Sprintf("ranks are %d to %d, the latents give %d to %d", got.RankLow, got.RankHigh, want.RankLow, want.RankHigh)
	case !close(got.Weight, want.Weight, 0):
		return fmt.Sprintf("weight is %v, the latents give %v", got.Weight, want.Weight)
	case got.Shard != want.Shard || got.Record != want.Record || got.Offset != want.Offset || got.SHA256 != want.SHA256:
		return "shard, record, offset or sha256 differ from the image's row in the latents"
	case got.Label != want.Label || got.HasLabel != want.HasLabel || !slices.Equal(got.Metadata, want.Metadata):
		return "label or metadata differ from the image's row in the latents"
	}
	return ""
}
