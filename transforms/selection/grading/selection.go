package grading

import (
	"context"
	"maps"
	"slices"
	"strings"

	"exemplar/model/affine"
	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/kmeans"
)

// Selection is a finished selection as its tables say it.
type Selection struct {
	Parameters schemas.SelectionParameters
	Metadata   []string    // Metadata_ columns
	Channels   []string    // what those of the images are called, see schemas.ChannelLabels
	Encoded    int         // dimensions of a latent
	Space      string      // kind of the space in which the centers lie
	Map        *affine.Map // of latents into it; nil where they stay as they are
	Eligible   int64       // images that may be picked
	Picks      []schemas.Pick
	Centers    []schemas.Center

	// EarlierSearch says that hints try the search of earlier versions.
	EarlierSearch bool

	// Pixels reads what images look like; nil where their pixels are not at hand.
	Pixels func(ctx context.Context, images []Image) (*Looks, error)
}

// Request returns what Gather must bring together for the grade.
func (s *Selection) Request() Request {
	picked := map[string]bool{}
	for _, p := range s.Picks {
		picked[p.ImageID] = true
	}
	return Request{Seed: int64(s.Parameters.Seed), Sample: int64(DefaultSample(s.Encoded)), Eligible: s.Eligible,
		Picks: slices.Sorted(maps.Keys(picked)), Sums: s.Pixels != nil}
}

// Grade grades the selection on what Gather found, and sets the rank intervals
// of its picks.
func (s *Selection) Grade(ctx context.Context, blocks []Block) (*schemas.Grade, error) {
	sample, picks, err := Join(blocks, s.Request(), s.Encoded)
	if err != nil {
		return nil, err
	}
	sample.enter(s.Map)
	picks.enter(s.Map)
	names := s.assign(&sample, &picks)
	in := Input{Space: s.Space, Seed: s.Parameters.Seed, Images: s.Eligible, Sample: sample, Metadata: s.Metadata, Channels: s.Channels, Clusters: names, Hierarchy: kmeans.HierarchyOf(s.Parameters), Centers: s.Centers, Parameters: &s.Parameters, EarlierSearch: s.EarlierSearch,
		NaN: slices.ContainsFunc(s.Centers, func(c schemas.Center) bool { return schemas.OfNaN(c.Scope, c.GroupID) })}
	var rows [][]int32 // of s.Picks, of each set
	in.Sets, rows = s.sets(&picks)
	if in.Unseen, err = s.unseen(ctx, &in); err != nil {
		return nil, err
	}
	r, err := Grade(in)
	if err != nil {
		return nil, err
	}
	for i, ranks := range r.Ranks {
		for j, rank := range ranks {
			p := &s.Picks[rows[i][j]]
			p.RankLow, p.RankHigh = rank.Low, rank.High
		}
	}
	return &r.Grade, nil
}

// assign finds the clusters of all rows, and returns their names; nil where there
// are no clusters.
func (s *Selection) assign(rows ...*Rows) (names []string) {
	var kmeans []schemas.Center
	for _, c := range s.Centers {
		if c.Center == schemas.CenterKMeans {
			kmeans = append(kmeans, c)
		}
	}
	if len(kmeans) == 0 {
		return nil
	}
	// Of two centers as near, the one with the smaller coordinates is nearest.
	slices.SortFunc(kmeans, func(a, b schemas.Center) int { return slices.Compare(a.Embedding, b.Embedding) })
	var centers []float64
	for _, c := range kmeans {
		names = append(names, c.GroupID)
		centers = append(centers, c.Embedding...)
	}
	index := nearest.New(centers, rows[0].D)
	for _, r := range rows {
		for i, cluster := range assign(index, r.X) {
			r.Images[i].Cluster = cluster
		}
	}
	return names
}

// sets puts the picks of each scope, center and metric together, with the vectors
// of picks, whose ids are sorted.
func (s *Selection) sets(picks *Rows) (sets []Set, rows [][]int32) {
	type key struct{ scope, center, metric string }
	place := map[key]int{}
	at := make([][]int32, 0)
	for i, p := range s.Picks {
		k := key{p.Scope, p.Center, p.Metric}
		n, ok := place[k]
		if !ok {
			n = len(sets)
			place[k] = n
			sets = append(sets, Set{Scope: p.Scope, Center: p.Center, Metric: p.Metric})
			rows, at = append(rows, nil), append(at, nil)
		}
		row, _ := slices.BinarySearchFunc(picks.Images, p.ImageID, func(im Image, id string) int { return strings.Compare(im.ID, id) })
		rows[n], at[n] = append(rows[n], int32(i)), append(at[n], int32(row))
		sets[n].Groups = append(sets[n].Groups, p.GroupID)
	}
	weights := weightsOf(s.Picks)
	for n := range sets {
		sets[n].Picks = picks.some(at[n])
		if weights != nil {
			sets[n].Weights = permuted(weights, rows[n])
		}
	}
	return sets, rows
}
