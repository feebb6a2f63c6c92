package reporting

import (
	"cmp"
	"context"
	"math"
	"slices"

	"exemplar/model"
	"exemplar/model/nearest"
	"exemplar/transforms/data/raster"
)

// What the model's part shows.
const (
	reconstructedPicks  = 8
	reconstructedRandom = 4
	interpolations      = 3
	interpolationSteps  = 7
)

// random returns eligible images that a hash draws: those of the smallest hashes.
func (g *gatherer) random() (rows []*row) {
	if g.model == nil || len(g.model.Decoder) == 0 {
		return nil
	}
	for i := range g.points {
		if len(rows) < reconstructedRandom && !g.points[i].excluded && g.rows[g.points[i].ImageID] == nil {
			rows = append(rows, &g.points[i])
		}
	}
	return rows
}

// decode returns the images that latents stand for, side by side on every core.
func (g *gatherer) decode(latents [][]float32) []*raster.Image {
	plan := g.plans
	shape := g.gallery.shape
	const batch = 16
	parts := each((len(latents)+batch-1)/batch, func(i int) (list []*raster.Image) {
		r := plan.NewRunner(batch)
		for _, z := range latents[i*batch : min(len(latents), (i+1)*batch)] {
			x := make([]float32, shape.Height*shape.Width*shape.Channels)
			r.Decode(x, z)
			list = append(list, decodedPixels(x, shape, g.model.Arch.Input.Full()))
		}
		return list
	})
	return slices.Concat(parts...)
}

// sampleDecoded decodes some of the centers, to estimate how large the pictures of
// all n decoded images are.
func (g *gatherer) sampleDecoded() (some []*raster.Image, n int, err error) {
	if g.model == nil || len(g.model.Decoder) == 0 {
		return nil, 0, nil
	}
	if g.plans, err = model.Compile(g.model); err != nil {
		return nil, 0, err
	}
	centers := g.centerLatents()
	var few [][]float32
	for i := range min(len(centers), sampled/2) {
		few = append(few, centers[i*len(centers)/min(len(centers), sampled/2)])
	}
	return g.decode(few), len(centers) + reconstructedPicks + reconstructedRandom + interpolations*interpolationSteps, nil
}

// centerLatents returns the centers that images were picked by, as latents of the
// encoder, group by group.
func (g *gatherer) centerLatents() (list [][]float32) {
	for _, group := range g.groups.groups {
		for _, name := range g.selection.Parameters.Centers {
			list = append(list, g.space.Invert(group.centers[name]))
		}
	}
	return list
}

// listGroups lists the groups with their decoded centers.
func (g *gatherer) listGroups(ctx context.Context) error {
	r := &g.report
	r.Groups = []Group{}
	first := -1
	if g.plans != nil {
		var err error
		if first, err = g.gallery.decode(ctx, g.decode(g.centerLatents())); err != nil {
			return err
		}
	}
	images := map[string]int64{}
	for _, s := range g.selection.Scopes {
		images[s.Scope] = s.Images
	}
	for _, group := range g.groups.groups {
		view := Group{Scope: group.scope, ID: group.id, Size: group.size, Share: float64(group.size) / float64(max(1, images[group.scope]))}
		for _, name := range g.selection.Parameters.Centers {
			view.Centers = append(view.Centers, CenterView{Center: name, Picture: first})
			if first >= 0 {
				first++
			}
		}
		r.Groups = append(r.Groups, view)
	}
	return nil
}

// models lists the groups, and describes the model.
func (g *gatherer) models(ctx context.Context) error {
	r := &g.report
	if err := g.listGroups(ctx); err != nil || g.model == nil {
		return err
	}
	m, err := describe(g.inputs)
	if err != nil {
		return err
	}
	r.Model = m
	m.Codes = g.seen.codes.histogram()
	m.Reconstructions, m.Interpolations, m.Worst = []Reconstruction{}, []Interpolation{}, []Example{}
	if g.latents.Spec.Reconstruct {
		m.MSE = g.seen.mse.histogram()
	}
	for _, w := range g.seen.worst {
		m.Worst = append(m.Worst, Example{ImageID: w.ImageID, Value: float64(w.mse), Picture: g.gallery.of(w.ImageID)})
	}
	album, err := g.openAlbum(ctx)
	if err != nil {
		return err
	}
	if m.Training, err = g.gallery.training(ctx, album); err != nil || g.plans == nil {
		return err
	}
	if err := g.reconstruct(ctx, m); err != nil {
		return err
	}
	return g.interpolate(ctx, m)
}

