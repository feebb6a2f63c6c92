package verifying

import (
	"context"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
)

// weigh finds the weights of the claimed picks, in s.weights: every image of a group is
// compared with all picks of a set. Where a pick is none of the candidates, which is a
// problem of its own, the weights of its set are taken as they are claimed.
func (s *selection) weigh(ctx context.Context, r *Report) error {
	for _, p := range s.picks {
		s.weights = append(s.weights, p.Weight)
	}
	if !schemas.Weighted(s.picks) {
		r.uncheckedf("what the picks stand for: an earlier version wrote %s without weights", schemas.SelectionParquet)
		return nil
	}
	sets, rows := s.claimedPicks()
	counts := make([][]int64, len(sets))
	near := make([]*nearPicks, len(sets))
	for i, set := range sets {
		counts[i], near[i] = make([]int64, len(set)), newNearPicks(set)
	}
	ok, err := eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) ([][]int64, error) {
		return s.countFile(ctx, info, near)
	}, func(part [][]int64) {
		for i := range part {
			for j, n := range part[i] {
				counts[i][j] += n
			}
		}
	})
	if err != nil || !ok {
		return err
	}
	for i := range counts {
		total := int64(0)
		for _, n := range counts[i] {
			total += n
		}
		for j, n := range counts[i] {
			s.weights[rows[i][j]] = float64(n) / float64(total)
		}
	}
	r.checkedf("the weights of %s: how many images each is the nearest pick of, recomputed", words.Plural(len(s.picks), "pick", "picks"))
	return nil
}

// countFile counts, of one latents file, the images that each pick is the nearest one to.
func (s *selection) countFile(ctx context.Context, info schemas.LatentsInfo, sets []*nearPicks) ([][]int64, error) {
	counts, last := make([][]int64, len(sets)), make([]int, len(sets))
	for i, set := range sets {
		counts[i] = make([]int64, len(set.list))
	}
	each := len(s.m.Parameters.Centers) * len(s.m.Parameters.Metrics)
	cols := s.eligibleColumns() | latents.Labels | latents.Metadata
	return counts, s.eachBatch(ctx, info, cols, func(b *latents.Batch) {
		d := len(b.Embedding) / b.N
		for k := range b.N {
			if !s.mayBePicked(b, k) {
				continue
			}
			x := b.Embedding[k*d : (k+1)*d]
			for scope := range s.picked() {
				if !s.scopes[scope].grouped(b, k) {
					continue
				}
				for set := scope * each; set < (scope+1)*each; set++ {
					if len(sets[set].list) > 0 {
						last[set], _ = sets[set].nearest(x, last[set])
						counts[set][last[set]]++
					}
				}
			}
		}
	})
}

// grouped reports whether an eligible image is in a group of the scope.
func (scope *scopeIndex) grouped(b *latents.Batch, k int) bool {
	if scope.of == "" {
		return true
	}
	_, ok := scope.value(b, k)
	return ok
}

// claimedPicks returns the picks of the table with their vectors, by scope, center and
// metric, each by id, and their rows; none of a set of which one is no candidate.
func (s *selection) claimedPicks() (sets [][]nearPick, rows [][]int) {
	p := &s.m.Parameters
	sets = make([][]nearPick, len(p.Scopes)*len(p.Centers)*len(p.Metrics))
	rows = make([][]int, len(sets))
	lost := make([]bool, len(sets))
	order := make([]int, len(s.picks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(s.picks[a].ImageID, s.picks[b].ImageID) })
	vectors := newVectors(s)
	for _, i := range order {
		pick := &s.picks[i]
		scope, center, metric := slices.Index(p.Scopes, pick.Scope), slices.Index(p.Centers, pick.Center), slices.Index(p.Metrics, pick.Metric)
		if scope < 0 || center < 0 || metric < 0 {
			continue // of no set, which is a problem already
		}
		set := (scope*len(p.Centers)+center)*len(p.Metrics) + metric
		x, ok := vectors.of(scope, center*len(p.Metrics)+metric, pick)
		lost[set] = lost[set] || !ok
		sets[set], rows[set] = append(sets[set], nearPick{pick.ImageID, x}), append(rows[set], i)
	}
	for set := range sets {
		if lost[set] {
			sets[set], rows[set] = nil, nil
		}
	}
	return sets, rows
}
