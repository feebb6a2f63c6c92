package verifying

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/engine"
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
	claim("unlabelled", m.Unlabelled, s.unlabelled)
	claim("groups", m.Groups, len(s.centers))
	claim("picks", m.Picks, int64(len(s.picks)))
	claim("model", m.ModelSHA256, s.latents.manifest.Spec.ModelSHA256)
	claim("metadata", fmt.Sprint(m.Metadata), fmt.Sprint(s.latents.manifest.Spec.Metadata))
	for i := range min(len(m.Exclusions), len(s.exclusions)) {
		if m.Exclusions[i] != s.exclusions[i] {
			r.problemf(schemas.SelectionFile, "exclusion %d is %+v, the latents give %+v", i, m.Exclusions[i], s.exclusions[i])
			break // the others are shifted
		}
	}
	s.compareGate(r)
	s.compareClustering(r)
	s.compareGroups(r)
	var want []schemas.Pick
	for g := range s.centers {
		s.compareCenter(g, r)
		want = append(want, s.picksOf(g)...)
	}
	s.comparePicks(want, r)
}

// compareClustering checks what is said about the k-means run.
func (s *selection) compareClustering(r *Report) {
	c, p := s.m.Clustering, s.m.Parameters
	if (c != nil) != (p.Scope == "cluster") {
		r.problemf(schemas.SelectionFile, "clustering is given: %v, with scope %s", c != nil, p.Scope)
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
	if c.Passes < 1 || c.Passes > p.MaxPasses || !c.Converged && c.Passes != p.MaxPasses {
		r.problemf(schemas.SelectionFile, "%d passes, converged: %v, with at most %d passes", c.Passes, c.Converged, p.MaxPasses)
	}
	if c.SampleRows > s.m.Eligible || s.m.Eligible <= int64(p.SampleSize) && c.SampleRows != s.m.Eligible {
		r.problemf(schemas.SelectionFile, "%d rows in the sample of %d, of %d eligible images", c.SampleRows, p.SampleSize, s.m.Eligible)
	}
	if !c.Converged {
		r.uncheckedf("that the centres are means: k-means did not converge in %d passes", c.Passes)
	}
}

// compareGroups checks the names and the order of the groups: clusters from the
// largest to the smallest, labels by name.
func (s *selection) compareGroups(r *Report) {
	n := len(s.centers)
	if s.m.Parameters.Scope == "cluster" && n > s.m.Parameters.Clusters {
		r.problemf(schemas.CentersParquet, "%d groups, more than %d clusters", n, s.m.Parameters.Clusters)
	}
	for i, c := range s.centers {
		want := "all"
		switch s.m.Parameters.Scope {
		case "cluster":
			want = fmt.Sprintf("%0*d", max(2, len(fmt.Sprint(n-1))), i)
		case "label":
			want = c.GroupID
		}
		if c.GroupID != want {
			r.problemf(schemas.CentersParquet, "row %d: group is named %q, want %q", i, c.GroupID, want)
		}
		if i == 0 {
			continue
		}
		before := s.centers[i-1]
		order := cmp.Or(cmp.Compare(c.GroupSize, before.GroupSize), slices.Compare(before.Embedding, c.Embedding))
		if s.m.Parameters.Scope == "label" {
			order = cmp.Compare(before.GroupID, c.GroupID)
		}
		if order >= 0 {
			r.problemf(schemas.CentersParquet, "group %s comes after group %s: not in order", c.GroupID, before.GroupID)
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
	want, err := engine.Fingerprint(schemas.SelectionFormat, s.m.Latents, shards, s.m.Parameters)
	if err == nil && want != s.m.Fingerprint {
		r.problemf(schemas.SelectionFile, "fingerprint is %s, latents and parameters give %s", s.m.Fingerprint, want)
	}
	return err
}

// compareCenter checks a group's size and mean. The centres of a k-means run
// that did not converge are not the means of the groups nearest to them.
func (s *selection) compareCenter(g int, r *Report) {
	c, t := s.centers[g], &s.groups[g]
	if c.GroupSize != t.size {
		r.problemf(schemas.CentersParquet, "group %s has size %d, the latents give %d", c.GroupID, c.GroupSize, t.size)
	}
	if t.size == 0 || s.m.Clustering != nil && !s.m.Clustering.Converged {
		return
	}
	for j, v := range c.Embedding {
		if mean := t.sum[j] / float64(t.size); !close(v, mean, s.largest) {
			r.problemf(schemas.CentersParquet, "group %s: coordinate %d of its mean is %v, the latents give %v", c.GroupID, j, v, mean)
			return
		}
	}
}

// picksOf returns the picks that the latents give for a group.
func (s *selection) picksOf(g int) []schemas.Pick {
	c, t := s.centers[g], &s.groups[g]
	var picks []schemas.Pick
	for i, p := range t.nearest[:min(len(t.nearest), s.m.Parameters.PerGroup)] {
		p.Rank, p.Scope, p.GroupID, p.GroupSize = int32(i+1), c.Scope, c.GroupID, t.size
		p.Center, p.Metric = c.Center, s.m.Parameters.Metric
		p.Percentile = 100 * float64(i+1) / float64(t.size)
		p.Margin = math.NaN()
		if i+1 < len(t.nearest) {
			p.Margin = t.nearest[i+1].Distance - p.Distance
		}
		picks = append(picks, p)
	}
	return picks
}

// comparePicks names the first difference of every pick.
func (s *selection) comparePicks(want []schemas.Pick, r *Report) {
	if len(want) != len(s.picks) {
		r.problemf(schemas.SelectionParquet, "%d picks, the latents give %d", len(s.picks), len(want))
	}
	for i := range min(len(want), len(s.picks)) {
		if what := difference(s.picks[i], want[i]); what != "" {
			r.problemf(schemas.SelectionParquet, "row %d, group %s rank %d: %s", i, want[i].GroupID, want[i].Rank, what)
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
		return fmt.Sprintf("centre and metric are %s and %s, want %s and %s", got.Center, got.Metric, want.Center, want.Metric)
	case !close(got.Distance, want.Distance, 0):
		return fmt.Sprintf("distance is %v, the latents give %v", got.Distance, want.Distance)
	case got.GroupSize != want.GroupSize:
		return fmt.Sprintf("group size is %d, the latents give %d", got.GroupSize, want.GroupSize)
	case !close(got.Percentile, want.Percentile, 0):
		return fmt.Sprintf("percentile is %v, the latents give %v", got.Percentile, want.Percentile)
	case !close(got.Margin, want.Margin, scale):
		return fmt.Sprintf("margin is %v, the latents give %v", got.Margin, want.Margin)
	case got.Shard != want.Shard || got.Record != want.Record || got.Offset != want.Offset || got.SHA256 != want.SHA256:
		return "shard, record, offset or sha256 differ from the image's row in the latents"
	case got.Label != want.Label || got.HasLabel != want.HasLabel || !slices.Equal(got.Metadata, want.Metadata):
		return "label or metadata differ from the image's row in the latents"
	}
	return ""
}