// reconstruct decodes some picks, spread over the groups, and some random images.
func (g *gatherer) reconstruct(ctx context.Context, m *Model) error {
	firsts := g.firsts()
	var rows []*row
	for i := range min(len(firsts), reconstructedPicks) {
		rows = append(rows, firsts[i*len(firsts)/min(len(firsts), reconstructedPicks)])
	}
	rows = append(rows, g.random()...)
	var latents [][]float32
	for _, r := range rows {
		latents = append(latents, r.x)
	}
	first, err := g.gallery.decode(ctx, g.decode(latents))
	for i, r := range rows {
		m.Reconstructions = append(m.Reconstructions, Reconstruction{ImageID: r.ImageID, Picture: g.gallery.of(r.ImageID), Decoded: first + i, MSE: r.error()})
	}
	return err
}

// firsts returns the first picks of the groups of the first set, each image once.
func (g *gatherer) firsts() (rows []*row) {
	known := map[string]bool{}
	for _, p := range g.picks {
		first := &g.picks[0]
		if p.Rank == 1 && p.Scope == first.Scope && p.Center == first.Center && p.Metric == first.Metric && !known[p.ImageID] {
			known[p.ImageID] = true
			rows = append(rows, g.rows[p.ImageID])
		}
	}
	if len(rows) < 2 { // one group: its picks
		for _, p := range g.picks {
			if !known[p.ImageID] {
				known[p.ImageID] = true
				rows = append(rows, g.rows[p.ImageID])
			}
		}
	}
	return rows
}

// mostEnds is the number of picks among which pairs far apart are looked for.
const mostEnds = 200

// interpolate decodes steps between picks that lie far apart.
func (g *gatherer) interpolate(ctx context.Context, m *Model) error {
	ends := g.firsts()
	ends = ends[:min(len(ends), mostEnds)]
	var vectors, latents [][]float32
	for _, r := range ends {
		vectors = append(vectors, r.x)
	}
	for _, p := range farApart(vectors, interpolations) {
		m.Interpolations = append(m.Interpolations, Interpolation{From: ends[p[0]].ImageID, To: ends[p[1]].ImageID})
		latents = append(latents, between(vectors[p[0]], vectors[p[1]], interpolationSteps)...)
	}
	at, err := g.gallery.decode(ctx, g.decode(latents))
	for i := range m.Interpolations {
		for range interpolationSteps {
			m.Interpolations[i].Pictures = append(m.Interpolations[i].Pictures, at)
			at++
		}
	}
	return err
}

// farApart returns at most so many pairs of vectors, those farthest apart first, each
// vector in one of them.
func farApart(vectors [][]float32, most int) (chosen [][2]int) {
	type pair struct {
		a, b     int
		distance float64
	}
	var pairs []pair
	for a := range vectors {
		wide := nearest.Widen(vectors[a])
		for b := a + 1; b < len(vectors); b++ {
			pairs = append(pairs, pair{a, b, math.Sqrt(nearest.SquaredDistance(vectors[b], wide))})
		}
	}
	slices.SortFunc(pairs, func(p, q pair) int {
		return cmp.Or(cmp.Compare(q.distance, p.distance), cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b))
	})
	used := map[int]bool{}
	for _, p := range pairs {
		if used[p.a] || used[p.b] || len(chosen) == most {
			continue
		}
		used[p.a], used[p.b] = true, true
		chosen = append(chosen, [2]int{p.a, p.b})
	}
	return chosen
}

// between returns vectors from a to b, in so many equal steps with both ends.
func between(a, b []float32, steps int) (list [][]float32) {
	for step := range steps {
		t := float32(step) / float32(steps-1)
		z := make([]float32, len(a))
		for j := range z {
			z[j] = float32(a[j]*(1-t)) + float32(b[j]*t)
		}
		list = append(list, z)
	}
	return list
}
